// A UDP socket of the dispatcher: what comes is handed over once in a turn, what is sent leaves at its end, many datagrams with
// one system call. Its bytes never become objects, but for the text that the handler gets.

import { addon, type NativeDispatcher } from './addon.ts'
import type { CommandWriter } from './command-writer.ts'
import { DatagramPeer, PATH_WORDS } from './datagram-peer.ts'
import type { DatagramHandler } from './types.ts'

/** Bytes of the largest datagram that can be sent: what an IPv4 packet takes beside its headers. */
export const MAX_DATAGRAM = 65_507

/** Peers that a socket remembers: a power of two. */
export const MAX_PEERS = 16_384

/** Bytes from a datagram's path to its payload: native/datagram_slots.h */
const HEADER = 64

/** What of Node's Buffer its types keep to themselves: no checks, no choice of an encoding. */
interface ByteStrings {
  latin1Slice(begin: number, end: number): string
}

/** What the addon has opened. */
export interface OpenedDatagramSocket {
  readonly id: number
  readonly ipv6: boolean
  readonly address: string
  readonly port: number
  /** Bound to all addresses: each datagram says which one it came to. */
  readonly wildcard: boolean
}

export class DatagramSocket {
  readonly address: string
  readonly port: number
  readonly family: 'IPv4' | 'IPv6'
  readonly #native: NativeDispatcher
  readonly #commands: CommandWriter
  readonly #handler: DatagramHandler
  readonly #closed: (socket: DatagramSocket) => void
  readonly #id: number
  readonly #wildcard: boolean
  /** Where datagrams stand when they are handed over, as bytes and as words. */
  readonly #bytes: Buffer & ByteStrings
  readonly #words: Int32Array
  /** Two places for each hash, the one used last first. Who finds both taken by others takes the second one. */
  readonly #peers: (DatagramPeer | undefined)[] = new Array<undefined>(MAX_PEERS).fill(undefined)
  #open = true

  /** Made by the dispatcher. */
  constructor(
    native: NativeDispatcher,
    commands: CommandWriter,
    opened: OpenedDatagramSocket,
    block: Buffer,
    handler: DatagramHandler,
    closed: (socket: DatagramSocket) => void,
  ) {
    this.#native = native
    this.#commands = commands
    this.#handler = handler
    this.#closed = closed
    this.#id = opened.id
    this.#wildcard = opened.wildcard
    this.#bytes = block as Buffer & ByteStrings
    this.#words = new Int32Array(block.buffer, block.byteOffset, block.length / Int32Array.BYTES_PER_ELEMENT)
    this.address = opened.address
    this.port = opened.port
    this.family = opened.ipv6 ? 'IPv6' : 'IPv4'
  }

  /** False once it is closed. */
  get open(): boolean {
    return this.#open
  }

  /** For the dispatcher. */
  get id(): number {
    return this.#id
  }

  /** The handler. For the dispatcher. */
  get handler(): DatagramHandler {
    return this.#handler
  }

  /**
   * Queues a datagram; it leaves at the end of the turn, or before Node sleeps, from the address of ours that the peer's came to.
   * What the kernel refuses is counted and told, and not tried again.
   * @param data one char per byte
   * @param port in place of the peer's
   * @param local the address to send from, a literal of this socket's family; only where the socket is bound to all addresses
   * @returns false when the socket is closed, the data larger than a datagram (65507 bytes), the peer of the other family, the port
   * or the address none
   */
  send(data: string, peer: DatagramPeer, port = peer.port, local = peer.local): boolean {
    if (!this.#open || data.length > MAX_DATAGRAM || peer.family !== this.family) return false
    if (!(port > 0 && port <= 0xffff)) return false
    const from = local === peer.local || !this.#wildcard ? peer : this.#from(peer, local)
    if (from === undefined) return false
    this.#commands.sendDatagram(this.#id, data, from, port)
    return true
  }

  /** A peer that no datagram has come from; undefined if the address is no literal of this socket's family. */
  peer(address: string, port: number): DatagramPeer | undefined {
    const literal = addon.parseIp(address)
    if (literal === undefined || literal.ipv6 !== (this.family === 'IPv6')) return undefined
    const path = new Int32Array(PATH_WORDS)
    path[0] = port
    path.set(literal.words, 1)
    return new DatagramPeer(this.family, path, 0, this.address)
  }

  /** Reads nothing more; what has been read is still handed over, and datagrams are sent. */
  stopReading(): void {
    if (this.#open) this.#native.stopReadingDatagrams(this.#id)
  }

  /** Sends what is queued, then closes; what has been read and not handed over yet is forgotten. */
  close(): void {
    if (!this.#open) return
    this.#native.closeDatagramSocket(this.#id)
    this.markClosed()
  }

  /** For the dispatcher, which has closed it. */
  markClosed(): void {
    this.#open = false
    this.#peers.fill(undefined)
    this.#closed(this)
  }

  /** A datagram has come: `length` bytes at `offset`, behind its path. For the dispatcher. */
  receive(offset: number, length: number): void {
    if (!this.#open) return
    const peer = this.#peerAt((offset - HEADER) / Int32Array.BYTES_PER_ELEMENT)
    this.#handler.datagram(this.#bytes.latin1Slice(offset, offset + length), peer, peer.local)
  }

  #peerAt(at: number): DatagramPeer {
    const place = ((this.#words[at + PATH_WORDS] as number) & (MAX_PEERS / 2 - 1)) * 2
    const first = this.#peers[place]
    if (first?.is(this.#words, at)) return first
    const second = this.#peers[place + 1]
    const peer = second?.is(this.#words, at) ? second : this.#newPeer(at)
    this.#peers[place + 1] = first
    this.#peers[place] = peer
    return peer
  }

  #newPeer(at: number): DatagramPeer {
    const local = [...this.#words.subarray(at + PATH_WORDS - 4, at + PATH_WORDS)]
    // Where the kernel does not say it there is only one.
    const known = local.some((word) => word !== 0)
    const text = known ? addon.ipText(this.family === 'IPv6', ...local) : this.address
    return new DatagramPeer(this.family, this.#words, at, text)
  }

  #from(peer: DatagramPeer, local: string): DatagramPeer | undefined {
    const literal = addon.parseIp(local)
    if (literal === undefined || literal.ipv6 !== (this.family === 'IPv6')) return undefined
    const path = new Int32Array(PATH_WORDS)
    peer.write(path, 0, peer.port)
    path.set(literal.words, PATH_WORDS - 4)
    return new DatagramPeer(this.family, path, 0, local)
  }
}
