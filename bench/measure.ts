// Measures one cell: starts the peers, runs the generator against each, and condenses the rounds into a figure.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Cell, type CrowdCell, groupOf, type Pace, type SuspensionCell } from './cells.ts'
import { measureCrowd } from './crowd.ts'
import { mostClients, whatIsMissing } from './descriptors.ts'
import { disturbed, type Figure, type LatencyFigure } from './figure.ts'
import { type LoadOptions, type LoadResult, runLoad } from './load.ts'
import type { Peer } from './peers/peer.ts'
import type { ServerProcess } from './processes.ts'
import { runSipLoad } from './sip-load.ts'
import { measureSuspension } from './suspension.ts'

const SLOW_CLIENT_SUBSCRIBERS = 3
/** A slow client must not hold up the benchmark: a server from which nothing came for so long has stopped. */
const STALL_S = 3
/** A suspended request of a transaction that is lost is heard of no later than this, in seconds. */
const TRANSACTION_TIME_OUT = 5
/** So long a run of a given number listens for second replies: the server's timers have all run out. */
const TRANSACTION_LINGER = TRANSACTION_TIME_OUT + 1
/** A server that compiles as it runs wants some ten thousand transactions for that: before its first round, in seconds. */
export const TRANSACTION_WARM_UP = 2
/** This part of a crowd may be missing for want of descriptors before the cell makes no sense. */
const MISSING_PART = 0.05

/** A bucket's bound is this much above the one before, at least. */
const BUCKET_STEP = 1.04

export type LoadCell = Exclude<Cell, CrowdCell | SuspensionCell>

interface Contestant {
  readonly peer: Peer
  readonly server: ServerProcess
  readonly rounds: LoadResult[]
  failure?: string
}

export type Report = (figure: Figure) => void

/** Why a cell cannot be measured on this machine; undefined where it can. */
export function obstacle(cell: Cell): string | undefined {
  if (cell.kind !== 'crowd' || cell.clients * (1 - MISSING_PART) <= mostClients()) return undefined
  return whatIsMissing(cell.clients)
}

/** The peers that a cell is for. */
export function contestantsOf(cell: Cell, peers: readonly Peer[]): Peer[] {
  return peers.filter((peer) => {
    if (cell.kind === 'transactions') {
      // A given number of them takes a slow peer minutes.
      return peer.startForTransactions !== undefined && !(cell.transactions !== undefined && peer.far)
    }
    if (cell.kind === 'suspension') return peer.startForTransactions !== undefined
    if (peer.onlyTransactions) return false
    const group = groupOf(cell)
    if (group !== peer.group) return group === 'gateway' && peer.name === 'evapid'
    if (cell.kind === 'crowd') return !peer.onlyMessages && cell.clients <= (peer.mostClients ?? cell.clients)
    return cell.kind !== 'storm' || !peer.onlyMessages
  })
}

/** Measures `cell` for `peers`; a figure is reported as soon as it stands. */
export async function measureCell(
  cell: Cell,
  peers: readonly Peer[],
  pace: Pace,
  scratch: string,
  report: Report,
): Promise<Figure[]> {
  const figures: Figure[] = []
  const settle = (figure: Figure): void => {
    figures.push(figure)
    report(figure)
  }
  const directory = (peer: Peer): string => {
    const path = join(scratch, `${cell.name}-${peer.name}`.replaceAll(/[^\w-]/g, '-'))
    mkdirSync(path, { recursive: true })
    return path
  }
  if (cell.kind === 'crowd') {
    // One after the other: what so many clients cost the kernel is not to be shared.
    for (const peer of peers) {
      settle(await measureCrowd(cell, peer, { scratch: directory(peer), clients: connections(cell) }, pace))
    }
    return figures
  }
  if (cell.kind === 'suspension') {
    for (const peer of peers) {
      // Those that are answered are in flight, too.
      const needs = { scratch: directory(peer), transactions: 2 * cell.requests, timeOut: cell.timeOut }
      settle(await measureSuspension(cell, peer, needs))
    }
    return figures
  }
  const contestants: Contestant[] = []
  try {
    await Promise.all(
      peers.map(async (peer) => {
        try {
          contestants.push({ peer, server: await startFor(cell, peer, directory(peer)), rounds: [] })
        } catch (error) {
          settle({ peer: peer.name, failure: message(error) })
        }
      }),
    )
    contestants.sort((a, b) => peers.indexOf(a.peer) - peers.indexOf(b.peer))
    await measureLoad(cell, contestants, pace, settle)
  } finally {
    await Promise.all(contestants.map(({ server }) => server.stop()))
  }
  const order = peers.map((peer) => peer.name)
  return figures.toSorted((a, b) => order.indexOf(a.peer) - order.indexOf(b.peer))
}

async function startFor(cell: LoadCell, peer: Peer, scratch: string): Promise<ServerProcess> {
  if (cell.kind !== 'transactions') return peer.start({ scratch, clients: connections(cell) })
  const server = await peer.startForTransactions?.({
    scratch,
    transactions: cell.window,
    timeOut: TRANSACTION_TIME_OUT,
  })
  if (server === undefined) throw new Error('it knows no transactions')
  return server
}

/** How often a peer is measured in a cell: most often where a close call is to be made. */
export function roundsOf(cell: LoadCell, peer: Peer, { rounds }: Pace): number {
  if (cell.kind === 'transactions') return cell.transactions === undefined ? rounds : 1
  if (cell.kind === 'slow-client' || peer.far) return 1
  return cell.kind === 'throughput' && cell.group !== 'fan-out' ? Math.min(2, rounds) : rounds
}

