// How often a route has run and how long its runs took, for whoever wants to know (src/gateway/metrics.ts). Not for what it costs the
// process as a whole, which is the operating system's to tell.
//
// To look at the clock twice takes 100 ns, as much as a small route. So not each run is timed. A route that runs up to a thousand times a second
// has all its runs timed; of a busier one, a run stands for those since the one before, and weighs as many. How far it is to the next
// one is drawn at random, or a route that is called in turns for two kinds of messages would have only one of them timed.
//
// What is left to do for a run that is not timed is to count down: one number, in an object that each route has for itself
// (`RouteTable.run`). Counting down also counts the runs, all of them: how far the count has come tells how many there were.

import type { EvapidError } from './errors.ts'
import type { RunObserver } from './routes.ts'

/** Upper bounds of the buckets, in seconds: 1, 2.5 and 5 of each power of ten from a microsecond to 10 s. */
export const ROUTE_TIME_BOUNDS: readonly number[] = [-6, -5, -4, -3, -2, -1, 0, 1].flatMap((power) =>
  [1, 2.5, 5].map((digit) => Number(`${digit}e${power}`)).filter((bound) => bound <= 10),
)

/** How many runs a second are timed of one route, roughly, before some stand for others: half a millisecond of each second. */
const TIMED_A_SECOND = 1000

/**
 * Of a busy route, one in so many runs is timed, where nobody says otherwise: 0.5 µs, or 2 ns for each run. With less, one that was busy and
 * becomes quiet would be looked at too seldom.
 */
export const DEFAULT_ROUTE_SAMPLING = 256

/** What is known of a route's runs. */
export interface RouteTimes {
  readonly route: string
  /** All that have begun. */
  readonly runs: number
  /** By bucket, the last one for what took longer than the last bound: not cumulated. Of runs that have ended. */
  readonly buckets: readonly number[]
  /** Seconds. */
  readonly sum: number
}

export class RouteMeter {
  readonly route: string
  /** For the route table: how many runs until one is timed, that one included. Never less than 1 outside of run(). */
  left = 1
  /** The longest way from one that is timed to the next, on average. */
  private readonly longest: number
  /** The way that is being counted down, and what the ones before come to. */
  private way = 1
  private gone = 0
  /** performance.now() of the run that was timed last. */
  private timedAt = Number.NEGATIVE_INFINITY
  /** Weights go in, which outgrow 32 bits. */
  private readonly counts = new Float64Array(ROUTE_TIME_BOUNDS.length + 1)
  private milliseconds = 0

  constructor(route: string, longest: number) {
    this.route = route
    this.longest = longest
  }

  /** The count is down: the run that begins is timed. */
  begin(observer: RunObserver | undefined): RunObserver {
    const weight = this.way
    const now = performance.now()
    this.gone += weight
    // So many runs in the time that there may be one, going by those since the last.
    const pace = (weight * 1000) / ((now - this.timedAt) * TIMED_A_SECOND)
    const average = Math.min(this.longest, Math.round(pace))
    this.way = average > 1 ? 1 + Math.floor(Math.random() * (2 * average - 1)) : 1
    this.left = this.way
    this.timedAt = now
    return new TimedRun(this, weight, now, observer)
  }

  /** A timed run that stands for `weight` is over. */
  note(milliseconds: number, weight: number): void {
    const seconds = milliseconds / 1000
    let bucket = 0
    while (bucket < ROUTE_TIME_BOUNDS.length && seconds > (ROUTE_TIME_BOUNDS[bucket] as number)) bucket++
    ;(this.counts[bucket] as number) += weight
    this.milliseconds += milliseconds * weight
  }

  /**
   * What there is so far. The next run is timed, and stands for those until now: so a route that has become quiet has its say between any two
   * that ask.
   */
  read(): RouteTimes {
    const since = this.way - this.left
    this.way = since + 1
    this.left = 1
    return {
      route: this.route,
      runs: this.gone + since,
      buckets: [...this.counts],
      sum: this.milliseconds / 1000,
    }
  }
}

/** Stands between a run and its observer. */
class TimedRun implements RunObserver {
  private readonly meter: RouteMeter
  private readonly weight: number
  private readonly observer: RunObserver | undefined
  private readonly begun: number

  constructor(meter: RouteMeter, weight: number, begun: number, observer: RunObserver | undefined) {
    this.meter = meter
    this.weight = weight
    this.begun = begun
    this.observer = observer
  }

  goesOn(): void {
    this.observer?.goesOn()
  }

  ended(failure: unknown): void {
    this.meter.note(performance.now() - this.begun, this.weight)
    this.observer?.ended(failure)
  }

  isOrdinary(error: unknown): error is EvapidError {
    return this.observer?.isOrdinary(error) ?? false
  }
}
