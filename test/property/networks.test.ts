// Access lists against the simplest model of one: an address is admitted if, written as bits, it begins as one of the networks does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { networkMistake } from '../../src/dispatcher.ts'
import { TestDispatcher } from '../support/dispatcher.ts'

interface Address {
  readonly text: string
  readonly bits: string
}

/** Few different bytes, so that networks and addresses meet. */
const byte = fc.constantFrom(0, 1, 10, 127, 128, 255)

const ipv4 = fc.array(byte, { minLength: 4, maxLength: 4 }).map(
  (bytes): Address => ({
    text: bytes.join('.'),
    bits: bytes.map((each) => each.toString(2).padStart(8, '0')).join(''),
  }),
)

const ipv6 = fc
  .array(fc.constantFrom(0, 1, 0x2001, 0xdb8, 0x8000, 0xfe80, 0xffff), { minLength: 8, maxLength: 8 })
  // Those of IPv4 are IPv4, and have a test of their own.
  .filter((words) => words.slice(0, 5).some((word) => word !== 0))
  .map(
    (words): Address => ({
      text: words.map((word) => word.toString(16)).join(':'),
      bits: words.map((word) => word.toString(2).padStart(16, '0')).join(''),
    }),
  )

/** An address of either kind; `mapped` writes an IPv4 one as IPv6 has it. */
const address = fc
  .oneof(fc.tuple(ipv4, fc.boolean()), fc.tuple(ipv6, fc.constant(false)))
  .map(([plain, mapped]) => ({ ...plain, text: mapped ? `::ffff:${plain.text}` : plain.text, mapped }))

/** The bits as text of an address again, all behind the prefix being 0. */
function written(prefix: string, mapped: boolean, size: number): string {
  const bits = prefix.padEnd(size, '0')
  const group = size === 32 ? 8 : 16
  const numbers = Array.from({ length: size / group }, (_, i) =>
    Number.parseInt(bits.slice(i * group, (i + 1) * group), 2),
  )
  const text = size === 32 ? numbers.join('.') : numbers.map((each) => each.toString(16)).join(':')
  return `${mapped ? '::ffff:' : ''}${text}/${prefix.length + (mapped ? 96 : 0)}`
}

const network = fc.tuple(address, fc.nat(128)).map(([{ bits, mapped }, length]) => {
  const prefix = bits.slice(0, length)
  return { text: written(prefix, mapped, bits.length), prefix, size: bits.length }
})

test('an address is admitted if it begins as one of the networks does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(network, { minLength: 1, maxLength: 8 }),
      fc.array(address, { minLength: 1, maxLength: 30 }),
      async (networks, addresses) => {
        // What is all zeroes at its front, as an IPv6 network, may be written as the mapped ones are.
        fc.pre(networks.every(({ size, prefix }) => size === 32 || prefix.slice(0, 80).includes('1')))
        await using dispatcher = new TestDispatcher({}, { allow: networks.map(({ text }) => text) })
        for (const { text, bits } of addresses) {
          const expected = networks.some(
            ({ prefix, size }) => size === bits.length && bits.startsWith(prefix),
          )
          assert.equal(dispatcher.admits(text), expected, text)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('a network that is written with a bit behind its prefix is a mistake, which names the network that it is in', () => {
  fc.assert(
    fc.property(address, fc.nat(128), ({ text, bits, mapped }, length) => {
      const offset = mapped ? 96 : 0
      const mistake = networkMistake(`${text}/${length + offset}`)
      if (length > bits.length) {
        assert.match(mistake ?? '', /bits, not/)
      } else if (bits.slice(length).includes('1')) {
        assert.match(mistake ?? '', /bits behind its first/)
        const [, named] = /that network is (\S+),/.exec(mistake ?? '') ?? []
        assert.equal(networkMistake(named ?? ''), undefined)
      } else {
        assert.equal(mistake, undefined)
      }
    }),
  )
})

test('whatever text it is, a network is one or has a reason not to be', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef:./%x ') }), (text) => {
      const mistake = networkMistake(text)
      if (mistake !== undefined) assert.match(mistake, /^is no network: /)
    }),
    { numRuns: 2000 },
  )
})
