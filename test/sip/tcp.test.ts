// SIP over TCP, over real sockets: framing, keep-alives, limits, and how connections end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Origin } from '../../src/sip/origin.ts'
import type { SipRequest } from '../../src/sip/request.ts'
import type { SipListener } from '../../src/sip/transport.ts'
import { eventually } from '../support/eventually.ts'
import { WireClient } from '../support/wire-client.ts'
import { readReply } from './reading.ts'
import { answer, request, Stage } from './stage.ts'

const connect = ({ address, port }: SipListener) => WireClient.connect({ host: address, port })

/** How many replies with that status line have come. */
const count = (client: WireClient, status: string) =>
  client.received.toString('latin1').split(`SIP/2.0 ${status}`).length - 1

const VIA = { Via: 'SIP/2.0/TCP client.invalid:5099;branch=z9hG4bK-1' }

test('several requests in one segment, and one in many, get a reply each, on the same connection', async () => {
  await using stage = new Stage()
  const client = await connect(await stage.listenTcp())
  await client.write(
    request('OPTIONS', VIA) + request('MESSAGE', VIA, 'body\r\n\r\n') + request('OPTIONS', VIA),
  )
  await client.until('three replies', () => count(client, '200') === 3)
  const text = request('MESSAGE', VIA, 'cut')
  for (let at = 0; at < text.length; at += 7) await client.write(text.slice(at, at + 7))
  await client.until('the fourth', () => count(client, '200') === 4)
  assert.deepEqual(
    stage.received.map((one) => one.body),
    ['', 'body\r\n\r\n', '', 'cut'],
  )
  assert.equal(stage.tcp.stats()['sip_tcp_connections'], 1)
  client.close()
})

test('the reply says where the request came from, and goes back on the connection whatever the Via says', async () => {
  await using stage = new Stage()
  const client = await connect(await stage.listenTcp())
  await client.write(request('OPTIONS', { Via: 'SIP/2.0/TCP 192.0.2.9:1;branch=b;rport' }))
  await client.untilReceived('\r\n\r\n')
  const { via } = readReply(client.received.toString('latin1'))
  assert.deepEqual([via?.param('received'), via?.param('rport')], ['127.0.0.1', String(client.port)])
  client.close()
})

test('it works over IPv6 as well', async () => {
  await using stage = new Stage()
  const client = await connect(await stage.listenTcp('::1'))
  await client.write(request('OPTIONS', VIA))
  await client.untilReceived('received=::1\r\n')
  client.close()
})

test('CRLF CRLF is answered with CRLF', async () => {
  await using stage = new Stage()
  const client = await connect(await stage.listenTcp())
  await client.write('\r\n\r\n')
  await client.until('a pong', () => client.length === 2)
  assert.equal(client.received.toString(), '\r\n')
  assert.equal(stage.inbound.stats()['sip_keepalives'], 1)
  client.close()
})

test('a request that is bad but can be cut is refused, and the connection goes on', async () => {
  await using stage = new Stage()
  const client = await connect(await stage.listenTcp())
  await client.write(request('OPTIONS', { ...VIA, To: '' }))
  await client.untilReceived('SIP/2.0 400 Missing To Header')
  await client.write(request('OPTIONS', VIA))
  await client.untilReceived('SIP/2.0 200')
  client.close()
})

for (const [name, text, status] of [
  [
    'no Content-Length',
    request('OPTIONS', { ...VIA, 'Content-Length': '' }),
    'SIP/2.0 400 Missing Content-Length Header',
  ],
  [
    'a negative Content-Length',
    request('OPTIONS', { ...VIA, 'Content-Length': '-1' }),
    'SIP/2.0 400 Malformed Content-Length',
  ],
  [
    'a Content-Length above the limit',
    request('OPTIONS', { ...VIA, 'Content-Length': '65535' }),
    'SIP/2.0 513 Message Too Large',
  ],
  [
    'a head without end',
    request('OPTIONS', { ...VIA, Subject: 'x'.repeat(70_000) }).slice(0, -2),
    'SIP/2.0 513 Message Too Large',
  ],
  [
    '10,000 headers',
    request('OPTIONS', VIA).replace('\r\n\r\n', `\r\n${'a:b\r\n'.repeat(10_000)}\r\n`),
    'SIP/2.0 400 Too Many Headers',
  ],
] as const) {
  test(`${name} is answered, and the connection closed`, async () => {
    await using stage = new Stage()
    const client = await connect(await stage.listenTcp())
    await client.write(`${text}${request('OPTIONS', VIA)}`)
    await client.untilEnd()
    client.close()
    assert.ok(client.received.toString('latin1').startsWith(status), client.received.toString('latin1'))
    assert.equal(stage.received.length, 0)
    assert.equal(stage.tcp.stats()['sip_tcp_streams_broken'], 1)
  })
}

