// Addresses as bind_addr writes them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, parseAddress } from '../../src/core/address.ts'

const RIGHT = [
  ['127.0.0.1:8448', { family: 'tcp', host: '127.0.0.1', port: 8448 }],
  ['[::1]:0', { family: 'tcp', host: '::1', port: 0 }],
  ['[::1]', { family: 'tcp', host: '::1', port: 8448 }],
  ['localhost:99', { family: 'tcp', host: 'localhost', port: 99 }],
  ['bus.example.net', { family: 'tcp', host: 'bus.example.net', port: 8448 }],
  ['unix:/run/evapid.sock', { family: 'unix', path: '/run/evapid.sock' }],
  ['unix:./a:b', { family: 'unix', path: './a:b' }],
] as const

const WRONG = [
  '',
  ':8448',
  '::1:8448',
  '[::1',
  '[127.0.0.1]:1',
  '[nonsense]:1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:http',
  '127.0.0.1:-1',
  'a b:1',
  '8448',
  '/run/evapid.sock',
  'unix:',
  `unix:/${'x'.repeat(107)}`,
  'unix:/a\0b',
]

test('every form of address is understood', () => {
  for (const [text, expected] of RIGHT) assert.deepEqual(parseAddress(text), expected, text)
})

test('what is no address is refused', () => {
  for (const text of WRONG) assert.equal(parseAddress(text), undefined, JSON.stringify(text))
})

test('a bound address is written as bind_addr would write it', () => {
  assert.equal(formatAddress({ family: 'IPv4', address: '127.0.0.1', port: 8448 }), '127.0.0.1:8448')
  assert.equal(formatAddress({ family: 'IPv6', address: '::1', port: 1 }), '[::1]:1')
  assert.equal(formatAddress({ family: 'unix', path: '/run/a.sock' }), 'unix:/run/a.sock')
})
