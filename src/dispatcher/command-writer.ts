// Commands to the addon: words in memory that both sides share, carried out when the handlers of a turn have run, or before Node
// sleeps. A call into the addon for each relay would cost more than the relay. Data made in JavaScript is written once, straight
// into the chunk that it is sent from.

import type { NativeDispatcher } from './addon.ts'
import { COMMAND, STATE } from './addon.ts'
import type { Client } from './client.ts'
import { type DatagramPeer, PATH_WORDS } from './datagram-peer.ts'
import { Message, type MessageSource } from './message.ts'
import { MAX_TAG } from './tags.ts'
import type { Data, Encoding } from './types.ts'

/** Bytes of the longest header, and of the comma after the data. */
const HEADER_ROOM = 10
const COMMA_ROOM = 1
const MAX_PAYLOAD = 999_999_999
const LONGEST_COMMAND = 5 + PATH_WORDS

/** Bytes of a netstring's header: the digits of the length, and the colon. */
function headerLength(size: number): number {
  let length = 2
  for (let rest = size; rest >= 10; rest = Math.floor(rest / 10)) length += 1
  return length
}

/** What of Node's Buffer its types keep to themselves. */
interface ByteStrings {
  latin1Write(text: string, offset: number): number
}

export class CommandWriter {
  readonly #native: NativeDispatcher
  readonly #state: Uint32Array
  readonly #words: Uint32Array
  readonly #source: MessageSource
  #chunkId = -1
  #chunk = Buffer.alloc(0) as Buffer & ByteStrings
  /** Bytes that the last #write or #writeTag wrote. */
  #written = 0
  #relays = 0
  /** The tag that was written last, if it still stands in the chunk, and where it ends. */
  #tag = ''
  #tagEnd = 0

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
    const offset = this.#placeTag(tag)
    const at = this.#beginFor(COMMAND.setTag, client)
    this.#end(this.#putBytes(at, offset, tag.length))
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
      this.#end(this.#putBytes(at, offset, this.#written))
    }
    this.#relays += 1
  }

  /** Multicast or unicast; `tag` is a byte string. @throws RangeError for more than 999999999 bytes */
  relayTo(to: 'multicast' | 'unicast', data: Data, tag: string, encoding: Encoding): void {
    const event = data instanceof Message ? data.eventFor(this.#source) : -1
    if (event >= 0) {
      const tagOffset = this.#placeTag(tag)
      const at = this.#begin(to === 'multicast' ? COMMAND.multicastMessage : COMMAND.unicastMessage)
      this.#words[at] = event
      this.#end(this.#putBytes(at + 1, tagOffset, tag.length))
    } else {
      const offset = this.#write(data, encoding, MAX_TAG)
      const tagOffset = this.#placeTag(tag) // in the same chunk: #write has kept room for it
      const at = this.#begin(to === 'multicast' ? COMMAND.multicastData : COMMAND.unicastData)
      this.#end(this.#putBytes(this.#putBytes(at, offset, this.#written), tagOffset, tag.length))
    }
    this.#relays += 1
  }

  /** `data` is a byte string, no larger than a datagram. */
  sendDatagram(socket: number, data: string, to: DatagramPeer, port: number): void {
    const offset = this.#room(data.length)
    this.#chunk.latin1Write(data, offset)
    this.#state[STATE.sendOffset] = offset + data.length
    const at = this.#begin(COMMAND.sendDatagram)
    this.#words[at] = socket
    const path = this.#putBytes(at + 1, offset, data.length)
    to.write(this.#words, path, port)
    this.#end(path + PATH_WORDS)
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

  #putBytes(at: number, offset: number, length: number): number {
    this.#words[at] = this.#chunkId
    this.#words[at + 1] = offset
    this.#words[at + 2] = length
    return at + 3
  }

  #end(words: number): void {
    this.#state[STATE.commandWords] = words
  }

  // --- data

  /** Returns where in the send chunk the data stands. `more`: bytes to keep free behind it. */
  #write(data: Data, encoding: Encoding, more: number): number {
    const around = HEADER_ROOM + COMMA_ROOM + more
    let size = data.length
    if (typeof data === 'string' && encoding === 'utf8') {
      // The most that the text can take will do while there is room for it: counting costs as much as encoding.
      size *= 3
      if (!this.#hasRoom(around + size)) size = Buffer.byteLength(data, encoding)
    }
    if (size > MAX_PAYLOAD) throw new RangeError(`a message of ${size} bytes; the most is ${MAX_PAYLOAD}`)
    // No gap before the header: then data relayed one after the other is one piece of memory, and leaves as one. The length of a
    // text is known once it is written; nearly always it has as many digits as the text has characters.
    const begin = this.#room(around + size)
    let offset = begin + headerLength(data.length)
    this.#written = typeof data === 'string' ? this.#chunk.write(data, offset, encoding) : size
    if (data instanceof Message) data.copyTo(this.#chunk, offset)
    else if (typeof data !== 'string') this.#chunk.set(data, offset)
    const exact = begin + headerLength(this.#written)
    if (exact > offset) {
      this.#chunk.copyWithin(exact, offset, offset + this.#written)
      offset = exact
    }
    this.#state[STATE.sendOffset] = offset + this.#written + COMMA_ROOM
    return offset
  }

  /** Returns where in the send chunk the tag stands. Who relays to a tag often does so again: it is written once for all. */
  #placeTag(tag: string): number {
    if (tag === this.#tag && tag !== '' && (this.#state[STATE.sendOffset] as number) >= this.#tagEnd) {
      return this.#tagEnd - tag.length
    }
    const offset = this.#room(MAX_TAG)
    const end = offset + (tag === '' ? 0 : this.#chunk.write(tag, offset, 'latin1'))
    this.#state[STATE.sendOffset] = end
    this.#tag = tag
    this.#tagEnd = end
    return offset
  }

  /** Returns where so many bytes may be written. */
  #room(size: number): number {
    const offset = this.#state[STATE.sendOffset] as number
    // All has left, and the chunk is written anew from its beginning.
    if (offset < this.#tagEnd) this.#tag = ''
    if (this.#hasRoom(size)) return offset
    this.#chunkId = this.#native.sendChunk(size)
    this.#chunk = this.#source.chunk(this.#chunkId) as Buffer & ByteStrings
    this.#tag = ''
    return 0
  }

  #hasRoom(size: number): boolean {
    return this.#chunkId >= 0 && (this.#state[STATE.sendOffset] as number) + size <= this.#chunk.length
  }
}
