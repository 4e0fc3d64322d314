// The process as such: CPU, memory, descriptors, garbage collection, under the names that every client library of Prometheus uses, so that
// dashboards for Node.js know them.
//
// Not prom-client's collectDefaultMetrics(): what that starts cannot be stopped, it empties its histogram of the loop's lag for whoever asks first, and it lists
// all descriptors to count them, which holds up a bus with 10,000 clients for 50 ms.

import { readFileSync, statSync } from 'node:fs'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { histogramSamples, type MetricFamily, type Sample, sample } from './metric-family.ts'

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
}

/** Seconds. */
const GC_BOUNDS: readonly number[] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1]

interface Pauses {
  readonly counts: number[]
  seconds: number
}

export class ProcessMetrics {
  private readonly pauses = new Map<string, Pauses>()
  private readonly collections = new PerformanceObserver((list) => {
    // Its declarations do not have the detail.
    for (const entry of list.getEntries()) this.note(Reflect.get(entry, 'detail'), entry.duration / 1000)
  })

  readonly families: readonly MetricFamily[] = [
    counter('process_cpu_seconds_total', 'CPU time, of user and of system.', () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    }),
    counter('process_cpu_user_seconds_total', 'CPU time of the program itself.', () => {
      return process.cpuUsage().user / 1e6
    }),
    counter('process_cpu_system_seconds_total', 'CPU time of the kernel for it.', () => {
      return process.cpuUsage().system / 1e6
    }),
    gauge('process_start_time_seconds', 'When the process began, in seconds since 1970.', () => {
      return performance.timeOrigin / 1000
    }),
    gauge('process_resident_memory_bytes', 'Memory in use, all of it.', () => process.memoryUsage.rss()),
    gauge('process_open_fds', 'Open descriptors. Not there with a kernel before 6.2.', openDescriptors),
    gauge('process_max_fds', 'How many there may be.', maxDescriptors),
    gauge('nodejs_heap_size_total_bytes', 'The heap of JavaScript.', () => process.memoryUsage().heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'What of it is in use.', () => process.memoryUsage().heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory outside of the heap that JavaScript can see.', () => {
      return process.memoryUsage().external
    }),
    {
      name: 'nodejs_gc_duration_seconds',
      type: 'histogram',
      help: 'Garbage collections by kind, and how long they stopped everything else.',
      labels: ['kind'],
      read: () =>
        Array.from(this.pauses, ([kind, { counts, seconds }]) =>
          histogramSamples({ kind }, GC_BOUNDS, counts, seconds),
        ).flat(),
    },
  ]

  constructor() {
    this.collections.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.collections.disconnect()
  }

  private note(detail: unknown, seconds: number): void {
    const kind = GC_KINDS[Number(Reflect.get(Object(detail), 'kind'))] ?? 'other'
    let pauses = this.pauses.get(kind)
    if (!pauses) {
      pauses = { counts: Array.from({ length: GC_BOUNDS.length + 1 }, () => 0), seconds: 0 }
      this.pauses.set(kind, pauses)
    }
    const bucket = GC_BOUNDS.findIndex((bound) => seconds <= bound)
    ;(pauses.counts[bucket < 0 ? GC_BOUNDS.length : bucket] as number) += 1
    pauses.seconds += seconds
  }
}

function family(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  read: () => number | undefined,
): MetricFamily {
  return {
    name,
    type,
    help,
    labels: [],
    read: (): readonly Sample[] => {
      const value = read()
      return value === undefined ? [] : sample(value)
    },
  }
}

function counter(name: string, help: string, read: () => number | undefined): MetricFamily {
  return family('counter', name, help, read)
}

function gauge(name: string, help: string, read: () => number | undefined): MetricFamily {
  return family('gauge', name, help, read)
}

/** The kernel counts them since 6.2; to list them instead takes 5 µs for each. */
function openDescriptors(): number | undefined {
  try {
    return statSync('/proc/self/fd').size || undefined
  } catch {
    return undefined
  }
}

function maxDescriptors(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}
