// The cells of the benchmark: what is asked of every peer. Not how it is measured (measure.ts, load.ts) or shown (table.ts).

import type { PeerGroup } from './peers/peer.ts'

/** As many messages as the window allows are kept in flight: the limit of the server, or of the generator. */
export interface ThroughputCell {
  readonly kind: 'throughput'
  readonly name: string
  /** What the cell is about; cells with the same group make a chart. */
  readonly group: 'fan-out' | 'in-flight' | 'payload' | 'publishers' | PeerGroup
  readonly subscribers: number
  readonly publishers: number
  /** Messages a publisher sends in one write. */
  readonly batch: number
  /** Messages in flight. */
  readonly window: number
  /** Bytes of a message, without its frame. */
  readonly payload: number
}

/** Messages are due at a fixed rate, and latency counts from when they were due. */
export interface LatencyCell {
  readonly kind: 'latency'
  readonly name: string
  /** Peers of that group are measured, and no others. */
  readonly group?: PeerGroup
  readonly subscribers: number
  /** Messages a second. */
  readonly rate: number
  readonly payload: number
}

/** One of three subscribers never reads. What do the other two see? */
export interface SlowClientCell {
  readonly kind: 'slow-client'
  readonly name: string
  readonly payload: number
  readonly messages: number
  readonly batch: number
  readonly window: number
}

/** Connections are opened and closed as quickly as possible. */
export interface StormCell {
  readonly kind: 'storm'
  readonly name: string
  /** Connections that are open at the same time. */
  readonly slots: number
}

/** Many clients: how quickly they are accepted, what memory they take, what a broadcast and a unicast cost among them. */
export interface CrowdCell {
  readonly kind: 'crowd'
  readonly name: string
  readonly clients: number
  readonly payload: number
}

export type SipMethod = 'OPTIONS' | 'INVITE'

/** SIP requests, each suspended until an application has answered its event, and then replied to with a 200. */
export interface TransactionCell {
  readonly kind: 'transactions'
  readonly name: string
  /** In turn. */
  readonly methods: readonly SipMethod[]
  /** Transactions in flight. */
  readonly window: number
  /** Exactly this many in one long round, instead of as many as a time allows. */
  readonly transactions?: number
}

/** INVITEs suspended at once that no application answers, until they time out; beside them OPTIONS that are answered. */
export interface SuspensionCell {
  readonly kind: 'suspension'
  readonly name: string
  readonly requests: number
  /** INVITEs a second until all are there: the same for everybody, so that as many a second time out. */
  readonly fillRate: number
  /** After how many seconds the server is to end them. */
  readonly timeOut: number
  /** OPTIONS a second. */
  readonly rate: number
}

export type Cell =
  | ThroughputCell
  | LatencyCell
  | SlowClientCell
  | StormCell
  | CrowdCell
  | TransactionCell
  | SuspensionCell

/** What can be run by itself: cells about messages between clients, about SIP requests, and about WebSockets and the gateway. */
export const suites = ['messages', 'transactions', 'websocket'] as const
export type Suite = (typeof suites)[number]

export function suiteOf(cell: Cell): Suite {
  if (cell.kind === 'transactions' || cell.kind === 'suspension') return 'transactions'
  return groupOf(cell) === undefined ? 'messages' : 'websocket'
}

/** The group of peers that a cell is for; undefined: those of no group. */
export function groupOf(cell: Cell): PeerGroup | undefined {
  const group = cell.kind === 'throughput' || cell.kind === 'latency' ? cell.group : undefined
  return group === 'websocket' || group === 'gateway' ? group : undefined
}

/** How much time a cell gets. */
export interface Pace {
  /** How often a peer is measured in a cell; the rounds of all peers are interleaved. */
  readonly rounds: number
  readonly seconds: number
  readonly warmUp: number
}

/** With its header and comma a message is 105 bytes. */
const PAYLOAD = 100
const KIB = 1024
/** Of large messages no more are in flight than this, in bytes; and a write has about as many as a small buffer holds. */
const LARGEST_WINDOW = 4 * KIB * KIB
const LARGEST_WRITE = 64 * KIB

