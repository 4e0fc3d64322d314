// What the bus is to reach, and whether a run saw it. Every target is a ratio within the run, but for memory and the rate of a
// handler; each is judged by its worst cell.

import type { CrowdCell, LatencyCell, ThroughputCell } from './cells.ts'
import { type CrowdFigure, disturbed, type LoadFigure, loadBound } from './figure.ts'
import type { CellFigures, Target, Verdict } from './results.ts'
import { columns, paint } from './table.ts'

/** A value of one cell. */
interface Seen {
  readonly value: number
  readonly where: string
  /** A difference up to this part cannot be told in this run. */
  readonly resolution?: number
  /** What else had a part in it: others at work, or a generator that could not do more. */
  readonly remarks?: readonly string[]
}

interface Goal {
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
/** With fewer clients the noise of a heap is larger than what the clients take. */
const ENOUGH_CLIENTS = 10_000

export function judge(results: readonly CellFigures[]): Target[] {
  return goals(new Run(results)).map(verdictOf)
}

function goals(run: Run): Goal[] {
  const ratio = { digits: 2, unit: '' }
  const fanOut = run.throughput('fan-out')
  const of = (...subscribers: number[]) => fanOut.filter(({ cell }) => subscribers.includes(cell.subscribers))
  const best = (cell: CellFigures): number | undefined =>
    largest(['nats', 'redis'].map((peer) => rate(cell, peer)))
  return [
    {
      ...ratio,
      name: 'server CPU per delivery to raw, default route',
      must: 1.25,
      aim: 1.05,
      atLeast: false,
      seen: fanOut.flatMap((cell) => over(cell, cpu(cell, 'evapid'), cpu(cell, 'raw'))),
    },
    {
      ...ratio,
      name: 'deliveries/s to the better of NATS and Redis, everywhere',
      must: 2,
      aim: 4,
      atLeast: true,
      seen: fanOut.flatMap((cell) => rateOver(cell, 'evapid', best(cell))),
    },
    {
      ...ratio,
      name: 'the same at 10 and 100 clients',
      must: 3,
      aim: 4,
      atLeast: true,
      seen: of(10, 100).flatMap((cell) => rateOver(cell, 'evapid', best(cell))),
    },
    {
      ...ratio,
      digits: 1,
      name: "deliveries/s to Kamailio's best",
      must: 15,
      aim: 40,
      atLeast: true,
      seen: fanOut.flatMap((cell) => rateOver(cell, 'evapid', rate(cell, 'kamailio'))),
    },
    {
      name: 'TypeScript handler relays each, 1 client, batch 64',
      must: 1.2,
      aim: 2,
      unit: ' M messages/s',
      digits: 2,
      atLeast: true,
      seen: of(1)
        .filter(({ cell }) => cell.batch === 64)
        .flatMap((cell) => rateOver(cell, 'evapid-ts', 1e6)),
    },
    {
      ...ratio,
      name: 'the same, 100 clients, deliveries/s to raw',
      must: 0.6,
      aim: 0.85,
      atLeast: true,
      seen: of(100).flatMap((cell) => rateOver(cell, 'evapid-ts', rate(cell, 'raw'))),
    },
    ...(['p50', 'p99'] as const).map((percentile) => ({
      ...ratio,
      name: `latency ${percentile} to the better of NATS and Redis`,
      must: 1,
      atLeast: false,
      seen: run.latency().flatMap((cell) => latencyOver(cell, percentile, ['nats', 'redis'])),
    })),
    {
      ...ratio,
      name: 'latency p50 to raw',
      must: 1.2,
      aim: 1.05,
      atLeast: false,
      seen: run
        .latency()
        .flatMap((cell) => latencyOver(cell, 'p50', ['raw']))
        .map(({ value, where, remarks }) => ({ value, where, ...(remarks ? { remarks } : {}) })),
    },
    {
      name: 'user-space memory per idle client',
      must: 512,
      aim: 256,
      unit: ' bytes',
      digits: 0,
      atLeast: false,
      seen: run
        .crowd('evapid')
        // A heap that was collected meanwhile says nothing of clients.
        .filter(({ figure }) => figure.clients >= ENOUGH_CLIENTS && figure.grownAllocatedBytes > 0)
        .map(({ cell, figure }) => ({
          value: figure.grownAllocatedBytes / figure.clients,
          where: cell.name,
        })),
    },
    {
      ...ratio,
      name: 'accept storm to raw, the lower of connections/s and per CPU',
      must: 0.8,
      aim: 0.95,
      atLeast: true,
      seen: run
        .storm()
        .flatMap((cell) => [
          ...rateOver(cell, 'evapid', rate(cell, 'raw'), 'connections/s'),
          ...over(cell, cpu(cell, 'raw'), cpu(cell, 'evapid'), 'per CPU'),
        ]),
    },
    {
      ...ratio,
      name: 'CPU of a unicast, most clients to fewest',
      must: 1.2,
      aim: 1.05,
      atLeast: false,
      seen: unicastGrowth(run),
    },
  ]
}

/** The figures of a run, by kind of cell. */
class Run {
  private readonly results: readonly CellFigures[]

