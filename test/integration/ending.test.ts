// How connections end: half-closed clients, clients closed with data waiting, and the server's own close. Each promises that
// what was owed is delivered, and each promise has a limit in time.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deferred } from '../../src/client/deferred.ts'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring } from '../support/wire-client.ts'

const LARGE = Buffer.alloc(2_000_000, 'l')

for (const [transport, start] of [
  ['TCP', Bus.start],
  ['a Unix socket', Bus.startUnix],
] as const) {
  describe(`a client that ends its side after its last message, over ${transport}`, {
    timeout: 30_000,
  }, () => {
    test('has that message routed, gets what is relayed, and is closed', async () => {
      const reasons: string[] = []
      await using bus = await start({
        routes: {
          'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
          'evapi:connection-closed': (ctx) => reasons.push(ctx.reason),
        },
      })
      const client = await bus.join()
      const other = await bus.join()
      await client.send('one', 'two')
      client.halfClose()
      await client.untilEnd()
      assert.equal(client.end, 'closed')
      assert.deepEqual(texts(client.received), ['one', 'two'])
      await other.untilReceived('3:two,')
      assert.deepEqual(reasons, ['peer'])
    })

    test('gets what its message brings about although it is more than the kernel takes at once', async () => {
      await using bus = await start({
        routes: {
          'evapi:message-received': (ctx) => {
            for (let count = 0; count < 3; count += 1) ctx.relay(LARGE)
          },
        },
      })
      const client = await bus.join()
      client.pause()
      await client.send('go')
      client.halfClose()
      await eventually('it was handled', () => bus.stat('messages_received') === 1)
      await turns()
      client.resume()
      await client.untilEnd()
      const one = netstring(LARGE)
      assert.equal(client.end, 'closed')
      assert.ok(client.received.equals(Buffer.concat([one, one, one])))
    })

    test('is kept until the asynchronous routes of its messages have ended, and gets what they relay', async () => {
      const gate = deferred()
      const seen: string[] = []
      await using bus = await start({
        routes: {
          'evapi:message-received': async (ctx) => {
            await gate.promise
            seen.push(`handled, open: ${ctx.client.open}`)
            ctx.relay(`answer to ${ctx.msg.text}`)
          },
          'evapi:connection-closed': (ctx) => seen.push(`closed: ${ctx.reason}`),
        },
      })
      const client = await bus.join()
      await client.send('one', 'two')
      client.halfClose()
      await eventually('both run', () => bus.stat('messages_received') === 2)
      await turns()
      assert.equal(bus.server.clients, 1)
      assert.deepEqual(seen, [])
      gate.resolve()
      await client.untilEnd()
      assert.deepEqual(texts(client.received), ['answer to one', 'answer to two'])
      await turns()
      assert.deepEqual(seen, ['handled, open: true', 'handled, open: true', 'closed: peer'])
    })

    test('and hangs up has gone when its asynchronous routes have ended, not before', async () => {
      const events: string[] = []
      const answer = deferred()
      await using bus = await start({
        routes: {
          'evapi:message-received': async () => {
            events.push('message')
            await answer.promise
            events.push('answered')
          },
          'evapi:connection-closed': () => events.push('closed'),
        },
      })
      const client = await bus.join()
      await client.send('go')
      await eventually('it is handled', () => events.length > 0)
      client.close()
      await turns(20)
      answer.resolve()
      await eventually('it has gone', () => events.includes('closed'))
      assert.deepEqual(events, ['message', 'answered', 'closed'])
    })

    test('is closed also when it does so at once, without a word', async () => {
      await using bus = await start()
      const client = await bus.connect()
      client.halfClose()
      await client.untilEnd()
      assert.equal(client.length, 0)
      await eventually('it has gone', () => bus.server.clients === 0)
    })
  })
}

describe('a client that is closed with data waiting', { timeout: 30_000 }, () => {
  const closing = {
    'evapi:message-received': (ctx: { relay(data: Uint8Array): boolean; close(): boolean }) => {
      ctx.relay(LARGE)
      ctx.close()
      ctx.relay(Buffer.from('too late'))
    },
  }

  test('still gets it, and then the end', async () => {
    await using bus = await Bus.startUnix({ routes: closing })
    const client = await bus.join()
    client.pause()
    await client.send('go')
    await eventually('it waits', () => bus.stat('waiting_clients') === 1)
    await turns()
    client.resume()
    await client.untilEnd()
    assert.ok(client.received.equals(netstring(LARGE)))
  })

  test('still gets it although it goes on sending, also when the kernel has taken it', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          ctx.relay(LARGE.subarray(0, 1_000_000))
          ctx.close()
        },
      },
    })
    const client = await bus.join()
    client.pause()
    await client.send('go')
    await eventually('it has gone', () => bus.server.clients === 0)
    for (let count = 0; count < 10; count += 1) {
      await client.send('I am not listening')
      await turns(2)
    }
    client.resume()
    await client.untilEnd()
    assert.ok(client.received.equals(netstring(LARGE.subarray(0, 1_000_000))), `received ${client.length}`)
  })

  test('is closed after drain_timeout when it does not take it; connection-closed runs once', async () => {
    const reasons: string[] = []
    await using bus = await Bus.startUnix({
      evapi: { drainTimeout: 30_000 },
      routes: { ...closing, 'evapi:connection-closed': (ctx) => reasons.push(ctx.reason) },
    })
    const client = await bus.join()
    client.pause()
    await client.send('go')
    await eventually('it has gone', () => bus.server.clients === 0)
    await turns()
    assert.deepEqual(reasons, ['route'])
    assert.equal(bus.stat('drain_timeouts'), 1)
    client.resume()
    await client.untilEnd()
    assert.ok(client.length < netstring(LARGE).length)
  })
})

