// What a dispatcher is told, and what it tells.

import type { Client } from './client.ts'
import type { DatagramPeer } from './datagram-peer.ts'
import type { Message } from './message.ts'
import type { PlanProgram } from './plan-program.ts'

/** How a string becomes bytes: UTF-8 for text, latin1 for the byte strings of scripts (one char per byte). */
export type Encoding = 'utf8' | 'latin1'
/** What can be relayed. */
export type Data = string | Uint8Array | Message

/** What happens to a client for which more than `sendBufferLimit` bytes wait. In the order of native/options.h. */
export const SLOW_CLIENT_POLICIES = ['close', 'drop', 'block'] as const
export type SlowClientPolicy = (typeof SLOW_CLIENT_POLICIES)[number]

/**
 * Why a client is gone: it closed, its connection broke, a route closed it, it sent no netstring, it was slow, we shut down. In
 * the order of native/client.h.
 */
export const CLOSE_REASONS = ['peer', 'reset', 'route', 'bad-frame', 'slow', 'shutdown'] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

/** In the order of native/netstring.h. */
export const BAD_FRAME_REASONS = [
  'no reason',
  'no digit where a length must start',
  'no colon after the length',
  'a length of more than 9 digits',
  'a message longer than max_message_size',
  'no comma after the message',
] as const

/** What the dispatcher has to say beside events: each is worth one log line. */
export type Notice =
  /** `offset` is the bad byte's place in all that this client has sent; `discarded`: on_bad_frame=discard, the client stays. */
  | { kind: 'bad-frame'; client: Client; reason: string; offset: number; discarded: boolean }
  /** `count` clients over max_clients since the last such notice; at most one notice a second. */
  | { kind: 'client-rejected'; limit: number; count: number }
  /** The same of clients, and requests of those who are none, from an address that `allow` does not have; the last one's was `address`. */
  | { kind: 'not-allowed'; address: string; count: number }
  /** The same of clients over max_clients_per_address. */
  | { kind: 'address-limit'; address: string; limit: number; count: number }
  /** `waiting` bytes wait for the client. */
  | { kind: 'client-slow'; client: Client; policy: SlowClientPolicy; waiting: number }
  /** `dropped` messages were dropped for it meanwhile (policy `drop`). */
  | { kind: 'client-caught-up'; client: Client; dropped: number }
  /** The system had no descriptor or memory for `count` connections since the last such notice. */
  | { kind: 'accept-failed'; error: string; count: number }

/** The handlers of clients' events. */
export type EventHandlers = Omit<DispatcherHandler, 'notice'>

/**
 * Who is told. A handler that is absent costs nothing: the dispatcher does not enter JavaScript for it. Handlers must not throw;
 * what one throws is raised as an uncaught exception.
 */
export interface DispatcherHandler {
  /** A client was accepted; nothing it sent has been read. */
  connectionNew?(client: Client): void
  messageReceived?(client: Client, message: Message): void
  /** An admitted client is gone. Relays no longer reach it. */
  connectionClosed?(client: Client, reason: CloseReason): void
  notice(notice: Notice): void
}

/** Who is told of what comes to a datagram socket. Must not throw, as for DispatcherHandler. */
export interface DatagramHandler {
  /**
   * `text`: the datagram, one char per byte. `local`: the address of ours that it was sent to, which differs from the socket's where
   * that is bound to all addresses.
   */
  datagram(text: string, peer: DatagramPeer, local: string): void
  /**
   * `count` datagrams since the last such call were not sent: the kernel refused them, or too many waited; `error` is the system's
   * text for the latest. At most one call a second.
   */
  sendFailed?(error: string, count: number): void
}

/** Plans by the event that they are for. */
export interface DispatcherPlans {
  readonly connectionNew?: PlanProgram
  readonly messageReceived?: PlanProgram
  readonly connectionClosed?: PlanProgram
}

/**
 * Sizes in bytes, times in microseconds; 0 is "no limit" where the evapi module's parameters say so. All but those marked as fixed can be
 * exchanged while the bus runs.
 */
export interface DispatcherOptions {
  /** Fixed. */
  readonly netstringFormat: boolean
  /** Networks from which clients may come (CIDR); none: from everywhere. */
  readonly allow: readonly string[]
  readonly maxClients: number
  readonly maxClientsPerAddress: number
  /** Messages a second from one address. */
  readonly rateLimit: number
  /** Messages at once, after a silence; 0: as many as in a second. */
  readonly rateLimitBurst: number
  readonly maxMessageSize: number
  readonly onBadFrame: 'close' | 'discard'
  readonly sendBufferLimit: number
  readonly sendDataTimeout: number
  readonly slowClient: SlowClientPolicy
  readonly drainTimeout: number
  readonly contextMlimit: number
  readonly maxRunningRoutes: number
  /** Fixed. Microseconds after work in which the kernel is asked again and again instead of sleeping; 0: none. */
  readonly busyPoll: number
  /** Fixed. Send to many clients with one system call where the kernel lets us. */
  readonly ioUring: boolean
  /** Events that are handled without entering JavaScript; their handlers are not called. */
  readonly plans: DispatcherPlans
}

/** Literal addresses only: names are resolved before. Port 0 picks a free one. */
export type ListenAddress = { family: 'tcp'; host: string; port: number } | { family: 'unix'; path: string }
export type BoundAddress =
  | { family: 'IPv4' | 'IPv6'; address: string; port: number }
  | { family: 'unix'; path: string }

/** What a client is doing, in the order of native/client.h. */
export const CLIENT_STATES = ['new', 'open', 'ending', 'closing', 'closed'] as const
export type ClientState = (typeof CLIENT_STATES)[number]

/** One client, for who looks at the bus. */
export interface ClientInfo {
  readonly client: Client
  readonly state: ClientState
  /** More waits for it than may. */
  readonly slow: boolean
  /** Its address has sent too much: it is not read for the moment. */
  readonly rateLimited: boolean
  /** Its socket is somebody else's: a WebSocket. */
  readonly foreign: boolean
  /** Milliseconds since it was accepted. */
  readonly age: number
  readonly messagesIn: number
  readonly bytesIn: number
  /** Relayed to it, whether or not it has taken them. */
  readonly messagesOut: number
  /** What it has taken, frames and all; of a foreign client, what was relayed to it. */
  readonly bytesOut: number
  /** Bytes that wait for it. */
  readonly waiting: number
  /** Messages that were dropped for it since it became slow (policy `drop`). */
  readonly dropped: number
}

/** Counters since the start, in the units their names say; see native/options.h. */
export type DispatcherStats = Readonly<Record<string, number>>
