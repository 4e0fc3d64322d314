// The charts of a run, as SVG: drawn by echarts without a browser, on white, so that they can be read on any page.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { LatencyCell, SipMethod, ThroughputCell, TransactionCell } from './cells.ts'
import type { CrowdFigure, Figure, LatencyFigure, LoadFigure } from './figure.ts'
import type { CellFigures, Results } from './results.ts'

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** Readable on white, and apart for those who see fewer colours (after Okabe and Ito). */
const COLOURS: Record<string, string> = {
  raw: '#555555',
  evapid: '#0072b2',
  'evapid-ts': '#56b4e9',
  'evapid-named': '#56b4e9',
  'node:net': '#009e73',
  nats: '#e69f00',
  redis: '#d55e00',
  kamailio: '#cc79a7',
  'kamailio-fm': '#999999',
}
const OTHER_COLOUR = '#000000'
const PANEL = { width: 420, height: 360 } as const
const MARGIN = { top: 78, bottom: 62, left: 74, right: 16 } as const
const LEGEND_HEIGHT = 34

type Point = readonly [number, number]

interface Line {
  readonly peer: string
  /** What it shows, where that is more than the peer. */
  readonly label?: string
  readonly dashed?: boolean
  readonly points: readonly Point[]
}

interface Axis {
  readonly name: string
  readonly log?: boolean
  /** The values that occur, as text. */
  readonly categories?: readonly string[]
  readonly format?: (value: number) => string
}

/** One coordinate system; a chart has one or several, side by side. */
interface Panel {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
  readonly smooth?: boolean
}

/** Draws all charts for which there are figures; returns the names of the files. */
export function drawCharts({ results }: Results, directory: string): string[] {
  mkdirSync(directory, { recursive: true })
  const charts: Record<string, Panel[]> = {
    'throughput.svg': throughput(results),
    'cpu-ratio.svg': cpuRatio(results),
    'payload.svg': payload(results),
    'publishers.svg': publishers(results),
    'clients.svg': clients(results),
    'transactions.svg': transactions(results),
    'transactions-latency.svg': transactionLatency(results),
    ...Object.fromEntries(
      [...new Set(latencyCells(results).map(({ cell }) => cell.rate))].map((rate) => [
        `latency-${rate}.svg`,
        latency(results, rate),
      ]),
    ),
  }
  return Object.entries(charts).flatMap(([name, panels]) => {
    const drawn = panels.filter(({ lines }) => lines.some(({ points }) => points.length > 0))
    if (drawn.length === 0) return []
    writeFileSync(join(directory, name), `${draw(drawn)}\n`)
    return [name]
  })
}

type ThroughputFigures = CellFigures & { readonly cell: ThroughputCell }

function throughputCells(
  results: readonly CellFigures[],
  group: ThroughputCell['group'],
): ThroughputFigures[] {
  return results.flatMap((result) => {
    const { cell } = result
    return cell.kind === 'throughput' && cell.group === group ? [{ ...result, cell }] : []
  })
}

function latencyCells(results: readonly CellFigures[]): (CellFigures & { readonly cell: LatencyCell })[] {
  return results.flatMap((result) => {
    const { cell } = result
    return cell.kind === 'latency' && cell.group === undefined ? [{ ...result, cell }] : []
  })
}

/** A line for each peer: a point for each cell of which `point` knows one. */
function lines<Cell extends CellFigures>(
  cells: readonly Cell[],
  point: (cell: Cell, figure: Figure) => Point | undefined,
): Line[] {
  const peers = [...new Set(cells.flatMap(({ figures }) => figures.map(({ peer }) => peer)))]
  return peers.map((peer) => ({
    peer,
    points: cells.flatMap((cell) => {
      const figure = cell.figures.find((each) => each.peer === peer)
      const found = figure === undefined ? undefined : point(cell, figure)
      return found === undefined ? [] : [found]
    }),
  }))
}

function deliveries(x: (cell: ThroughputCell) => number, factor: (cell: ThroughputCell) => number) {
  return ({ cell }: ThroughputFigures, figure: Figure): Point | undefined =>
    'median' in figure && figure.median.deliveriesPerSecond > 0
      ? [x(cell), figure.median.deliveriesPerSecond * factor(cell)]
      : undefined
}

function throughput(results: readonly CellFigures[]): Panel[] {
  const cells = throughputCells(results, 'fan-out')
  return [16, 64].map((batch) => ({
    title: `Deliveries a second, ${batch} messages a write`,
    x: { name: 'clients', log: true },
    y: { name: 'deliveries/s', log: true, format: short },
    lines: lines(
      cells.filter(({ cell }) => cell.batch === batch),
      deliveries(
        (cell) => cell.subscribers,
        () => 1,
      ),
    ),
  }))
}

