// What can be read in a message, however it is written.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '../../src/sip/parse.ts'
import { readRequest } from './reading.ts'
import { request } from './stage.ts'

test('headers are found by long name, compact form and in any case', () => {
  const compact = {
    f: '<sip:b@x>;tag=1',
    From: '',
    K: 'path',
    s: 'Hallo',
    x: '90',
    Event: 'presence',
    u: 'presence',
  }
  const message = readRequest(request('OPTIONS', compact))
  assert.equal(message.from?.tag, '1')
  for (const name of ['from', 'FROM', 'f', 'F']) assert.equal(message.header(name), '<sip:b@x>;tag=1', name)
  assert.equal(message.header('Supported'), 'path')
  assert.equal(message.header('Subject'), 'Hallo')
  assert.equal(message.header('session-expires'), '90')
  assert.equal(message.header('o'), 'presence')
  assert.equal(message.header('Allow-Events'), 'presence')
  assert.equal(message.header('X'), '90')
})

test('a header that is absent is undefined, and a name that none can have too', () => {
  const message = readRequest(request())
  for (const name of ['Route', '', ' ', 'Vi', 'Viaa', 'z', '\r\n'])
    assert.equal(message.header(name), undefined, name)
  assert.deepEqual(message.headers('Route'), [])
  assert.deepEqual(message.values('Route'), [])
})

test('letters beyond ASCII have no case', () => {
  const message = readRequest(request('OPTIONS', { 'X-\u00c8': '1', 'X-\u00e8': '2' }))
  assert.equal(message.header('x-\u00c8'), '1')
  assert.equal(message.header('X-\u00e8'), '2')
})

test('values of a list are split at commas that are neither quoted nor in brackets', () => {
  const text = request('OPTIONS', {
    Route: '<sip:a,b@x;lr>, "Komma, \\" darin" <sip:c@y>,, <sip:d@z>',
    'route ': '<sip:e@x>',
  })
  assert.deepEqual(readRequest(text).values('route'), [
    '<sip:a,b@x;lr>',
    '"Komma, \\" darin" <sip:c@y>',
    '<sip:d@z>',
    '<sip:e@x>',
  ])
  assert.equal(readRequest(text).headers('Route').length, 2)
})

test('folded values are one line, and lines end with LF as well as with CRLF', () => {
  const text = request('OPTIONS', {
    Subject: 'eins\r\n  zwei\r\n\tdrei',
    To: '\r\n <sip:service@evapid.invalid>\r\n ;tag=t',
  })
  for (const form of [text, text.replaceAll('\r\n', '\n')]) {
    const message = readRequest(form)
    assert.equal(message.header('subject'), 'eins zwei drei')
    assert.equal(message.to?.tag, 't')
    assert.equal(message.cseq?.number, 1)
  }
})

test('line ends before the start line are skipped', () => {
  const message = readRequest(`\r\n\r\n${request()}`)
  assert.equal(message.method, 'OPTIONS')
  assert.equal(message.text, request())
})

test('header lines come in order, as they were written, and lines that are none are left out', () => {
  const text =
    'OPTIONS sip:x SIP/2.0\r\nVIA : SIP/2.0/UDP h\r\nkeine Zeile\r\n: nichts\r\nA:b\r\n c\r\nA:d\r\n\r\n'
  assert.deepEqual(readRequest(text).headerLines, [
    { name: 'VIA', value: 'SIP/2.0/UDP h' },
    { name: 'A', value: 'b c' },
    { name: 'A', value: 'd' },
  ])
})

test('two messages that are read in turns keep their own headers', () => {
  const first = readRequest(request('OPTIONS', { Subject: 'eins' }))
  const second = readRequest(request('OPTIONS', { Date: 'heute', Subject: 'zwei' }))
  assert.equal(first.header('subject'), 'eins')
  assert.equal(second.header('subject'), 'zwei')
  assert.equal(first.header('date'), undefined)
  assert.equal(second.header('date'), 'heute')
})

test('Via gives its protocol, sent-by, branch and parameters', () => {
  const via = readRequest(
    request('OPTIONS', {
      Via: 'SIP/2.0/TCP [2001:db8::9:1]:5070;rport=9;Branch=z9hG4bKx;ttl="1;2", SIP/2.0/UDP zwei',
    }),
  ).via
  assert.equal(via?.protocol, 'TCP')
  assert.equal(via?.host, '[2001:db8::9:1]')
  assert.equal(via?.port, 5070)
  assert.equal(via?.branch, 'z9hG4bKx')
  assert.equal(via?.rport, true)
  assert.equal(via?.param('RPORT'), '9')
  assert.equal(via?.param('ttl'), '1;2')
  assert.equal(via?.param('zwei'), undefined)
  assert.equal(via?.text, 'SIP/2.0/TCP [2001:db8::9:1]:5070;rport=9;Branch=z9hG4bKx;ttl="1;2"')
})

