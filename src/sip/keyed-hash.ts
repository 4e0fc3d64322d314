// HalfSipHash-2-4 (Aumasson, Bernstein): 64 bits that only who has the key can foretell. For To-tags, which are made for every
// reply: node:crypto costs more than all the rest of one. Not for anything that a secret depends on.

import { randomFillSync } from 'node:crypto'

// The state; in variables of the module, so that a hash needs no memory. Set anew by each digest(), which nothing interrupts.
let v0 = 0
let v1 = 0
let v2 = 0
let v3 = 0

/** A hash with a key of its own: the same in this process for the same input, different in every other. */
export class KeyedHash {
  readonly #key0: number
  readonly #key1: number

  constructor() {
    const key = randomFillSync(new Int32Array(2))
    this.#key0 = key[0] as number
    this.#key1 = key[1] as number
  }

  /**
   * Of a number, of which 32 bits count, and two byte strings.
   * @returns 16 hexadecimal digits
   */
  digest(number: number, first = '', second = ''): string {
    v0 = this.#key0
    v1 = this.#key1 ^ 0xee
    v2 = this.#key0 ^ 0x6c796765
    v3 = this.#key1 ^ 0x74656462
    addWord(number | 0)
    addText(first)
    addText(second)
    v2 ^= 0xee
    mix(4)
    const high = v1 ^ v3
    v1 ^= 0xdd
    mix(4)
    return hexadecimal(high, v1 ^ v3)
  }
}

/** Four bytes a word; the last one has what is left and the length, so that "ab", "c" is not "a", "bc". */
function addText(text: string): void {
  const { length } = text
  const end = length & ~3
  for (let i = 0; i < end; i += 4) {
    addWord(
      text.charCodeAt(i) |
        (text.charCodeAt(i + 1) << 8) |
        (text.charCodeAt(i + 2) << 16) |
        (text.charCodeAt(i + 3) << 24),
    )
  }
  let last = length << 24
  for (let i = end; i < length; i++) last |= text.charCodeAt(i) << ((i - end) * 8)
  addWord(last)
}

function addWord(word: number): void {
  v3 ^= word
  mix(2)
  v0 ^= word
}

function mix(rounds: number): void {
  let a = v0
  let b = v1
  let c = v2
  let d = v3
  for (let i = 0; i < rounds; i++) {
    a = (a + b) | 0
    b = ((b << 5) | (b >>> 27)) ^ a
    a = (a << 16) | (a >>> 16)
    c = (c + d) | 0
    d = ((d << 8) | (d >>> 24)) ^ c
    a = (a + d) | 0
    d = ((d << 7) | (d >>> 25)) ^ a
    c = (c + b) | 0
    b = ((b << 13) | (b >>> 19)) ^ c
    c = (c << 16) | (c >>> 16)
  }
  v0 = a
  v1 = b
  v2 = c
  v3 = d
}

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** In one call: the string is made in one piece, which strings that are put together are not. */
function hexadecimal(high: number, low: number): string {
  return String.fromCharCode(
    digit(high, 28),
    digit(high, 24),
    digit(high, 20),
    digit(high, 16),
    digit(high, 12),
    digit(high, 8),
    digit(high, 4),
    digit(high, 0),
    digit(low, 28),
    digit(low, 24),
    digit(low, 20),
    digit(low, 16),
    digit(low, 12),
    digit(low, 8),
    digit(low, 4),
    digit(low, 0),
  )
}

function digit(word: number, shift: number): number {
  return DIGITS[(word >>> shift) & 15] as number
}
