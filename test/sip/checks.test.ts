// What every request must have, and what is said to one that has not.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkRequest } from '../../src/sip/checks.ts'
import { type MessageLimits, parseMessage } from '../../src/sip/parse.ts'
import { readRequest } from './reading.ts'
import { request } from './stage.ts'

test('a usual request is fine, and so is an ACK', () => {
  assert.equal(checkRequest(readRequest(request())), undefined)
  assert.equal(checkRequest(readRequest(request('ACK'))), undefined)
  assert.equal(checkRequest(readRequest(request('REGISTER', { Contact: '*' }))), undefined)
})

describe('a bad request is refused with a reason that says what is wrong', () => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, number, string])[] = [
    [{ To: '' }, 400, 'Missing To Header'],
    [{ From: '' }, 400, 'Missing From Header'],
    [{ 'Call-ID': '' }, 400, 'Missing Call-ID Header'],
    [{ CSeq: '' }, 400, 'Missing CSeq Header'],
    [{ t: '<sip:x@y>' }, 400, 'Repeated To Header'],
    [{ f: '<sip:x@y>' }, 400, 'Repeated From Header'],
    [{ i: 'x' }, 400, 'Repeated Call-ID Header'],
    [{ 'cseq ': '1 OPTIONS' }, 400, 'Repeated CSeq Header'],
    [{ 'max-forwards': '1' }, 400, 'Repeated Max-Forwards Header'],
    [{ To: 'nobody' }, 400, 'Malformed To Header'],
    [{ From: '<sip:x' }, 400, 'Malformed From Header'],
    [{ 'Call-ID': 'a b' }, 400, 'Malformed Call-ID Header'],
    [{ 'Call-ID': ' ' }, 400, 'Malformed Call-ID Header'],
    [{ CSeq: 'OPTIONS' }, 400, 'Malformed CSeq Header'],
    [{ CSeq: '1' }, 400, 'Malformed CSeq Header'],
    [{ CSeq: '-1 OPTIONS' }, 400, 'Malformed CSeq Header'],
    [{ CSeq: '1 OPT IONS' }, 400, 'Malformed CSeq Header'],
    [{ CSeq: '2147483648 OPTIONS' }, 400, 'Malformed CSeq Header'],
    [{ CSeq: '1 INVITE' }, 400, 'CSeq Method Does Not Match the Request'],
    [{ CSeq: '1 options' }, 400, 'CSeq Method Does Not Match the Request'],
    [{ 'Max-Forwards': '256' }, 400, 'Malformed Max-Forwards Header'],
    [{ 'Max-Forwards': 'many' }, 400, 'Malformed Max-Forwards Header'],
    [{ Contact: '<sip:x' }, 400, 'Malformed Contact Header'],
  ]
  for (const [lines, code, reason] of cases) {
    test(`${JSON.stringify(lines)}: ${code} ${reason}`, () => {
      assert.deepEqual(checkRequest(readRequest(request('OPTIONS', lines))), { code, reason, drop: false })
    })
  }
})

test('the largest CSeq number, no Max-Forwards and Max-Forwards 0 are fine', () => {
  for (const lines of [{ CSeq: '2147483647 OPTIONS' }, { 'Max-Forwards': '' }, { 'Max-Forwards': '0' }]) {
    assert.equal(checkRequest(readRequest(request('OPTIONS', lines))), undefined)
  }
})

test('a Request-URI that is none is refused', () => {
  for (const uri of [
    '<sip:a@b>',
    'sip:a b@c',
    'sip',
    'sip:',
    'sip:a@b?Subject=x',
    '"sip:a@b"',
    'sip:a@',
    ' sip:a@b',
  ]) {
    const refusal = checkRequest(readRequest(request('OPTIONS', {}, '', uri)))
    assert.deepEqual(refusal, { code: 400, reason: 'Malformed Request-URI', drop: false }, uri)
  }
})

test('another version is refused with 505', () => {
  const text = request().replace('SIP/2.0\r\n', 'SIP/3.0\r\n')
  assert.equal(checkRequest(readRequest(text))?.code, 505)
})

test('a method that is not known is refused with 405 and Allow, unless the routes see to it', () => {
  const publish = readRequest(request('JUMP'))
  const refusal = checkRequest(publish)
  assert.equal(refusal?.code, 405)
  assert.match(refusal?.lines ?? '', /^Allow: .*INVITE, ACK, .*OPTIONS.*\r\n$/)
  assert.equal(checkRequest(publish, 'route'), undefined)
  assert.equal(checkRequest(readRequest(request('invite')))?.code, 405, 'methods have a case')
})

test('an ACK is never answered, nor what has no usable Via', () => {
  assert.equal(checkRequest(readRequest(request('ACK', { To: '' })))?.drop, true)
  assert.equal(checkRequest(readRequest(request('OPTIONS', { Via: '' })))?.drop, true)
  assert.equal(checkRequest(readRequest(request('OPTIONS', { Via: 'SIP/2.0/UDP' })))?.drop, true)
})

describe('a message that is larger than allowed or not complete can still be answered', () => {
  const limits: MessageLimits = { maxHeaders: 20, maxMessageSize: 4000 }
  const cases: readonly (readonly [string, string, number, string])[] = [
    [
      '10,000 headers',
      request('OPTIONS', {}, '').replace('\r\n\r\n', `\r\n${'a: b\r\n'.repeat(600)}\r\n`),
      400,
      'Too Many Headers',
    ],
    ['a large body', request('OPTIONS', {}, 'x'.repeat(5000)), 513, 'Message Too Large'],
    ['no empty line', request().slice(0, -2), 400, 'No Empty Line after the Headers'],
    [
      'a Content-Length beyond the end',
      request('OPTIONS', { 'Content-Length': '1' }),
      400,
      'Content-Length Larger than the Message',
    ],
    [
      'a Content-Length that is none',
      request('OPTIONS', { 'Content-Length': '0x5' }),
      400,
      'Malformed Content-Length Header',
    ],
    ['two Content-Lengths', request('OPTIONS', { l: '0' }), 400, 'Repeated Content-Length Header'],
  ]
  for (const [name, text, code, reason] of cases) {
    test(`${name}: ${code} ${reason}`, () => {
      const parsed = parseMessage(text, 'datagram', limits)
      assert.equal(parsed.kind, 'bad')
      if (parsed.kind !== 'bad') return
      assert.deepEqual([parsed.code, parsed.reason], [code, reason])
      assert.equal(parsed.request?.via?.host, 'client.invalid')
      assert.equal(parsed.request?.callId, 'call-1@client.invalid')
    })
  }
})

test('over a stream a message needs a Content-Length', () => {
  const parsed = parseMessage(request('OPTIONS', { 'Content-Length': '' }), 'stream')
  assert.deepEqual(parsed.kind === 'bad' && [parsed.code, parsed.reason], [
    400,
    'Missing Content-Length Header',
  ])
})
