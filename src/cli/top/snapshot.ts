// What a bus looks like at one moment, as its methods tell it.

import { z } from 'zod'
import { CallError, type Connection } from '../calls/connection.ts'

const CLIENT = z.object({
  index: z.number(),
  generation: z.number(),
  address: z.string(),
  port: z.number(),
  tag: z.string(),
  kind: z.string(),
  state: z.string(),
  slow: z.string(),
  age: z.number(),
  messages_in: z.number(),
  bytes_in: z.number(),
  messages_out: z.number(),
  bytes_out: z.number(),
  waiting: z.number(),
  dropped: z.number(),
})

const TRANSACTION = z.object({
  tindex: z.number(),
  tlabel: z.number(),
  method: z.string(),
  from: z.string(),
  suspended: z.string(),
  age: z.number(),
  route: z.string(),
})

const RUN = z.object({ version: z.string(), uptime_secs: z.number() })

export type ClientRow = Readonly<z.infer<typeof CLIENT>>
export type TransactionRow = Readonly<z.infer<typeof TRANSACTION>>

export interface Snapshot {
  /** performance.now() when the answer was there. */
  readonly at: number
  readonly version: string
  /** Seconds. */
  readonly uptime: number
  /** Counters of the bus by name, without a group. */
  readonly counts: ReadonlyMap<string, number>
  readonly clients: readonly ClientRow[]
  /** Those that wait for longest first. */
  readonly transactions: readonly TransactionRow[]
}

/** More clients than these are not looked at: those of them that have the most of what they are ordered by are. */
const MOST_CLIENTS = 1000
const MOST_TRANSACTIONS = 50

/**
 * Asks a bus.
 * @param order what `evapi.list` takes
 * @throws ConnectionError, CallError; Error for an answer that makes no sense
 */
export async function takeSnapshot(connection: Connection, order: string): Promise<Snapshot> {
  const results = await connection.callAll([
    { method: 'core.runinfo', params: [] },
    { method: 'stats.fetchn', params: ['evapid:'] },
    { method: 'evapi.list', params: [order, MOST_CLIENTS] },
    { method: 'tm.list', params: [MOST_TRANSACTIONS] },
  ])
  for (const result of results) if (result instanceof CallError) throw result
  const [run, counts, clients, transactions] = results
  const { version, uptime_secs: uptime } = RUN.parse(run)
  const named = Object.entries(z.record(z.string(), z.number()).parse(counts))
  return {
    at: performance.now(),
    version,
    uptime,
    counts: new Map(named.map(([name, value]) => [name.replace(/^.*\./, ''), value])),
    clients: z.array(CLIENT).parse(clients),
    transactions: z.array(TRANSACTION).parse(transactions),
  }
}
