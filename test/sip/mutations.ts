// Messages that nobody would send: valid ones with parts cut, doubled, replaced or stretched, and plain noise.

import fc from 'fast-check'
import { TORTURE } from './torture.ts'

/** What parsers trip over. */
const MORSELS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\n\n',
  '\r\n ',
  '\r\n\t',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ';;',
  ',',
  '=',
  '"',
  '\\',
  '\\"',
  '<',
  '>',
  '@',
  '?',
  '[',
  ']',
  '/',
  '%00',
  '*',
  '-1',
  '4294967296',
  '99999999999999999999',
  '\xff\xfe',
  '\x80',
  'SIP/2.0',
  ' SIP/2.0\r\n',
  'SIP/2.0 200 OK\r\n',
  'Via: SIP/2.0/UDP [::1]:5060;rport;branch=z9hG4bK1\r\n',
  'v:SIP/2.0/TCP a;received=9.9.9.9;rport=1\r\n',
  ';rport',
  ';rport=99',
  ';received=203.0.113.66',
  ';maddr=203.0.113.66',
  ';tag=x',
  'Content-Length: 5\r\n',
  'l:0\r\n',
  'Record-Route: <sip:a;lr>, <sip:b;lr>\r\n',
  'Timestamp: 54\r\n',
  'ACK',
  'CANCEL',
  'sip:',
  'tel:+4930123',
  'INVITE sip:a@b SIP/2.0\r\n',
  'x'.repeat(300),
  ' '.repeat(300),
  'a: b\r\n'.repeat(300),
  ';a=b'.repeat(100),
  ','.repeat(100),
] as const

/** What mutations begin with. */
export const SEEDS: readonly string[] = [...TORTURE.map(({ text }) => text), '', '\r\n\r\n', '\0\0\0\0', 'x']

/** One mutation: which one, where, how far or how often, and with what. */
type Mutation = readonly [kind: number, at: number, length: number, morsel: number]

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.nat({ max: 8 }),
  fc.nat({ max: 0xffff }),
  fc.nat({ max: 0xff }),
  fc.nat({ max: MORSELS.length - 1 }),
)

function mutate(text: string, [kind, place, length, which]: Mutation): string {
  const at = text.length === 0 ? 0 : place % text.length
  const end = Math.min(text.length, at + (length % 40))
  const morsel = MORSELS[which] ?? ''
  switch (kind) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + text.slice(end)
    case 2:
      return text.slice(0, end) + text.slice(at)
    case 3:
      return text.slice(0, at) + morsel + text.slice(at)
    case 4:
      return text.slice(0, at) + morsel + text.slice(end)
    case 5:
      return text.slice(0, at) + String.fromCharCode(length) + text.slice(at + 1)
    case 6: {
      // A line goes, or comes twice.
      const begin = text.lastIndexOf('\n', at) + 1
      const stop = text.indexOf('\n', at) + 1 || text.length
      return text.slice(0, begin) + (length % 2 ? '' : text.slice(begin, stop).repeat(2)) + text.slice(stop)
    }
    case 7:
      return length % 2 ? text.replaceAll('\r\n', '\n') : text.toUpperCase().replace(/[^\0-\xff]/g, '?')
    default:
      return text.slice(0, at) + (SEEDS[which % SEEDS.length] ?? '') + text.slice(end)
  }
}

/** Bytes of any kind, and of the kinds that messages are made of. */
const noise: fc.Arbitrary<string> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.array(fc.constantFrom(...MORSELS), { maxLength: 12 }).map((parts) => parts.join('')),
)

/** One message, good, bad or none. */
export const anyMessage: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { maxLength: 5 }))
      .map(([seed, mutations]) => mutations.reduce(mutate, seed)),
  },
  { weight: 1, arbitrary: noise },
)
