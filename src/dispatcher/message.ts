// A received message: bytes that stand in a receive chunk of the addon, and become text or a copy only when somebody asks. The
// object is used again for later messages of its client, unless its bytes were kept: a message costs no memory of its own.

import type { Encoding } from './types.ts'

/** Where messages find their bytes. */
export interface MessageSource {
  /** The bytes of a chunk, seen in place. */
  chunk(id: number): Buffer
}

/** #event of a message whose handler does not run. */
const NO_EVENT = -1

/**
 * A message that a client sent. Valid while the handler of its event runs, and for ever after keep(): the chunk that its bytes
 * stand in is used again after the turn, and this object for a later message of the same client.
 */
export class Message {
  /** What the handler has made to go with this object, and finds again with the next message: its context. */
  context: unknown = undefined
  readonly #source: MessageSource
  #event = NO_EVENT
  #chunk = 0
  #begin = 0
  #length = 0
  #kept: Buffer | undefined = undefined
  #text: string | undefined = undefined
  #missed = false

  /** Made by the dispatcher. */
  constructor(source: MessageSource) {
    this.#source = source
  }

  /** In bytes. */
  get length(): number {
    return this.#length
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
    return Buffer.from(this.#kept ?? this.#view().subarray(this.#begin, this.#begin + this.#length))
  }

  /** @throws SyntaxError when it is not JSON */
  json(): unknown {
    return JSON.parse(this.text)
  }

  toString(): string {
    return this.text
  }

  /** Copies the bytes out of the receive chunk, so that the message stays valid: this object is then no other message's. */
  keep(): this {
    this.#kept ??= this.bytes
    return this
  }

  /** The place among the events being handled, if the bytes can be relayed as they came; else -1. For the dispatcher. */
  eventFor(source: MessageSource): number {
    return source === this.#source ? this.#event : NO_EVENT
  }

  /** Whether it was looked for when it was gone: then somebody still holds it, who must not find another. For the dispatcher. */
  get missed(): boolean {
    return this.#missed
  }

  /** Writes the bytes to where they are sent from. For the dispatcher. */
  copyTo(target: Buffer, offset: number): void {
    if (this.#kept) target.set(this.#kept, offset)
    else this.#view().copy(target, offset, this.#begin, this.#begin + this.#length)
  }

  /** It is this event's message from now on. For the dispatcher. */
  begin(event: number, chunk: number, begin: number, length: number): void {
    this.#event = event
    this.#chunk = chunk
    this.#begin = begin
    this.#length = length
  }

  /**
   * The handler of its event has returned. For the dispatcher.
   * @returns whether the object may be used again: nobody has kept it
   */
  end(): boolean {
    this.#event = NO_EVENT
    if (this.#kept) {
      this.context = undefined // who keeps many messages need not keep as many contexts
      return false
    }
    this.#text = undefined
    return true
  }

  #decode(encoding: Encoding): string {
    if (this.#kept) return this.#kept.toString(encoding)
    return this.#view().toString(encoding, this.#begin, this.#begin + this.#length)
  }

  #view(): Buffer {
    if (this.#event !== NO_EVENT) return this.#source.chunk(this.#chunk)
    this.#missed = true
    throw Object.assign(
      new Error('this message is gone: read it while its handler runs, return a promise, or keep() it'),
      { code: 'ERR_MESSAGE_GONE' },
    )
  }
}