function publishers(results: readonly CellFigures[]): Panel[] {
  const one = throughputCells(results, 'fan-out').filter(({ cell }) => cell.name === 'fan-out-100x16')
  return [
    {
      title: 'Deliveries a second to 100 clients, 16 a write',
      x: { name: 'publishers', log: true },
      y: { name: 'deliveries/s', log: true, format: short },
      lines: lines(
        [...one, ...throughputCells(results, 'publishers')],
        deliveries(
          (cell) => cell.publishers,
          () => 1,
        ),
      ),
    },
  ]
}

function payload(results: readonly CellFigures[]): Panel[] {
  return [
    {
      title: 'Payload delivered to 10 clients',
      x: { name: 'bytes of a message', log: true, format: bytes },
      y: { name: 'MB/s', log: true, format: short },
      lines: lines(
        throughputCells(results, 'payload'),
        deliveries(
          (cell) => cell.payload,
          (cell) => cell.payload / 1e6,
        ),
      ),
    },
  ]
}

function cpuRatio(results: readonly CellFigures[]): Panel[] {
  const cells = throughputCells(results, 'fan-out')
  const names = cells.map(({ cell }) => `${cell.subscribers}×${cell.batch}`)
  return [
    {
      title: 'Server CPU a delivery, as a multiple of the raw fan-out',
      x: { name: 'clients × messages a write', categories: names },
      y: { name: 'times raw', log: true, format: short },
      lines: lines(cells, (result, figure) => {
        const raw = result.figures.find(({ peer }) => peer === 'raw')
        if (raw === undefined || !('median' in raw) || !('median' in figure)) return undefined
        if (raw.median.cpuUsPerDelivery === 0 || figure.median.cpuUsPerDelivery === 0) return undefined
        return [cells.indexOf(result), figure.median.cpuUsPerDelivery / raw.median.cpuUsPerDelivery]
      }),
    },
  ]
}

function clients(results: readonly CellFigures[]): Panel[] {
  const cells = results.filter(({ cell }) => cell.kind === 'crowd')
  const x: Axis = { name: 'clients', log: true }
  const point =
    (value: (figure: CrowdFigure) => number | undefined) =>
    (_: CellFigures, figure: Figure): Point | undefined => {
      if (!('broadcast' in figure)) return undefined
      const y = value(figure)
      return y === undefined || y <= 0 ? undefined : [figure.clients, y]
    }
  return [
    {
      title: 'Memory of an idle client, user space',
      x,
      y: { name: 'bytes', log: true, format: short },
      lines: lines(
        cells,
        point(({ grownAllocatedBytes, clients: count }) => grownAllocatedBytes / count),
      ),
    },
    {
      title: 'CPU of a broadcast for each client; dashed: a unicast',
      x,
      y: { name: 'µs', log: true, format: short },
      lines: [
        ...lines(
          cells,
          point(({ broadcast }) => broadcast.cpuUsPerDelivery),
        ),
        ...lines(
          cells,
          point(({ unicast }) => unicast?.cpuUsPerDelivery),
        )
          .filter(({ points }) => points.length > 0)
          .map((line) => ({ ...line, label: `${line.peer} unicast`, dashed: true })),
      ],
    },
  ]
}

function transactionCells(
  results: readonly CellFigures[],
): (CellFigures & { readonly cell: TransactionCell })[] {
  return results.flatMap((result) => {
    const { cell } = result
    return cell.kind === 'transactions' && cell.transactions === undefined ? [{ ...result, cell }] : []
  })
}

function transactions(results: readonly CellFigures[]): Panel[] {
  const cells = transactionCells(results)
  const x: Axis = { name: 'transactions in flight', log: true }
  const both = (value: (figure: LoadFigure) => number): Line[] => {
    const of = (method: SipMethod): Line[] =>
      lines(
        cells.filter(({ cell }) => cell.methods.includes(method)),
        ({ cell }, figure) => ('median' in figure ? [cell.window, value(figure)] : undefined),
      )
    return [
      ...of('OPTIONS'),
      ...of('INVITE').map((line) => ({ ...line, label: `${line.peer} INVITE`, dashed: true })),
    ]
  }
  return [
    {
      title: 'Transactions a second, OPTIONS; dashed: INVITE',
      x,
      y: { name: 'transactions/s', log: true, format: short },
      lines: both(({ median }) => median.deliveriesPerSecond),
    },
    {
      title: 'Server CPU of a transaction',
      x,
      y: { name: 'µs', log: true, format: short },
      lines: both(({ median }) => median.cpuUsPerDelivery),
    },
  ]
}

