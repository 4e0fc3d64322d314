// The tags that open clients have, as byte strings, and how a text becomes one. Which client has which is the client's; who
// gets a multicast is decided in native/.

import type { Encoding } from './types.ts'

/** Bytes of the longest tag. */
export const MAX_TAG = 63

/** How many texts that are not ASCII are remembered. A route that builds its tags must not fill the memory. */
const CACHE_LIMIT = 1024

const NOT_ASCII = /[\u0080-\uffff]/

export class Tags {
  readonly #clients = new Map<string, number>()
  readonly #encoded = new Map<string, string>()
  /** The text that was asked for last: most routes have one tag. */
  #text = ''
  #bytes = ''

  /** Whether an open client has this tag, which is known at once: a multicast to nobody never leaves JavaScript. */
  has(bytes: string): boolean {
    return this.#clients.has(bytes)
  }

  /** One client more has this tag; '' is none. */
  add(bytes: string): void {
    if (bytes !== '') this.#clients.set(bytes, (this.#clients.get(bytes) ?? 0) + 1)
  }

  /** One client less. */
  remove(bytes: string): void {
    const count = this.#clients.get(bytes)
    if (count === undefined) return
    if (count === 1) this.#clients.delete(bytes)
    else this.#clients.set(bytes, count - 1)
  }

  /** The bytes of a text, one char per byte. What is too long for a tag comes back too long, encoded or not. */
  encode(text: string, encoding: Encoding): string {
    if (encoding === 'latin1' || text.length > MAX_TAG) return text
    if (text !== this.#text) {
      // ASCII is the same in both.
      this.#bytes = NOT_ASCII.test(text) ? this.#encodeText(text) : text
      this.#text = text
    }
    return this.#bytes
  }

  #encodeText(text: string): string {
    const known = this.#encoded.get(text)
    if (known !== undefined) return known
    const bytes = Buffer.from(text, 'utf8').toString('latin1')
    if (this.#encoded.size >= CACHE_LIMIT) this.#encoded.clear()
    this.#encoded.set(text, bytes)
    return bytes
  }
}