async function measureLoad(
  cell: LoadCell,
  contestants: readonly Contestant[],
  pace: Pace,
  settle: Report,
): Promise<void> {
  for (let round = 1; round <= pace.rounds; round++) {
    for (const contestant of contestants) {
      const { peer, server } = contestant
      const rounds = roundsOf(cell, peer, pace)
      if (round > rounds) continue
      if (contestant.failure === undefined) {
        try {
          const first = contestant.rounds.length === 0
          contestant.rounds.push(await runRound(cell, peer, server, pace, first))
        } catch (error) {
          contestant.failure = message(error)
        }
      }
      if (round === rounds) settle(loadFigure(contestant))
    }
  }
}

function runRound(
  cell: LoadCell,
  { protocol }: Peer,
  server: ServerProcess,
  pace: Pace,
  first: boolean,
): Promise<LoadResult> {
  if (cell.kind !== 'transactions') {
    const { port, publishPort } = server
    const where = { protocol, port, ...(publishPort === undefined ? {} : { publishPort }) }
    return runLoad({ ...cellOptions(cell, pace), ...where, serverPids: server.pids() })
  }
  const { methods, window, transactions } = cell
  const { seconds } = pace
  const warmUp = first ? TRANSACTION_WARM_UP : pace.warmUp
  const extent =
    transactions === undefined ? { seconds, warmUp } : { transactions, linger: TRANSACTION_LINGER }
  return runSipLoad(server, { methods, window, ...extent })
}

type MessageCell = Exclude<Cell, { readonly kind: 'transactions' | 'suspension' }>

function connections(cell: MessageCell): number {
  switch (cell.kind) {
    case 'throughput':
      return cell.subscribers + cell.publishers
    case 'latency':
      return cell.subscribers + 1
    case 'slow-client':
      return SLOW_CLIENT_SUBSCRIBERS + 1
    case 'storm':
      // The server may see a connection's end later than its successor's beginning.
      return 4 * cell.slots
    case 'crowd':
      return cell.clients + 1
  }
}

function cellOptions(
  cell: LoadCell & MessageCell,
  pace: Pace,
): Omit<LoadOptions, 'port' | 'serverPids' | 'protocol'> {
  const { seconds, warmUp } = pace
  switch (cell.kind) {
    case 'throughput': {
      const { subscribers, publishers, payload, batch, window } = cell
      return { subscribers, publishers, payload, batch, window, seconds, warmUp, stall: STALL_S }
    }
    case 'latency': {
      const { subscribers, rate, payload } = cell
      return { subscribers, rate, payload, batch: 1, seconds: 1.5 * seconds, warmUp }
    }
    case 'slow-client': {
      const { payload, messages, batch, window } = cell
      const subscribers = SLOW_CLIENT_SUBSCRIBERS
      return { subscribers, dead: 1, payload, messages, batch, window, stall: STALL_S }
    }
    case 'storm':
      return { subscribers: 1, storm: cell.slots, seconds, warmUp, stall: STALL_S }
  }
}

function loadFigure({ peer, server, rounds, failure }: Contestant): Figure {
  const quiet = rounds.filter((round) => !disturbed(round))
  const used = quiet.length > 0 ? quiet : rounds
  const median = medianRound(used)
  if (median === undefined) return { peer: peer.name, failure: failure ?? 'no round was finished' }
  const latency = latencyOf(used)
  return {
    peer: peer.name,
    kind: 'load',
    median: withoutBuckets(median),
    rounds: rounds.map(withoutBuckets),
    residentBytes: server.memory().resident,
    ...(latency === undefined ? {} : { latency }),
  }
}

function medianRound(rounds: readonly LoadResult[]): LoadResult | undefined {
  return middle(rounds, (round) => round.latencyUs?.p50 ?? -round.deliveriesPerSecond)
}

/** Of an even number, the better one of the middle. */
function middle<T>(values: readonly T[], key: (value: T) => number): T | undefined {
  return values.toSorted((a, b) => key(a) - key(b))[Math.floor((values.length - 1) / 2)]
}

/** Each percentile is the median of the rounds', so that one bad round does not decide; the distribution is of all. */
function latencyOf(rounds: readonly LoadResult[]): LatencyFigure | undefined {
  const latencies = rounds.flatMap(({ latencyUs }) => latencyUs ?? [])
  if (latencies.length === 0) return undefined
  const percentile = (name: 'p50' | 'p99' | 'p999'): number =>
    middle(
      latencies.map((latency) => latency[name]),
      (value) => value,
    ) ?? 0
  return {
    p50: percentile('p50'),
    p99: percentile('p99'),
    p999: percentile('p999'),
    max: Math.max(...latencies.map(({ max }) => max)),
    buckets: pooled(latencies.flatMap(({ buckets }) => buckets)),
  }
}

/** The buckets of several histograms as those of one, which may be coarser: it is for a chart. */
function pooled(buckets: readonly (readonly [number, number])[]): [number, number][] {
  const merged: [number, number][] = []
  for (const [bound, count] of buckets.toSorted(([a], [b]) => b - a)) {
    const last = merged.at(-1)
    if (last !== undefined && bound * BUCKET_STEP > last[0]) last[1] += count
    else merged.push([bound, count])
  }
  return merged.toReversed()
}

/** They are in the figure, once for all rounds. */
function withoutBuckets(round: LoadResult): LoadResult {
  return round.latencyUs === undefined ? round : { ...round, latencyUs: { ...round.latencyUs, buckets: [] } }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
