// Commands to the addon: words in memory that both sides share, carried out when the handlers of a turn have run, or before Node
// sleeps. A call into the addon for each relay would cost more than the relay. Data made in JavaScript is written once, straight
// into the chunk that it is sent from.

import type { NativeDispatcher } from './addon.ts'
import { COMMAND, STATE } from './addon.ts'
import type { Client } from './client.ts'
import { Message, type MessageSource } from './message.ts'
import type { Data, Encoding } from './types.ts'

/** Bytes kept free before data for its netstring header, and after it for the comma. */
const HEADER_ROOM = 10
const COMMA_ROOM = 1
const SEND_CHUNK = 256 * 1024
const MAX_PAYLOAD = 999_999_999
const LONGEST_COMMAND = 8
/** Bytes of the longest tag. */
export const MAX_TAG = 63

export class CommandWriter {
  readonly #native: NativeDispatcher
  readonly #state: Uint32Array
  readonly #words: Uint32Array
  readonly #source: MessageSource
  #chunkId = -1
  #chunk: Buffer = Buffer.alloc(0)
  /** Bytes that the last #write or #writeTag wrote. */
  #written = 0
  #relays = 0

  constructor(native: NativeDispatcher, source: MessageSource, state: Uint32Array, words: Uint32Array) {
    this.#native = native
    this.#source = source
    this.#state = state
    this.#words = words
  }

  /** Messages relayed and not yet flushed, those included that the addon has not heard of yet. */
  get unflushed(): number {
    if (this.#state[STATE.commandWords] === 0) this.#relays = 0
    return (this.#state[STATE.pendingMessages] as number) + this.#relays
  }

  /** A command that needs nothing but the client. */
  client(command: number, client: Client): void {
    this.#end(this.#beginFor(command, client))
  }

  setTag(client: Client, tag: string): void {
    const offset = this.#writeTag(tag)
    const at = this.#beginFor(COMMAND.setTag, client)
    this.#end(this.#putWritten(at, offset))
  }

  /** @throws RangeError for more than 999999999 bytes */
  relay(data: Data, encoding: Encoding): void {
    const event = data instanceof Message ? data.eventFor(this.#source) : -1
    if (event >= 0) {
      const at = this.#begin(COMMAND.relayMessage)
      this.#words[at] = event
      this.#end(at + 1)
    } else {
      const offset = this.#write(data, encoding, 0)
      const at = this.#begin(COMMAND.relayData)
      this.#end(this.#putWritten(at, offset))
    }
    this.#relays += 1
  }

  /** Multicast or unicast; `tag` is a byte string. @throws RangeError for more than 999999999 bytes */
  relayTo(to: 'multicast' | 'unicast', data: Data, tag: string, encoding: Encoding): void {
    const event = data instanceof Message ? data.eventFor(this.#source) : -1
    if (event >= 0) {
      const tagOffset = this.#writeTag(tag)
      const at = this.#begin(to === 'multicast' ? COMMAND.multicastMessage : COMMAND.unicastMessage)
      this.#words[at] = event
      this.#end(this.#putWritten(at + 1, tagOffset))
    } else {
      const offset = this.#write(data, encoding, MAX_TAG)
      const length = this.#written
      const tagOffset = this.#writeTag(tag) // the same chunk: #write has kept room for it
      const at = this.#begin(to === 'multicast' ? COMMAND.multicastData : COMMAND.unicastData)
      this.#words[at] = this.#chunkId
      this.#words[at + 1] = offset
      this.#words[at + 2] = length
      this.#end(this.#putWritten(at + 3, tagOffset))
    }
    this.#relays += 1
  }

  // --- words

  #begin(command: number): number {
    let words = this.#state[STATE.commandWords] as number
    if (words + LONGEST_COMMAND > this.#words.length) {
      this.#native.execute()
      words = 0
    }
    if (words === 0) this.#relays = 0
    this.#words[words] = command
    return words + 1
  }

  #beginFor(command: number, client: Client): number {
    const at = this.#begin(command)
    this.#words[at] = client.index
    this.#words[at + 1] = client.generation
    return at + 2
  }

  #putWritten(at: number, offset: number): number {
    this.#words[at] = this.#chunkId
    this.#words[at + 1] = offset
    this.#words[at + 2] = this.#written
    return at + 3
  }

  #end(words: number): void {
    this.#state[STATE.commandWords] = words
  }

  // --- data

  /** Returns where in the send chunk the data stands. `more`: bytes to keep free behind it. */
  #write(data: Data, encoding: Encoding, more: number): number {
    const bytes = data instanceof Message ? data.bytes : data
    // The most that a string can take; if that is a lot it is counted instead.
    let size = typeof bytes === 'string' && encoding === 'utf8' ? bytes.length * 3 : bytes.length
    if (typeof bytes === 'string' && size > SEND_CHUNK) size = Buffer.byteLength(bytes, encoding)
    if (size > MAX_PAYLOAD) throw new RangeError(`a message of ${size} bytes; the most is ${MAX_PAYLOAD}`)
    const offset = this.#room(HEADER_ROOM + size + COMMA_ROOM + more) + HEADER_ROOM
    if (typeof bytes === 'string') {
      this.#written = this.#chunk.write(bytes, offset, encoding)
    } else {
      this.#chunk.set(bytes, offset)
      this.#written = bytes.length
    }
    this.#state[STATE.sendOffset] = offset + this.#written + COMMA_ROOM
    return offset
  }

  #writeTag(tag: string): number {
    const offset = this.#room(MAX_TAG)
    this.#written = tag.length === 0 ? 0 : this.#chunk.write(tag, offset, 'latin1')
    this.#state[STATE.sendOffset] = offset + this.#written
    return offset
  }

  #room(size: number): number {
    const offset = this.#state[STATE.sendOffset] as number
    if (this.#chunkId >= 0 && offset + size <= this.#chunk.length) return offset
    this.#chunkId = this.#native.sendChunk(size)
    this.#chunk = this.#source.chunk(this.#chunkId)
    return 0
  }
}
