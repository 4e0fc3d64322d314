// prom-client, and the only file that knows it: loaded when metrics are asked for the first time (metrics.ts), so that a server without a gateway never
// loads it. Metrics here hold no numbers: they are read when they are asked for.

import { Gauge, Registry } from 'prom-client'
import type { MetricFamily, Sample, Snapshot } from './metric-family.ts'

/** One that is read. prom-client's own histogram cannot take what was counted elsewhere; its registry asks nothing but get() and `type`. */
class ReadMetric extends Gauge {
  // prom-client sets the same field, which its declarations do not have.
  readonly type: MetricFamily['type']
  private readonly family: MetricFamily
  private readonly snapshot: () => Snapshot

  constructor(registry: Registry, family: MetricFamily, snapshot: () => Snapshot) {
    const { name, help, labels, type } = family
    super({ name, help, labelNames: [...labels], registers: [registry] })
    this.type = type
    this.family = family
    this.snapshot = snapshot
  }

  override async get(): ReturnType<Gauge['get']> {
    const read = this.family.read(this.snapshot())
    return { ...(await super.get()), values: read.map((sample) => formatted(this.family.name, sample)) }
  }
}

function formatted(name: string, { value, labels, suffix }: Sample) {
  return suffix === undefined ? { value, labels } : { value, labels, metricName: `${name}${suffix}` }
}

export class MetricRegistry {
  private readonly registry = new Registry()

  /** @param snapshot asked by each metric while it is formatted */
  constructor(families: Iterable<MetricFamily>, snapshot: () => Snapshot) {
    for (const family of families) new ReadMetric(this.registry, family, snapshot)
  }

  /** The exposition format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics()
  }
}
