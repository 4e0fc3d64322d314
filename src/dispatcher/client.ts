// One connection, as routes see it.

import type { Peer } from './addon.ts'
import { Message, type MessageSource } from './message.ts'

/** Made by the dispatcher; stays usable, with what was last known, after the connection has gone. */
export class Client {
  /** The connection index: the lowest that was free when the client was accepted; used again after it has gone. */
  readonly index: number
  /** With the index it names this connection and no other. */
  readonly generation: number
  readonly #lookUp: (client: Client) => Peer
  readonly #tagOf: (client: Client) => string
  #peer: Peer | undefined
  #tag = ''
  #tagText: string | undefined = ''
  #open = true
  #latest: Message | undefined = undefined
  #resting: Message | undefined = undefined

  constructor(
    index: number,
    generation: number,
    lookUp: (client: Client) => Peer,
    tagOf: (client: Client) => string,
  ) {
    this.index = index
    this.generation = generation
    this.#lookUp = lookUp
    this.#tagOf = tagOf
  }

  /** '127.0.0.1', '::1', or 'unix:/path' for a client of a Unix socket. */
  get address(): string {
    return this.#resolve().address
  }

  /** 0 for a client of a Unix socket. */
  get port(): number {
    return this.#resolve().port
  }

  /** As text; '' when it has none. */
  get tag(): string {
    const tag = this.#tagOf(this)
    if (tag !== this.#tag) this.markTag(tag)
    this.#tagText ??= Buffer.from(tag, 'latin1').toString('utf8')
    return this.#tagText
  }

  /** False once it is closed, or going to be. */
  get open(): boolean {
    return this.#open
  }

  /** The tag as a byte string. For the dispatcher. */
  get binaryTag(): string {
    return this.#tag
  }

  /** For the dispatcher. */
  markTag(tag: string): void {
    this.#tag = tag
    this.#tagText = undefined
  }

  /**
   * For the dispatcher: the object for the client's next message. Two take turns: who has held on to the message before is told
   * that it is gone, and does not read this one in its place.
   */
  nextMessage(source: MessageSource): Message {
    const resting = this.#resting
    const message = resting === undefined || resting.missed ? new Message(source) : resting
    this.#resting = this.#latest
    this.#latest = message
    return message
  }

  /** For the dispatcher: the latest message is its handler's for good. */
  partWithMessage(): void {
    this.#latest = undefined
  }

  /** For the dispatcher: remembers what the addon is about to forget. */
  markClosed(): void {
    this.#resolve()
    this.#open = false
  }

  #resolve(): Peer {
    this.#peer ??= this.#lookUp(this)
    return this.#peer
  }
}
