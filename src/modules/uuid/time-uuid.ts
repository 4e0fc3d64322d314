// UUIDs of version 1: a time, and who made it. The node id is random (RFC 9562 section 6.10): a network card's address is nobody's business.

import { randomBytes, randomInt } from 'node:crypto'

/** Tenths of microseconds from the Gregorian reform to 1970. */
const GREGORIAN = 0x01b21dd213814000n

const node = makeNode()
const sequence = randomInt(2 ** 14)
let last = 0n

/** Later than all before it. */
export function timeUuid(): string {
  const now = BigInt(Date.now()) * 10_000n + GREGORIAN
  last = now > last ? now : last + 1n
  const time = last.toString(16).padStart(15, '0')
  const clock = (0x8000 | sequence).toString(16)
  return `${time.slice(7)}-${time.slice(3, 7)}-1${time.slice(0, 3)}-${clock}-${node}`
}

function makeNode(): string {
  const bytes = randomBytes(6)
  // The bit of a multicast address: no network card has such a one.
  bytes[0] = (bytes[0] ?? 0) | 1
  return bytes.toString('hex')
}
