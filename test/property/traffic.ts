// What clients send in a property test, as fast-check arbitraries: payloads of every byte value and many sizes, headers
// that are valid and not the shortest, blanks before frames, and cuts at any place. Not for what routes do with it.
import fc from 'fast-check'

/** One message on its way in. */
export interface Sent {
  readonly payload: Buffer
  /** Blanks and zeros that may stand before a netstring's length. */
  readonly prefix: string
}

/** How a stream of bytes is cut into writes. */
export interface Cuts {
  /** Places between 0 and 1, as fractions of the stream. */
  readonly at: readonly number[]
  /** After which of the writes, in turn, the server gets a chance to read. */
  readonly pauses: readonly boolean[]
}

const MIB = 1024 * 1024

/** Sizes: nearly always small, now and then over what one read or one chunk holds, rarely the largest that is allowed. */
const size = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 3000 }) },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 30_000, max: 70_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 300_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(MIB - 1, MIB) },
)

/** What looks like framing is what a decoder may stumble over. */
const FRAMING = Buffer.from('0123456789:,, \r\n\t', 'latin1')

/** Bytes that a number determines: a megabyte of them costs fast-check nothing to make, print or shrink. */
function bytes(size: number, seed: number, framing: boolean): Buffer {
  const result = Buffer.allocUnsafe(size)
  let state = seed | 1
  for (let at = 0; at < size; at += 1) {
    // xorshift32
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const byte = (state >>> 11) & 0xff
    result[at] = framing ? (FRAMING[byte % FRAMING.length] as number) : byte
  }
  return result
}

const prefix = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.array(fc.constantFrom(' ', '\t', '\r', '\n'), { maxLength: 5 }),
        fc.constantFrom('', '0', '00'),
      )
      .map(([blanks, zeros]) => blanks.join('') + zeros),
  },
)

/** Messages print as the numbers that determine them. */
const message = (size: fc.Arbitrary<number>): fc.Arbitrary<Sent> =>
  fc.record({ size, seed: fc.nat(), framing: fc.boolean(), prefix }).map((recipe) => ({
    payload: bytes(recipe.size, recipe.seed, recipe.framing),
    prefix: recipe.prefix,
    [fc.toStringMethod]: () => JSON.stringify(recipe),
  }))

export const sent = message(size)
export const smallSent = message(fc.integer({ min: 1, max: 300 }))

export const cuts: fc.Arbitrary<Cuts> = fc.record({
  at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
  pauses: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
})

/** A message as its sender writes it. */
export function written({ payload, prefix }: Sent): Buffer {
  return Buffer.concat([Buffer.from(`${prefix}${payload.length}:`, 'latin1'), payload, Buffer.from(',')])
}

/** The pieces of a stream, none of them empty. */
export function pieces(stream: Buffer, { at }: Cuts): Buffer[] {
  const places = [
    0,
    ...at.map((place) => Math.floor(place * stream.length)).sort((a, b) => a - b),
    stream.length,
  ]
  return places
    .slice(1)
    .map((end, index) => stream.subarray(places[index], end))
    .filter((piece) => piece.length > 0)
}