function transactionLatency(results: readonly CellFigures[]): Panel[] {
  return transactionCells(results)
    .filter(({ cell }) => cell.window === 1)
    .map(({ cell, figures }) => ({
      title: `${cell.methods.join(' and ')} to 200, one in flight`,
      x: { name: 'percentile', log: true, format: percentile },
      y: { name: 'µs', log: true, format: short },
      smooth: true,
      lines: distributions(figures),
    }))
}

/** A line of each peer whose latencies are known. */
function distributions(figures: readonly Figure[]): Line[] {
  return figures.flatMap((figure) =>
    'latency' in figure && figure.latency !== undefined
      ? [{ peer: figure.peer, points: distribution(figure.latency) }]
      : [],
  )
}

function latency(results: readonly CellFigures[], rate: number): Panel[] {
  const cells = latencyCells(results).filter(({ cell }) => cell.rate === rate)
  return cells.map(({ cell, figures }) => ({
    title: `${rate} messages a second, ${cell.subscribers} ${cell.subscribers === 1 ? 'client' : 'clients'}`,
    x: { name: 'percentile', log: true, format: percentile },
    y: { name: 'µs', log: true, format: short },
    smooth: true,
    lines: distributions(figures),
  }))
}

/** Each bucket at the part of all that lies beyond it: 2 is the median, 100 the 99th percentile, 1000 the 99.9th. */
function distribution({ buckets }: LatencyFigure): Point[] {
  const all = buckets.reduce((sum, [, count]) => sum + count, 0)
  let seen = 0
  const points: Point[] = []
  for (const [bound, count] of buckets) {
    const part = all / (all - seen)
    // Beyond this a single message decides.
    if (part > all / 10 || part > 10_000) break
    points.push([part, bound])
    seen += count
  }
  return points
}

function percentile(value: number): string {
  return `${Number((100 - 100 / value).toFixed(4))} %`
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`
  if (value >= 1e3) return `${value / 1e3} k`
  return String(value)
}

function bytes(value: number): string {
  return value >= 1e6 ? `${value / 1e6} MB` : value >= 1e3 ? `${value / 1e3} kB` : `${value} B`
}

function draw(panels: readonly Panel[]): string {
  const width = panels.length * PANEL.width + (panels.length === 1 ? PANEL.width / 2 : 0)
  const height = PANEL.height + LEGEND_HEIGHT
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption(option(panels, width))
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

function option(panels: readonly Panel[], width: number): EChartsCoreOption {
  const panelWidth = width / panels.length
  const text = { color: '#222222', fontFamily: 'sans-serif' }
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: text,
    title: panels.map(({ title }, index) => ({
      text: title,
      left: index * panelWidth + panelWidth / 2,
      top: LEGEND_HEIGHT + 6,
      textAlign: 'center',
      textStyle: { ...text, fontSize: 13 },
    })),
    legend: { top: 6, itemGap: 20, itemWidth: 28, itemHeight: 8, textStyle: text },
    grid: panels.map((_, index) => ({
      left: index * panelWidth + MARGIN.left,
      top: MARGIN.top,
      width: panelWidth - MARGIN.left - MARGIN.right,
      height: PANEL.height + LEGEND_HEIGHT - MARGIN.top - MARGIN.bottom,
    })),
    xAxis: panels.map(({ x }, index) => ({ ...axis(x), gridIndex: index, nameGap: 30 })),
    yAxis: panels.map(({ y }, index) => ({ ...axis(y), gridIndex: index, nameGap: 52 })),
    series: panels.flatMap((panel, index) =>
      panel.lines.map((line) => {
        const color = COLOURS[line.peer] ?? OTHER_COLOUR
        return {
          type: 'line',
          name: line.label ?? line.peer,
          xAxisIndex: index,
          yAxisIndex: index,
          data: line.points,
          color,
          lineStyle: { width: 2, type: line.dashed ? 'dashed' : 'solid' },
          showSymbol: !panel.smooth,
          symbolSize: 6,
          // Where lines lie on each other, ours is the one that is looked for.
          z: line.peer === 'evapid' ? 4 : 3,
        }
      }),
    ),
  }
}

function axis({ name, log, categories, format }: Axis): object {
  return {
    type: categories !== undefined ? 'category' : log ? 'log' : 'value',
    name,
    nameLocation: 'middle',
    nameTextStyle: { color: '#222222' },
    ...(categories === undefined ? {} : { data: categories }),
    axisLabel: { color: '#222222', hideOverlap: true, ...(format ? { formatter: format } : {}) },
    axisLine: { show: true, lineStyle: { color: '#888888' } },
    splitLine: { show: true, lineStyle: { color: '#e5e5e5' } },
  }
}