  constructor(results: readonly CellFigures[]) {
    this.results = results
  }

  throughput(group: ThroughputCell['group']): (CellFigures & { readonly cell: ThroughputCell })[] {
    return this.results.flatMap((result) => {
      const { cell } = result
      return cell.kind === 'throughput' && cell.group === group ? [{ ...result, cell }] : []
    })
  }

  latency(): (CellFigures & { readonly cell: LatencyCell })[] {
    return this.results.flatMap((result) => {
      const { cell } = result
      return cell.kind === 'latency' ? [{ ...result, cell }] : []
    })
  }

  storm(): CellFigures[] {
    return this.results.filter(({ cell }) => cell.kind === 'storm')
  }

  crowd(peer: string): { readonly cell: CrowdCell; readonly figure: CrowdFigure }[] {
    return this.results.flatMap(({ cell, figures }) => {
      const figure = figures.find((each) => each.peer === peer)
      return cell.kind === 'crowd' && figure !== undefined && 'broadcast' in figure ? [{ cell, figure }] : []
    })
  }
}

function loadOf({ figures }: CellFigures, peer: string): LoadFigure | undefined {
  const figure = figures.find((each) => each.peer === peer)
  return figure !== undefined && 'median' in figure ? figure : undefined
}

function rate(cell: CellFigures, peer: string): number | undefined {
  return loadOf(cell, peer)?.median.deliveriesPerSecond
}

function cpu(cell: CellFigures, peer: string): number | undefined {
  return loadOf(cell, peer)?.median.cpuUsPerDelivery
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function over(result: CellFigures, value: number | undefined, base: number | undefined, what = ''): Seen[] {
  if (value === undefined || base === undefined || base === 0) return []
  const where = `${result.cell.name} ${what}`.trim()
  return [{ value: value / base, where, remarks: disturbance(result) }]
}

/** `peer`'s rate over another; where the generator was the limit the peer could do more. */
function rateOver(result: CellFigures, peer: string, base: number | undefined, what = ''): Seen[] {
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

function latencyOver(result: CellFigures, percentile: 'p50' | 'p99', peers: readonly string[]): Seen[] {
  const own = loadOf(result, 'evapid')
  if (own?.latency === undefined) return []
  const value = own.latency[percentile]
  return peers.flatMap((peer) => {
    const other = loadOf(result, peer)
    if (other?.latency === undefined) return []
    const noise = (spread(own, percentile) + spread(other, percentile)) / 2
    return {
      value: value / other.latency[percentile],
      where: `${result.cell.name} ${peer}`,
      resolution: Math.min(BUCKET + noise, COARSEST),
      remarks: disturbance(result),
    }
  })
}

function unicastGrowth(run: Run): Seen[] {
  const costs = run
    .crowd('evapid')
    .flatMap(({ cell, figure }) =>
      figure.unicast === undefined ? [] : { name: cell.name, cpu: figure.unicast.cpuUsPerDelivery },
    )
  const [fewest, most] = [costs[0], costs.at(-1)]
  if (fewest === undefined || most === undefined || fewest === most || fewest.cpu === 0) return []
  return [{ value: most.cpu / fewest.cpu, where: `${most.name} to ${fewest.name}` }]
}

function verdictOf(goal: Goal): Target {
  const { name, must, aim, atLeast, unit = '', digits = 2, seen } = goal
  const sign = atLeast ? '≥' : '≤'
  const text = (value: number): string => `${value.toFixed(digits)}${unit}`
  const base = { name, must: `${sign} ${must}${unit}`, aim: aim === undefined ? '' : `${sign} ${aim}${unit}` }
  // How much is missing to what must be, less what the run cannot tell: the worst cell has most.
  const shortfall = ({ value, resolution = 0 }: Seen): number =>
    (atLeast ? must / value : value / must) - resolution
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

const COLOURS = {
  'aim met': 'green',
  met: 'green',
  even: 'yellow',
  missed: 'red',
  'not measured': 'dim',
} as const

/** The targets as a table for the terminal. */
export function targetsTable(targets: readonly Target[]): string {
  const rows = targets.map(({ name, must, aim, seen, verdict, where }) => [
    name,
    must,
    aim,
    seen,
    verdict,
    where,
  ])
  const [head = '', ...lines] = columns([['target', 'must', 'aim', 'seen', '', 'worst cell'], ...rows])
  const painted = lines.map((line, row) => {
    const word = targets[row]?.verdict ?? 'missed'
    return line.replace(` ${word}`, ` ${paint(COLOURS[word], word)}`)
  })
  return [paint('dim', head), ...painted].map((line) => `  ${line}`).join('\n')
}
