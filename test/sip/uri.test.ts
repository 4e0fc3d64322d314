// URIs in parts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUri } from '../../src/sip/uri.ts'

test('a SIP URI is taken apart', () => {
  const uri = parseUri('SIPS:anna:geheim@sip.example.org:5061;transport=TCP;lr?Subject=x&To=y')
  assert.ok(uri)
  assert.deepEqual(
    [uri.scheme, uri.user, uri.password, uri.host, uri.port, uri.params, uri.headers],
    ['sips', 'anna', 'geheim', 'sip.example.org', 5061, 'transport=TCP;lr', 'Subject=x&To=y'],
  )
  assert.equal(uri.param('Transport'), 'TCP')
  assert.equal(uri.param('lr'), '')
  assert.equal(uri.param('maddr'), undefined)
})

test('hosts may be names, IPv4 and IPv6 addresses, with or without user and port', () => {
  const parts = (text: string) => {
    const uri = parseUri(text)
    return uri && [uri.user, uri.host, uri.port]
  }
  assert.deepEqual(parts('sip:example.org'), ['', 'example.org', undefined])
  assert.deepEqual(parts('sip:192.0.2.1:5070'), ['', '192.0.2.1', 5070])
  assert.deepEqual(parts('sip:a@[2001:db8::1]:5070;x'), ['a', '[2001:db8::1]', 5070])
  assert.deepEqual(parts('sip:[::1]'), ['', '[::1]', undefined])
  assert.deepEqual(parts('sip:a;b=c?d@host'), ['a;b=c?d', 'host', undefined])
})

test('a tel: URI has its number as user, and other schemes are opaque', () => {
  const tel = parseUri('tel:+49-30-123;phone-context=example.org')
  assert.deepEqual(
    [tel?.scheme, tel?.user, tel?.host, tel?.param('phone-context')],
    ['tel', '+49-30-123', '', 'example.org'],
  )
  const other = parseUri('urn:service:sos')
  assert.deepEqual([other?.scheme, other?.user, other?.host], ['urn', '', ''])
})

test('what is no URI is undefined', () => {
  const wrong = [
    '',
    'sip',
    'sip:',
    ':x',
    '1sip:a@b',
    'sip:@b',
    'sip:a@',
    'sip:a@b:',
    'sip:a@b:99999',
    'sip:a@b:5x',
    'sip:a@b c',
    'sip:a@[::1',
    'sip:a@[]',
    'sip:a@[zz]',
    '<sip:a@b>',
    'sip:a@b/c',
    'tel:',
    'sip:a\r@b',
    'sip:a@b@c',
  ]
  for (const text of wrong) assert.equal(parseUri(text), undefined, text)
})
