// Metrics for Prometheus (docs/metrics.md): all that the server counts, and what is worth knowing beside it. Everything is read when somebody
// asks; what routes have on their way for it is in src/core/route-meter.ts. There are no metrics by client: a bus has thousands that come and go, and each
// would be a time series for ever; `evapi.list` tells of them.

import { performance } from 'node:perf_hooks'
import { DEFAULT_ROUTE_SAMPLING, ROUTE_TIME_BOUNDS } from '../core/route-meter.ts'
import type { Runtime } from '../core/runtime.ts'
import { packageVersion } from '../core/version.ts'
import { COUNTERS, STATISTICS_PARAMETERS } from '../modules/statistics/counters.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'
import { LAG_QUANTILES, LoopLag, type LoopLagFigures } from './loop-lag.ts'
import {
  histogramSamples,
  type MetricFamily,
  type Sample,
  type Snapshot,
  type Suspensions,
  sample,
} from './metric-family.ts'
import type { MetricRegistry } from './metric-registry.ts'
import { LEFT_OUT, STAT_METRICS, STATS_READ } from './metric-table.ts'
import { ProcessMetrics } from './process-metrics.ts'

/** Seconds, and how labels say them. */
const AGES: Readonly<Record<string, number>> = {
  '100ms': 0.1,
  '1s': 1,
  '5s': 5,
  '10s': 10,
  '30s': 30,
  '60s': 60,
  '300s': 300,
}

/** Where plans are counted, by route. */
const PLANS: Readonly<Record<string, string>> = {
  'evapi:connection-new': 'plans_run_connection_new',
  'evapi:message-received': 'plans_run_message_received',
  'evapi:connection-closed': 'plans_run_connection_closed',
}

export interface MetricsOptions {
  /** Of a route that is busy, one in so many runs is timed; 0: routes are neither timed nor counted. */
  readonly routeSampling?: number
}

export class Metrics {
  /** What text() is, for whoever sends it. */
  readonly contentType: string = 'text/plain; version=0.0.4; charset=utf-8'

  private readonly runtime: Runtime
  private readonly lag = new LoopLag()
  private readonly process = new ProcessMetrics()
  private readonly loopSince = performance.eventLoopUtilization()
  private readonly families: readonly MetricFamily[]
  private registry: Promise<MetricRegistry> | undefined
  private snapshot: Snapshot = { stats: {}, routes: [], suspended: { oldest: 0, longer: [] } }

  /** Counting routes begins now, for all configurations that are to come. */
  constructor(runtime: Runtime, { routeSampling = DEFAULT_ROUTE_SAMPLING }: MetricsOptions = {}) {
    this.runtime = runtime
    this.families = [...STAT_METRICS, ...this.measured(), ...this.process.families]
    if (routeSampling > 0) runtime.routes.startMetering(routeSampling)
  }

  /** The names of all metrics. A histogram's are those with `_bucket`, `_sum` and `_count` behind them. */
  get names(): readonly string[] {
    return this.families.map(({ name }) => name)
  }

  /** All of them, in the exposition format of Prometheus. */
  async text(): Promise<string> {
    this.registry ??= import('./metric-registry.ts').then(
      ({ MetricRegistry }) => new MetricRegistry(this.families, () => this.snapshot),
    )
    const registry = await this.registry
    // All metrics are read before this is left: two who ask at once do not get in each other's way.
    this.snapshot = this.look()
    return registry.text()
  }

  /** Nothing is observed any more. */
  stop(): void {
    this.runtime.routes.stopMetering()
    this.lag.stop()
    this.process.stop()
  }

  private look(): Snapshot {
    const { runtime } = this
    const stats = runtime.stats()
    return { stats, routes: runtime.routes.times(), suspended: this.suspensions(stats) }
  }

  /** Looks at each transaction there is, if any is suspended: a millisecond for some ten thousand. */
  private suspensions(stats: Snapshot['stats']): Suspensions {
    const ages = Object.values(AGES)
    const longer = ages.map(() => 0)
    let oldest = 0
    if (!stats['tm_suspended']) return { oldest, longer }
    for (const transaction of this.runtime.state(REQUEST_ROUTES).layer.waiting()) {
      if (!transaction.suspended) continue
      const age = transaction.suspendedFor / 1000
      oldest = Math.max(oldest, age)
      for (let position = 0; position < ages.length && age > (ages[position] as number); position++) {
        ;(longer[position] as number) += 1
      }
    }
    return { oldest, longer }
  }

