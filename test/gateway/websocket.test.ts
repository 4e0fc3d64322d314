// WebSocket clients as clients of the bus: who they are to routes, what they get and in which order, how they are refused and how they end. Who does not take what it gets is
// websocket-slow.test.ts's.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deferred } from '../../src/client/deferred.ts'
import { plan, relay } from '../../src/core/plan.ts'
import type { Config, MessageContext } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { frame, noWebSockets, OPCODE } from '../support/web-client.ts'

const http = '127.0.0.1:0'

describe('WebSocket clients', { skip: noWebSockets, timeout: 60_000 }, () => {
  test('share connection indexes, event routes and what routes know with TCP clients', async () => {
    const events: string[] = []
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:connection-new': ({ client }) => events.push(`new ${client.index} ${client.address}`),
        'evapi:message-received': ({ client, msg }) => events.push(`message ${client.index} ${msg.text}`),
        'evapi:connection-closed': ({ client, reason }) =>
          events.push(`closed ${client.index} ${client.tag} ${reason}`),
      },
    })
    const tcp = await bus.join()
    const web = await bus.webSocket({ path: '/ws?tag=web%20site' })
    const other = await bus.join()
    await web.send('from the web')
    await eventually('it was handled', () => events.length === 4)
    tcp.close()
    await eventually('it is gone', () => events.length === 5)
    const again = await bus.webSocket()
    await again.send('in its place')
    await web.close()
    assert.equal(await web.untilEnd(), 1000)
    await eventually('it is gone', () => events.length === 8)
    again.destroy()
    await eventually('it is gone', () => events.length === 9)
    assert.deepEqual(events, [
      'new 0 127.0.0.1',
      'new 1 127.0.0.1',
      'new 2 127.0.0.1',
      'message 1 from the web',
      'closed 0  peer',
      'new 0 127.0.0.1',
      'message 0 in its place',
      'closed 1 web site peer',
      'closed 0  reset',
    ])
    assert.equal(other.end, 'open')
    assert.equal(bus.stat('gateway_websocket_clients'), 0)
  })

  for (const plans of [true, false]) {
    test(`have the same pseudo-variables, where ${plans ? 'plans run' : 'JavaScript runs'}`, async () => {
      await using bus = await Bus.start({
        http,
        plans,
        routes: {
          'evapi:message-received': plan(relay('$evapi(srcaddr) $evapi(srcport) $evapi(conidx) $evapi(msg)')),
        },
      })
      const tcp = await bus.join()
      const web = await bus.webSocket()
      await web.send('x')
      await web.untilMessages(1)
      await tcp.send('y')
      await web.untilMessages(2)
      assert.deepEqual(web.texts, ['127.0.0.1 0 1 x', `127.0.0.1 ${tcp.port} 0 y`])
      await tcp.untilReceived(' y,')
      assert.deepEqual(texts(tcp.received), web.texts)
    })
  }

  test('get relays, multicasts and unicasts in the order in which they were made', async () => {
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:connection-new': (ctx) => {
          ctx.setTag(ctx.client.index % 2 ? 'odd' : 'even')
          ctx.relay(`welcome ${ctx.client.index}`)
        },
        'evapi:message-received': (ctx) => {
          for (let round = 0; round < 50; round += 1) {
            ctx.relay(`${round} to all`)
            ctx.multicast(`${round} to the odd`, 'odd')
            ctx.unicast(`${round} to the first`, 'even')
            ctx.multicast(`${round} to the even`, 'even')
            // Larger than what uWebSockets.js puts together.
            if (round % 10 === 0) ctx.relay(`${round} `.padEnd(20_000, 'x'))
          }
        },
      },
    })
    const clients = [
      await bus.webSocket(),
      await bus.webSocket(),
      await bus.join(),
      await bus.join(),
      await bus.webSocket(),
    ]
    await (clients[4] as Awaited<ReturnType<Bus['webSocket']>>).send('go')
    for (const [index, client] of clients.entries()) {
      const expected: string[] = []
      for (let other = index; other < clients.length; other += 1) expected.push(`welcome ${other}`)
      for (let round = 0; round < 50; round += 1) {
        expected.push(`${round} to all`)
        if (index % 2) expected.push(`${round} to the odd`)
        if (index === 0) expected.push(`${round} to the first`)
        if (index % 2 === 0) expected.push(`${round} to the even`)
        if (round % 10 === 0) expected.push(`${round} `.padEnd(20_000, 'x'))
      }
      const got = () => ('texts' in client ? client.texts : texts(client.received))
      if ('texts' in client) await client.untilMessages(expected.length)
      else await client.untilReceived(`49 to the ${index % 2 ? 'odd' : 'even'},`)
      assert.deepEqual(got(), expected)
    }
  })

  test('are in a group from the moment they are given its tag until they are given another', async () => {
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:message-received': (ctx) => {
          // All in one turn: uWebSockets.js sends nothing of it before the end.
          for (let round = 0; round < 40; round += 1) {
            ctx.setTag('a')
            ctx.multicast(`${round} a`, 'a')
            ctx.setTag('b')
            ctx.multicast(`${round} not b`, 'a')
            ctx.unicast(`${round} b`, 'b')
            ctx.setTag('')
            ctx.multicast(`${round} nobody`, 'b')
          }
          ctx.relay('end')
        },
      },
    })
    const web = await bus.webSocket()
    await web.send('go')
    await web.untilMessages(81)
    const expected = Array.from({ length: 40 }, (_, round) => [`${round} a`, `${round} b`]).flat()
    assert.deepEqual(web.texts, [...expected, 'end'])
    assert.equal(bus.stat('groups'), 0)
  })

  test('choose a tag in the URL, which one from connection-new goes before', async () => {
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:connection-new': (ctx) => {
          if (ctx.client.index === 1) ctx.setTag('given')
        },
        'evapi:message-received': (ctx) => ctx.relay(`${ctx.client.index} ${ctx.client.tag}`),
      },
    })
    const asking = await bus.webSocket({ path: '/ws?tag=%C3%A4%E2%82%AC' })
    const given = await bus.webSocket({ path: '/ws?tag=asked' })
    const none = await bus.webSocket()
    for (const client of [asking, given, none]) {
      await client.send('who am I?')
      await asking.untilMessages([asking, given, none].indexOf(client) + 1)
    }
    assert.deepEqual(
      asking.messages.map(({ data }) => data.toString()),
      ['0 ä€', '1 given', '2 '],
    )
    assert.equal(bus.server.multicast('hello', 'ä€'), true)
    assert.equal(bus.server.multicast('hello', 'asked'), false)
    await asking.untilMessages(4)

    const tooLong = await bus.webSocket({ path: `/ws?tag=${'t'.repeat(64)}` })
    assert.equal(tooLong.status, 400)
    assert.equal((await bus.webSocket({ path: `/ws?tag=${'t'.repeat(63)}` })).status, 101)
  })

  test('choose no tag where websocket_tags is off', async () => {
    await using bus = await Bus.start({ http: { listen: http, websocketTags: false } })
    await bus.webSocket({ path: '/ws?tag=asked' })
    assert.equal(bus.server.multicast('hello', 'asked'), false)
  })

  test('get text where it is UTF-8 and binary where it is not, message by message', async () => {
    await using bus = await Bus.start({ http })
    const web = await bus.webSocket()
    const tcp = await bus.join()
    await tcp.send(Buffer.from('ä€𝄞'), Buffer.from([0xff]), 'abc', Buffer.from('ä').subarray(0, 1), '\x00')
    await web.untilMessages(5)
    assert.deepEqual(
      web.messages.map(({ isBinary }) => isBinary),
      [false, true, false, true, false],
    )
    await web.send(Buffer.from('binary, and ASCII'))
    await web.untilMessages(6)
    assert.equal(web.messages[5]?.isBinary, false)
  })

  test('send and get empty messages and messages of 999,999 bytes, whole or in fragments', async () => {
    await using bus = await Bus.start({ http, evapi: { maxMessageSize: 999_999 } })
    const web = await bus.webSocket()
    const tcp = await bus.join()
    const large = Buffer.alloc(999_999, 'large')
    await web.send('', large)
    await web.write(frame(OPCODE.text, large.subarray(0, 10), { fin: false }))
    await web.write(frame(OPCODE.continuation, large.subarray(10, 500_000), { fin: false }))
    await web.write(frame(OPCODE.ping, 'between'))
    await web.write(frame(OPCODE.continuation, large.subarray(500_000)))
    await web.untilMessages(3)
    await tcp.send(large, '')
    await web.untilMessages(5)
    assert.deepEqual(
      web.messages.map(({ data }) => data.length),
      [0, 999_999, 999_999, 999_999, 0],
    )
    assert.ok(web.messages.every(({ data }) => data.length === 0 || data.equals(large)))
    assert.deepEqual(web.pongs, ['between'])
    await tcp.untilReceived('0:,', 3)
    assert.ok(tcp.received.equals(web.receivedAs(true)))
  })

  test('without netstrings get each relay as a message of its own', async () => {
    await using bus = await Bus.start({ http, evapi: { netstringFormat: false } })
    const web = await bus.webSocket()
    const other = await bus.webSocket()
    const tcp = await bus.join()
    await web.send('one', '', '2:no netstring,')
    await other.untilMessages(3)
    await tcp.write('from TCP')
    await other.untilMessages(4)
    assert.deepEqual(other.texts, ['one', '', '2:no netstring,', 'from TCP'])
    await tcp.untilReceived('one2:no netstring,from TCP')
  })
})

