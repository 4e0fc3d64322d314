// What the live feed says each second: rates since the second before, and how things stand. Made once for all who look.

import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Runtime } from '../core/runtime.ts'

/** Counters whose rates are told, by the name of the rate. */
const RATES = {
  messages_in: 'messages_received',
  messages_out: 'messages_relayed',
  deliveries: 'deliveries',
  bytes_in: 'bytes_received',
  bytes_out: 'bytes_sent',
} as const

/** Gauges that are told as they are, by the name they have there. */
const GAUGES = {
  clients: 'clients',
  websocket_clients: 'foreign_clients',
  waiting_clients: 'waiting_clients',
  slow_clients: 'slow_now',
  bytes_waiting: 'bytes_waiting',
  suspended: 'tm_suspended',
  routes_running: 'routes_running',
} as const

/** Counters that people ask for when something is wrong: told as they stand. */
const TOTALS = [
  'accepted',
  'rejected',
  'bad_frames',
  'slow_clients',
  'slow_closed',
  'messages_dropped',
  'route_failures',
  'tm_timeouts',
  'reloads',
  'reload_failures',
] as const

/** Milliseconds between two looks at the loop. */
const RESOLUTION = 20

/** One sample. What the bus does not count is absent. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Seconds since the start. */
  readonly uptime: number
  /** False while it closes: new clients are not taken. */
  readonly ready: boolean
  /** Per second. */
  readonly rates: Readonly<Record<string, number>>
  /** `loop_lag`: the longest time that the loop was late, in ms; `loop_busy` and `cpu`: shares, of one core. */
  readonly gauges: Readonly<Record<string, number>>
  readonly totals: Readonly<Record<string, number>>
}

export class Sampler {
  private readonly runtime: Runtime
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  private at = performance.now()
  private stats: Readonly<Record<string, number>>
  private loop: EventLoopUtilization = performance.eventLoopUtilization()
  private cpu = process.cpuUsage()

  constructor(runtime: Runtime) {
    this.runtime = runtime
    this.stats = runtime.stats()
    this.delay.enable()
  }

  /** What has happened since the last call, or since it was made. */
  take(): Sample {
    const { runtime } = this
    const now = performance.now()
    const seconds = Math.max((now - this.at) / 1000, 0.001)
    const stats = runtime.stats()
    const rates: Record<string, number> = {}
    for (const [name, counter] of Object.entries(RATES)) {
      const value = stats[counter]
      if (value !== undefined) rates[name] = Math.max(0, (value - (this.stats[counter] ?? 0)) / seconds)
    }
    const gauges: Record<string, number> = {}
    for (const [name, gauge] of Object.entries(GAUGES)) {
      const value = stats[gauge]
      if (value !== undefined) gauges[name] = value
    }
    const totals: Record<string, number> = {}
    for (const name of TOTALS) if (stats[name] !== undefined) totals[name] = stats[name]
    this.measure(gauges, seconds)
    this.at = now
    this.stats = stats
    return {
      at: Date.now(),
      uptime: (Date.now() - runtime.begun.getTime()) / 1000,
      ready: runtime.dispatcher.accepting,
      rates,
      gauges,
      totals,
    }
  }

  stop(): void {
    this.delay.disable()
  }

  private measure(gauges: Record<string, number>, seconds: number): void {
    // Without a look at it, because the loop was late for all of the time, there is nothing to see.
    gauges['loop_lag'] =
      this.delay.count > 0 ? Math.max(0, this.delay.max / 1e6 - RESOLUTION) : seconds * 1000
    this.delay.reset()
    const loop = performance.eventLoopUtilization()
    gauges['loop_busy'] = performance.eventLoopUtilization(loop, this.loop).utilization
    this.loop = loop
    const { user, system } = process.cpuUsage(this.cpu)
    this.cpu = process.cpuUsage()
    gauges['cpu'] = (user + system) / 1e6 / seconds
    gauges['rss'] = process.memoryUsage.rss()
  }
}
