// Clients that do not read: each policy, by size and by time, and that nobody else is harmed. Mostly over a Unix socket,
// where little is enough to fill what the kernel keeps; the 20 MB go over TCP.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { deferred } from '../../src/client/deferred.ts'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring, type WireClient } from '../support/wire-client.ts'

const LIMIT = 100_000

/** Messages of 1000 bytes that say which they are. */
function numbered(count: number, size = 1000): Buffer[] {
  return Array.from({ length: count }, (_, number) => Buffer.from(`${number} `.padEnd(size, 'x')))
}

const framed = (messages: readonly Buffer[]) => Buffer.concat(messages.map(netstring))
const numbersIn = (client: WireClient) => texts(client.received).map((text) => Number(text.split(' ')[0]))

/** Publishes message after message, each in a turn of its own, until `enough()`; returns how many. */
async function publishUntil(bus: Bus, messages: readonly Buffer[], enough: () => boolean): Promise<number> {
  for (const [place, message] of messages.entries()) {
    if (enough()) return place
    bus.server.relay(message)
    await nextTurn()
  }
  throw new Error('all was published, and it was not enough')
}

describe('slow_client=close', { timeout: 30_000 }, () => {
  test('says which client it was, also when no route is told of clients', async () => {
    await using bus = await Bus.start({ evapi: { sendBufferLimit: LIMIT } })
    const dead = await bus.join()
    dead.pause()
    await publishUntil(bus, numbered(100, 1_000_000), () => bus.server.clients === 0)
    const line = await bus.logbook.line(/it is closed/)
    assert.deepEqual(line['client'], { address: '127.0.0.1', port: dead.port, index: 0 })
    await bus.join()
  })

  test('closes a client for which more than send_buffer_limit waits; the others get everything in order', async () => {
    const reasons: string[] = []
    await using bus = await Bus.startUnix({
      evapi: { sendBufferLimit: LIMIT },
      routes: { 'evapi:connection-closed': (ctx) => reasons.push(`${ctx.client.index} ${ctx.reason}`) },
    })
    const reader = await bus.join()
    const dead = await bus.join()
    dead.pause()
    const messages = numbered(3000)
    const published = await publishUntil(bus, messages, () => reasons.length > 0)
    assert.deepEqual(reasons, ['1 slow'])
    const line = await bus.logbook.line(/^slow client: \d+ bytes wait for it; it is closed/)
    assert.ok(Number(line['waiting']) > LIMIT, `${line['waiting']} bytes waited`)
    assert.ok(Number(line['waiting']) < LIMIT + 2 * 1006, `${line['waiting']} bytes waited`)
    assert.equal(bus.stat('slow_clients'), 1)
    assert.equal(bus.stat('slow_closed'), 1)
    assert.equal(bus.stat('waiting_clients'), 0)

    bus.server.relay('end')
    await reader.untilReceived('3:end,')
    assert.ok(reader.received.equals(framed([...messages.slice(0, published), Buffer.from('end')])))
    // What it did get is a beginning of the same stream, and then the connection is over.
    dead.resume()
    await dead.untilEnd()
    assert.ok(dead.received.equals(reader.received.subarray(0, dead.length)))
  })

  test('leaves a client alone that lags but stays below the limit', async () => {
    await using bus = await Bus.startUnix({ evapi: { sendBufferLimit: 10_000_000 } })
    const lagging = await bus.join()
    lagging.pause()
    const messages = numbered(2000)
    for (const message of messages) bus.server.relay(message)
    await eventually('it waits', () => bus.stat('waiting_clients') === 1)
    lagging.resume()
    await lagging.until('all of it', () => lagging.length === framed(messages).length)
    assert.ok(lagging.received.equals(framed(messages)))
    assert.equal(bus.stat('slow_clients'), 0)
    assert.equal(bus.stat('waiting_clients'), 0)
  })

  test('send_buffer_limit is 8 MiB by default', async () => {
    await using bus = await Bus.startUnix()
    const dead = await bus.join()
    dead.pause()
    bus.server.relay(Buffer.alloc(8 * 1024 * 1024))
    await turns()
    assert.equal(bus.server.clients, 1)
    bus.server.relay(Buffer.alloc(1024 * 1024))
    await eventually('it is closed', () => bus.server.clients === 0)
  })
})

