// The command as a daemon of its own with more clients than it may have: by max_clients, and by the system's limit of open
// files. A process of its own because both limits are a process's.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Evapid } from '../cli/evapid.ts'
import { netstring, WireClient } from '../support/wire-client.ts'

const LIMIT = 10_000

/** Connections opened at a time: fewer than the kernel keeps for a listener that has not accepted them yet. */
const BATCH = 250

class Daemon implements AsyncDisposable {
  readonly #evapid: Evapid
  readonly #clients: WireClient[] = []
  port = 0

  private constructor(evapid: Evapid) {
    this.#evapid = evapid
  }

  static async start(...args: string[]): Promise<Daemon> {
    const daemon = new Daemon(new Evapid(['--bind', '127.0.0.1:0', '--log-level', 'info', ...args]))
    try {
      daemon.port = Number((await daemon.#evapid.listening()).split(':').pop())
    } catch (error) {
      await daemon[Symbol.asyncDispose]()
      throw error
    }
    return daemon
  }

  get #pid(): number {
    return this.#evapid.child.pid as number
  }

  async connect(): Promise<WireClient> {
    const client = await WireClient.connect({ host: '127.0.0.1', port: this.port })
    this.#clients.push(client)
    return client
  }

  /** A client that has received a message of its own, or has been closed instead. */
  async join(): Promise<{ client: WireClient; admitted: boolean }> {
    const client = await this.connect()
    await client.send('hello')
    await client
      .until('an answer or the end', () => client.length > 0)
      .catch((error: unknown) => {
        if (client.end === 'open') throw error
      })
    return { client, admitted: client.length > 0 }
  }

  logged(message: RegExp) {
    return this.#evapid.logged(message)
  }

  /** Sets the limit of open files so that this many can still be opened. */
  leaveDescriptors(count: number): void {
    const open = new Set(readdirSync(`/proc/${this.#pid}/fd`).map(Number))
    // The limit is one of numbers: those above it that are open, handed down by a parent perhaps, stay open.
    let limit = 0
    for (let free = 0; free < count; limit += 1) if (!open.has(limit)) free += 1
    this.limitDescriptors(limit)
  }

  /** Sets the limit of open files of the running daemon. */
  limitDescriptors(count: number): void {
    execFileSync('prlimit', ['--pid', `${this.#pid}`, `--nofile=${count}:20000`])
  }

  /** Processor time used so far, in ms: utime and stime of proc(5), in ticks of 10 ms. */
  get processorTime(): number {
    const stat = readFileSync(`/proc/${this.#pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close('reset')
    await this.#evapid[Symbol.asyncDispose]()
  }
}

describe('more clients than there may be', { timeout: 60_000 }, () => {
  test('of 10,001 connections 10,000 are served, and one is closed at once and logged', async () => {
    await using daemon = await Daemon.start()
    const clients: WireClient[] = []
    while (clients.length < LIMIT) {
      clients.push(...(await Promise.all(Array.from({ length: BATCH }, () => daemon.connect()))))
    }
    const [first, last] = [clients[0] as WireClient, clients[LIMIT - 1] as WireClient]
    await last.send('ten thousand')
    await Promise.all(clients.map((client) => client.untilReceived(netstring('ten thousand'))))

    const extra = await daemon.connect()
    await extra.untilEnd()
    assert.equal(extra.length, 0)
    const line = await daemon.logged(/rejected 1 clients: max_clients is 10000/)
    assert.equal(line['count'], 1)

    last.close()
    await first.send('still here')
    await first.untilReceived('10:still here,')
    const { admitted } = await daemon.join()
    assert.ok(admitted, 'there is room for one again')
    assert.ok(clients.slice(0, -1).every(({ end }) => end === 'open'))
  })

  test('no descriptors left: who comes is turned away, the others are served, and the daemon does not spin', async () => {
    await using daemon = await Daemon.start()
    const { client: first } = await daemon.join()
    daemon.leaveDescriptors(5)

    let last = first
    let served = 1
    for (;;) {
      const { client, admitted } = await daemon.join()
      if (!admitted) break
      served += 1
      last = client
      assert.ok(served <= 6, `${served} clients are served`)
    }
    assert.ok(served >= 5, `${served} clients are served`)
    const line = await daemon.logged(/cannot accept clients: .*EMFILE/)
    assert.ok(Number(line['count']) >= 1)

    const before = daemon.processorTime
    await sleep(300)
    const used = daemon.processorTime - before
    assert.ok(used < 150, `used ${used} ms of processor time in 300 ms`)
    await first.send('still here')
    await last.untilReceived('10:still here,')

    last.close()
    await first.send('one has gone')
    await first.untilReceived('12:one has gone,')
    const { admitted } = await daemon.join()
    assert.ok(admitted, 'there is a descriptor again')
  })

  test('not even one descriptor to turn anybody away with: who comes waits, and is served when there are some again', async () => {
    await using daemon = await Daemon.start()
    const { client: first } = await daemon.join()
    daemon.limitDescriptors(10)
    const waiting = await daemon.connect()
    await waiting.send('let me in')
    await daemon.logged(/cannot accept clients/)
    await first.send('still here')
    await first.untilReceived('10:still here,')

    const before = daemon.processorTime
    await sleep(300)
    const used = daemon.processorTime - before
    assert.ok(used < 150, `used ${used} ms of processor time in 300 ms`)
    assert.equal(waiting.end, 'open')
    assert.equal(waiting.length, 0)

    daemon.limitDescriptors(20_000)
    await waiting.untilReceived('9:let me in,')
    await first.untilReceived('9:let me in,')
  })
})