describe('a WebSocket', { skip: noWebSockets, timeout: 60_000 }, () => {
  test('is opened with the subprotocol evapi or without one, and not with others alone', async () => {
    await using bus = await Bus.start({ http })
    const open = (protocols: string) => bus.webSocket({ headers: { 'sec-websocket-protocol': protocols } })
    assert.equal((await bus.webSocket()).headers.get('sec-websocket-protocol'), undefined)
    assert.equal((await open('evapi')).headers.get('sec-websocket-protocol'), 'evapi')
    assert.equal((await open('soap, evapi')).headers.get('sec-websocket-protocol'), 'evapi')
    const refused = await open('soap, wamp')
    assert.equal(refused.status, 400)
    assert.equal(JSON.parse(refused.body).error.code, 'unknown_subprotocol')
  })

  test('is what /ws is for: who asks for it otherwise is told so', async () => {
    await using bus = await Bus.start({ http })
    const reply = await fetch(`http://${bus.server.httpAddress}/ws`)
    assert.equal(reply.status, 426)
    assert.equal(reply.headers.get('upgrade'), 'websocket')
    assert.equal((await bus.webSocket({ path: '/other' })).status, 404)
    assert.equal(bus.server.clients, 0)
  })

  test('over max_clients is closed with 1013, and counts like any other', async () => {
    await using bus = await Bus.start({ http, evapi: { maxClients: 2 } })
    await bus.join()
    const web = await bus.webSocket()
    const over = await bus.webSocket()
    assert.equal(await over.untilEnd(), 1013)
    assert.equal(bus.stat('rejected'), 1)
    web.destroy()
    await eventually('it is gone', () => bus.server.clients === 1)
    const next = await bus.webSocket()
    await next.send('hello')
    await next.untilMessages(1)
    assert.equal(bus.stat('gateway_websocket_clients'), 1)
  })

  for (const asynchronous of [false, true]) {
    const when = asynchronous ? 'later' : 'at once'
    test(`that connection-new rejects ${when} gets what was relayed before, 1008, and no connection-closed`, async () => {
      const closed: number[] = []
      await using bus = await Bus.start({
        http,
        routes: {
          'evapi:connection-new': async (ctx) => {
            if (asynchronous) await turns(5)
            if (ctx.client.index === 0) return
            ctx.relay('not you')
            ctx.close()
            ctx.relay('but you')
          },
          'evapi:connection-closed': (ctx) => closed.push(ctx.client.index),
        },
      })
      const welcome = await bus.webSocket()
      const rejected = await bus.webSocket({ path: '/ws?tag=t' })
      assert.equal(await rejected.untilEnd(), 1008)
      assert.deepEqual(rejected.texts, ['not you'])
      await welcome.untilMessages(2)
      assert.equal(bus.server.multicast('anybody?', 't'), false)
      assert.deepEqual(
        [bus.server.clients, bus.stat('gateway_websocket_clients'), bus.stat('groups'), closed.length],
        [1, 1, 0, 0],
      )
    })
  }

  test('that a route closes gets what was relayed before, and 1000', async () => {
    const reasons: string[] = []
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:message-received': (ctx) => {
          ctx.relay(`before ${ctx.msg.text}`)
          ctx.close()
          ctx.relay('after')
        },
        'evapi:connection-closed': (ctx) => reasons.push(ctx.reason),
      },
    })
    const web = await bus.webSocket()
    await web.send('one', 'two')
    assert.equal(await web.untilEnd(), 1000)
    assert.deepEqual(web.texts, ['before one'])
    assert.deepEqual(reasons, ['route'])
  })

  test('that sends a message that is too large is closed with 1009, after what it had sent before', async () => {
    const events: string[] = []
    await using bus = await Bus.start({
      http,
      evapi: { maxMessageSize: 1000, maxRunningRoutes: 1 },
      routes: {
        'evapi:message-received': async (ctx) => {
          await turns(3)
          events.push(ctx.msg.text)
          ctx.relay(ctx.msg)
        },
        'evapi:connection-closed': (ctx) => events.push(ctx.reason),
      },
    })
    const web = await bus.webSocket()
    await web.send('one', 'two', 'three', 'x'.repeat(1001), 'late')
    assert.equal(await web.untilEnd(), 1009)
    assert.deepEqual(events, ['one', 'two', 'three', 'bad-frame'])
    assert.deepEqual(web.texts, ['one', 'two', 'three'])
    assert.equal(bus.stat('gateway_websocket_too_large'), 1)
    const line = await bus.logbook.line(/at most 1000 bytes/)
    assert.equal(line['address'] ?? (line['client'] as { address?: string }).address, '127.0.0.1')
    // Far too large, which nobody waits for: the connection breaks.
    const other = await bus.webSocket()
    await other.send('x'.repeat(100_000))
    assert.equal(await other.untilEnd(), undefined)
    await eventually('it is gone', () => bus.server.clients === 0)
    assert.equal(events.at(-1), 'reset')
  })

  test('that sends text which is no UTF-8 is broken, and is no client any more', async () => {
    const reasons: string[] = []
    await using bus = await Bus.start({
      http,
      routes: { 'evapi:connection-closed': (ctx) => reasons.push(ctx.reason) },
    })
    const web = await bus.webSocket()
    await web.write(frame(OPCODE.text, Buffer.from([0xc3, 0x28])))
    await web.untilEnd()
    await eventually('it is gone', () => bus.server.clients === 0)
    assert.deepEqual(reasons, ['reset'])
  })

  test('that breaks the rules of framing harms nobody', async () => {
    await using bus = await Bus.start({ http })
    const good = await bus.webSocket()
    for (const bytes of [
      frame(OPCODE.text, 'unmasked', { mask: false }),
      frame(OPCODE.continuation, 'of nothing'),
      frame(11, 'no such opcode'),
      frame(OPCODE.ping, 'x'.repeat(126)),
      frame(OPCODE.close, 'x'.repeat(100)),
      Buffer.from([0xf2, 0x80, 0, 0, 0, 0]),
      Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    ]) {
      const bad = await bus.webSocket()
      await bad.write(bytes)
      await bad.write(frame(OPCODE.text, 'and on').subarray(0, 3))
      bad.destroy()
      await eventually('it is gone', () => bus.server.clients === 1)
    }
    await good.send('still there')
    await good.until('it', () => good.texts.includes('still there'))
    assert.equal(bus.stat('gateway_websocket_clients'), 1)
  })

  test('that sends and goes is handled to the end before it is gone', async () => {
    const events: string[] = []
    await using bus = await Bus.start({
      http,
      evapi: { maxRunningRoutes: 2 },
      routes: {
        'evapi:message-received': async (ctx) => {
          await turns(2)
          events.push(ctx.msg.text)
        },
        'evapi:connection-closed': (ctx) => events.push(`closed ${ctx.reason}`),
      },
    })
    const web = await bus.webSocket()
    const words = Array.from({ length: 20 }, (_, number) => `message ${number}`)
    await web.send(...words)
    await web.close()
    await web.untilEnd()
    await eventually('it is gone', () => events.length === 21)
    assert.deepEqual(events, [...words, 'closed peer'])
    assert.equal(bus.server.clients, 0)
  })

  test('is read when its connection-new is through, and then in order', async () => {
    const may = deferred()
    const events: string[] = []
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:connection-new': async () => {
          await may.promise
          events.push('new')
        },
        'evapi:message-received': (ctx) => events.push(ctx.msg.text),
      },
    })
    const web = await bus.webSocket()
    await web.send('one', 'two')
    await web.write(frame(OPCODE.ping, 'has come'))
    await web.until('the pong', () => web.pongs.length > 0)
    await web.send('three')
    await turns()
    assert.deepEqual(events, [])
    may.resolve()
    await eventually('all came', () => events.length === 4)
    assert.deepEqual(events, ['new', 'one', 'two', 'three'])
  })

  test('that sends more than may wait while it is not read is closed with 1013, after what waited', async () => {
    const may = deferred()
    const events: string[] = []
    await using bus = await Bus.start({
      http: { listen: http, websocketQueueLimit: 1000 },
      routes: {
        'evapi:connection-new': () => may.promise,
        'evapi:message-received': (ctx) => events.push(ctx.msg.text.slice(0, 3)),
        'evapi:connection-closed': (ctx) => events.push(ctx.reason),
      },
    })
    const web = await bus.webSocket()
    await web.send('one'.padEnd(400), 'two'.padEnd(400), 'too'.padEnd(400), 'not')
    await bus.logbook.line(/more was sent than is read now/)
    assert.equal(web.end, 'open')
    may.resolve()
    assert.equal(await web.untilEnd(), 1013)
    assert.deepEqual(events, ['one', 'two', 'bad-frame'])
    assert.equal(bus.stat('gateway_websocket_queue_full'), 1)
  })

  test('is closed with 1001 when the server closes, after all that was relayed', async () => {
    const bus = await Bus.start({
      http,
      routes: { 'evapi:connection-closed': (ctx) => ctx.relay(`farewell ${ctx.client.index}`) },
    })
    const clients = [await bus.webSocket(), await bus.webSocket()]
    for (let number = 0; number < 100; number += 1) bus.server.relay(`${number}`)
    await bus.server.close()
    for (const client of clients) {
      assert.equal(await client.untilEnd(), 1001)
      assert.deepEqual(
        client.texts.slice(0, 100),
        Array.from({ length: 100 }, (_, number) => `${number}`),
      )
    }
    await bus[Symbol.asyncDispose]()
  })

  test('takes larger messages after a reload, up to twice what they were when the gateway started', async () => {
    await using bus = await Bus.start({ http, evapi: { maxMessageSize: 1000 } })
    const config = (maxMessageSize: number): Config => ({
      http,
      log: bus.logbook.log,
      evapi: { bindAddr: '127.0.0.1:0', maxMessageSize },
    })
    const web = await bus.webSocket()
    await bus.server.reload(config(1500))
    await web.send('x'.repeat(1500))
    await web.untilMessages(1)
    await bus.server.reload(config(5000))
    await bus.logbook.line(/more than 2000 bytes breaks its WebSocket until a restart/)
    await bus.server.reload(config(100))
    await web.send('x'.repeat(101))
    assert.equal(await web.untilEnd(), 1009)
  })

  test('leaves nothing behind: neither clients nor groups, however they come and go', async () => {
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:connection-new': (ctx) => {
          if (ctx.client.index % 3 === 2) ctx.close()
        },
        'evapi:message-received': (ctx: MessageContext) => {
          ctx.setTag(ctx.msg.text)
          ctx.multicast('you', ctx.msg.text)
          if (ctx.client.index % 3 === 1) ctx.close()
        },
      },
    })
    for (let round = 0; round < 10; round += 1) {
      const clients = await Promise.all(
        Array.from({ length: 12 }, (_, number) => bus.webSocket({ path: `/ws?tag=${round}-${number}` })),
      )
      for (const client of clients) await client.send(`tag ${round} ${clients.indexOf(client)}`)
      for (const client of clients) {
        await client.until('a word', () => client.messages.length > 0).catch(() => {})
        client.destroy()
      }
      await eventually('all are gone', () => bus.server.clients === 0)
    }
    assert.equal(bus.stat('gateway_websocket_clients'), 0)
    assert.equal(bus.stat('groups'), 0)
  })
})
