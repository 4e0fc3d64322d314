// Replies: what is copied, and where they go (RFC 3261 section 18.2, RFC 3581).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Origin } from '../../src/sip/origin.ts'
import { buildReply, replyPort, steadyTag } from '../../src/sip/reply.ts'
import { readReply, readRequest } from './reading.ts'
import { request } from './stage.ts'

const from = (address: string, port: number, protocol: Origin['protocol'] = 'udp'): Origin => ({
  protocol,
  reliable: protocol !== 'udp',
  sourceAddress: address,
  sourcePort: port,
  localAddress: '192.0.2.1',
  localPort: 5060,
  send: () => true,
})

const NAT = from('203.0.113.5', 33_000)

/** The Via that a reply to a request with this one has. */
function viaFor(via: string, origin = NAT): string | undefined {
  return readReply(buildReply(readRequest(request('OPTIONS', { Via: via })), origin, 200, 'OK', 't')).header(
    'via',
  )
}

test('a reply has the headers that the request had, a tag, and what the caller adds', () => {
  const text = request('INVITE', {
    'Record-Route': '<sip:p1;lr>,<sip:p2;lr>',
    Timestamp: '54',
    Subject: 'nein',
  })
  const reply = buildReply(readRequest(text), NAT, 200, 'OK', 'tag-9', 'Contact: <sip:x@y>\r\n', 'v=0\r\n')
  assert.equal(
    reply,
    'SIP/2.0 200 OK\r\n' +
      'Via: SIP/2.0/UDP client.invalid:5099;branch=z9hG4bK-1;rport=33000;received=203.0.113.5\r\n' +
      'Record-Route: <sip:p1;lr>,<sip:p2;lr>\r\n' +
      'From: <sip:anna@evapid.invalid>;tag=a1\r\n' +
      'To: <sip:service@evapid.invalid>;tag=tag-9\r\n' +
      'Call-ID: call-1@client.invalid\r\n' +
      'CSeq: 1 INVITE\r\n' +
      'Contact: <sip:x@y>\r\n' +
      'Content-Length: 5\r\n\r\nv=0\r\n',
  )
})

test('a 100 has no tag, the Timestamp and no Record-Route; a 404 no Record-Route either', () => {
  const invite = readRequest(request('INVITE', { 'Record-Route': '<sip:p1;lr>', Timestamp: '54' }))
  const trying = readReply(buildReply(invite, NAT, 100, 'Trying', 'tag-9'))
  assert.equal(trying.to?.tag, '')
  assert.equal(trying.header('timestamp'), '54')
  assert.equal(trying.header('record-route'), undefined)
  const missing = readReply(buildReply(invite, NAT, 404, 'Not Found', 'tag-9'))
  assert.equal(missing.header('record-route'), undefined)
  assert.equal(missing.to?.tag, 'tag-9')
  assert.equal(readReply(buildReply(invite, NAT, 183, 'x', 't')).header('record-route'), '<sip:p1;lr>')
})

test('a To that has a tag keeps it', () => {
  const bye = readRequest(request('BYE', { To: '<sip:a@x>;tag=mine' }))
  assert.equal(readReply(buildReply(bye, NAT, 200, 'OK', 'other')).header('to'), '<sip:a@x>;tag=mine')
})

test('received is added when the sent-by host is not the source, or rport is asked for', () => {
  assert.equal(
    viaFor('SIP/2.0/UDP 10.0.0.1:5099;branch=b'),
    'SIP/2.0/UDP 10.0.0.1:5099;branch=b;received=203.0.113.5',
  )
  assert.equal(viaFor('SIP/2.0/UDP 203.0.113.5:5099;branch=b'), 'SIP/2.0/UDP 203.0.113.5:5099;branch=b')
  assert.equal(
    viaFor('SIP/2.0/UDP 203.0.113.5;rport;branch=b'),
    'SIP/2.0/UDP 203.0.113.5;rport=33000;branch=b;received=203.0.113.5',
  )
})

