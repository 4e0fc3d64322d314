// Each row of EVAPI.md's table of parameters: its default, its range, and what it does to a running server. Those about
// slow clients are in slow-clients.test.ts, what addresses may do in address-limits.test.ts, addresses in addresses.test.ts, sockets that are closed in ending.test.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Config, ConfigError, createServer } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring } from '../support/wire-client.ts'

type Parameters = NonNullable<Config['evapi']>

/** For parameters of a wrong kind, which types refuse before createServer() does. */
function create(evapi: Readonly<Record<string, unknown>>): void {
  createServer({ evapi: evapi as Parameters, log: false })
}

describe('a value that a parameter cannot have is refused, and named', () => {
  const wrong: readonly [name: string, ...values: unknown[]][] = [
    ['workers', -1, 1025, 1.5, '1'],
    ['bindAddr', '', 'no host:1', '127.0.0.1:65536', '[::1', 'unix:', '8448', 8448],
    ['netstringFormat', 'yes', 0.5],
    ['eventCallback', 'no function', 'ksr_without_a_script', 1],
    ['maxClients', -1, '8'],
    ['allow', ['10.0.0.1/8'], [''], '10.0.0.0/8', [1]],
    ['maxClientsPerAddress', -1, 1_000_001],
    ['rateLimit', -1, 0.5, 1_000_001],
    ['rateLimitBurst', -1, 1_000_001],
    ['waitIdle', -1],
    ['waitIncrease', -1],
    ['sendTaskTimeout', -1],
    ['sendDataTimeout', -1],
    ['contextMlimit', -1],
    ['maxMessageSize', 0, 1_000_000_000],
    ['onBadFrame', 'ignore', ''],
    ['sendBufferLimit', 0],
    ['slowClient', 'kill'],
    ['drainTimeout', -1],
    ['maxRunningRoutes', 0],
  ]
  for (const [name, ...values] of wrong) {
    test(name, () => {
      for (const value of values) {
        assert.throws(
          () => create({ [name]: value }),
          (error) => error instanceof ConfigError && error.mistakes[0]?.path === `evapi.${name}`,
          `${name} = ${String(value)}`,
        )
      }
    })
  }
})

describe('a value at the edge of its range is taken', () => {
  const right: readonly [name: string, ...values: unknown[]][] = [
    ['workers', 0, 1],
    ['netstringFormat', 0, 1, 2, true, false],
    ['eventCallback', ''],
    ['maxClients', 0, 1],
    ['allow', [], ['0.0.0.0/0', '::/0'], ['::ffff:10.0.0.0/104,192.0.2.7/32']],
    ['maxClientsPerAddress', 0, 1],
    ['rateLimit', 0, 1, 1_000_000],
    ['rateLimitBurst', 0, 1, 1_000_000],
    ['waitIdle', 0, 2_147_483_647],
    ['waitIncrease', 0],
    ['sendTaskTimeout', 0, 1],
    ['sendDataTimeout', 0, 1],
    ['contextMlimit', 0, 1],
    ['maxMessageSize', 1, 999_999_999],
    ['sendBufferLimit', 1, 2_147_483_647],
    ['drainTimeout', 0],
    ['maxRunningRoutes', 1],
  ]
  for (const [name, ...values] of right) {
    test(name, () => {
      for (const value of values) create({ [name]: value })
    })
  }
})

