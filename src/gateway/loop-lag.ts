// How late the event loop is: what a timer had to wait beyond its time, because something else was running. For whoever asks, and for any number of
// them: nobody's question changes what others are told.
//
// Node counts in C++, in a histogram that can only be emptied as a whole. It is emptied once a minute at most, when somebody asks, and what it held is told for the
// minute that follows, together with what has come since: the greater of the two. So whoever asks at least once a minute misses nothing, and sees what
// happens at once.
//
// Each look at the loop wakes the process, which costs an idle one some 50 µs of CPU here: 20 a second are 0.2 % of a core, 100 a second
// (prom-client's choice) nearly one. A block of 50 ms is always seen, a shorter one by chance, in proportion to its length.

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds between two looks. */
const RESOLUTION = 50

/** Milliseconds. */
const WINDOW = 60_000

/** What is told of: the median ... the worst. */
export const LAG_QUANTILES: readonly number[] = [0.5, 0.9, 0.99, 1]

/** Seconds. */
export interface LoopLagFigures {
  /** In the order of LAG_QUANTILES. Of this minute or the one before, whichever is greater. */
  readonly quantiles: readonly number[]
  /** Since the start, as is the count of looks. */
  readonly sum: number
  readonly count: number
}

export class LoopLag {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  private since = performance.now()
  private before: readonly number[] = LAG_QUANTILES.map(() => 0)
  private sum = 0
  private count = 0

  constructor() {
    this.histogram.enable()
  }

  read(): LoopLagFigures {
    const { histogram, before } = this
    const now = LAG_QUANTILES.map((quantile) => lagOf(histogram.percentile(Math.max(quantile * 100, 1))))
    const { count } = histogram
    // What is measured is the time from one look to the next.
    const sum = count === 0 ? 0 : lagOf(histogram.mean) * count
    const figures = {
      quantiles: now.map((lag, position) => Math.max(lag, before[position] ?? 0)),
      sum: this.sum + sum,
      count: this.count + count,
    }
    if (performance.now() - this.since >= WINDOW) {
      histogram.reset()
      this.since = performance.now()
      this.before = now
      this.sum = figures.sum
      this.count = figures.count
    }
    return figures
  }

  stop(): void {
    this.histogram.disable()
  }
}

/** @param interval nanoseconds */
function lagOf(interval: number): number {
  return Math.max(0, interval / 1e9 - RESOLUTION / 1000)
}
