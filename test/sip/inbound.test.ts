// What arrives over UDP: answered, handed over, or dropped. Over real sockets.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readReply } from './reading.ts'
import { answer, Phone, request, Stage } from './stage.ts'

test('a request over UDP is handed over and its reply comes back to the port it came from', async () => {
  await using stage = new Stage()
  await using phone = await Phone.open()
  const listener = stage.listenUdp()
  phone.send(request(), listener)
  const reply = readReply(await phone.next())
  assert.equal(reply.code, 200)
  assert.equal(reply.via?.param('received'), '127.0.0.1')
  assert.equal(reply.via?.param('rport'), String(phone.port))
  assert.equal(stage.received[0]?.text, request())
})

test('without rport the reply goes to the port of the Via, at the address the request came from', async () => {
  await using stage = new Stage()
  await using phone = await Phone.open()
  await using other = await Phone.open()
  const listener = stage.listenUdp()
  phone.send(request('OPTIONS', { Via: `SIP/2.0/UDP 192.0.2.77:${other.port};branch=z9hG4bK1` }), listener)
  assert.equal(readReply(await other.next()).via?.param('received'), '127.0.0.1')
})

test('it works over IPv6 as well', async () => {
  await using stage = new Stage()
  await using phone = await Phone.open('::1')
  const listener = stage.listenUdp('::1')
  phone.send(request('OPTIONS', { Via: `SIP/2.0/UDP [::1]:${phone.port};branch=z9hG4bK1` }), listener)
  assert.equal(readReply(await phone.next()).header('via'), `SIP/2.0/UDP [::1]:${phone.port};branch=z9hG4bK1`)
})

test('requests of one source share an origin, and those of another have their own', async () => {
  const origins = new Set<object>()
  await using stage = new Stage({
    receive: (message, origin) => {
      origins.add(origin)
      answer(message, origin)
    },
  })
  await using first = await Phone.open()
  await using second = await Phone.open()
  const listener = stage.listenUdp()
  for (const phone of [first, first, second, first]) {
    phone.send(request(), listener)
    await phone.next()
  }
  assert.equal(origins.size, 2)
})

describe('a bad request is answered, and not handed over', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['no To', request('OPTIONS', { To: '' }), 400],
    ['a CSeq of another method', request('OPTIONS', { CSeq: '1 BYE' }), 400],
    ['an unknown method', request('JUMP'), 405],
    ['another version', request().replace('SIP/2.0\r\n', 'SIP/9.0\r\n'), 505],
    ['a Content-Length too large', request('OPTIONS', { 'Content-Length': '10' }), 400],
    ['a truncated head', request('OPTIONS', { Subject: 'x' }).slice(0, -10), 400],
    ['10,000 headers', request().replace('\r\n\r\n', `\r\n${'a:b\r\n'.repeat(10_000)}\r\n`), 400],
    ['a header of 60 KiB', request('OPTIONS', { Subject: 'x'.repeat(60_000), To: '' }), 400],
  ]
  for (const [name, text, code] of cases) {
    test(`${name}: ${code}`, async () => {
      await using stage = new Stage()
      await using phone = await Phone.open()
      phone.send(text, stage.listenUdp())
      const reply = readReply(await phone.next())
      assert.equal(reply.code, code)
      assert.equal(reply.callId, 'call-1@client.invalid')
      assert.equal(reply.header('allow') !== undefined, code === 405)
      assert.equal(stage.received.length, 0)
      assert.equal(stage.inbound.stats()['sip_requests_refused'], 1)
    })
  }
})

test('with unknown_methods=route a method that is not known is handed over', async () => {
  await using stage = new Stage({ unknownMethods: 'route' })
  await using phone = await Phone.open()
  phone.send(request('JUMP'), stage.listenUdp())
  assert.equal(readReply(await phone.next()).code, 200)
  assert.equal(stage.received[0]?.method, 'JUMP')
})

test('what cannot be answered is dropped and counted, and the next request is served', async () => {
  await using stage = new Stage()
  await using phone = await Phone.open()
  const listener = stage.listenUdp()
  const dropped = [
    'noise',
    '\xff\xfe\xfd'.repeat(500),
    'GET / HTTP/1.1\r\n\r\n',
    request('OPTIONS', { Via: '' }),
    request('OPTIONS', { Via: 'SIP/2.0/UDP ;' }),
    request('ACK', { To: '' }),
    request('ACK', { 'Content-Length': '7' }),
    'SIP/2.0 99999 no\r\n\r\n',
  ]
  for (const text of dropped) phone.send(text, listener)
  phone.send('\r\n\r\n', listener)
  phone.send('SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x\r\n\r\n', listener)
  phone.send(request(), listener)
  assert.equal(readReply(await phone.next()).code, 200)
  assert.deepEqual(stage.inbound.stats(), {
    sip_requests: 1,
    sip_requests_refused: 0,
    sip_messages_dropped: dropped.length,
    sip_replies_ignored: 1,
    sip_keepalives: 1,
  })
})

test('a burst is logged when it begins, and then once a second with a count', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  await using stage = new Stage()
  const origin = {
    protocol: 'udp' as const,
    reliable: false,
    sourceAddress: '192.0.2.3',
    sourcePort: 9,
    localAddress: '127.0.0.1',
    localPort: 5060,
    send: () => true,
  }
  const counts = () => stage.logbook.lines.map((line) => line['count'])
  for (let i = 0; i < 1000; i++) stage.inbound.message('noise', origin)
  assert.deepEqual(counts(), [1])
  assert.match(stage.logbook.lines[0]?.msg ?? '', /dropped: no SIP message/)
  assert.equal(stage.logbook.lines[0]?.['address'], '192.0.2.3')
  context.mock.timers.tick(1000)
  assert.deepEqual(counts(), [1, 999])
  stage.inbound.message('noise', origin)
  context.mock.timers.tick(1000)
  assert.deepEqual(counts(), [1, 999, 1])
  context.mock.timers.tick(1000)
  stage.inbound.message('noise', origin)
  assert.deepEqual(counts(), [1, 999, 1, 1], 'a new burst is told at once')
})
