// The modules that a server has started, in their order, each with the runtime that it was started in. Which there are to be is the
// server's.

import type { Module } from './core/module.ts'
import type { ParametersByModule, Runtime } from './core/runtime.ts'

interface StartedModule {
  readonly module: Module
  readonly runtime: Runtime
}

export class StartedModules {
  private started: readonly StartedModule[] = []

  /** Starts one after the other. After a throw those that were started, and the one that threw, are still to be stopped. */
  async start(modules: Iterable<Module>, runtime: Runtime, parameters: ParametersByModule): Promise<void> {
    for (const module of modules) {
      try {
        await module.start?.(runtime, parameters.get(module.name) ?? {})
      } finally {
        this.started = [...this.started, { module, runtime }]
      }
    }
  }

  /** Stops those that were started in this runtime and are of these modules; by default all. The last one first, each once. */
  async stop(runtime?: Runtime, modules?: readonly Module[]): Promise<void> {
    const isMeant = (each: StartedModule) =>
      (runtime === undefined || each.runtime === runtime) && (modules?.includes(each.module) ?? true)
    for (;;) {
      const last = this.started.findLast(isMeant)
      if (!last) return
      this.started = this.started.filter((each) => each !== last)
      await last.module.stop?.(last.runtime)
    }
  }

  /** Tells those that stay that another configuration is in effect. Their mistakes are theirs. */
  reconfigure(runtime: Runtime): void {
    for (const { module } of this.started) module.reconfigure?.(runtime)
  }

  /** What they count, by snake_case name. */
  stats(): Record<string, number> {
    return Object.assign({}, ...this.started.map(({ module, runtime }) => module.stats?.(runtime)))
  }
}
