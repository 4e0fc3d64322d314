// Who sends datagrams, and gets the answers: the way of a datagram as the addon writes it (native/datagram_path.h), kept by
// whoever is to answer.

import { addon } from './addon.ts'

/** Words of a path. */
export const PATH_WORDS = 10

/**
 * An address and port that datagrams come from or go to, and which address of ours they come to. A socket makes one for many
 * datagrams: the same object for the same path, for as long as the path stays in a cache of bounded size.
 */
export class DatagramPeer {
  readonly family: 'IPv4' | 'IPv6'
  readonly port: number
  /** What the handler keeps with this object, and finds again with the next datagram; gone with the object. */
  context: unknown = undefined
  /** The address of ours that its datagrams come to and that answers come from. */
  readonly local: string
  readonly #scope: number
  // Not in an array: it would take more room than all this. Signed, so that each is a small integer to the engine.
  readonly #ip0: number
  readonly #ip1: number
  readonly #ip2: number
  readonly #ip3: number
  readonly #local0: number
  readonly #local1: number
  readonly #local2: number
  readonly #local3: number
  #address: string | undefined

  /** Made by the socket. `words` has a path from `at` on. */
  constructor(family: 'IPv4' | 'IPv6', words: Int32Array, at: number, local: string) {
    this.family = family
    this.local = local
    this.port = words[at] as number
    this.#ip0 = words[at + 1] as number
    this.#ip1 = words[at + 2] as number
    this.#ip2 = words[at + 3] as number
    this.#ip3 = words[at + 4] as number
    this.#scope = words[at + 5] as number
    this.#local0 = words[at + 6] as number
    this.#local1 = words[at + 7] as number
    this.#local2 = words[at + 8] as number
    this.#local3 = words[at + 9] as number
  }

  /** '192.0.2.1' or '2001:db8::1' */
  get address(): string {
    this.#address ??= addon.ipText(this.family === 'IPv6', this.#ip0, this.#ip1, this.#ip2, this.#ip3)
    return this.#address
  }

  /** Whether this is the path that stands in `words` from `at` on. For the socket. */
  is(words: Int32Array, at: number): boolean {
    return (
      words[at] === this.port &&
      words[at + 1] === this.#ip0 &&
      words[at + 6] === this.#local0 &&
      words[at + 2] === this.#ip1 &&
      words[at + 3] === this.#ip2 &&
      words[at + 4] === this.#ip3 &&
      words[at + 5] === this.#scope &&
      words[at + 7] === this.#local1 &&
      words[at + 8] === this.#local2 &&
      words[at + 9] === this.#local3
    )
  }

  /** Writes the path, with another port if need be. For the socket. */
  write(words: Uint32Array | Int32Array, at: number, port: number): void {
    words[at] = port
    words[at + 1] = this.#ip0
    words[at + 2] = this.#ip1
    words[at + 3] = this.#ip2
    words[at + 4] = this.#ip3
    words[at + 5] = this.#scope
    words[at + 6] = this.#local0
    words[at + 7] = this.#local1
    words[at + 8] = this.#local2
    words[at + 9] = this.#local3
  }
}