describe('the close of the server', { timeout: 30_000 }, () => {
  test('delivers what was relayed just before, runs connection-closed, and ends every connection', async () => {
    const reasons: string[] = []
    await using bus = await Bus.start({
      routes: { 'evapi:connection-closed': (ctx) => reasons.push(`${ctx.client.index} ${ctx.reason}`) },
    })
    const clients = [await bus.join(), await bus.join()]
    bus.server.relay('last words')
    await bus.server.close()
    for (const client of clients) {
      await client.untilEnd()
      assert.equal(client.end, 'closed')
      assert.deepEqual(texts(client.received), ['last words'])
    }
    assert.deepEqual(reasons.sort(), ['0 shutdown', '1 shutdown'])
    assert.equal(bus.server.clients, 0)
    await assert.rejects(bus.connect({ port: clients[0]?.port ?? 1 }))
  })

  test('from a route is over when connection-closed has run for everybody', async () => {
    const events: string[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': () => void bus.server.close().then(() => events.push('over')),
        'evapi:connection-closed': (ctx) => events.push(ctx.reason),
      },
    })
    const client = await bus.join()
    await bus.join()
    await client.send('go')
    await eventually('it is over', () => events.includes('over'))
    assert.deepEqual(events, ['shutdown', 'shutdown', 'over'])
  })

  test('from the route of the last connection that goes is over at once', async () => {
    let over = false
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-closed': () =>
          void bus.server.close().then(() => {
            over = true
          }),
      },
    })
    const client = await bus.join()
    client.close()
    await eventually('it is over', () => over)
  })

  test('does not wait for clients that have everything and keep their side open', async () => {
    await using bus = await Bus.start({ evapi: { drainTimeout: 60_000_000 } })
    // A WireClient sends no FIN of its own.
    const clients = [await bus.join(), await bus.join()]
    bus.server.relay('last words')
    let closed = false
    void bus.server.close().then(() => {
      closed = true
    })
    await eventually('the server is closed', () => closed)
    for (const client of clients) await client.untilEnd()
  })

  test('reads nothing more while it waits for the routes under way, which still reach their clients', async () => {
    const answer = deferred()
    const handled: string[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': async (ctx) => {
          handled.push(ctx.msg.text)
          await answer.promise
          ctx.relay(`answer to ${ctx.msg.text}`)
        },
      },
    })
    const client = await bus.connect()
    await client.send('first')
    await eventually('the first message is being handled', () => handled.length === 1)
    const closing = bus.server.close()
    await client.send('second')
    await turns()
    answer.resolve()
    await closing
    await client.untilEnd()
    assert.deepEqual(handled, ['first'])
    assert.deepEqual(texts(client.received), ['answer to first'])
  })

  test('delivers what still waits for a client that begins to read', async () => {
    await using bus = await Bus.startUnix()
    const client = await bus.join()
    client.pause()
    for (let count = 0; count < 3; count += 1) bus.server.relay(LARGE)
    await eventually('it waits', () => bus.stat('waiting_clients') === 1)
    const closing = bus.server.close()
    await turns()
    client.resume()
    await closing
    await client.untilEnd()
    const one = netstring(LARGE)
    assert.ok(client.received.equals(Buffer.concat([one, one, one])))
  })

  test('does not wait longer than drain_timeout for a client that does not read', async () => {
    const reasons: string[] = []
    await using bus = await Bus.startUnix({
      evapi: { drainTimeout: 30_000 },
      routes: { 'evapi:connection-closed': (ctx) => reasons.push(ctx.reason) },
    })
    const client = await bus.join()
    client.pause()
    bus.server.relay(LARGE)
    await eventually('it waits', () => bus.stat('waiting_clients') === 1)
    await bus.server.close()
    assert.deepEqual(reasons, ['shutdown'])
  })

  test('ends although a client rejected by connection-new does not take what waits for it', async () => {
    await using bus = await Bus.startUnix({
      evapi: { drainTimeout: 30_000 },
      routes: {
        'evapi:connection-new': (ctx) => {
          ctx.relay(LARGE)
          ctx.close()
        },
      },
    })
    const client = await bus.connect()
    client.pause()
    await eventually('it waits', () => bus.stat('waiting_clients') === 1)
    let closed = false
    void bus.server.close().then(() => {
      closed = true
    })
    await eventually('the server is closed', () => closed)
  })

  test('waits for routes under way, whose client still gets what they relay', async () => {
    const gate = deferred()
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': async (ctx) => {
          await gate.promise
          ctx.relay('answer')
        },
      },
    })
    const client = await bus.join()
    await client.send('question')
    await eventually('it runs', () => bus.stat('messages_received') === 1)
    const closing = bus.server.close()
    await turns()
    gate.resolve()
    await closing
    await client.untilEnd()
    assert.deepEqual(texts(client.received), ['answer'])
  })

  test('accepts nobody new while it waits', async () => {
    const gate = deferred()
    await using bus = await Bus.start({ routes: { 'evapi:message-received': () => gate.promise } })
    const [bound] = bus.server.addresses
    assert.ok(bound && bound.family !== 'unix')
    const client = await bus.join()
    await client.send('x')
    await eventually('it runs', () => bus.stat('messages_received') === 1)
    const closing = bus.server.close()
    await assert.rejects(bus.connect({ host: bound.address, port: bound.port }), { code: 'ECONNREFUSED' })
    gate.resolve()
    await closing
  })
})
