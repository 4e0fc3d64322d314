// Ids of transactions as they come back from applications: two unsigned 32-bit numbers (EVAPI.md, Transactions), in text or JSON.

/** What no part of an id is, so that it finds nothing. */
const NOBODY = -1

const LARGEST = 0xffff_ffff

/** One part of an id from what an application sent: digits or a number. -1, which is nobody's, for anything else. */
export function idPart(sent: unknown): number {
  const value = typeof sent === 'string' && /^\d{1,10}$/.test(sent) ? Number(sent) : sent
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST
    ? value
    : NOBODY
}