test('what the client says of received and rport counts for nothing', () => {
  assert.equal(
    viaFor('SIP/2.0/UDP 10.0.0.1;received=198.51.100.1;rport=1;branch=b'),
    'SIP/2.0/UDP 10.0.0.1;rport=33000;branch=b;received=203.0.113.5',
  )
  assert.equal(
    viaFor('SIP/2.0/UDP 10.0.0.1;rport=1;branch=b;received=198.51.100.1'),
    'SIP/2.0/UDP 10.0.0.1;rport=33000;branch=b;received=203.0.113.5',
  )
  assert.equal(viaFor('SIP/2.0/UDP 203.0.113.5;received=198.51.100.1'), 'SIP/2.0/UDP 203.0.113.5')
})

test('only the topmost Via is changed, and all go back in order', () => {
  const text = request('OPTIONS', {
    Via: 'SIP/2.0/UDP 10.0.0.1;branch=1 , SIP/2.0/UDP 10.0.0.2;branch=2;rport',
    v: 'SIP/2.0/UDP 10.0.0.3;branch=3',
  })
  assert.deepEqual(readReply(buildReply(readRequest(text), NAT, 200, 'OK', 't')).values('via'), [
    'SIP/2.0/UDP 10.0.0.1;branch=1;received=203.0.113.5',
    'SIP/2.0/UDP 10.0.0.2;branch=2;rport',
    'SIP/2.0/UDP 10.0.0.3;branch=3',
  ])
})

test('an IPv6 sent-by is compared without its brackets, and received has none', () => {
  const origin = from('2001:db8::5', 5060)
  assert.equal(
    viaFor('SIP/2.0/UDP [2001:DB8::5]:5060;branch=b', origin),
    'SIP/2.0/UDP [2001:DB8::5]:5060;branch=b',
  )
  assert.equal(
    viaFor('SIP/2.0/UDP [2001:db8::6]:5060;branch=b', origin),
    'SIP/2.0/UDP [2001:db8::6]:5060;branch=b;received=2001:db8::5',
  )
})

test('a reply over UDP goes to the source port with rport, else to the one of the Via, else to 5060, and never to maddr', () => {
  const port = (via: string, origin = NAT) => replyPort(readRequest(request('OPTIONS', { Via: via })), origin)
  assert.equal(port('SIP/2.0/UDP 10.0.0.1:5099;rport'), 33_000)
  assert.equal(port('SIP/2.0/UDP 10.0.0.1:5099'), 5099)
  assert.equal(port('SIP/2.0/UDP 10.0.0.1'), 5060)
  assert.equal(port('SIP/2.0/UDP 10.0.0.1:0'), 5060)
  assert.equal(port('SIP/2.0/UDP 10.0.0.1;maddr=198.51.100.9'), 5060)
  assert.equal(port('SIP/2.0/TCP 10.0.0.1:5099', from('10.0.0.1', 4000, 'tcp')), 4000)
})

test('folded and strangely ended header values come back as one line', () => {
  const text = request('OPTIONS', {
    Via: 'SIP/2.0/UDP 10.0.0.1\r\n ;branch=b\r\n ;rport',
    To: '"x\ry" <sip:a@b>',
    'Call-ID': 'a\rInjected: 1',
  })
  const reply = buildReply(readRequest(text), NAT, 400, 'Bad', 't')
  assert.doesNotMatch(reply.replaceAll('\r\n', ''), /[\r\n]/)
  assert.equal(
    readReply(reply).header('via'),
    'SIP/2.0/UDP 10.0.0.1 ;branch=b ;rport=33000;received=203.0.113.5',
  )
  assert.equal(readReply(reply).header('injected'), undefined)
})

test('a request that a program made has nothing added to its Via', () => {
  const origin = from('', 0, 'none')
  assert.equal(viaFor('SIP/2.0/TCP 10.0.0.1;rport;branch=b', origin), 'SIP/2.0/TCP 10.0.0.1;rport;branch=b')
})

test('the tag of stateless replies is the same for a retransmission, and another for another request', () => {
  const tag = (lines = {}) => steadyTag(readRequest(request('OPTIONS', lines)))
  assert.equal(tag(), tag())
  assert.match(tag(), /^[0-9a-f]{16}$/)
  assert.notEqual(tag(), tag({ 'Call-ID': 'other' }))
  assert.notEqual(tag(), tag({ From: '<sip:a@client.invalid>;tag=other' }))
  assert.notEqual(tag(), tag({ CSeq: '99 OPTIONS' }))
  // The ACK of a reply may have a branch of its own.
  assert.equal(tag(), tag({ Via: 'SIP/2.0/UDP client.invalid;branch=other' }))
})
