// Measures one cell: starts the peers, runs the generator against each, and condenses the rounds into a figure.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cell, IdleCell, LatencyCell, SlowClientCell, ThroughputCell } from './cells.ts'
import { holdConnections, type LoadOptions, type LoadResult, runLoad } from './load.ts'
import type { Peer } from './peers/peer.ts'
import type { ServerProcess } from './processes.ts'

export interface Pace {
  /** How often a peer is measured in a cell; the rounds of all peers are interleaved. */
  readonly rounds: number
  readonly seconds: number
  readonly warmUp: number
}

/** What came of one peer in one cell. */
export type Figure =
  | { readonly peer: string; readonly failure: string }
  | {
      readonly peer: string
      readonly kind: 'load'
      /** The median round among those that were not disturbed, or among all if all were. */
      readonly median: LoadResult
      readonly rounds: readonly LoadResult[]
      /** Resident memory of the server after the last round. */
      readonly residentBytes: number
    }
  | {
      readonly peer: string
      readonly kind: 'idle'
      readonly clients: number
      /** What the server's resident memory grew by. */
      readonly grownBytes: number
      readonly emptyBytes: number
      readonly clientsPerSecond: number
    }

/** A round in which others took more than this part of a core is not to be believed. */
const DISTURBANCE = 0.05
/** Nor are latencies when the generator itself came this late with a message. */
const TOLERATED_DELAY_US = 1000
const IDLE_LIMIT_MS = 20_000
const SLOW_CLIENT_SUBSCRIBERS = 3
/** A slow client must not hold up the benchmark: a server from which nothing came for so long has stopped. */
const SLOW_CLIENT_STALL_S = 5

export function disturbed(result: LoadResult): boolean {
  return (
    result.loadWaited > DISTURBANCE ||
    result.coreTaken > DISTURBANCE ||
    (result.worstDelayUs ?? 0) > TOLERATED_DELAY_US
  )
}

export function faults(result: LoadResult): string[] {
  const found: string[] = []
  if (result.lost > 0) found.push(`lost ${result.lost}`)
  if (result.doubled > 0) found.push(`doubled ${result.doubled}`)
  if (result.outOfOrder > 0) found.push(`out of order ${result.outOfOrder}`)
  if (result.disconnected > 0) found.push(`closed ${result.disconnected}`)
  if (result.stalled) found.push('stopped')
  return found
}

interface Contestant {
  readonly peer: Peer
  readonly server: ServerProcess
  readonly rounds: LoadResult[]
  failure?: string
}

/** Measures `cell` for `peers`; a figure is reported as soon as it stands. */
export async function measureCell(
  cell: Cell,
  peers: readonly Peer[],
  pace: Pace,
  scratch: string,
  report: (figure: Figure) => void,
): Promise<Figure[]> {
  const figures: Figure[] = []
  const settle = (figure: Figure): void => {
    figures.push(figure)
    report(figure)
  }
  const contestants: Contestant[] = []
  try {
    for (const peer of peers) {
      const directory = join(scratch, `${cell.name}-${peer.name}`.replaceAll(/[^\w-]/g, '-'))
      mkdirSync(directory, { recursive: true })
      try {
        contestants.push({
          peer,
          server: await peer.start({ scratch: directory, clients: connections(cell) }),
          rounds: [],
        })
      } catch (error) {
        settle({ peer: peer.name, failure: message(error) })
      }
    }
    if (cell.kind === 'idle') {
      for (const contestant of contestants) settle(await measureIdle(cell, contestant))
    } else {
      await measureLoad(cell, contestants, pace, settle)
    }
  } finally {
    await Promise.all(contestants.map(({ server }) => server.stop()))
  }
  const order = peers.map((peer) => peer.name)
  return figures.toSorted((a, b) => order.indexOf(a.peer) - order.indexOf(b.peer))
}

