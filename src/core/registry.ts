// The module registry: which modules there are, and what a name means in them: function names of a kamailio.cfg
// (`evapi_relay`) and of KEMI (`KSR.evapi.relay`), pseudo-variables, transformations, event routes; and whose a name is.

import type { Mistake } from './errors.ts'
import { type EventRoute, familyOf, type KemiFunction, type Module, type ModuleFunction } from './module.ts'
import { nearest } from './nearest.ts'
import { PseudoVariableRegistry } from './pseudovariables.ts'
import type { RpcMethod } from './rpc.ts'

/** What a name can be the name of. */
export type NameKind = 'function' | 'pseudo-variable' | 'transformation' | 'event route'

/** A function as KEMI calls it: of scripts as well, or of KEMI alone. */
export type KemiEntry =
  | { readonly kind: 'function'; readonly module: Module; readonly definition: ModuleFunction }
  | { readonly kind: 'kemi'; readonly module: Module; readonly definition: KemiFunction }

export class ModuleRegistry {
  readonly modules: ReadonlyMap<string, Module>
  readonly pseudoVariables = new PseudoVariableRegistry()
  /** Names that two modules want. */
  readonly mistakes: readonly Mistake[]
  /** Every function of KEMI, by its whole name: `KSR.evapi.relay`. */
  readonly kemi: ReadonlyMap<string, KemiEntry>

  /** Every method of remote procedure calls, by its name. */
  readonly rpc: ReadonlyMap<string, RpcMethod>

  /** By both of its names. */
  private readonly functions = new Map<string, ModuleFunction>()
  private readonly events = new Map<string, EventRoute>()
  private readonly owners = new Map<string, Module>()

  constructor(modules: readonly Module[]) {
    const byName = new Map<string, Module>()
    const mistakes: Mistake[] = []
    const kemi = new Map<string, KemiEntry>()
    const rpc = new Map<string, RpcMethod>()
    for (const module of modules) {
      const taken = (what: string) =>
        mistakes.push({ path: `module ${module.name}`, problem: `${what} is taken` })
      if (byName.has(module.name)) {
        taken('its name')
        continue
      }
      byName.set(module.name, module)
      const under = module.kemiName === '' ? 'KSR' : `KSR.${module.kemiName}`
      for (const [name, definition] of Object.entries(module.functions)) {
        const face = wholeName(under, definition.kemi?.name ?? withoutPrefix(name, module.name))
        const hidden = definition.kemi?.hidden === true
        if (this.functions.has(name) || (!hidden && kemi.has(face))) taken(`the function name ${name}`)
        this.functions.set(name, definition)
        if (!hidden) {
          this.functions.set(face, definition)
          kemi.set(face, { kind: 'function', module, definition })
        }
        this.own('function', name, module)
      }
      for (const [name, definition] of Object.entries(module.kemi)) {
        const face = wholeName(under, name)
        if (kemi.has(face)) taken(`the function name ${face}`)
        kemi.set(face, { kind: 'kemi', module, definition })
      }
      for (const [name, pseudoVariable] of Object.entries(module.pseudoVariables)) {
        if (!this.pseudoVariables.add(name, pseudoVariable)) taken(`the pseudo-variable $${name}`)
        this.own('pseudo-variable', name, module)
      }
      for (const [name, transformation] of Object.entries(module.transformations)) {
        if (!this.pseudoVariables.addTransformation(name, transformation))
          taken(`the transformation {${name}.}`)
        this.own('transformation', name, module)
      }
      for (const [name, event] of Object.entries(module.eventRoutes)) {
        if (this.events.has(name)) taken(`the event route ${name}`)
        this.events.set(name, event)
        this.own('event route', name, module)
      }
      for (const [name, method] of Object.entries(module.rpc)) {
        if (rpc.has(name)) taken(`the method ${name}`)
        rpc.set(name, method)
      }
    }
    this.modules = byName
    this.kemi = kemi
    this.rpc = rpc
    this.mistakes = mistakes
  }

  /** The module that a name is of. */
  owner(kind: NameKind, name: string): Module | undefined {
    const owner = this.owners.get(`${kind} ${name}`)
    return owner ?? (kind === 'event route' ? this.owners.get(`${kind} ${familyOf(name)}`) : undefined)
  }

  private own(kind: NameKind, name: string, module: Module): void {
    this.owners.set(`${kind} ${name}`, module)
  }

  /** A function by its name in a kamailio.cfg (`evapi_relay`) or in KEMI (`KSR.evapi.relay`). */
  function(name: string): ModuleFunction | undefined {
    return this.functions.get(name)
  }

  /** The known function name that looks most like an unknown one. */
  nearestFunction(name: string): string | undefined {
    return nearest(name, this.functions.keys())
  }

  /** An event route by its name; of several that are declared as one (`htable:expired:*`), by each of theirs. */
  eventRoute(name: string): EventRoute | undefined {
    return this.events.get(name) ?? this.events.get(familyOf(name))
  }

  get eventRouteNames(): readonly string[] {
    return [...this.events.keys()]
  }
}

function wholeName(under: string, name: string): string {
  return name.startsWith('KSR.') ? name : `${under}.${name}`
}

function withoutPrefix(name: string, module: string): string {
  return name.startsWith(`${module}_`) ? name.slice(module.length + 1) : name
}
