// WebSockets that do not take what they get: each policy, by size and by time, what is dropped to the last message, and how they end. The kernel keeps megabytes for each,
// so what is sent here is large.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Config } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { noWebSockets, type WebClient } from '../support/web-client.ts'

const http = '127.0.0.1:0'
const LIMIT = 200_000
const SIZE = 100_000

const numbered = (number: number) => `${number} `.padEnd(SIZE, 'x')
const numbersOf = (client: WebClient) =>
  client.messages.map(({ data }) => Number.parseInt(data.toString('latin1', 0, 8), 10))

/** Publishes message after message, each in a turn of its own, until `enough()`; returns how many. */
async function publishUntil(bus: Bus, enough: () => boolean): Promise<number> {
  for (let number = 0; number < 1000; number += 1) {
    if (enough()) return number
    bus.server.relay(numbered(number))
    await nextTurn()
  }
  throw new Error('all was published, and it was not enough')
}

describe('a slow WebSocket', { skip: noWebSockets, timeout: 60_000 }, () => {
  test('is closed under slow_client=close; the others get everything', async () => {
    const reasons: string[] = []
    await using bus = await Bus.start({
      http,
      evapi: { sendBufferLimit: LIMIT },
      routes: { 'evapi:connection-closed': (ctx) => reasons.push(`${ctx.client.index} ${ctx.reason}`) },
    })
    const reader = await bus.webSocket()
    const dead = await bus.webSocket()
    dead.pause()
    const published = await publishUntil(bus, () => reasons.length > 0)
    assert.deepEqual(reasons, ['1 slow'])
    const line = await bus.logbook.line(/^slow client: \d+ bytes wait for it; it is closed/)
    assert.ok(Number(line['waiting']) > LIMIT)
    assert.ok(Number(line['waiting']) < LIMIT + 5 * SIZE, `${line['waiting']} bytes waited`)
    assert.deepEqual([bus.stat('slow_clients'), bus.stat('slow_closed')], [1, 1])
    await reader.untilMessages(published)
    assert.deepEqual(
      numbersOf(reader),
      Array.from({ length: published }, (_, number) => number),
    )
    // What it did get is a beginning of the same.
    dead.resume()
    assert.equal(await dead.untilEnd(), undefined)
    assert.deepEqual(numbersOf(dead), numbersOf(reader).slice(0, dead.messages.length))
  })

  test('loses whole messages under slow_client=drop: what it gets and what is counted is all there was', async () => {
    await using bus = await Bus.start({
      http,
      evapi: { sendBufferLimit: LIMIT, slowClient: 'drop' },
      routes: {
        'evapi:connection-new': (ctx) => {
          ctx.setTag(`own ${ctx.client.index}`)
        },
      },
    })
    const reader = await bus.webSocket()
    const dead = await bus.webSocket()
    let published = 0
    for (const round of [1, 2]) {
      dead.pause()
      let unicasts = 0
      const before = bus.stat('slow_clients')
      published += await publishUntil(bus, () => bus.stat('slow_clients') > before)
      // To all, to its group and to it alone, many in a turn, some before and some after it is found to be slow.
      for (let number = 0; number < 300; number += 1) {
        bus.server.relay(`small ${number}`)
        if (bus.server.multicast('to its group', 'own 1')) unicasts += 1
        if (bus.server.unicast('to it alone', 'own 1')) unicasts += 1
        published += 1
        if (number % 100 === 0) await nextTurn()
      }
      assert.equal(unicasts, 600)
      await reader.untilMessages(published)
      dead.resume()
      await eventually(
        'it has caught up',
        () => bus.logbook.lines.filter(({ msg }) => /^slow client caught up/.test(msg)).length === round,
      )
      // Not the same in both rounds: the second may not have begun to read.
      bus.server.relay(`caught up ${round}`)
      published += 1
      await dead.until('the last', () => dead.texts.at(-1) === `caught up ${round}`)
      await reader.untilMessages(published)
      const dropped = bus.stat('messages_dropped')
      assert.ok(dropped > 0)
      assert.equal(dead.messages.length + dropped, published + round * 600)
      const line = bus.logbook.lines.findLast(({ msg }) => /^slow client caught up/.test(msg))
      if (round === 1) assert.equal(line?.['dropped'], dropped)
    }
    // Never in another order than everybody's.
    const order = reader.texts
    let at = 0
    for (const text of dead.texts.filter((text) => !text.startsWith('to it'))) {
      at = order.indexOf(text, at) + 1
      assert.ok(at > 0, `${text.slice(0, 20)} stands where it must not`)
    }
  })

  test('that is gone or closed while messages are dropped for it has them counted', async () => {
    await using bus = await Bus.start({
      http,
      evapi: { sendBufferLimit: LIMIT, slowClient: 'drop', drainTimeout: 10_000 },
    })
    const dead = await bus.webSocket()
    dead.pause()
    await publishUntil(bus, () => bus.stat('slow_clients') === 1)
    for (let number = 0; number < 10; number += 1) bus.server.relay('dropped')
    await nextTurn()
    await eventually('they are told while it is slow', () => bus.stat('messages_dropped') >= 10)
    bus.server.relay('dropped, too')
    const before = bus.stat('messages_dropped')
    dead.destroy()
    await eventually('it is gone', () => bus.server.clients === 0)
    await eventually('the last one is counted', () => bus.stat('messages_dropped') === before + 1)
  })

  test('holds up those who publish under slow_client=block, and nothing is lost', async () => {
    await using bus = await Bus.start({ http, evapi: { sendBufferLimit: LIMIT, slowClient: 'block' } })
    const slow = await bus.webSocket()
    slow.pause()
    const [tcp, web] = [await bus.join(), await bus.webSocket()]
    await publishUntil(bus, () => bus.stat('slow_clients') === 1)
    await eventually('publishers wait', () => bus.stat('reads_paused') === 1)
    const relayed = bus.stat('messages_relayed')
    for (let number = 0; number < 20; number += 1)
      await Promise.all([tcp.send(`tcp ${number}`), web.send(`web ${number}`)])
    for (let turn = 0; turn < 20; turn += 1) await nextTurn()
    assert.equal(bus.stat('messages_relayed'), relayed)
    slow.resume()
    await slow.untilMessages(relayed + 40)
    const texts = slow.texts.slice(relayed)
    for (const kind of ['tcp', 'web']) {
      assert.deepEqual(
        texts.filter((text) => text.startsWith(kind)),
        Array.from({ length: 20 }, (_, number) => `${kind} ${number}`),
      )
    }
    assert.equal(bus.stat('messages_dropped'), 0)
  })

  test('under slow_client=block holds up nobody once it is gone, and is closed when who cannot be held up goes on', async () => {
    await using bus = await Bus.start({
      http,
      evapi: { sendBufferLimit: LIMIT, slowClient: 'block', maxMessageSize: SIZE },
    })
    const reader = await bus.webSocket()
    const dead = await bus.webSocket()
    dead.pause()
    await publishUntil(bus, () => bus.stat('slow_clients') === 1)
    await reader.send('held up')
    // The server itself is not: 4 times the limit, a message and a megabyte.
    await publishUntil(bus, () => bus.server.clients === 1)
    await bus.logbook.line(/^slow client: \d+ bytes wait for it; it is closed/)
    await reader.until('what was held up', () => reader.texts.includes('held up'))
    await reader.send('goes on')
    await reader.until('an echo', () => reader.texts.includes('goes on'))
  })

  test('is one that takes nothing for send_data_timeout, also when that comes with a reload', async () => {
    const config = (bus: Bus, sendDataTimeout: number): Config => ({
      http,
      log: bus.logbook.log,
      evapi: { bindAddr: '127.0.0.1:0', sendDataTimeout },
    })
    await using bus = await Bus.start({ http })
    const idle = await bus.webSocket()
    const dead = await bus.webSocket()
    dead.pause()
    const before = performance.now()
    for (let number = 0; number < 80; number += 1) bus.server.relay(numbered(number))
    await idle.untilMessages(80)
    await bus.server.reload(config(bus, 60_000))
    await eventually('it is closed', () => bus.server.clients === 1)
    assert.ok(performance.now() - before >= 60, 'too soon')
    await bus.logbook.line(/^slow client/)
    assert.equal(idle.end, 'open')
  })

  test('is forgiven when the policy changes, and falls under the new one', async () => {
    const config = (bus: Bus, slowClient: 'close' | 'drop'): Config => ({
      http,
      log: bus.logbook.log,
      evapi: { bindAddr: '127.0.0.1:0', sendBufferLimit: LIMIT, slowClient },
    })
    await using bus = await Bus.start({ http, evapi: { sendBufferLimit: LIMIT, slowClient: 'drop' } })
    const dead = await bus.webSocket()
    dead.pause()
    await publishUntil(bus, () => bus.stat('slow_clients') === 1)
    bus.server.relay('dropped')
    await nextTurn()
    await bus.server.reload(config(bus, 'close'))
    assert.equal(bus.server.clients, 1)
    await publishUntil(bus, () => bus.server.clients === 0)
    await eventually('what was dropped is counted', () => bus.stat('messages_dropped') >= 1)
    assert.equal(bus.stat('slow_closed'), 1)
  })
})