  private scriptVariables(): readonly Sample[] {
    const { variable } = this.runtime.parametersOf('statistics', STATISTICS_PARAMETERS)
    if (variable.length === 0) return []
    const counted = this.runtime.state(COUNTERS).select('script:')
    return counted.map(({ name, value }) => ({ value, labels: { name } }))
  }

  private measured(): readonly MetricFamily[] {
    return [
      {
        name: 'evapid_build_info',
        type: 'gauge',
        help: 'Always 1; which evapid this is is in the labels.',
        labels: ['version', 'node'],
        read: () => [{ value: 1, labels: { version: packageVersion(), node: process.versions.node } }],
      },
      {
        name: 'evapid_route_runs_total',
        type: 'counter',
        help: 'Runs of routes that have begun. plan: in the dispatcher, without entering JavaScript.',
        labels: ['route', 'by'],
        read: routeRuns,
      },
      {
        name: 'evapid_route_duration_seconds',
        type: 'histogram',
        help: 'How long runs of routes in JavaScript took, an asynchronous one until it settled. Of a busy route some runs are timed and stand for the others.',
        labels: ['route'],
        read: ({ routes }) =>
          routes.flatMap(({ route, buckets, sum }) =>
            histogramSamples({ route }, ROUTE_TIME_BOUNDS, buckets, sum),
          ),
      },
      {
        name: 'evapid_transactions_suspended_longer',
        type: 'gauge',
        help: 'Suspended transactions that have waited for longer than that.',
        labels: ['than'],
        read: ({ suspended }) =>
          Object.keys(AGES).map((than, position) => ({
            value: suspended.longer[position] ?? 0,
            labels: { than },
          })),
      },
      {
        name: 'evapid_transactions_suspended_oldest_seconds',
        type: 'gauge',
        help: 'How long the one that was suspended first has waited; 0 when there is none.',
        labels: [],
        read: ({ suspended }) => sample(suspended.oldest),
      },
      {
        name: 'evapid_event_loop_lag_seconds',
        type: 'summary',
        help: 'How late timers are because something else runs. Quantiles of this minute or the one before, whichever is greater.',
        labels: [],
        read: () => lagSamples(this.lag.read()),
      },
      {
        name: 'evapid_event_loop_seconds_total',
        type: 'counter',
        help: 'Time that the event loop has been at work, or asleep.',
        labels: ['state'],
        read: () => {
          const { active, idle } = performance.eventLoopUtilization(this.loopSince)
          return [
            { value: active / 1000, labels: { state: 'active' } },
            { value: idle / 1000, labels: { state: 'idle' } },
          ]
        },
      },
      {
        name: 'evapid_script_variable',
        type: 'gauge',
        help: "What scripts count with: the variables of the statistics module's parameter.",
        labels: ['name'],
        read: () => this.scriptVariables(),
      },
      {
        name: 'evapid_module_stat',
        type: 'gauge',
        help: "What modules of one's own count, each as it means it.",
        labels: ['name'],
        read: moduleStats,
      },
    ]
  }
}

function routeRuns({ stats, routes }: Snapshot): readonly Sample[] {
  const planned = Object.entries(PLANS).map(([route, stat]) => ({
    value: stats[stat] ?? 0,
    labels: { route, by: 'plan' },
  }))
  return [
    ...planned,
    ...routes.map(({ route, runs }) => ({ value: runs, labels: { route, by: 'javascript' } })),
  ]
}

function lagSamples({ quantiles, sum, count }: LoopLagFigures): readonly Sample[] {
  return [
    ...quantiles.map((value, position) => ({ value, labels: { quantile: String(LAG_QUANTILES[position]) } })),
    { value: sum, labels: {}, suffix: '_sum' },
    { value: count, labels: {}, suffix: '_count' },
  ]
}

/** What nobody knows beforehand: neither whether it only grows, nor what it is measured in. */
function moduleStats({ stats }: Snapshot): readonly Sample[] {
  return Object.entries(stats)
    .filter(([name]) => !STATS_READ.has(name) && !Object.hasOwn(LEFT_OUT, name))
    .map(([name, value]) => ({ value, labels: { name } }))
}
