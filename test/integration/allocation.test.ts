// What a message costs in JavaScript's heap: nothing but what the route itself makes. Counted, not timed: in a server of its own
// process, whose heap is read before and after many messages.
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { netstring } from '../support/wire-client.ts'
import { MEASURED, PAYLOAD, type Report, ROUTES, type RouteName, WARM_UP } from './allocating-server.ts'

/** The smallest object takes 16 bytes: one for each message is seen, what a batch of thousands costs is not. */
const NOTHING = 8
/** Beside its characters, what the engine needs for a string. */
const STRING = 24

/** Megabytes for young objects: those of a whole measurement, were there any, so that none is collected before it is counted. */
const ROOM = ['--min-semi-space-size=128', '--max-semi-space-size=128']

const FRAMES = 500

describe('a route', () => {
  let server: ChildProcess
  let client: Socket

  /** The next thing the server says. */
  async function reported(): Promise<Report> {
    // Its end would be waited for in vain otherwise.
    const ended = new AbortController()
    const fail = () => ended.abort(new Error('the server has ended'))
    server.once('exit', fail)
    try {
      const [report] = (await once(server, 'message', { signal: ended.signal })) as [Report]
      return report
    } finally {
      server.off('exit', fail)
    }
  }

  before(async () => {
    server = fork(new URL('allocating-server.ts', import.meta.url), {
      execArgv: ['--import', import.meta.resolve('tsx'), '--expose-gc', ...ROOM],
      timeout: 100_000,
      killSignal: 'SIGKILL',
    })
    const listening = await reported()
    assert.ok('port' in listening)
    client = createConnection({ host: '127.0.0.1', port: listening.port })
    await once(client, 'connect')
    client.resume()
  })

  after(async () => {
    client?.destroy()
    if (server?.connected) server.disconnect()
    if (server?.exitCode === null) await once(server, 'exit')
  })

  /** Bytes of heap for each message, with this route. */
  async function measure(name: RouteName): Promise<number> {
    server.send(name)
    assert.deepEqual(await reported(), { ready: name })
    const frames = Buffer.concat(Array.from({ length: FRAMES }, () => netstring('x'.repeat(PAYLOAD))))
    const measured = reported()
    for (let sent = 0; sent < WARM_UP + MEASURED; sent += FRAMES) {
      if (!client.write(frames)) await once(client, 'drain')
    }
    const report = await measured
    assert.ok('bytes' in report)
    return report.bytes
  }

  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const reads = name === 'reads its message as text'
    test(`that ${name === 'nothing' ? 'does nothing' : name} costs ${reads ? 'the text' : 'no memory'}`, async (t) => {
      const bytes = await measure(name)
      t.diagnostic(`${bytes.toFixed(2)} bytes for each message`)
      assert.ok(bytes < (reads ? PAYLOAD + STRING : 0) + NOTHING, `${bytes} bytes for each message`)
    })
  }
})