describe('a WebSocket that is closed while much waits for it', {
  skip: noWebSockets,
  timeout: 60_000,
}, () => {
  test('gets all of it, and then the code', async () => {
    await using bus = await Bus.start({
      http,
      routes: { 'evapi:message-received': (ctx) => ctx.close() },
    })
    const web = await bus.webSocket()
    web.pause()
    for (let number = 0; number < 75; number += 1) bus.server.relay(numbered(number))
    await web.send('close me')
    await eventually('it is no client any more', () => bus.server.clients === 0)
    bus.server.relay('not for it')
    web.resume()
    assert.equal(await web.untilEnd(), 1000)
    assert.deepEqual(
      numbersOf(web),
      Array.from({ length: 75 }, (_, number) => number),
    )
  })

  test('has it after a shutdown, too: the server waits', async () => {
    await using bus = await Bus.start({ http })
    const [web, quick] = [await bus.webSocket(), await bus.webSocket()]
    web.pause()
    for (let number = 0; number < 75; number += 1) bus.server.relay(numbered(number))
    const closed = bus.server.close()
    assert.equal(await quick.untilEnd(), 1001)
    web.resume()
    await closed
    assert.equal(await web.untilEnd(), 1001)
    assert.equal(web.messages.length, 75)
  })

  test('does not hold up a shutdown for longer than drain_timeout', async () => {
    await using bus = await Bus.start({ http, evapi: { drainTimeout: 50_000 } })
    const web = await bus.webSocket()
    web.pause()
    for (let number = 0; number < 80; number += 1) bus.server.relay(numbered(number))
    await bus.server.close()
    web.resume()
    assert.equal(await web.untilEnd(), undefined)
    assert.ok(web.messages.length < 80)
  })
})
