// A program of its own: starts a server without metrics, then many with, stops all, and tells what is left. It must come to its end by itself.

import { createRequire } from 'node:module'
import type { Runtime } from '../../src/core/runtime.ts'
import { Metrics } from '../../src/gateway/metrics.ts'
import { ProcessMetrics } from '../../src/gateway/process-metrics.ts'
import { createServer } from '../../src/index.ts'

const ROUNDS = 5
const collect = globalThis.gc as () => void
const isLoaded = () =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('prom-client'))

let metered = false

/** What is left of a server is its own matter: it gets to know nothing of its metrics. */
async function measured(runtime: Runtime): Promise<WeakRef<Metrics>> {
  const metrics = new Metrics(runtime)
  await metrics.text()
  metrics.stop()
  metered ||= runtime.routes.get('core:worker-one-init')?.meter !== undefined
  return new WeakRef(metrics)
}

/** By itself, since an observer that goes on observing holds no more than this. */
function observed(): WeakRef<ProcessMetrics> {
  const figures = new ProcessMetrics()
  figures.stop()
  return new WeakRef(figures)
}

async function round(measure: boolean): Promise<WeakRef<Metrics> | undefined> {
  const runtimes: Runtime[] = []
  const begin = (ctx: { readonly runtime: Runtime }) => void runtimes.push(ctx.runtime)
  await using server = createServer({
    evapi: { bindAddr: '127.0.0.1:0' },
    routes: { ['core:worker-one-init' as string]: begin },
    log: false,
  })
  await server.listen()
  const [runtime] = runtimes
  return measure && runtime ? await measured(runtime) : undefined
}

await round(false)
const loadedBefore = isLoaded()
const stopped: (WeakRef<object> | undefined)[] = []
for (let count = 0; count < ROUNDS; count += 1) stopped.push(await round(true), observed())
// A weak reference holds what it names until the turn ends.
for (let turn = 0; turn < 3; turn += 1) {
  await new Promise((resolve) => setImmediate(resolve))
  collect()
}
const left = stopped.filter((reference) => reference?.deref() !== undefined).length
console.log(JSON.stringify({ loadedBefore, loadedAfter: isLoaded(), left, metered }))