function fanOut(subscribers: number, batch: number): ThroughputCell {
  return {
    kind: 'throughput',
    name: `fan-out-${subscribers}x${batch}`,
    group: 'fan-out',
    subscribers,
    publishers: 1,
    batch,
    // Deep enough that nobody waits for the generator's next write, and about the most Kamailio bears unharmed.
    window: 1024,
    payload: PAYLOAD,
  }
}

function publishers(count: number): ThroughputCell {
  return { ...fanOut(100, 16), name: `publishers-${count}`, group: 'publishers', publishers: count }
}

function payload(bytes: number, label: string): ThroughputCell {
  return {
    ...fanOut(10, Math.min(Math.max(Math.floor(LARGEST_WRITE / bytes), 1), 64)),
    name: `payload-${label}`,
    group: 'payload',
    window: Math.min(LARGEST_WINDOW / bytes, 1024),
    payload: bytes,
  }
}

function latency(rate: number, subscribers: number): LatencyCell {
  return { kind: 'latency', name: `latency-${rate}/s-${subscribers}`, subscribers, rate, payload: PAYLOAD }
}

function webFanOut(subscribers: number, batch: number): ThroughputCell {
  return { ...fanOut(subscribers, batch), name: `ws-${subscribers}x${batch}`, group: 'websocket' }
}

function webLatency(rate: number, subscribers: number): LatencyCell {
  return { ...latency(rate, subscribers), name: `ws-latency-${rate}/s-${subscribers}`, group: 'websocket' }
}

function crowd(clients: number): CrowdCell {
  return { kind: 'crowd', name: `clients-${clients}`, clients, payload: PAYLOAD }
}

function transactions(method: SipMethod, window: number): TransactionCell {
  return { kind: 'transactions', name: `${method}-${window}`, methods: [method], window }
}

function suspension(requests: number, timeOut: number): SuspensionCell {
  return { kind: 'suspension', name: `suspended-${requests}`, requests, fillRate: 5000, timeOut, rate: 200 }
}

export const cells: readonly Cell[] = [
  ...[1, 10, 100, 1000].flatMap((subscribers) => [fanOut(subscribers, 16), fanOut(subscribers, 64)]),
  { ...fanOut(100, 64), name: 'in-flight-4096', group: 'in-flight', window: 4096 },
  publishers(10),
  publishers(100),
  payload(32, '32'),
  payload(KIB, '1K'),
  payload(16 * KIB, '16K'),
  payload(64 * KIB, '64K'),
  payload(KIB * KIB, '1M'),
  ...[1000, 5000].flatMap((rate) => [1, 10, 100].map((subscribers) => latency(rate, subscribers))),
  { kind: 'slow-client', name: 'slow-client', payload: 1000, messages: 20_000, batch: 16, window: 16 },
  { kind: 'storm', name: 'accept-storm', slots: 32 },
  crowd(1000),
  crowd(5000),
  crowd(20_000),
  crowd(50_000),
  ...(['OPTIONS', 'INVITE'] as const).flatMap((method) =>
    [1, 16, 128].map((window) => transactions(method, window)),
  ),
  {
    kind: 'transactions',
    name: 'million',
    methods: ['OPTIONS', 'INVITE'],
    window: 128,
    transactions: 1_000_000,
  },
  suspension(10_000, 10),
  // Long enough for the slowest peer to have them all before the first one's time is over.
  suspension(100_000, 30),
  ...[100, 1000].flatMap((subscribers) => [1, 16, 64].map((batch) => webFanOut(subscribers, batch))),
  { ...webFanOut(100, 16), name: 'ws-100x16-16K', payload: 16 * KIB, window: 256 },
  webLatency(1000, 100),
  { ...fanOut(100, 16), name: 'gateway-100x16', group: 'gateway' },
  { ...latency(1000, 100), name: 'gateway-latency-1000/s-100', group: 'gateway' },
]

/** The cells of `--quick`. */
export const quickCells: ReadonlySet<string> = new Set([
  'fan-out-1x64',
  'fan-out-10x64',
  'fan-out-100x64',
  'payload-16K',
  'latency-1000/s-10',
  'latency-5000/s-10',
  'slow-client',
  'accept-storm',
  'clients-5000',
  'OPTIONS-1',
  'OPTIONS-128',
  'INVITE-128',
  'suspended-10000',
  'ws-100x16',
  'ws-1000x16',
  'gateway-100x16',
])
