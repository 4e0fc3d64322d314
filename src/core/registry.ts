// The module registry: which modules there are, and what a name means in them: function names of a kamailio.cfg
// (`evapi_relay`) and of KEMI (`KSR.evapi.relay`), pseudo-variables, event routes.

import type { Mistake } from './errors.ts'
import type { EventRoute, Module, ModuleFunction } from './module.ts'
import { nearest } from './nearest.ts'
import { PseudoVariableRegistry } from './pseudovariables.ts'

export class ModuleRegistry {
  readonly modules: ReadonlyMap<string, Module>
  readonly pseudoVariables = new PseudoVariableRegistry()
  /** Names that two modules want. */
  readonly mistakes: readonly Mistake[]

  /** By both of its names. */
  private readonly functions = new Map<string, ModuleFunction>()
  private readonly events = new Map<string, EventRoute>()

  constructor(modules: readonly Module[]) {
    const byName = new Map<string, Module>()
    const mistakes: Mistake[] = []
    for (const module of modules) {
      const taken = (what: string) =>
        mistakes.push({ path: `module ${module.name}`, problem: `${what} is taken` })
      if (byName.has(module.name)) {
        taken('its name')
        continue
      }
      byName.set(module.name, module)
      for (const [name, definition] of Object.entries(module.functions)) {
        const kemi = `KSR.${module.name}.${definition.kemi ?? withoutPrefix(name, module.name)}`
        if (this.functions.has(name) || this.functions.has(kemi)) taken(`the function name ${name}`)
        this.functions.set(name, definition).set(kemi, definition)
      }
      for (const [name, pseudoVariable] of Object.entries(module.pseudoVariables)) {
        if (!this.pseudoVariables.add(name, pseudoVariable)) taken(`the pseudo-variable $${name}`)
      }
      for (const [name, event] of Object.entries(module.eventRoutes)) {
        if (this.events.has(name)) taken(`the event route ${name}`)
        this.events.set(name, event)
      }
    }
    this.modules = byName
    this.mistakes = mistakes
  }

  /** A function by its name in a kamailio.cfg (`evapi_relay`) or in KEMI (`KSR.evapi.relay`). */
  function(name: string): ModuleFunction | undefined {
    return this.functions.get(name)
  }

  /** The known function name that looks most like an unknown one. */
  nearestFunction(name: string): string | undefined {
    return nearest(name, this.functions.keys())
  }

  eventRoute(name: string): EventRoute | undefined {
    return this.events.get(name)
  }

  get eventRouteNames(): readonly string[] {
    return [...this.events.keys()]
  }
}

function withoutPrefix(name: string, module: string): string {
  return name.startsWith(`${module}_`) ? name.slice(module.length + 1) : name
}