describe('slow_client=drop', { timeout: 30_000 }, () => {
  test('drops whole messages, counts them, and goes on when the client has caught up', async () => {
    await using bus = await Bus.startUnix({ evapi: { slowClient: 'drop', sendBufferLimit: LIMIT } })
    const reader = await bus.join()
    const dead = await bus.join()
    dead.pause()
    // Of sizes that fit nowhere evenly, so that the kernel cuts messages wherever it likes.
    const messages = numbered(5000, 777)
    const published = await publishUntil(bus, messages, () => bus.stat('messages_dropped') >= 50)
    await bus.logbook.line(/^slow client: .* whole messages are dropped/)
    assert.equal(bus.stat('slow_clients'), 1)
    assert.equal(bus.server.clients, 2)

    dead.resume()
    await eventually('it has taken what waited', () => bus.stat('waiting_clients') === 0)
    bus.server.relay('caught up')
    await dead.untilReceived('9:caught up,')
    await reader.untilReceived('9:caught up,')
    const line = await bus.logbook.line(/^slow client caught up/)
    const dropped = bus.stat('messages_dropped')
    assert.equal(line['dropped'], dropped)

    const got = numbersIn(dead).slice(0, -1)
    assert.equal(got.length + dropped, published)
    // It lost one stretch: all until it was slow, nothing after.
    assert.deepEqual(
      got,
      Array.from({ length: got.length }, (_, number) => number),
    )
    assert.equal(numbersIn(reader).length, published + 1)
    const stream = framed([...messages.slice(0, published), Buffer.from('caught up')])
    assert.ok(reader.received.equals(stream))

    // And again: being slow is no state for life.
    bus.server.relay('more')
    await dead.untilReceived('4:more,')
  })

  test('a message that is larger than the limit goes out whole to a client that reads, and is dropped whole for one that does not', async () => {
    await using bus = await Bus.startUnix({ evapi: { slowClient: 'drop', sendBufferLimit: 1000 } })
    const reader = await bus.join()
    const dead = await bus.join()
    dead.pause()
    const large = Buffer.alloc(600_000, 'l')
    bus.server.relay(large)
    await reader.until('all of it', () => reader.length === netstring(large).length)
    // Part of the first had left for `dead` too, so the rest of it is owed.
    bus.server.relay(large)
    await eventually('the second was dropped', () => bus.stat('messages_dropped') >= 1)
    dead.resume()
    await dead.until('the first', () => dead.length >= netstring(large).length)
    await eventually('it has caught up', () => bus.stat('waiting_clients') === 0)
    bus.server.relay('end')
    await dead.untilReceived('3:end,')
    assert.deepEqual(
      texts(dead.received).map(({ length }) => length),
      [600_000, 3],
    )
  })
})

describe('slow_client=block', { timeout: 30_000 }, () => {
  /** A publisher, a reader and a client that does not read, which has brought the publisher to a halt. */
  async function blocked() {
    const bus = await Bus.startUnix({ evapi: { slowClient: 'block', sendBufferLimit: LIMIT } })
    const [publisher, reader, dead] = [await bus.join(), await bus.join(), await bus.join()]
    dead.pause()
    const messages = numbered(5000)
    const written = publisher.write(framed(messages))
    await eventually('reading has stopped', () => bus.stat('reads_paused') === 1)
    await turns()
    return { bus, publisher, reader, dead, messages, written }
  }

  test('stops reading from publishers; when the client reads again, everybody gets everything in order', async () => {
    const { bus, publisher, reader, dead, messages, written } = await blocked()
    await using _bus = bus
    const received = bus.stat('messages_received')
    assert.ok(received < messages.length)
    await turns()
    assert.equal(bus.stat('messages_received'), received)
    await bus.logbook.line(/^slow client: .* publishers are not read/)
    // What has been read reaches the others all the same.
    const sofar = framed(messages.slice(0, received)).length
    await reader.until('what has been read', () => reader.length === sofar)
    // Those who are served need no publisher: a relay of the program's own still reaches them.
    bus.server.relay('own')
    await reader.until('it', () => reader.length === sofar + 6)

    dead.resume()
    await written
    const all = Buffer.concat([
      framed(messages.slice(0, received)),
      netstring('own'),
      framed(messages.slice(received)),
    ])
    for (const client of [publisher, reader, dead]) {
      await client.until('everything', () => client.length >= all.length)
      assert.ok(client.received.equals(all))
    }
    assert.equal(bus.stat('messages_dropped'), 0)
    assert.equal(bus.stat('slow_closed'), 0)
    await bus.logbook.line(/^slow client caught up; 0 messages/)
  })

  test('reading goes on when the slow client goes away instead', async () => {
    const { bus, reader, dead, messages, written } = await blocked()
    await using _bus = bus
    dead.close()
    await written
    await reader.until('everything', () => reader.length === framed(messages).length)
    assert.ok(reader.received.equals(framed(messages)))
  })

  test('a client that comes meanwhile is read afterwards', async () => {
    const { bus, reader, dead } = await blocked()
    await using _bus = bus
    const late = await bus.join()
    await late.send('late')
    const before = bus.stat('messages_received')
    await turns()
    assert.equal(bus.stat('messages_received'), before)
    dead.resume()
    await late.untilReceived('4:late,')
    await reader.untilReceived('4:late,')
  })

  test('a publisher that ends its side meanwhile is still heard to its end', async () => {
    const { bus, publisher, reader, dead, messages, written } = await blocked()
    await using _bus = bus
    publisher.halfClose()
    await turns()
    dead.resume()
    await written
    await reader.until('everything', () => reader.length === framed(messages).length)
    await publisher.untilEnd()
    assert.ok(publisher.received.equals(framed(messages)))
  })

  test('a client at max_running_routes when the bus was blocked is read again afterwards', async () => {
    const gate = deferred()
    await using bus = await Bus.startUnix({
      evapi: { slowClient: 'block', sendBufferLimit: LIMIT, maxRunningRoutes: 1 },
      routes: {
        'evapi:message-received': async (ctx) => {
          await gate.promise
          ctx.relay(ctx.msg)
        },
      },
    })
    const dead = await bus.join()
    dead.pause()
    const publisher = await bus.join()
    await publisher.send('one')
    await eventually('its route runs', () => bus.stat('messages_received') === 1)
    await publisher.send('two')
    bus.server.relay(Buffer.alloc(1_000_000))
    await eventually('reading has stopped', () => bus.stat('reads_paused') === 1)
    gate.resolve()
    await turns()
    dead.resume()
    await publisher.untilReceived('3:one,')
    await publisher.untilReceived('3:two,')
  })

  test('a client whose connection-new ended while the bus was blocked is read afterwards', async () => {
    const gate = deferred()
    await using bus = await Bus.startUnix({
      evapi: { slowClient: 'block', sendBufferLimit: LIMIT },
      routes: {
        'evapi:connection-new': (ctx) => (ctx.client.index === 0 ? undefined : gate.promise),
        'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
      },
    })
    const dead = await bus.join()
    dead.pause()
    const client = await bus.join()
    await client.send('hello')
    bus.server.relay(Buffer.alloc(1_000_000))
    await eventually('reading has stopped', () => bus.stat('reads_paused') === 1)
    gate.resolve()
    await turns()
    assert.equal(bus.stat('messages_received'), 0)
    dead.resume()
    await client.untilReceived('5:hello,')
  })
})

