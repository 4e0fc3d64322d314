// Foreign clients: clients of the bus whose sockets are somebody else's, as WebSockets are the gateway's. They share indexes, tags and
// routes with all others; whoever has their sockets hands in what they send, and is told, once for a flush, what they are to get.

import type { NativeDispatcher } from './addon.ts'
import type { Client } from './client.ts'
import type { MessageSource } from './message.ts'
import { CLOSE_REASONS, type CloseReason } from './types.ts'

/** Words that a delivery takes, and the kinds: native/foreign.h */
const DELIVERY_WORDS = 6
const DELIVERY = { admit: 1, close: 2, join: 3, leave: 4, toAll: 5, toGroup: 6, toOne: 7 } as const

/**
 * Who has the sockets. What is called is called in order, at the end of a flush, perhaps in the middle of a command: it must not call
 * the dispatcher. `frames` are whole messages as they go out over TCP, netstrings unless netstring_format is 0; they are good until
 * the call returns.
 */
export interface ForeignHandler {
  /** What goes to everybody reaches the client from here on. */
  admitted(index: number, generation: number): void
  /**
   * Nothing reaches it from here on. Also called for a client that was never admitted.
   * @param rejected by its connection-new
   */
  closed(index: number, generation: number, reason: CloseReason, rejected: boolean): void
  /** What goes to the group of that number reaches it from here on. */
  joined(index: number, generation: number, group: number): void
  left(index: number, generation: number, group: number): void
  toAll(frames: Uint8Array): void
  toGroup(group: number, frames: Uint8Array): void
  toOne(index: number, generation: number, frames: Uint8Array): void
  /** All of a flush has been handed over. */
  handedOver(): void
  /** A client of which a message was refused may be read again. May call the dispatcher. */
  readable(client: Client): void
}

/** Foreign clients of one dispatcher. Made by Dispatcher.openDoor(). */
export class ForeignDoor {
  readonly #native: NativeDispatcher
  readonly #source: MessageSource
  readonly #handler: ForeignHandler
  readonly #words: Uint32Array
  readonly #clientOf: (index: number, generation: number) => Client

  /** For the dispatcher. */
  constructor(
    native: NativeDispatcher,
    source: MessageSource,
    handler: ForeignHandler,
    clientOf: (index: number, generation: number) => Client,
  ) {
    this.#native = native
    this.#source = source
    this.#handler = handler
    this.#clientOf = clientOf
    this.#words = native.openDoor((count) => this.#onDeliveries(count))
  }

  /**
   * A client has come. Its connection-new has begun when this returns; `admitted` or `closed` has been called, or will be.
   * @param address an IP literal
   * @returns undefined when it cannot come: not in `allow`, over max_clients or max_clients_per_address, or the dispatcher shuts down
   */
  add(address: string, port: number): Client | undefined {
    const id = this.#native.addForeign(address, port)
    return id && this.#clientOf(id.index, id.generation)
  }

  /**
   * The client has sent a message, of at most max_message_size bytes.
   * @returns false when it is not to be read now; `readable` says when it is again
   */
  receive(client: Client, message: Uint8Array): boolean {
    return this.#native.receiveForeign(client.index, client.generation, message)
  }

  /** The client sends nothing more. `closed` follows when the routes of what it has sent are through. */
  end(client: Client, reason: 'peer' | 'reset' | 'bad-frame'): void {
    this.#native.endForeign(client.index, client.generation, CLOSE_REASONS.indexOf(reason))
  }

  /** More than send_buffer_limit waits for it, or for longer than send_data_timeout. The policy slow_client decides what follows. */
  slow(client: Client, waiting: number): void {
    this.#native.foreignSlow(client.index, client.generation, waiting)
  }

  /** It has taken what waited. @param dropped messages that were dropped for it and not told before */
  caughtUp(client: Client, dropped: number): void {
    this.#native.foreignCaughtUp(client.index, client.generation, dropped)
  }

  /** How many bytes wait for it, for who asks. @param dropped messages that were dropped for it and not told before */
  waits(client: Client, bytes: number, dropped: number): void {
    this.#native.foreignWaits(client.index, client.generation, bytes, dropped)
  }

  /** For the dispatcher. */
  readable(client: Client): void {
    this.#handler.readable(client)
  }

  #onDeliveries(count: number): void {
    const words = this.#words
    const handler = this.#handler
    for (let at = 0; at < count * DELIVERY_WORDS; at += DELIVERY_WORDS) {
      const kind = words[at] as number
      const to = words[at + 1] as number
      const generation = words[at + 2] as number
      const a = words[at + 3] as number
      switch (kind) {
        case DELIVERY.toAll:
          handler.toAll(this.#frames(at, a))
          break
        case DELIVERY.toGroup:
          handler.toGroup(to, this.#frames(at, a))
          break
        case DELIVERY.toOne:
          handler.toOne(to, generation, this.#frames(at, a))
          break
        case DELIVERY.admit:
          handler.admitted(to, generation)
          break
        case DELIVERY.close:
          handler.closed(to, generation, CLOSE_REASONS[a] as CloseReason, words[at + 4] === 1)
          break
        case DELIVERY.join:
          handler.joined(to, generation, a)
          break
        case DELIVERY.leave:
          handler.left(to, generation, a)
          break
      }
    }
    handler.handedOver()
  }

  #frames(at: number, chunk: number): Uint8Array {
    return this.#source.chunk(chunk).subarray(this.#words[at + 4], this.#words[at + 5])
  }
}
