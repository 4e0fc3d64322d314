// What the addon offers, typed, and the numbers that both sides know. Only src/dispatcher.ts and its parts import this.

import { createRequire } from 'node:module'
import type { OpenedDatagramSocket } from './datagram-socket.ts'
import type { DispatcherPlans } from './types.ts'

export interface Listening {
  /** 0, or the errno that kept the socket from listening; then nothing else is set. */
  readonly errno: number
  readonly unix: boolean
  readonly ipv6: boolean
  readonly address: string
  readonly port: number
}

export interface OpenedDatagrams extends OpenedDatagramSocket {
  /** 0, or the errno that kept the socket from opening; then nothing else is set. */
  readonly errno: number
  /** The chunk that datagrams are read into. */
  readonly block: number
}

export interface NativeOptions {
  readonly netstring: boolean
  readonly allow: readonly string[]
  readonly maxClients: number
  readonly maxClientsPerAddress: number
  readonly rateLimit: number
  readonly rateLimitBurst: number
  readonly maxMessageSize: number
  readonly discardBadFrame: boolean
  readonly sendBufferLimit: number
  readonly sendDataTimeout: number
  readonly slowClient: number
  readonly drainTimeout: number
  readonly maxRunningRoutes: number
  readonly busyPoll: number
  readonly ioUring: boolean
  readonly contextMlimit: number
  readonly tellConnectionNew: boolean
  readonly tellMessage: boolean
  readonly tellConnectionClosed: boolean
}

export interface Peer {
  readonly address: string
  readonly port: number
}

/** One client for who looks at the bus. */
export interface NativeClientInfo {
  readonly index: number
  readonly generation: number
  /** A byte string. */
  readonly tag: string
  /** The number of its ClientState: native/client.h */
  readonly state: number
  readonly slow: boolean
  readonly rateLimited: boolean
  readonly foreign: boolean
  /** Microseconds since it was accepted. */
  readonly age: number
  readonly messagesReceived: number
  readonly bytesReceived: number
  readonly messagesAddressed: number
  readonly bytesAddressed: number
  readonly bytesSent: number
  readonly waiting: number
  readonly dropped: number
}

/** What a tap has seen: native/tap.h */
export interface NativeSighting {
  readonly kind: number
  readonly index: number
  readonly port: number
  readonly address: string
  /** A byte string; '' also when the client has gone since. */
  readonly tag: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly detail: number
  /** How the message begins. */
  readonly bytes?: Buffer
}

/** native/addon.cc */
export interface NativeDispatcher {
  listenTcp(ip: string, port: number): Listening
  listenUnix(path: string): Listening
  adopt(fd: number): Listening
  openDatagramSocket(ip: string, port: number): OpenedDatagrams
  stopReadingDatagrams(id: number): void
  closeDatagramSocket(id: number): void
  stopListening(): void
  stopReading(): void
  /** Of the options the fixed ones are ignored. EVENT.exchanged says when. @throws TypeError for a plan that makes no sense, or what is no network */
  exchange(options: NativeOptions, plans: DispatcherPlans): void
  /** Whether events follow before it is over. */
  shutdown(): boolean
  destroy(): void
  execute(): void
  settle(): void
  chunk(id: number): ArrayBuffer | undefined
  sendChunk(size: number): number
  peer(index: number, generation: number): Peer | undefined
  /** Whether any client has this tag, a byte string; what has been asked for so far is carried out first. */
  reaches(tag: string): boolean
  /** How many clients have the tag, a byte string; without one, how many there are that relays reach. As for reaches(). */
  audience(tag?: string): number
  /** The client's tag, the last one if it is closed, as a byte string; undefined when it is gone. As for reaches(). */
  tag(index: number, generation: number): string | undefined
  stats(): Record<string, number>
  /** Those that are connected, by index: of so many indexes from the first on; whether there are more. */
  clients(
    first: number,
    count: number,
  ): { readonly clients: readonly NativeClientInfo[]; readonly more: boolean }
  /** What was seen since the last call; sees up to so many messages from now on. Without a number: sees nothing more. */
  tap(messages?: number): { readonly sightings: readonly NativeSighting[]; readonly missed: number }
  admits(ip: string): boolean
  takeToken(ip: string): boolean
  /** Returns the words that deliveries stand in. */
  openDoor(onDeliveries: (count: number) => void): Uint32Array
  addForeign(ip: string, port: number): { index: number; generation: number } | undefined
  receiveForeign(index: number, generation: number, message: Uint8Array): boolean
  endForeign(index: number, generation: number, reason: number): void
  foreignSlow(index: number, generation: number, waiting: number): void
  foreignCaughtUp(index: number, generation: number, dropped: number): void
  foreignWaits(index: number, generation: number, bytes: number, dropped: number): void
  shared(): { state: Uint32Array; commands: Uint32Array; events: [Uint32Array, Uint32Array] }
}

interface Addon {
  NativeDispatcher: new (
    options: NativeOptions,
    onEvents: (ring: number, count: number) => void,
    plans: DispatcherPlans,
  ) => NativeDispatcher
  notify(path: string, text: string): boolean
  raiseDescriptorLimit(wanted: number): number
  /** The text of an address that stands in four words of a path. */
  ipText(ipv6: boolean, ...words: number[]): string
  /** What is wrong with a network, as the end of a sentence; undefined: nothing. */
  networkMistake(text: string): string | undefined
  /** The other way round of ipText(); undefined when it is no literal address. */
  parseIp(text: string): { ipv6: boolean; words: number[] } | undefined
}

// EVAPID_ADDON names another build of the addon: CI runs the suite once with one under AddressSanitizer.
export const addon = createRequire(import.meta.url)(
  process.env['EVAPID_ADDON'] ?? '../../build/Release/evapid.node',
) as Addon

/** Words an event takes in a ring, and the kinds: native/event_log.h */
export const EVENT_WORDS = 6
export const EVENT = {
  connectionNew: 1,
  message: 2,
  connectionClosed: 3,
  badFrame: 4,
  rejected: 5,
  slow: 6,
  caughtUp: 7,
  acceptFailed: 8,
  allGone: 9,
  datagram: 10,
  datagramsDropped: 11,
  exchanged: 12,
  readable: 13,
  notAllowed: 14,
  overAddressLimit: 15,
} as const

/** native/commands.h */
export const COMMAND = {
  admit: 1,
  reject: 2,
  close: 3,
  setTag: 4,
  relayMessage: 5,
  relayData: 6,
  multicastMessage: 7,
  multicastData: 8,
  unicastMessage: 9,
  unicastData: 10,
  beginRoute: 11,
  endRoute: 12,
  holdReading: 13,
  releaseReading: 14,
  sendDatagram: 15,
} as const

/** Words that both sides see at any time: native/addon.cc */
export const STATE = { commandWords: 0, pendingMessages: 1, sendOffset: 2, clients: 3 } as const