describe('what a parameter does', { timeout: 30_000 }, () => {
  for (const workers of [0, 1, 2]) {
    test(`workers=${workers}: messages are handled, in order`, async () => {
      await using bus = await Bus.start({ evapi: { workers } })
      const client = await bus.join()
      await client.send('1', '2', '3')
      await client.untilReceived(netstring('3'))
      assert.deepEqual(texts(client.received), ['1', '2', '3'])
    })
  }

  test('netstring_format=1 frames what is relayed', async () => {
    await using bus = await Bus.start({ evapi: { netstringFormat: 1 } })
    const client = await bus.join()
    await client.write(' \r\n\t005:Hello,3:abc,')
    await client.untilReceived('3:abc,')
    assert.equal(client.received.toString(), '5:Hello,3:abc,')
  })

  test('netstring_format=0 relays what it reads as it is', async () => {
    await using bus = await Bus.start({ evapi: { netstringFormat: 0 } })
    const client = await bus.join()
    await client.write('5:Hello, no frame')
    await client.until('all of it', () => client.length >= 17)
    bus.server.relay('bare')
    await client.untilReceived('bare')
    assert.equal(client.received.toString(), '5:Hello, no framebare')
  })

  test('max_clients: one more is closed at once and logged, and may come when another has gone', async () => {
    await using bus = await Bus.start({ evapi: { maxClients: 2 } })
    const first = await bus.join()
    const second = await bus.join()
    const third = await bus.connect()
    await third.untilEnd()
    assert.equal(third.length, 0)
    assert.equal(bus.stat('rejected'), 1)
    const line = await bus.logbook.line(/rejected 1 clients: max_clients is 2/)
    assert.equal(line['limit'], 2)
    second.close()
    await eventually('there is room again', () => bus.server.clients === 1)
    const fourth = await bus.join()
    await first.send('both')
    await fourth.untilReceived('4:both,')
  })

  test('max_clients=0 lets everybody in', async () => {
    await using bus = await Bus.start({ evapi: { maxClients: 0 } })
    for (let count = 0; count < 20; count += 1) await bus.join()
    assert.equal(bus.server.clients, 20)
    assert.equal(bus.stat('rejected'), 0)
  })

  test('wait_idle, wait_increase and send_task_timeout have no effect', async () => {
    await using bus = await Bus.start({
      evapi: { waitIdle: 2_000_000_000, waitIncrease: 1000, sendTaskTimeout: 1 },
    })
    const client = await bus.join()
    for (const message of ['a', 'b', 'c']) {
      await client.send(message)
      await client.untilReceived(netstring(message))
    }
  })

  test('context_mlimit: one message more that waits unflushed is not relayed', async () => {
    const results: boolean[][] = []
    await using bus = await Bus.start({
      evapi: { contextMlimit: 3 },
      routes: {
        'evapi:message-received': (ctx) => {
          ctx.setTag('t')
          results.push([ctx.relay('1'), ctx.multicast('2', 't'), ctx.unicast('3', 't'), ctx.relay('4')])
        },
      },
    })
    const client = await bus.join()
    // Between two routes what was relayed leaves, however closely their messages came.
    await client.send('x', 'y')
    await eventually('both ran', () => results.length === 2)
    await client.untilReceived('1:3,1:1,1:2,1:3,')
    assert.deepEqual(results, [
      [true, true, true, false],
      [true, true, true, false],
    ])
    assert.deepEqual(
      [bus.server.relay('a'), bus.server.relay('b'), bus.server.relay('c'), bus.server.relay('d')],
      [true, true, true, false],
    )
    await client.untilReceived('1:c,')
    assert.equal(bus.server.relay('e'), true)
    await client.untilReceived('1:e,')
    assert.deepEqual(texts(client.received), ['1', '2', '3', '1', '2', '3', 'a', 'b', 'c', 'e'])
    assert.equal(bus.stat('relays_refused'), 3)
  })

  test('context_mlimit=0 is no limit', async () => {
    await using bus = await Bus.start({ evapi: { contextMlimit: 0 } })
    const client = await bus.join()
    for (let count = 0; count < 20_000; count += 1) assert.equal(bus.server.relay(`${count}`), true)
    await client.untilReceived(netstring('19999'))
    assert.equal(texts(client.received).length, 20_000)
  })

  test('max_message_size: a message as large is taken, one byte more is a bad frame', async () => {
    await using bus = await Bus.start({ evapi: { maxMessageSize: 1000 } })
    const client = await bus.join()
    const message = Buffer.alloc(1000, 'x')
    await client.send(message)
    await client.untilReceived(netstring(message))
    await client.write('1001:')
    await client.untilEnd()
    assert.equal(bus.stat('bad_frames'), 1)
  })

  test('max_message_size is 1 MiB by default', async () => {
    await using bus = await Bus.start()
    const client = await bus.join()
    const message = Buffer.alloc(1_048_576, 'x')
    await client.send(message)
    await client.until('it came back', () => client.length === netstring(message).length)
    assert.ok(client.received.equals(netstring(message)))
    await client.write('1048577:')
    await client.untilEnd()
  })

  test('max_message_size bounds what one read takes in netstring_format=0', async () => {
    const sizes: number[] = []
    await using bus = await Bus.start({
      evapi: { netstringFormat: 0, maxMessageSize: 10 },
      routes: { 'evapi:message-received': (ctx) => sizes.push(ctx.msg.length) },
    })
    const client = await bus.join()
    await client.write('x'.repeat(25))
    await eventually('all was read', () => bus.stat('bytes_received') === 25)
    assert.deepEqual(sizes, [10, 10, 5])
  })

  test('on_bad_frame=discard throws away what the read held, and goes on', async () => {
    await using bus = await Bus.start({ evapi: { onBadFrame: 'discard' } })
    const client = await bus.join()
    await client.write('3:one,garbage 5:never,')
    await client.untilReceived('3:one,')
    await eventually('the bad frame was seen', () => bus.stat('bad_frames') === 1)
    await client.send('two')
    await client.untilReceived('3:two,')
    assert.equal(client.received.toString(), '3:one,3:two,')
    assert.equal(client.end, 'open')
    await bus.logbook.line(/bad frame: no digit .* is discarded/)
  })

  test('max_running_routes: a client at the limit is not read, others are, and all is handled in the end', async () => {
    const gates: (() => void)[] = []
    const handled: string[] = []
    await using bus = await Bus.start({
      evapi: { maxRunningRoutes: 3 },
      routes: {
        'evapi:message-received': async (ctx) => {
          const { text } = ctx.msg
          if (text.startsWith('slow')) await new Promise<void>((resolve) => gates.push(resolve))
          handled.push(text)
          ctx.relay(text)
        },
      },
    })
    const busy = await bus.join()
    for (let count = 0; count < 3; count += 1) {
      await busy.send(`slow ${count}`)
      await eventually('it runs', () => gates.length === count + 1)
    }
    await busy.send('slow 3')
    await turns()
    assert.equal(bus.stat('messages_received'), 3)
    assert.equal(bus.server.stats()['routes_running'], 3)

    const other = await bus.join()
    await other.send('quick')
    await other.untilReceived('5:quick,')
    assert.equal(gates.length, 3)

    gates[0]?.()
    await eventually('the fourth runs', () => gates.length === 4)
    for (const open of gates) open()
    await busy.untilReceived('6:slow 3,')
    assert.deepEqual(handled.sort(), ['quick', 'slow 0', 'slow 1', 'slow 2', 'slow 3'])
    assert.equal(bus.server.stats()['routes_running'], 0)
  })
})
