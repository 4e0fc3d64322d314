// A bus whose metrics are read, without a gateway: what metrics say does not depend on who serves them.

import type { Runtime } from '../../src/core/runtime.ts'
import { Metrics, type MetricsOptions } from '../../src/gateway/metrics.ts'
import { Bus, type BusConfig } from '../support/bus.ts'
import { type Exposition, parseExposition } from './exposition.ts'

export class MeteredBus implements AsyncDisposable {
  readonly bus: Bus
  readonly metrics: Metrics

  private constructor(bus: Bus, metrics: Metrics) {
    this.bus = bus
    this.metrics = metrics
  }

  static async start(
    config: BusConfig = {},
    options: MetricsOptions = {},
    transport: 'start' | 'startUnix' = 'start',
  ): Promise<MeteredBus> {
    const begun: Metrics[] = []
    const begin = (ctx: { readonly runtime: Runtime }) => {
      begun.push(new Metrics(ctx.runtime, options))
    }
    const bus = await Bus[transport]({
      ...config,
      routes: { ...config.routes, ['core:worker-one-init' as string]: begin },
    })
    const [metrics] = begun
    if (!metrics) throw new Error('there are no metrics')
    return new MeteredBus(bus, metrics)
  }

  async scrape(): Promise<Exposition> {
    return parseExposition(await this.metrics.text())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.metrics.stop()
    await this.bus[Symbol.asyncDispose]()
  }
}
