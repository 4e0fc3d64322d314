// A received message: bytes that stand in a receive chunk of the addon, and become text or a copy only when somebody asks.

import type { Encoding } from './types.ts'

/** Where messages find their bytes. */
export interface MessageSource {
  /** Counts batches of events: a message is valid as long as its own is handled. */
  readonly turn: number
  /** Whether a batch is being handled. */
  readonly handling: boolean
  /** The bytes of a chunk, seen in place. */
  chunk(id: number): Buffer
}

/**
 * A message that a client sent. Valid while the handler of its event runs, and for ever after keep(): the chunk that its bytes
 * stand in is used again after the turn.
 */
export class Message {
  /** In bytes. */
  readonly length: number
  readonly #source: MessageSource
  readonly #turn: number
  readonly #event: number
  readonly #chunk: number
  readonly #begin: number
  #kept: Buffer | undefined
  #text: string | undefined

  /** Made by the dispatcher. */
  constructor(source: MessageSource, event: number, chunk: number, begin: number, length: number) {
    this.#source = source
    this.#turn = source.turn
    this.#event = event
    this.#chunk = chunk
    this.#begin = begin
    this.length = length
  }

  /** As UTF-8; what is no UTF-8 becomes U+FFFD. Decoded once, when first asked for. */
  get text(): string {
    this.#text ??= this.#decode('utf8')
    return this.#text
  }

  /** As a byte string, one char per byte. */
  get binary(): string {
    return this.#decode('latin1')
  }

  /** A copy that is the caller's own. */
  get bytes(): Buffer {
    if (this.#kept) return Buffer.from(this.#kept)
    return Buffer.from(this.#view().subarray(this.#begin, this.#begin + this.length))
  }

  /** @throws SyntaxError when it is not JSON */
  json(): unknown {
    return JSON.parse(this.text)
  }

  toString(): string {
    return this.text
  }

  /** Copies the bytes out of the receive chunk, so that the message stays valid after its turn. */
  keep(): this {
    this.#kept ??= this.bytes
    return this
  }

  /** The place among the events being handled, if the bytes can be relayed as they came; else -1. For the dispatcher. */
  eventFor(source: MessageSource): number {
    return source === this.#source && source.turn === this.#turn && source.handling ? this.#event : -1
  }

  /** Writes the bytes to where they are sent from. For the dispatcher. */
  copyTo(target: Buffer, offset: number): void {
    if (this.#kept) target.set(this.#kept, offset)
    else this.#view().copy(target, offset, this.#begin, this.#begin + this.length)
  }

  #decode(encoding: Encoding): string {
    if (this.#kept) return this.#kept.toString(encoding)
    return this.#view().toString(encoding, this.#begin, this.#begin + this.length)
  }

  #view(): Buffer {
    if (this.#turn === this.#source.turn) return this.#source.chunk(this.#chunk)
    throw Object.assign(
      new Error('this message is gone: read it while its handler runs, return a promise, or keep() it'),
      { code: 'ERR_MESSAGE_GONE' },
    )
  }
}