test('a Via that says one thing twice, or nothing, cannot be read', () => {
  const wrong = [
    'SIP/2.0/UDP h;rport;rport=1',
    'SIP/2.0/UDP h;received=1.1.1.1;received=2.2.2.2',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 h',
    'SIP/2.0/UDP h:',
    'SIP/2.0/UDP h:70000',
    'SIP/2.0/UDP h:5x',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP []',
    'SIP/2.0/UDP h;;branch=1',
    'SIP/2.0/UDP h;="x"',
    'SIP/2.0/UDP h;a="offen',
    'SIP/2.0/UDP h g',
    'SIP/2.0/UDP ,',
  ]
  for (const value of wrong)
    assert.equal(readRequest(request('OPTIONS', { Via: value })).via, undefined, value)
})

test('names, addresses and tags are read with quotes, brackets, or neither', () => {
  const read = (value: string) => readRequest(request('OPTIONS', { From: value })).from
  const quoted = read('"A \\"B\\" <c>" <sip:a@x;p=1>;x="1;tag=no";tag=t9')
  assert.deepEqual([quoted?.display, quoted?.uri, quoted?.tag], ['A "B" <c>', 'sip:a@x;p=1', 't9'])
  const bare = read('sip:a@x;tag=t ; q = 0.5')
  assert.deepEqual([bare?.display, bare?.uri, bare?.tag, bare?.param('q')], ['', 'sip:a@x', 't', '0.5'])
  const named = read('Anna B <tel:+49301>')
  assert.deepEqual([named?.display, named?.uri, named?.tag], ['Anna B', 'tel:+49301', ''])
  for (const wrong of [
    '',
    '<>',
    'anna',
    '<sip:a@x',
    '"x" sip:a@x',
    'sip:',
    'sip:a@x, sip:b@x',
    '<sip:a@x> y',
    ':x@y',
  ]) {
    assert.equal(read(wrong === '' ? ' ' : wrong), undefined, wrong)
  }
})

test('the body is as long as Content-Length says, and what follows is neither kept nor read', () => {
  const text = request('MESSAGE', { 'Content-Length': '5' }, 'hallo und mehr')
  const message = readRequest(text)
  assert.equal(message.body, 'hallo')
  assert.equal(message.text.length, text.length - ' und mehr'.length)
  assert.equal(readRequest(request('MESSAGE', { 'Content-Length': '' }, 'alles\0\xff')).body, 'alles\0\xff')
  assert.equal(message.headLength + 5, message.text.length)
})

test('keep-alives and noise are told apart', () => {
  for (const text of ['', '\r\n', '\r\n\r\n', '\0\0\0\0', '\0']) {
    assert.equal(parseMessage(text, 'datagram').kind, 'keepalive', JSON.stringify(text))
  }
  for (const text of [
    'x',
    'hallo\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\x16\x03\x01',
    '\0x',
    ' INVITE sip:x SIP/2.0\r\n\r\n',
  ]) {
    const parsed = parseMessage(text, 'datagram')
    assert.equal(parsed.kind, 'bad', JSON.stringify(text))
    assert.equal(parsed.kind === 'bad' && parsed.request, undefined)
  }
})

test('time is linear in the size of a message, whatever it consists of', () => {
  const limits = { maxHeaders: 100_000, maxMessageSize: 10_000_000 }
  const shapes = [
    'a: b\r\n',
    'a\r\n',
    ' \r\n',
    ':\r\n',
    ',',
    ';',
    '<',
    '"',
    'Via: x\r\n',
    '\r',
    ' SIP/2.0',
    '\\',
  ]
  for (const shape of shapes) {
    const filling = shape.repeat(64_000 / shape.length)
    const texts = [
      `OPTIONS sip:x SIP/2.0\r\n${filling}\r\n\r\n`,
      `OPTIONS sip:x SIP/2.0\r\nVia: ${filling}\r\nTo: ${filling}\r\n\r\n`,
      `OPTIONS ${filling} SIP/2.0\r\n\r\n`,
    ]
    const begun = performance.now()
    for (const text of texts) {
      const parsed = parseMessage(text, 'datagram', limits)
      if (parsed.kind !== 'request') continue
      const { via, to, from, cseq } = parsed.request
      assert.ok([via, to, from, cseq].length === 4)
      parsed.request.values('via')
      parsed.request.headerLines
    }
    // Some 20 ms on a slow machine; anything quadratic takes minutes.
    assert.ok(performance.now() - begun < 3000, JSON.stringify(shape))
  }
})
