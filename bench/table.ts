// The figures as text: a line for each as it comes, and tables at the end. Not the targets (targets.ts).

import { styleText } from 'node:util'
import { type Cell, groupOf } from './cells.ts'
import {
  type CrowdFigure,
  disturbed,
  type Figure,
  faults,
  figureFaults,
  type LoadFigure,
  loadBound,
  roundsOf,
  type SuspensionFigure,
  saturated,
  timeOutFaults,
} from './figure.ts'
import type { LoadResult } from './load.ts'
import type { CellFigures } from './results.ts'

type Style = Parameters<typeof styleText>[0]

const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined

export function paint(style: Style, text: string): string {
  return colour ? styleText(style, text) : text
}

const number = (value: number, digits: number): string => value.toFixed(digits)
const millions = (value: number): string => number(value / 1e6, value < 1e6 ? 3 : 2)
const megabytes = (bytes: number): string => number(bytes / 1e6, 1)
const percent = (part: number): string => `${Math.round(part * 100)} %`

/** What a reader must know before believing a figure; empty if nothing. */
export function notes(cell: Cell, figure: Figure): string[] {
  if ('failure' in figure) return [`failed: ${figure.failure.split('\n', 1)[0]}`]
  const rounds = roundsOf(figure)
  const median = medianOf(figure)
  const worst = rounds.reduce(
    (a, b) => (faults(b).length > faults(a).length || b.lost > a.lost ? b : a),
    median,
  )
  const found = faults(worst)
  if (found.length > 0 && worst.complaint !== undefined) found.push(`"${worst.complaint}"`)
  if (figure.kind === 'suspension') found.push(...suspensionNotes(cell, figure))
  const again = sum(rounds, ({ retransmitted = 0 }) => retransmitted)
  const repeated = sum(rounds, ({ repeated = 0 }) => repeated)
  if (again > 0) found.push(`${again} requests sent again`)
  if (repeated > 0) found.push(`${repeated} replies repeated`)
  if (
    cell.kind === 'throughput' ||
    cell.kind === 'storm' ||
    (cell.kind === 'transactions' && cell.window > 1)
  ) {
    if (!saturated(median)) found.push(loadBound(median) ? 'load-bound' : 'not saturated')
  }
  if (cell.kind === 'crowd' && figure.kind === 'crowd' && figure.clients < cell.clients) {
    found.push(`${figure.clients} clients: no more descriptors`)
  }
  if (disturbed(median)) found.push('disturbed')
  return found
}

function medianOf(figure: Exclude<Figure, { readonly failure: string }>): LoadResult {
  switch (figure.kind) {
    case 'load':
      return figure.median
    case 'crowd':
      return figure.broadcast
    case 'suspension':
      return figure.load
  }
}

function sum(rounds: readonly LoadResult[], value: (round: LoadResult) => number): number {
  return rounds.reduce((total, round) => total + value(round), 0)
}

function suspensionNotes(cell: Cell, figure: SuspensionFigure): string[] {
  const found = timeOutFaults(cell, figure)
  if (cell.kind === 'suspension' && figure.mostSuspended < cell.requests) {
    found.push(`only ${figure.mostSuspended} at once`)
  }
  return found
}

/** The line that is shown as soon as a peer is done with a cell. */
export function progressLine(cell: Cell, figure: Figure): string {
  return `  ${figure.peer.padEnd(10)} ${summary(cell, figure).padEnd(56)} ${paintNotes(cell, figure)}`.trimEnd()
}

function summary(cell: Cell, figure: Figure): string {
  if ('failure' in figure) return '-'
  if (figure.kind === 'crowd') {
    const { clients, grownAllocatedBytes, broadcast, unicast } = figure
    const parts = [
      `${number(grownAllocatedBytes / clients, 0)} bytes a client`,
      `broadcast ${number(broadcast.cpuUsPerDelivery, 2)} µs CPU each`,
    ]
    if (unicast !== undefined) parts.push(`unicast ${number(unicast.cpuUsPerDelivery, 2)}`)
    return parts.join(', ')
  }
  if (figure.kind === 'suspension') {
    const { mostSuspended, peakBytes, latencyUs } = figure
    return `${mostSuspended} suspended, ${megabytes(peakBytes)} MB, others p99 ${number(latencyUs.holding.p99, 0)} µs`
  }
  const { median, latency } = figure
  if (cell.kind === 'transactions') {
    const { deliveriesPerSecond, cpuUsPerDelivery } = median
    return `${number(deliveriesPerSecond, 0)}/s  ${number(cpuUsPerDelivery, 1)} µs CPU each  p50 ${number(latency?.p50 ?? 0, 1)} µs`
  }
  if (latency !== undefined) {
    const { p50, p99, p999 } = latency
    return `p50 ${number(p50, 1)}  p99 ${number(p99, 1)}  p99.9 ${number(p999, 1)} µs`
  }
  if (cell.kind === 'storm') {
    return `${number(median.deliveriesPerSecond, 0)} connections/s  ${number(median.cpuUsPerDelivery, 1)} µs CPU each`
  }
  const rate = `${millions(median.deliveriesPerSecond)} M/s`.padStart(10)
  return `${rate}  ${number(median.cpuUsPerDelivery, 4)} µs CPU each`
}

