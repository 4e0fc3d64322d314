// The cells of the benchmark: what is asked of every peer. Not how it is measured (load.ts) or shown (table.ts).

/** As many messages as the window allows are kept in flight: the limit of the server, or of the generator. */
export interface ThroughputCell {
  readonly kind: 'throughput'
  readonly name: string
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

/** What connections cost that do nothing. */
export interface IdleCell {
  readonly kind: 'idle'
  readonly name: string
  readonly clients: number
}

export type Cell = ThroughputCell | LatencyCell | SlowClientCell | IdleCell

/** With its header and comma a message is 105 bytes. */
const PAYLOAD = 100

function fanOut(subscribers: number, batch: number): ThroughputCell {
  return {
    kind: 'throughput',
    name: `fan-out-${subscribers}x${batch}`,
    subscribers,
    publishers: 1,
    batch,
    // Deep enough that nobody waits for the generator's next write, and about the most Kamailio bears unharmed.
    window: 1024,
    payload: PAYLOAD,
  }
}

export const cells: readonly Cell[] = [
  ...[1, 10, 100, 1000].flatMap((subscribers) => [fanOut(subscribers, 16), fanOut(subscribers, 64)]),
  { ...fanOut(100, 64), name: 'in-flight-4096', window: 4096 },
  { kind: 'latency', name: 'latency-1000/s-10', subscribers: 10, rate: 1000, payload: PAYLOAD },
  {
    kind: 'slow-client',
    name: 'slow-client',
    payload: 1000,
    messages: 20_000,
    batch: 16,
    window: 16,
  },
  { kind: 'idle', name: 'idle-10000', clients: 10_000 },
]

/** The cells of `--quick`. */
export const quickCells: ReadonlySet<string> = new Set([
  'fan-out-1x64',
  'fan-out-10x64',
  'fan-out-100x64',
  'latency-1000/s-10',
  'slow-client',
])
