// What a metric is before anybody formats it: name, type, help and how it is read. All that metrics are made from in one moment is read once, and
// is a snapshot.

import type { RouteTimes } from '../core/route-meter.ts'

/** How long suspended transactions have waited. */
export interface Suspensions {
  /** Seconds. */
  readonly oldest: number
  /** How many have waited for longer than each of some times. */
  readonly longer: readonly number[]
}

/** The moment of a scrape. */
export interface Snapshot {
  /** `server.stats()` */
  readonly stats: Readonly<Record<string, number>>
  readonly routes: readonly RouteTimes[]
  readonly suspended: Suspensions
}

/** One number of a metric. */
export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
  /** What comes behind the name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string
}

export interface MetricFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly help: string
  /** Names of labels. */
  readonly labels: readonly string[]
  read(snapshot: Snapshot): readonly Sample[]
}

/** A number without labels. */
export function sample(value: number): readonly Sample[] {
  return [{ value, labels: {} }]
}

/**
 * What a histogram has for one set of labels.
 * @param bounds upper bounds of the buckets
 * @param counts by bucket, not cumulated, with one more for what is above the last bound
 */
export function histogramSamples(
  labels: Readonly<Record<string, string>>,
  bounds: readonly number[],
  counts: readonly number[],
  sum: number,
): readonly Sample[] {
  let count = 0
  const buckets = counts.map((each, bucket) => {
    count += each
    return {
      value: count,
      labels: { ...labels, le: bucket < bounds.length ? String(bounds[bucket]) : '+Inf' },
      suffix: '_bucket',
    }
  })
  return [...buckets, { value: sum, labels, suffix: '_sum' }, { value: count, labels, suffix: '_count' }]
}
