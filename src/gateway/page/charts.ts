// Rates as sparklines, and how things stand as figures. Whoever points at a chart reads all charts at that second.

import { byId, make, say } from './element.ts'
import { duration, type Figure, figure, short } from './format.ts'
import type { Sample } from './messages.ts'
import uPlot from './uplot.js'

/** Samples that are kept: two minutes. */
const KEPT = 120

/** Seconds that a chart shows at least. */
const SHORTEST = 40

interface Series {
  /** Its name among the rates. */
  readonly rate: string
  /** For a chart with two of them. */
  readonly label?: string
}

interface ChartSpec {
  readonly title: string
  readonly unit: string
  readonly series: readonly Series[]
}

const CHARTS: readonly ChartSpec[] = [
  { title: 'Messages in', unit: '/s', series: [{ rate: 'messages_in' }] },
  { title: 'Messages out', unit: '/s', series: [{ rate: 'messages_out' }] },
  { title: 'Deliveries to clients', unit: '/s', series: [{ rate: 'deliveries' }] },
  {
    title: 'Bytes in and out',
    unit: 'B/s',
    series: [
      { rate: 'bytes_in', label: 'in' },
      { rate: 'bytes_out', label: 'out' },
    ],
  },
]

interface TileSpec {
  readonly title: string
  /** Undefined: not known here. */
  value(sample: Sample): Figure | undefined
  level?(sample: Sample): 'warn' | 'bad' | undefined
}

const gauge =
  (name: string, unit = '') =>
  (sample: Sample) => {
    const value = sample.gauges[name]
    return value === undefined ? undefined : figure(value, unit)
  }

const TILES: readonly TileSpec[] = [
  { title: 'Clients', value: gauge('clients') },
  {
    title: 'Slow clients',
    value: gauge('slow_clients'),
    level: ({ gauges }) => ((gauges['slow_clients'] ?? 0) > 0 ? 'bad' : undefined),
  },
  {
    title: 'Waiting for clients',
    value: gauge('bytes_waiting', 'B'),
    level: ({ gauges }) => ((gauges['bytes_waiting'] ?? 0) > 1e6 ? 'warn' : undefined),
  },
  { title: 'Suspended', value: gauge('suspended') },
  {
    title: 'Loop lag, longest',
    value: ({ gauges }) => ({ number: (gauges['loop_lag'] ?? 0).toFixed(1), unit: 'ms' }),
    level: ({ gauges }) => {
      const lag = gauges['loop_lag'] ?? 0
      return lag > 250 ? 'bad' : lag > 50 ? 'warn' : undefined
    },
  },
  { title: 'CPU, of one core', value: ({ gauges }) => percent(gauges['cpu'] ?? 0) },
  { title: 'Memory', value: gauge('rss', 'B') },
  {
    title: 'Route failures',
    value: ({ totals }) => figure(totals['route_failures'] ?? 0),
    level: ({ totals }) => ((totals['route_failures'] ?? 0) > 0 ? 'warn' : undefined),
  },
]

function percent(share: number): Figure {
  return { number: (share * 100).toFixed(share < 0.0995 ? 1 : 0), unit: '%' }
}

/** null: nothing was heard in that second. */
type Row = (number | null)[]

class Chart {
  readonly root: HTMLElement
  private readonly spec: ChartSpec
  private readonly plot: uPlot
  private readonly host: HTMLElement
  private readonly peak: HTMLElement
  private readonly figures: HTMLElement[] = []
  private readonly units: HTMLElement[] = []

  constructor(spec: ChartSpec, pointed: (position: number | undefined) => void) {
    this.spec = spec
    this.peak = make('span', 'peak')
    this.host = make('div', 'plot')
    this.host.setAttribute('aria-hidden', 'true')
    const values = make('p', 'values')
    for (const [position, { label }] of spec.series.entries()) {
      const number = make('span', 'figure', '\u2013')
      const unit = make('small', '', spec.unit)
      const key = label === undefined ? [] : [make('span', 'key')]
      const name = label === undefined ? [] : [make('small', '', label)]
      values.append(make('span', `value series-${position + 1}`, ...key, number, unit, ...name))
      this.figures.push(number)
      this.units.push(unit)
    }
    const title = make('h3', '', spec.title)
    this.root = make('div', 'chart', make('div', 'chart-head', title, this.peak), values, this.host)
    this.plot = new uPlot(this.options(pointed), [[], ...spec.series.map(() => [])], this.host)
  }

  draw(times: readonly number[], rows: readonly Row[]): void {
    this.plot.setData([[...times], ...rows.map((row) => [...row])])
    const highest = Math.max(0, ...rows.flatMap((row) => row.map((value) => value ?? 0)))
    say(this.peak, highest > 0 ? `max ${short(highest, this.spec.unit)}` : '')
  }

