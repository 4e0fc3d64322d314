// Each row of EVAPI.md's tables of event routes and pseudo-variables, with synchronous and asynchronous handlers, and with
// handlers that fail.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deferred } from '../../src/client/deferred.ts'
import type { RouteContext } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring } from '../support/wire-client.ts'

describe('event routes', { timeout: 30_000 }, () => {
  test('run in the order connection-new, message-received for each message, connection-closed', async () => {
    const seen: string[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': () => seen.push('new'),
        'evapi:message-received': (ctx) => seen.push(ctx.msg.text),
        'evapi:connection-closed': (ctx) => seen.push(`closed: ${ctx.reason}`),
      },
    })
    const client = await bus.join()
    await client.send('1', '2')
    await client.send('3')
    client.halfClose()
    await client.untilEnd()
    assert.deepEqual(seen, ['new', '1', '2', '3', 'closed: peer'])
  })

  test('what connection-new relays reaches the new client; what connection-closed relays does not reach the old one', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': (ctx) => ctx.relay(`new ${ctx.client.index}`),
        'evapi:connection-closed': (ctx) => ctx.relay(`closed ${ctx.client.index}`),
      },
    })
    const staying = await bus.join()
    const leaving = await bus.join()
    await leaving.untilReceived('5:new 1,')
    leaving.halfClose()
    await leaving.untilEnd()
    await staying.untilReceived('8:closed 1,')
    assert.deepEqual(texts(leaving.received), ['new 1'])
    assert.deepEqual(texts(staying.received), ['new 0', 'new 1', 'closed 1'])
  })

  test('of clients accepted in one turn each gets what was relayed since its own connection-new, and nothing earlier', async () => {
    const ports: number[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': (ctx) => {
          ports.push(ctx.client.port)
          // Not all: a tag of its own makes a client a special case.
          if (ports.length % 2 === 0) ctx.setTag('even')
          ctx.relay(`relay ${ctx.client.port}`)
          ctx.multicast(`multicast ${ctx.client.port}`, 'even')
        },
      },
    })
    const clients = await Promise.all(Array.from({ length: 12 }, () => bus.connect()))
    await eventually('all are there', () => ports.length === clients.length)
    bus.server.relay('end')
    for (const client of clients) {
      await client.untilReceived('3:end,')
      const place = ports.indexOf(client.port)
      const even = place % 2 === 1
      const expected = ports
        .slice(place)
        .flatMap((port) => (even ? [`relay ${port}`, `multicast ${port}`] : [`relay ${port}`]))
      assert.deepEqual(texts(client.received), [...expected, 'end'])
    }
  })

  test('a client closed in connection-new gets what was relayed to it, is never heard, and has no connection-closed', async () => {
    const seen: string[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': (ctx) => {
          ctx.relay('go away')
          ctx.close()
        },
        'evapi:message-received': () => seen.push('message'),
        'evapi:connection-closed': () => seen.push('closed'),
      },
    })
    const client = await bus.connect()
    await client.send('hello')
    await client.untilEnd()
    assert.deepEqual(texts(client.received), ['go away'])
    assert.deepEqual(seen, [])
    assert.equal(bus.server.clients, 0)
  })

  const ends: readonly [reason: string, bringAbout: string][] = [
    ['peer', 'ends its side'],
    ['reset', 'resets the connection'],
    ['route', 'is closed by a route'],
    ['bad-frame', 'sends no netstring'],
    ['shutdown', 'is there when the server closes'],
  ]
  for (const [reason, what] of ends) {
    test(`connection-closed of a client that ${what} runs once, with reason ${reason}`, async () => {
      const seen: unknown[] = []
      await using bus = await Bus.start({
        routes: {
          'evapi:message-received': (ctx) => ctx.close(),
          'evapi:connection-closed': (ctx) => seen.push(ctx.reason, ctx.client.open, ctx.relay('too late')),
        },
      })
      const client = await bus.join()
      if (reason === 'peer') client.halfClose()
      else if (reason === 'reset') client.close('reset')
      else if (reason === 'route') await client.send('close me')
      else if (reason === 'bad-frame') await client.write('x')
      else await bus.server.close()
      await eventually('it is closed', () => seen.length > 0)
      if (reason !== 'reset') await client.untilEnd()
      await turns()
      assert.deepEqual(seen, [reason, false, true])
      assert.equal(client.length, 0)
    })
  }

  test('a connection index is the lowest that is free', async () => {
    const indexes: number[] = []
    await using bus = await Bus.start({
      routes: { 'evapi:connection-new': (ctx) => indexes.push(ctx.client.index) },
    })
    const [a, , c] = [await bus.join(), await bus.join(), await bus.join(), await bus.join()]
    a.close()
    c.close()
    await eventually('two have gone', () => bus.server.clients === 2)
    await bus.join()
    await bus.join()
    await bus.join()
    assert.deepEqual(indexes, [0, 1, 2, 3, 0, 2, 4])
  })
})