function paintNotes(cell: Cell, figure: Figure): string {
  const bad = 'failure' in figure || figureFaults(cell, figure).length > 0
  return paint(bad ? 'red' : 'dim', notes(cell, figure).join(', '))
}

const HEADS: Record<Cell['kind'], readonly string[]> = {
  throughput: ['M deliveries/s', 'to raw', 'µs CPU each', 'to raw', 'MB/s', 'server', 'load', 'RSS MB'],
  latency: ['p50 µs', 'p99', 'p99.9', 'max', 'p50 to raw', 'µs CPU each', 'load late µs'],
  'slow-client': ['MB to the others', 'longest gap ms', 'RSS MB'],
  storm: ['connections/s', 'to raw', 'µs CPU each', 'to raw', 'server', 'load'],
  crowd: [
    'own bytes a client',
    'RSS',
    'MB empty',
    'accepted/s',
    'µs CPU broadcast each',
    'to raw',
    'unicast',
  ],
  transactions: [
    'a second',
    'to kamailio',
    'µs CPU each',
    'to kamailio',
    'p50 µs',
    'p99',
    'p99.9',
    'server',
    'load',
    'RSS MB',
  ],
  suspension: [
    'filled in s',
    'MB empty',
    'at most',
    'bytes each',
    'time-outs after s',
    'others p50 µs before',
    'meanwhile',
    'p99 before',
    'meanwhile',
    'at the time-outs',
  ],
}

/** One table for each cell. */
export function tables(results: readonly CellFigures[]): string {
  return results
    .map((result) => {
      const title = paint('bold', `${result.cell.name}: ${describe(result.cell)}`)
      return `${title}\n${result.skipped === undefined ? table(result) : `  not measured: ${result.skipped}`}`
    })
    .join('\n\n')
}

export function describe(cell: Cell): string {
  switch (cell.kind) {
    case 'throughput': {
      const publishers = cell.publishers === 1 ? '' : `, ${cell.publishers} publishers`
      return `${cell.subscribers} subscribers${publishers}, ${cell.payload} bytes, ${cell.batch} a write, ${cell.window} in flight`
    }
    case 'latency':
      return `${cell.subscribers} subscribers, ${cell.payload} bytes, ${cell.rate} messages a second`
    case 'slow-client':
      return `${megabytes(cell.messages * cell.payload)} MB published, one of three subscribers never reads`
    case 'storm':
      return `connect and close, ${cell.slots} connections at once`
    case 'crowd':
      return `${cell.clients} clients: memory, a broadcast to all, a unicast to one`
    case 'transactions': {
      const count = cell.transactions === undefined ? '' : `${cell.transactions.toLocaleString('en')} of `
      return `${count}${cell.methods.join(' and ')}, suspended, continued and answered, ${cell.window} in flight`
    }
    case 'suspension':
      return `${cell.requests} INVITEs, ${cell.fillRate} a second, that nobody answers for ${cell.timeOut} s; beside them ${cell.rate} OPTIONS a second`
  }
}

function table({ cell, figures }: CellFigures): string {
  const yardstick = yardstickOf(cell)
  const base = figures.find((figure) => figure.peer === yardstick)
  const head = ['', ...HEADS[cell.kind].map((name) => name.replace('to raw', `to ${yardstick}`)), '']
  const rows = figures.map((figure) => [
    figure.peer,
    ...values(cell, figure, base),
    notes(cell, figure).join(', '),
  ])
  return columns([head, ...rows])
    .map((text, row) => `  ${row === 0 ? paint('dim', text) : text}`)
    .join('\n')
}

