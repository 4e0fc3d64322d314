// What came of one peer in one cell, and what is wrong with it. How it came about is measure.ts's, crowd.ts's and
// suspension.ts's.

import type { Cell } from './cells.ts'
import type { Latency, LoadResult } from './load.ts'

/** In µs. */
export interface LatencyFigure {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  /** Upper bound of a bucket, and how many fell into it. */
  readonly buckets: readonly (readonly [number, number])[]
}

export interface Failure {
  readonly peer: string
  readonly failure: string
}

export interface LoadFigure {
  readonly peer: string
  readonly kind: 'load'
  /** The median round among those that were not disturbed, or among all if all were. */
  readonly median: LoadResult
  readonly rounds: readonly LoadResult[]
  /** Resident memory of the server after the last round. */
  readonly residentBytes: number
  /** Open loop only. */
  readonly latency?: LatencyFigure
}

export interface CrowdFigure {
  readonly peer: string
  readonly kind: 'crowd'
  /** As many as were wanted, or as descriptors allowed. */
  readonly clients: number
  readonly acceptedPerSecond: number
  /** The server's memory before, and what the clients added: all of it, and what is its own (heaps and stacks). */
  readonly emptyBytes: number
  readonly grownBytes: number
  readonly grownAllocatedBytes: number
  /** One message at a time to everybody. */
  readonly broadcast: LoadResult
  /** Messages to one client each. */
  readonly unicast?: LoadResult
}

export interface SuspensionFigure {
  readonly peer: string
  readonly kind: 'suspension'
  /** How many requests were suspended at the same time. */
  readonly mostSuspended: number
  readonly fillingSeconds: number
  /** The server's memory before, and the most it was from when all were suspended. */
  readonly emptyBytes: number
  readonly peakBytes: number
  /** Requests that timed out, and after how many seconds. */
  readonly timeOuts: { readonly count: number; readonly shortest?: number; readonly longest?: number }
  /** Of the requests beside them: before there were any, while all were suspended, while they timed out. */
  readonly latencyUs: Readonly<Record<'quiet' | 'holding' | 'ending', Omit<Latency, 'buckets'>>>
  readonly load: LoadResult
}

export type Figure = Failure | LoadFigure | CrowdFigure | SuspensionFigure

/** A round in which others took more than this part of a core is not to be believed. */
const DISTURBANCE = 0.05
/** Nor are latencies when the generator itself came this late with a message. */
const TOLERATED_DELAY_US = 1000

export function disturbed(result: LoadResult): boolean {
  return (
    result.loadWaited > DISTURBANCE ||
    result.coreTaken > DISTURBANCE ||
    (result.worstDelayUs ?? 0) > TOLERATED_DELAY_US
  )
}

/** A core that is busy for this part of the time has no more to give. */
const SATURATED = 0.9

export function saturated(result: LoadResult): boolean {
  return result.serverBusy >= SATURATED
}

/** The generator was the limit: the server could do more. */
export function loadBound(result: LoadResult): boolean {
  return !saturated(result) && result.loadBusy > SATURATED
}

export function faults(result: LoadResult): string[] {
  const found: string[] = []
  if (result.lost > 0) found.push(`lost ${result.lost}`)
  if (result.doubled > 0) found.push(`doubled ${result.doubled}`)
  if (result.outOfOrder > 0) found.push(`out of order ${result.outOfOrder}`)
  if (result.disconnected > 0) found.push(`closed ${result.disconnected}`)
  if ((result.wrong ?? 0) > 0) found.push(`wrong ${result.wrong}`)
  if ((result.strange ?? 0) > 0) found.push(`strange ${result.strange}`)
  if (result.stalled) found.push('stopped')
  return found
}

/** Timers need not be exact, but so much before or after its time, in seconds, is wrong. */
const EARLY = 0.1
const LATE = 2

/** What is wrong with time-outs; empty if nothing. */
export function timeOutFaults(cell: Cell, figure: SuspensionFigure): string[] {
  if (cell.kind !== 'suspension') return []
  const { count, shortest = cell.timeOut, longest = cell.timeOut } = figure.timeOuts
  const found: string[] = []
  if (count !== cell.requests) found.push(`${cell.requests - count} did not time out`)
  if (shortest < cell.timeOut - EARLY || longest > cell.timeOut + LATE) {
    found.push(`timed out after ${shortest.toFixed(2)} to ${longest.toFixed(2)} s`)
  }
  return found
}

/** Everything that is wrong with what a server did in a cell. */
export function figureFaults(cell: Cell, figure: Exclude<Figure, Failure>): string[] {
  const found = roundsOf(figure).flatMap(faults)
  return figure.kind === 'suspension' ? [...found, ...timeOutFaults(cell, figure)] : found
}

/** All the runs a figure stands on. */
export function roundsOf(figure: Exclude<Figure, Failure>): readonly LoadResult[] {
  if (figure.kind === 'load') return figure.rounds
  if (figure.kind === 'suspension') return [figure.load]
  return figure.unicast === undefined ? [figure.broadcast] : [figure.broadcast, figure.unicast]
}