describe('pseudo-variables', { timeout: 30_000 }, () => {
  test('answer in all three events; $evapi(msg) in message-received only', async () => {
    const seen: unknown[] = []
    const note = (ctx: RouteContext) => {
      const values = ['srcaddr', 'srcport', 'conidx', 'msg'].map((name) => ctx.pv(`$evapi(${name})`))
      seen.push([ctx.route, ...values, ctx.expand('$evapi(srcport)/$evapi(msg)')])
    }
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': note,
        'evapi:message-received': note,
        'evapi:connection-closed': note,
      },
    })
    await bus.join()
    seen.pop()
    const client = await bus.join()
    await client.send('hello')
    client.halfClose()
    await client.untilEnd()
    const { port } = client
    assert.deepEqual(seen, [
      ['evapi:connection-new', '127.0.0.1', port, 1, null, `${port}/<null>`],
      ['evapi:message-received', '127.0.0.1', port, 1, 'hello', `${port}/hello`],
      ['evapi:connection-closed', '127.0.0.1', port, 1, null, `${port}/<null>`],
    ])
  })

  test('$evapi(msg) of an empty message is empty, not null', async () => {
    const seen: unknown[] = []
    await using bus = await Bus.start({
      routes: { 'evapi:message-received': (ctx) => seen.push(ctx.pv('$evapi(msg)'), ctx.msg.length) },
    })
    const client = await bus.join()
    await client.write('0:,')
    await eventually('it came', () => seen.length === 2)
    assert.deepEqual(seen, ['', 0])
  })

  test('an asynchronous route has its own, whatever came meanwhile', async () => {
    const gate = deferred()
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': async (ctx) => {
          if (ctx.msg.text !== 'go') await gate.promise
          else gate.resolve()
          ctx.call('evapi_relay', '$evapi(conidx): $evapi(msg)')
        },
      },
    })
    const first = await bus.join()
    const second = await bus.join()
    await first.send('one')
    await eventually('it came', () => bus.stat('messages_received') === 1)
    await second.send('two')
    await second.send('go')
    await first.untilReceived('6:1: two,')
    assert.deepEqual(texts(first.received), ['1: go', '0: one', '1: two'])
  })
})