describe('send_data_timeout', { timeout: 30_000 }, () => {
  test('a client that takes nothing for so long is slow, however little waits', async () => {
    const reasons: string[] = []
    await using bus = await Bus.startUnix({
      // Longer than the reader, which shares this thread, may be kept from reading on a busy machine.
      evapi: { sendDataTimeout: 500_000 },
      routes: { 'evapi:connection-closed': (ctx) => reasons.push(`${ctx.client.index} ${ctx.reason}`) },
    })
    const reader = await bus.join()
    const dead = await bus.join()
    dead.pause()
    const large = Buffer.alloc(500_000)
    bus.server.relay(large)
    await reader.until('all of it', () => reader.length === netstring(large).length)
    await eventually('it is closed', () => reasons.length > 0)
    assert.deepEqual(reasons, ['1 slow'])
    await bus.logbook.line(/^slow client/)
  })

  test('with slow_client=drop it loses what comes until it has caught up', async () => {
    await using bus = await Bus.startUnix({ evapi: { sendDataTimeout: 30_000, slowClient: 'drop' } })
    const dead = await bus.join()
    dead.pause()
    bus.server.relay(Buffer.alloc(500_000))
    await eventually('it is slow', () => bus.stat('slow_clients') === 1)
    bus.server.relay('lost')
    await eventually('it was dropped', () => bus.stat('messages_dropped') === 1)
    dead.resume()
    await eventually('it has caught up', () => bus.stat('waiting_clients') === 0)
    bus.server.relay('end')
    await dead.untilReceived('3:end,')
    assert.deepEqual(
      texts(dead.received).map(({ length }) => length),
      [500_000, 3],
    )
  })

  test('0 is no limit by time', async () => {
    await using bus = await Bus.startUnix()
    const dead = await bus.join()
    dead.pause()
    bus.server.relay(Buffer.alloc(500_000))
    await eventually('it waits', () => bus.stat('waiting_clients') === 1)
    await turns(300)
    assert.equal(bus.stat('slow_clients'), 0)
    assert.equal(bus.server.clients, 1)
  })
})

describe('20 MB are published while one of three clients never reads', { timeout: 60_000 }, () => {
  for (const slowClient of ['close', 'drop'] as const) {
    test(`slow_client=${slowClient}: the other two get everything in order`, async () => {
      await using bus = await Bus.start({ evapi: { slowClient } })
      const [publisher, reader, dead] = [await bus.join(), await bus.join(), await bus.join()]
      dead.pause()
      const stream = framed(numbered(20_000))
      for (let at = 0; at < stream.length; at += 64 * 1024) {
        await publisher.write(stream.subarray(at, at + 64 * 1024))
        // Server and readers share this process: whoever writes without a pause leaves the readers no time to read.
        await nextTurn()
      }
      for (const client of [publisher, reader]) {
        await client.until('everything', () => client.length === stream.length)
        assert.ok(client.received.equals(stream))
      }
      assert.equal(bus.stat('slow_clients'), 1)
      if (slowClient === 'close') {
        assert.equal(bus.server.clients, 2)
      } else {
        const dropped = bus.stat('messages_dropped')
        assert.ok(dropped > 0)
        dead.resume()
        const caughtUp = () => bus.stat('waiting_clients') === 0
        await eventually('the third has caught up', caughtUp)
        bus.server.relay('end')
        await dead.until(
          'the end',
          () => dead.length % 1006 === 6 && dead.received.subarray(-6).equals(netstring('end')),
        )
        assert.equal(numbersIn(dead).length - 1 + dropped, 20_000)
      }
    })
  }
})