async function measureLoad(
  cell: Exclude<Cell, IdleCell>,
  contestants: readonly Contestant[],
  pace: Pace,
  settle: (figure: Figure) => void,
): Promise<void> {
  const rounds = cell.kind === 'slow-client' ? 1 : pace.rounds
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      const { peer, server } = contestant
      const options = { ...cellOptions(cell, peer, pace), port: server.port, serverPids: server.pids() }
      if (contestant.failure === undefined) {
        try {
          contestant.rounds.push(await runLoad(options))
        } catch (error) {
          contestant.failure = message(error)
        }
      }
      if (round === rounds) settle(loadFigure(contestant))
    }
  }
}

function connections(cell: Cell): number {
  switch (cell.kind) {
    case 'throughput':
      return cell.subscribers + cell.publishers
    case 'latency':
      return cell.subscribers + 1
    case 'slow-client':
      return SLOW_CLIENT_SUBSCRIBERS + 1
    case 'idle':
      return cell.clients
  }
}

function cellOptions(
  cell: Exclude<Cell, IdleCell>,
  peer: Peer,
  pace: Pace,
): Omit<LoadOptions, 'port' | 'serverPids'> {
  const { protocol } = peer
  switch (cell.kind) {
    case 'throughput':
      return { ...throughputOptions(cell, pace), protocol }
    case 'latency':
      return { ...latencyOptions(cell), protocol, seconds: 2 * pace.seconds, warmUp: pace.warmUp }
    case 'slow-client':
      return { ...slowClientOptions(cell), protocol }
  }
}

function throughputOptions(cell: ThroughputCell, { seconds, warmUp }: Pace) {
  const { subscribers, publishers, payload, batch, window } = cell
  return { subscribers, publishers, payload, batch, window, seconds, warmUp }
}

function latencyOptions({ subscribers, rate, payload }: LatencyCell) {
  return { subscribers, rate, payload, batch: 1 }
}

function slowClientOptions({ payload, messages, batch, window }: SlowClientCell) {
  return {
    subscribers: SLOW_CLIENT_SUBSCRIBERS,
    dead: 1,
    payload,
    messages,
    batch,
    window,
    stall: SLOW_CLIENT_STALL_S,
  }
}

function loadFigure({ peer, server, rounds, failure }: Contestant): Figure {
  const quiet = rounds.filter((round) => !disturbed(round))
  const median = medianRound(quiet.length > 0 ? quiet : rounds)
  if (median === undefined) return { peer: peer.name, failure: failure ?? 'no round was finished' }
  const residentBytes = server.residentBytes()
  return { peer: peer.name, kind: 'load', median, rounds, residentBytes }
}

/** By deliveries; where the rate is fixed that says nothing, and it is the median latency that tells. */
function medianRound(rounds: readonly LoadResult[]): LoadResult | undefined {
  const key = (round: LoadResult): number => round.latencyUs?.p50 ?? -round.deliveriesPerSecond
  // Of an even number, the better one of the middle.
  return rounds.toSorted((a, b) => key(a) - key(b))[Math.floor((rounds.length - 1) / 2)]
}

async function measureIdle({ clients }: IdleCell, { peer, server }: Contestant): Promise<Figure> {
  const emptyBytes = server.residentBytes()
  const descriptors = server.descriptors()
  const options = { protocol: peer.protocol, port: server.port, serverPids: [], subscribers: clients }
  try {
    const begin = performance.now()
    const held = await holdConnections(options)
    // The kernel connects before the server accepts.
    while (server.descriptors() < descriptors + clients) {
      if (performance.now() - begin > IDLE_LIMIT_MS) throw new Error('the server did not take all clients')
      await delay(5)
    }
    const clientsPerSecond = clients / ((performance.now() - begin) / 1000)
    await delay(500)
    const grownBytes = server.residentBytes() - emptyBytes
    await held.release()
    return { peer: peer.name, kind: 'idle', clients, grownBytes, emptyBytes, clientsPerSecond }
  } catch (error) {
    return { peer: peer.name, failure: message(error) }
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
