// One goal: what was seen of it in each cell, and what its worst cell makes of it. The goals themselves are message-goals.ts's and
// transaction-goals.ts's.

import { disturbed, type LoadFigure, loadBound } from './figure.ts'
import type { CellFigures, Target, Verdict } from './results.ts'

/** A value of one cell. */
export interface Seen {
  readonly value: number
  readonly where: string
  /** A difference up to this part cannot be told in this run. */
  readonly resolution?: number
  /** What else had a part in it: others at work, or a generator that could not do more. */
  readonly remarks?: readonly string[]
}

export interface Goal {
  readonly name: string
  readonly must: number
  readonly aim?: number
  /** Whether larger is better. */
  readonly atLeast: boolean
  readonly unit?: string
  readonly digits?: number
  readonly seen: readonly Seen[]
}

/** A percentile is right to the width of a histogram's bucket. */
const BUCKET = 0.016
/** However much the rounds differ, a tenth more is more. */
const COARSEST = 0.1
export function loadOf({ figures }: CellFigures, peer: string): LoadFigure | undefined {
  const figure = figures.find((each) => each.peer === peer)
  return figure !== undefined && 'median' in figure ? figure : undefined
}

export function rate(cell: CellFigures, peer: string): number | undefined {
  return loadOf(cell, peer)?.median.deliveriesPerSecond
}

export function cpu(cell: CellFigures, peer: string): number | undefined {
  return loadOf(cell, peer)?.median.cpuUsPerDelivery
}
export function over(
  result: CellFigures,
  value: number | undefined,
  base: number | undefined,
  what = '',
): Seen[] {
  if (value === undefined || base === undefined || base === 0) return []
  const where = `${result.cell.name} ${what}`.trim()
  return [{ value: value / base, where, remarks: disturbance(result) }]
}

/** `peer`'s rate over another; where the generator was the limit the peer could do more. */
export function rateOver(result: CellFigures, peer: string, base: number | undefined, what = ''): Seen[] {
  const figure = loadOf(result, peer)
  const bound = figure !== undefined && loadBound(figure.median) ? ['load-bound'] : []
  return over(result, rate(result, peer), base, what).map((seen) => ({
    ...seen,
    remarks: [...bound, ...(seen.remarks ?? [])],
  }))
}

function disturbance({ figures }: CellFigures): string[] {
  return figures.some((figure) => 'median' in figure && disturbed(figure.median)) ? ['disturbed'] : []
}

/** How far the rounds of a peer are from each other, as a part of their middle. */
function spread(figure: LoadFigure, percentile: 'p50' | 'p99'): number {
  const values = figure.rounds.flatMap(({ latencyUs }) => latencyUs?.[percentile] ?? [])
  const middle = figure.latency?.[percentile] ?? 0
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / 2 / middle
}

export function latencyOver(
  result: CellFigures,
  percentile: 'p50' | 'p99',
  peers: readonly string[],
  way = 'evapid',
): Seen[] {
  const own = loadOf(result, way)
  if (own?.latency === undefined) return []
  const value = own.latency[percentile]
  return peers.flatMap((peer) => {
    const other = loadOf(result, peer)
    if (other?.latency === undefined) return []
    const noise = (spread(own, percentile) + spread(other, percentile)) / 2
    return {
      value: value / other.latency[percentile],
      where: `${result.cell.name} ${way === 'evapid' ? '' : `${way} to `}${peer}`,
      resolution: Math.min(BUCKET + noise, COARSEST),
      remarks: disturbance(result),
    }
  })
}
export function verdictOf(goal: Goal): Target {
  const { name, must, aim, atLeast, unit = '', digits = 2, seen } = goal
  const sign = atLeast ? '≥' : '≤'
  const text = (value: number): string => `${value.toFixed(digits)}${unit}`
  const base = { name, must: `${sign} ${must}${unit}`, aim: aim === undefined ? '' : `${sign} ${aim}${unit}` }
  // How much is missing to what must be, less what the run cannot tell: the worst cell has most.
  const shortfall = ({ value, resolution = 0 }: Seen): number => {
    if (must === 0) return value === 0 ? 0 : Number.POSITIVE_INFINITY
    return (atLeast ? must / value : value / must) - resolution
  }
  const worst = seen.toSorted((a, b) => shortfall(b) - shortfall(a))[0]
  if (worst === undefined) return { ...base, seen: '', where: '', verdict: 'not measured' }
  const reaches = (goal: number): boolean => (atLeast ? worst.value >= goal : worst.value <= goal)
  const { resolution } = worst
  const margin = resolution === undefined ? '' : ` (±${Math.ceil(resolution * 100)} %)`
  return {
    ...base,
    seen: `${text(worst.value)}${margin}`,
    where: [worst.where, ...(worst.remarks ?? [])].join(', '),
    verdict: verdict(reaches(must), aim !== undefined && reaches(aim), shortfall(worst) <= 1),
  }
}

function verdict(met: boolean, aimMet: boolean, even: boolean): Verdict {
  if (met) return aimMet ? 'aim met' : 'met'
  return even ? 'even' : 'missed'
}