  read(values: readonly (number | null | undefined)[]): void {
    for (const [position, value] of values.entries()) {
      const shown = typeof value === 'number' ? figure(value, this.spec.unit) : undefined
      say(this.figures[position] as HTMLElement, shown?.number ?? '\u2013')
      say(this.units[position] as HTMLElement, shown?.unit ?? this.spec.unit)
    }
  }

  fit(): void {
    const { clientWidth: width, clientHeight: height } = this.host
    if (width > 0) this.plot.setSize({ width, height })
  }

  /** In the colours of now. */
  redraw(): void {
    this.plot.redraw(false)
  }

  private options(pointed: (position: number | undefined) => void): uPlot.Options {
    const hidden = { show: false }
    const colour = (position: number) => {
      const value = this.root.querySelector(`.series-${position}`)
      return value ? getComputedStyle(value).color : 'gray'
    }
    return {
      width: 300,
      height: 60,
      padding: [6, 0, 0, 0],
      legend: hidden,
      axes: [hidden, hidden],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: false, y: false, setScale: false },
        sync: { key: 'rates' },
      },
      scales: {
        x: {
          time: false,
          range: (_plot, low, high) => [Math.min(low ?? 0, (high ?? 0) - SHORTEST), high ?? 0],
        },
        // Never less than ten high: a lonely message is no mountain.
        y: { range: (_plot, _low, high) => [0, Math.max(high ?? 0, 10) * 1.08] },
      },
      series: [
        {},
        ...this.spec.series.map((_, position) => ({
          stroke: () => colour(position + 1),
          fill: () => colour(position + 1).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.13)'),
          width: 1.5,
          points: hidden,
          spanGaps: false,
        })),
      ],
      hooks: { setCursor: [(plot) => pointed(plot.cursor.idx ?? undefined)] },
    }
  }
}

export class Charts {
  private readonly charts: Chart[]
  private readonly tiles: { readonly root: HTMLElement; readonly value: HTMLElement }[] = []
  private readonly note = byId('traffic-note', HTMLElement)
  private readonly noteText: string
  private times: number[] = []
  private rows: Row[][]
  private pointedAt: number | undefined

  constructor() {
    this.noteText = this.note.textContent ?? ''
    const place = byId('charts', HTMLElement)
    this.charts = CHARTS.map((spec) => new Chart(spec, (position) => this.point(position)))
    this.rows = CHARTS.map(({ series }) => series.map(() => []))
    place.append(...this.charts.map(({ root }) => root))
    const list = byId('tiles', HTMLElement)
    for (const { title } of TILES) {
      const value = make('dd', '', '\u2013')
      const root = make('div', 'tile', make('dt', '', title), value)
      this.tiles.push({ root, value })
      list.append(root)
    }
    new ResizeObserver(() => {
      for (const chart of this.charts) chart.fit()
    }).observe(place)
  }

  add(sample: Sample): void {
    const at = sample.at / 1000
    const last = this.times.at(-1)
    // Where nothing was heard for a while the line is broken.
    if (last !== undefined && at - last > 3) this.push(last + 1, () => null)
    this.push(at, (rate) => sample.rates[rate] ?? null)
    for (const [position, chart] of this.charts.entries()) chart.draw(this.times, this.rows[position] ?? [])
    for (const [position, spec] of TILES.entries()) this.tile(position, spec, sample)
    this.read()
  }

  redraw(): void {
    for (const chart of this.charts) chart.redraw()
  }

  private push(at: number, value: (rate: string) => number | null): void {
    this.times.push(at)
    for (const [position, { series }] of CHARTS.entries()) {
      for (const [which, { rate }] of series.entries()) this.rows[position]?.[which]?.push(value(rate))
    }
    if (this.times.length <= KEPT) return
    this.times.shift()
    for (const rows of this.rows) for (const row of rows) row.shift()
  }

  private tile(position: number, spec: TileSpec, sample: Sample): void {
    const tile = this.tiles[position]
    if (!tile) return
    const shown = spec.value(sample)
    tile.root.hidden = shown === undefined
    if (!shown) return
    const text = `${shown.number}\u2009${shown.unit}`
    if (tile.value.textContent !== text) {
      tile.value.replaceChildren(`${shown.number}\u2009`, make('small', '', shown.unit))
    }
    const level = spec.level?.(sample)
    if (level) tile.root.dataset['level'] = level
    else delete tile.root.dataset['level']
  }

  private point(position: number | undefined): void {
    if (this.pointedAt === position) return
    this.pointedAt = position
    this.read()
  }

  private read(): void {
    const newest = this.times.length - 1
    const position = this.pointedAt === undefined ? newest : Math.min(this.pointedAt, newest)
    for (const [which, chart] of this.charts.entries()) {
      chart.read((this.rows[which] ?? []).map((row) => row[position]))
    }
    const ago = (this.times[newest] ?? 0) - (this.times[position] ?? 0)
    say(this.note, position === newest ? this.noteText : `${duration(ago)} ago`)
  }
}