for (const noise of [
  'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  '\x16\x03\x01\x02',
  'hello\r\n\r\n',
]) {
  test(`${JSON.stringify(noise)} is not answered, and the connection closed`, async () => {
    await using stage = new Stage()
    const client = await connect(await stage.listenTcp())
    await client.write(noise)
    await client.untilEnd()
    client.close()
    assert.equal(client.length, 0)
    assert.equal(stage.inbound.stats()['sip_messages_dropped'], 1)
  })
}

test('one connection over tcp_max_connections is closed at once, and one that goes makes room', async () => {
  await using stage = new Stage({ tcp: { maxConnections: 2 } })
  const listeners = [await stage.listenTcp(), await stage.listenTcp()] as const
  const first = await connect(listeners[0])
  const second = await connect(listeners[1])
  await eventually('both are accepted', () => stage.tcp.connections.size === 2)
  const third = await connect(listeners[0])
  await third.untilEnd()
  assert.equal(stage.tcp.stats()['sip_tcp_connections_rejected'], 1)
  assert.match((await stage.logbook.line(/rejected 1/)).msg, /tcp_max_connections is 2/)
  first.close()
  await eventually('the first is gone', () => stage.tcp.connections.size === 1)
  const fourth = await connect(listeners[0])
  await fourth.write(request('OPTIONS', VIA))
  await fourth.untilReceived('SIP/2.0 200')
  second.close()
  fourth.close()
})

test('an idle connection is closed', async () => {
  await using stage = new Stage({ tcp: { idleTimeout: 30 } })
  const client = await connect(await stage.listenTcp())
  await client.untilEnd()
  assert.equal(stage.tcp.stats()['sip_tcp_idle_closed'], 1)
})

test('a connection whose request waits for its answer is given the idle time twice', async () => {
  let late: (() => void) | undefined
  await using stage = new Stage({
    tcp: { idleTimeout: 700 },
    receive: (message, origin) => {
      answer(message, origin, 100, 'Trying')
      late = () => answer(message, origin)
    },
  })
  const client = await connect(await stage.listenTcp())
  const begun = performance.now()
  await client.write(request('INVITE', VIA))
  await client.untilReceived('SIP/2.0 100')
  await eventually('the idle time has passed once', () => performance.now() - begun > 800)
  late?.()
  await client.untilReceived('SIP/2.0 200')
  await client.untilEnd()
})

test('a peer that does not read is closed when tcp_send_buffer_limit is reached', async () => {
  const body = 'x'.repeat(60_000)
  await using stage = new Stage({
    tcp: { sendBufferLimit: 100_000 },
    receive: (message, origin) => void answer(message, origin, 200, 'OK', body),
  })
  const client = await connect(await stage.listenTcp())
  client.pause()
  const closed = () => stage.tcp.stats()['sip_tcp_slow_closed'] === 1
  for (let sent = 0; sent < 2000 && !closed(); sent += 1) {
    await client.write(request('OPTIONS', VIA))
    await eventually('it is answered', () => stage.received.length > sent || closed())
  }
  assert.ok(closed())
  await stage.logbook.line(/slow SIP connection closed/)
  client.close()
})

test('a client that ends its side still gets the reply it waits for', async () => {
  let pending: { message: SipRequest; origin: Origin } | undefined
  await using stage = new Stage({
    receive: (message, origin) => {
      pending = { message, origin }
    },
  })
  const client = await connect(await stage.listenTcp())
  await client.write(request('OPTIONS', VIA))
  client.halfClose()
  await eventually('the request is there', () => pending !== undefined)
  assert.equal(pending && answer(pending.message, pending.origin), true)
  await client.untilEnd()
  assert.equal(count(client, '200'), 1)
})

test('a reply to a connection that is gone says so', async () => {
  let pending: { message: SipRequest; origin: Origin } | undefined
  await using stage = new Stage({
    receive: (message, origin) => {
      pending = { message, origin }
    },
  })
  const client = await connect(await stage.listenTcp())
  await client.write(request('OPTIONS', VIA))
  await eventually('the request is there', () => pending !== undefined)
  client.close('reset')
  await eventually('the connection is gone', () => stage.tcp.connections.size === 0)
  assert.equal(pending && answer(pending.message, pending.origin), false)
})

test('close() delivers what waits, ends every connection and frees the port', async () => {
  const stage = new Stage()
  const listener = await stage.listenTcp()
  const client = await connect(listener)
  await client.write(request('OPTIONS', VIA))
  await client.untilReceived('SIP/2.0 200')
  const closed = stage[Symbol.asyncDispose]()
  await client.untilEnd()
  client.close()
  await closed
  await assert.rejects(connect(listener), { code: 'ECONNREFUSED' })
})

test('a port that is taken is an error with its code', async () => {
  await using stage = new Stage()
  const { port } = await stage.listenTcp()
  await assert.rejects(stage.tcp.listen('127.0.0.1', port), { code: 'EADDRINUSE' })
})