for (const [transport, start] of [
  ['TCP', Bus.start],
  ['a Unix socket', Bus.startUnix],
] as const) {
  describe(`an asynchronous connection-new, over ${transport}`, { timeout: 30_000 }, () => {
    /** A bus whose connection-new waits for `gate`, and then rejects the client, or not. */
    async function guarded(reject: boolean) {
      const gate = deferred()
      const seen: string[] = []
      const bus = await start({
        routes: {
          'evapi:connection-new': async (ctx) => {
            await gate.promise
            seen.push(reject ? 'rejected' : 'admitted')
            if (!reject) return
            ctx.relay('go away')
            ctx.close()
          },
          'evapi:message-received': (ctx) => {
            seen.push(ctx.msg.text)
            ctx.relay(ctx.msg)
          },
          'evapi:connection-closed': () => seen.push('closed'),
        },
      })
      return { bus, gate, seen }
    }

    test('nothing the client sends is read before it has settled; relays reach it', async () => {
      const { bus, gate, seen } = await guarded(false)
      await using _bus = bus
      const client = await bus.join()
      await client.send('early')
      bus.server.relay('to all')
      await client.untilReceived('6:to all,')
      await turns()
      assert.deepEqual(seen, [])
      assert.equal(bus.stat('bytes_received'), 0)
      gate.resolve()
      await client.untilReceived('5:early,')
      assert.deepEqual(seen, ['admitted', 'early'])
    })

    test('close() after an await still rejects: no message is handled, no connection-closed runs', async () => {
      const { bus, gate, seen } = await guarded(true)
      await using _bus = bus
      const client = await bus.join()
      await client.send('early')
      await turns()
      gate.resolve()
      await client.untilEnd()
      await turns()
      assert.deepEqual(seen, ['rejected'])
      // Although it had sent something that nobody read: that must not become a reset, which could destroy the answer.
      assert.equal(client.end, 'closed')
      assert.deepEqual(texts(client.received), ['go away'])
      assert.equal(bus.server.clients, 0)
    })

    test('what a client sent before it hung up is not routed while its connection-new goes on', async () => {
      const { bus, gate, seen } = await guarded(true)
      await using _bus = bus
      const client = await bus.join()
      await client.send('early')
      client.close()
      await turns()
      assert.ok(!seen.includes('early'), seen.join())
      gate.resolve()
      await eventually('it has gone', () => bus.server.clients === 0)
      await turns()
      assert.ok(!seen.includes('early'), seen.join())
    })

    test('what an admitted client sent before it hung up is routed', async () => {
      const { bus, gate, seen } = await guarded(false)
      await using _bus = bus
      const client = await bus.join()
      await client.send('early')
      client.close()
      await turns()
      gate.resolve()
      await eventually('it has gone', () => bus.server.clients === 0)
      await turns()
      assert.deepEqual(seen, ['admitted', 'early', 'closed'])
    })

    test('others are served meanwhile', async () => {
      let first = true
      await using bus = await start({
        routes: {
          'evapi:connection-new': () => {
            if (!first) return undefined
            first = false
            return new Promise(() => {})
          },
          'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
        },
        evapi: { drainTimeout: 1000 },
      })
      await bus.join()
      const other = await bus.join()
      await other.send('hello')
      await other.untilReceived('5:hello,')
    })
  })
}

describe('a handler that fails', { timeout: 30_000 }, () => {
  const fails = {
    throws: () => {
      throw new Error('no luck')
    },
    'throws what is no error': () => {
      throw undefined
    },
    rejects: async () => {
      throw new Error('no luck')
    },
    'rejects later': async () => {
      await turns(3)
      throw new Error('no luck')
    },
  }
  const events = ['evapi:connection-new', 'evapi:message-received', 'evapi:connection-closed'] as const
  for (const [how, fail] of Object.entries(fails)) {
    for (const route of events) {
      test(`${route} ${how}: one line of log, one count, and the bus goes on`, async () => {
        let failures = 0
        const routes: Partial<Record<(typeof events)[number], (ctx: RouteContext) => unknown>> = {
          'evapi:message-received': (ctx) => ctx.msg && ctx.relay(ctx.msg),
        }
        routes[route] = (ctx) => {
          if (ctx.msg) ctx.relay(ctx.msg)
          failures += 1
          return fail()
        }
        await using bus = await Bus.start({ routes })
        const client = await bus.join()
        const other = await bus.join()
        await client.send('one')
        await client.send('two')
        await other.untilReceived('3:two,')
        client.halfClose()
        await client.untilEnd()
        assert.deepEqual(texts(client.received), ['one', 'two'])
        await other.send('three')
        await other.untilReceived('5:three,')
        await eventually('all are counted', () => bus.server.stats()['route_failures'] === failures)
        assert.ok(failures > 0)
        const lines = bus.logbook.lines.filter(({ msg }) => msg.startsWith(`route ${route} failed: `))
        assert.equal(lines.length, failures)
        assert.equal(lines[0]?.['route'], route)
        assert.ok(lines[0]?.['client'])
        assert.equal(bus.server.stats()['routes_running'], 0)
      })
    }
  }

  test('one that does not return to the loop for a second delays, and loses and doubles nothing', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          ctx.relay(ctx.msg)
          if (ctx.msg.text === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
        },
      },
    })
    const client = await bus.join()
    const other = await bus.join()
    const before = Array.from({ length: 50 }, (_, count) => `before ${count}`)
    const after = Array.from({ length: 50 }, (_, count) => `after ${count}`)
    await client.send(...before, 'block', ...after)
    await other.send('last')
    for (const each of [client, other]) {
      await each.untilReceived(netstring('after 49'))
      await each.untilReceived(netstring('last'))
      const own = texts(each.received).filter((message) => message !== 'last')
      assert.deepEqual(own, [...before, 'block', ...after])
    }
  })
})
