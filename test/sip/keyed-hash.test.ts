// The hash behind To-tags.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyedHash } from '../../src/sip/keyed-hash.ts'

test('the same input has the same digest, of 16 hexadecimal digits, under one key and not under another', () => {
  const hash = new KeyedHash()
  const digest = hash.digest(1, 'tag', 'call')
  assert.match(digest, /^[0-9a-f]{16}$/)
  assert.equal(hash.digest(1, 'tag', 'call'), digest)
  assert.notEqual(new KeyedHash().digest(1, 'tag', 'call'), digest)
})

test('each byte counts, and where one text ends and the next begins', () => {
  const hash = new KeyedHash()
  const inputs: [number, string, string][] = [
    [0, '', ''],
    [1, '', ''],
    [-1, '', ''],
    [2 ** 31, '', ''],
    [0, 'a', ''],
    [0, '', 'a'],
    [0, '\0', ''],
    [0, '\0\0', ''],
    [0, 'abcd', ''],
    [0, '', 'abcd'],
    [0, 'abc', 'd'],
    [0, 'ab', 'cd'],
    [0, 'abcde', ''],
    [0, 'abcdefgh', ''],
    [0, 'abcdefgi', ''],
    [0, 'abcdefgh', 'i'],
    [0, 'abcdefghi', ''],
    [0, '\xff', ''],
  ]
  const digests = inputs.map(([number, first, second]) => hash.digest(number, first, second))
  assert.equal(new Set(digests).size, inputs.length)
})

test('of one bit more or less, half of all bits are others', () => {
  const hash = new KeyedHash()
  let different = 0
  const tries = 2000
  for (let i = 0; i < tries; i++) {
    const one = BigInt(`0x${hash.digest(i, 'tag', 'call')}`)
    const other = BigInt(`0x${hash.digest(i ^ (1 << (i % 32)), 'tag', 'call')}`)
    for (let bits = one ^ other; bits > 0n; bits >>= 1n) different += Number(bits & 1n)
  }
  const mean = different / tries
  assert.ok(mean > 30 && mean < 34, `${mean} of 64`)
})