/** The peer that the others are held against. */
function yardstickOf(cell: Cell): string {
  if (cell.kind === 'transactions') return 'kamailio'
  const group = groupOf(cell)
  if (group === undefined) return 'raw'
  return group === 'websocket' ? 'uws' : 'evapid'
}

/** Rows as lines, columns aligned: the first and the last to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0
        return column === 0 || column === row.length - 1 ? text.padEnd(width) : text.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined || base === 0 ? '-' : number(value / base, 2)
}

function values(cell: Cell, figure: Figure, base: Figure | undefined): string[] {
  if ('failure' in figure) return HEADS[cell.kind].map(() => '-')
  if (figure.kind === 'suspension') return suspensionValues(figure)
  if (figure.kind === 'crowd') {
    const limit = base !== undefined && 'broadcast' in base ? base.broadcast : undefined
    return crowdValues(figure, limit)
  }
  return loadValues(cell, figure, base !== undefined && 'median' in base ? base : undefined)
}

function suspensionValues(figure: SuspensionFigure): string[] {
  const { mostSuspended, fillingSeconds, emptyBytes, peakBytes, timeOuts, latencyUs } = figure
  const { quiet, holding, ending } = latencyUs
  return [
    number(fillingSeconds, 1),
    megabytes(emptyBytes),
    megabytes(peakBytes),
    number((peakBytes - emptyBytes) / Math.max(mostSuspended, 1), 0),
    timeOuts.count === 0
      ? '-'
      : `${number(timeOuts.shortest ?? 0, 2)} to ${number(timeOuts.longest ?? 0, 2)}`,
    ...[quiet.p50, holding.p50, quiet.p99, holding.p99, ending.p99].map((value) => number(value, 0)),
  ]
}

function crowdValues(figure: CrowdFigure, limit: LoadResult | undefined): string[] {
  const { clients, grownAllocatedBytes, grownBytes, emptyBytes, acceptedPerSecond, broadcast, unicast } =
    figure
  return [
    number(grownAllocatedBytes / clients, 0),
    number(grownBytes / clients, 0),
    megabytes(emptyBytes),
    number(acceptedPerSecond, 0),
    number(broadcast.cpuUsPerDelivery, 3),
    ratio(broadcast.cpuUsPerDelivery, limit?.cpuUsPerDelivery),
    unicast === undefined ? '-' : number(unicast.cpuUsPerDelivery, 3),
  ]
}

function loadValues(cell: Cell, figure: LoadFigure, base: LoadFigure | undefined): string[] {
  const { median, latency, residentBytes } = figure
  const limit = base?.median
  const rate = ratio(median.deliveriesPerSecond, limit?.deliveriesPerSecond)
  const cpu = [
    number(median.cpuUsPerDelivery, cell.kind === 'storm' || cell.kind === 'transactions' ? 1 : 4),
    ratio(median.cpuUsPerDelivery, limit?.cpuUsPerDelivery),
  ]
  const busy = [percent(median.serverBusy), percent(median.loadBusy)]
  switch (cell.kind) {
    case 'throughput': {
      const bandwidth = number((median.deliveriesPerSecond * cell.payload) / 1e6, 0)
      return [
        millions(median.deliveriesPerSecond),
        rate,
        ...cpu,
        bandwidth,
        ...busy,
        megabytes(residentBytes),
      ]
    }
    case 'storm':
      return [number(median.deliveriesPerSecond, 0), rate, ...cpu, ...busy]
    case 'latency': {
      if (latency === undefined) return HEADS.latency.map(() => '-')
      const micros = [latency.p50, latency.p99, latency.p999, latency.max].map((value) => number(value, 1))
      const late = number(median.worstDelayUs ?? 0, 1)
      return [...micros, ratio(latency.p50, base?.latency?.p50), number(median.cpuUsPerDelivery, 4), late]
    }
    case 'slow-client': {
      const perReader = (median.deliveries * cell.payload) / 2
      return [megabytes(perReader), number(median.longestGapMs, 1), megabytes(residentBytes)]
    }
    case 'transactions': {
      const micros = [latency?.p50, latency?.p99, latency?.p999].map((value) => number(value ?? 0, 1))
      return [
        number(median.deliveriesPerSecond, 0),
        rate,
        ...cpu,
        ...micros,
        ...busy,
        megabytes(residentBytes),
      ]
    }
    case 'crowd':
    case 'suspension':
      return []
  }
}
