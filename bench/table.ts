// The figures as text: a line for each as it comes, and tables at the end.

import { styleText } from 'node:util'
import type { Cell } from './cells.ts'
import { disturbed, type Figure, faults } from './measure.ts'

type Style = Parameters<typeof styleText>[0]

const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined

function paint(style: Style, text: string): string {
  return colour ? styleText(style, text) : text
}

export interface Row {
  readonly peer: string
  readonly cells: readonly string[]
}

export interface CellFigures {
  readonly cell: Cell
  readonly figures: readonly Figure[]
}

const number = (value: number, digits: number): string => value.toFixed(digits)
const millions = (value: number): string => number(value / 1e6, value < 1e6 ? 3 : 2)
const megabytes = (bytes: number): string => number(bytes / 1e6, 1)
const percent = (part: number): string => `${Math.round(part * 100)} %`

/** A core that is busy for this part of the time has no more to give. */
const SATURATED = 0.9

/** What a reader must know before believing a figure; empty if nothing. */
export function notes(cell: Cell, figure: Figure): string[] {
  if ('failure' in figure) return [`failed: ${figure.failure.split('\n', 1)[0]}`]
  if (figure.kind === 'idle') return []
  const { median, rounds } = figure
  const worst = rounds.reduce(
    (a, b) => (faults(b).length > faults(a).length || b.lost > a.lost ? b : a),
    median,
  )
  const found = faults(worst)
  if (found.length > 0 && worst.complaint !== undefined) found.push(`"${worst.complaint}"`)
  if (cell.kind === 'throughput') {
    if (median.serverBusy < SATURATED)
      found.push(median.loadBusy > SATURATED ? 'load-bound' : 'not saturated')
  }
  if (disturbed(median)) found.push('disturbed')
  return found
}

/** The line that is shown as soon as a peer is done with a cell. */
export function progressLine(cell: Cell, figure: Figure): string {
  return `${cell.name.padEnd(18)} ${figure.peer.padEnd(10)} ${summary(figure).padEnd(44)} ${paintNotes(cell, figure)}`
}

function summary(figure: Figure): string {
  if ('failure' in figure) return '-'
  if (figure.kind === 'idle') return `${megabytes(figure.grownBytes)} MB for ${figure.clients} clients`
  const { median } = figure
  if (median.latencyUs !== undefined) {
    const { p50, p99, p999 } = median.latencyUs
    return `p50 ${number(p50, 1)}  p99 ${number(p99, 1)}  p99.9 ${number(p999, 1)} µs`
  }
  const rate = `${millions(median.deliveriesPerSecond)} M/s`.padStart(10)
  return `${rate}  ${number(median.cpuUsPerDelivery, 4)} µs CPU each`
}

function paintNotes(cell: Cell, figure: Figure): string {
  const bad =
    'failure' in figure || (figure.kind === 'load' && figure.rounds.some((round) => faults(round).length > 0))
  return paint(bad ? 'red' : 'dim', notes(cell, figure).join(', '))
}

const HEADS: Record<Cell['kind'], readonly string[]> = {
  throughput: ['M deliveries/s', 'to raw', 'µs CPU each', 'to raw', 'server', 'load', 'RSS MB'],
  latency: ['p50 µs', 'p99', 'p99.9', 'max', 'p50 to raw', 'µs CPU each', 'load late µs'],
  'slow-client': ['MB to the others', 'longest gap ms', 'RSS MB'],
  idle: ['MB more', 'bytes a client', 'MB empty', 'accepted/s'],
}

/** One table for each cell. */
export function tables(results: readonly CellFigures[]): string {
  return results.map(({ cell, figures }) => `${title(cell)}\n${table(cell, figures)}`).join('\n\n')
}

function title(cell: Cell): string {
  return paint('bold', `${cell.name}: ${describe(cell)}`)
}

function describe(cell: Cell): string {
  switch (cell.kind) {
    case 'throughput':
      return `${cell.subscribers} subscribers, ${cell.payload} bytes, ${cell.batch} a write, ${cell.window} in flight`
    case 'latency':
      return `${cell.subscribers} subscribers, ${cell.payload} bytes, ${cell.rate} messages a second`
    case 'slow-client':
      return `${megabytes(cell.messages * cell.payload)} MB published, one of three subscribers never reads`
    case 'idle':
      return `${cell.clients} clients that do nothing`
  }
}

function table(cell: Cell, figures: readonly Figure[]): string {
  const raw = figures.find((figure) => figure.peer === 'raw')
  const head = ['', ...HEADS[cell.kind], '']
  const rows = figures.map((figure) => [
    figure.peer,
    ...values(cell, figure, raw),
    notes(cell, figure).join(', '),
  ])
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0
        return column === 0 || column === row.length - 1 ? text.padEnd(width) : text.padStart(width)
      })
      .join('  ')
      .trimEnd()
  return [paint('dim', line(head)), ...rows.map(line)].map((text) => `  ${text}`).join('\n')
}

function values(cell: Cell, figure: Figure, raw: Figure | undefined): string[] {
  if ('failure' in figure) return HEADS[cell.kind].map(() => '-')
  if (figure.kind === 'idle') {
    const { grownBytes, clients, emptyBytes, clientsPerSecond } = figure
    return [
      megabytes(grownBytes),
      number(grownBytes / clients, 0),
      megabytes(emptyBytes),
      number(clientsPerSecond, 0),
    ]
  }
  const { median, residentBytes } = figure
  const limit = raw !== undefined && 'median' in raw ? raw.median : undefined
  const ratio = (value: number, base: number | undefined): string =>
    base === undefined || base === 0 ? '-' : number(value / base, 2)
  const cpu = number(median.cpuUsPerDelivery, 4)
  switch (cell.kind) {
    case 'throughput':
      return [
        millions(median.deliveriesPerSecond),
        ratio(median.deliveriesPerSecond, limit?.deliveriesPerSecond),
        cpu,
        ratio(median.cpuUsPerDelivery, limit?.cpuUsPerDelivery),
        percent(median.serverBusy),
        percent(median.loadBusy),
        megabytes(residentBytes),
      ]
    case 'latency': {
      const { latencyUs, worstDelayUs } = median
      if (latencyUs === undefined) return HEADS.latency.map(() => '-')
      const micros = [latencyUs.p50, latencyUs.p99, latencyUs.p999, latencyUs.max].map((value) =>
        number(value, 1),
      )
      return [...micros, ratio(latencyUs.p50, limit?.latencyUs?.p50), cpu, number(worstDelayUs ?? 0, 1)]
    }
    case 'slow-client': {
      const perReader = (median.deliveries * cell.payload) / 2
      return [megabytes(perReader), number(median.longestGapMs, 1), megabytes(residentBytes)]
    }
    case 'idle':
      return []
  }
}
