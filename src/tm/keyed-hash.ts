// HalfSipHash-2-4 (Aumasson, Bernstein): 64 bits that only who has the key can foretell. For To-tags, which are made for every
// reply: node:crypto costs more than all the rest of one. Not for anything that a secret depends on.

import { randomFillSync } from 'node:crypto'

/** A hash with a key of its own: the same in this process for the same input, different in every other. */
export class KeyedHash {
  readonly #key0: number
  readonly #key1: number
  // The state of the hash that is being made; fields, so that it needs no memory for each.
  #v0 = 0
  #v1 = 0
  #v2 = 0
  #v3 = 0

  constructor() {
    const key = randomFillSync(new Int32Array(2))
    this.#key0 = key[0] as number
    this.#key1 = key[1] as number
  }

  /** Of one 32-bit number. @returns 16 hexadecimal digits */
  ofNumber(value: number): string {
    this.#begin()
    this.#add(value | 0)
    this.#add(4 << 24)
    return this.#end()
  }

  /** Of some byte strings, in order. @returns 16 hexadecimal digits */
  ofTexts(...texts: readonly string[]): string {
    this.#begin()
    let length = 0
    let word = 0
    for (let t = 0; t < texts.length; t++) {
      const text = texts[t] as string
      for (let i = 0; i < text.length; i++) {
        word |= (text.charCodeAt(i) & 0xff) << ((length & 3) * 8)
        length += 1
        if ((length & 3) === 0) {
          this.#add(word)
          word = 0
        }
      }
      // A border between two texts, so that "ab", "c" is not "a", "bc".
      length += 1
      if ((length & 3) === 0) {
        this.#add(word)
        word = 0
      }
    }
    this.#add(word | (length << 24))
    return this.#end()
  }

  #begin(): void {
    this.#v0 = this.#key0
    this.#v1 = this.#key1 ^ 0xee
    this.#v2 = this.#key0 ^ 0x6c796765
    this.#v3 = this.#key1 ^ 0x74656462
  }

  #add(word: number): void {
    this.#v3 ^= word
    this.#round(2)
    this.#v0 ^= word
  }

  #end(): string {
    this.#v2 ^= 0xee
    this.#round(4)
    const high = this.#v1 ^ this.#v3
    this.#v1 ^= 0xdd
    this.#round(4)
    return hexadecimal(high) + hexadecimal(this.#v1 ^ this.#v3)
  }

  #round(times: number): void {
    let v0 = this.#v0
    let v1 = this.#v1
    let v2 = this.#v2
    let v3 = this.#v3
    for (let i = 0; i < times; i++) {
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
    }
    this.#v0 = v0
    this.#v1 = v1
    this.#v2 = v2
    this.#v3 = v3
  }
}

/** Two digits for each byte. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hexadecimal(word: number): string {
  return `${DIGITS[word >>> 24]}${DIGITS[(word >>> 16) & 0xff]}${DIGITS[(word >>> 8) & 0xff]}${DIGITS[word & 0xff]}`
}
