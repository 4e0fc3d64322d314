// The runtime: what routes and modules run in. One per server; the server puts it together.

import type { Dispatcher } from '../dispatcher.ts'
import { RouteContext } from './context.ts'
import { type Log, writesDebug } from './log.ts'
import { type ParameterSet, type ParameterValues, readParameters } from './parameters.ts'
import type { ModuleRegistry } from './registry.ts'
import type { RouteTable } from './routes.ts'
import { ScriptState } from './script-state.ts'
import { TemplateCache } from './templates.ts'

/** What a module keeps for each server, under a key of its own: `runtime.state(KEY)`. */
export class StateKey<State> {
  /** Makes it when it is first asked for. */
  readonly make: (runtime: Runtime) => State

  constructor(make: (runtime: Runtime) => State) {
    this.make = make
  }
}

/** The values of every module's parameters, defaults filled in, by module name. */
export type ParametersByModule = ReadonlyMap<string, Readonly<Record<string, unknown>>>

export class Runtime {
  readonly dispatcher: Dispatcher
  readonly modules: ModuleRegistry
  readonly routes: RouteTable
  readonly log: Log
  readonly templates: TemplateCache
  /** For scripts, and the variables that say where they are. */
  readonly script = new ScriptState()

  /** Counters and gauges of the server, by snake_case name. */
  readonly stats: () => Readonly<Record<string, number>>
  /** When the server was made. */
  readonly begun = new Date()

  private readonly parameters: ParametersByModule
  private readonly states = new Map<StateKey<unknown>, unknown>()

  constructor(parts: {
    dispatcher: Dispatcher
    modules: ModuleRegistry
    routes: RouteTable
    log: Log
    parameters?: ParametersByModule
    stats?: () => Readonly<Record<string, number>>
  }) {
    this.parameters = parts.parameters ?? new Map()
    this.dispatcher = parts.dispatcher
    this.modules = parts.modules
    this.routes = parts.routes
    this.log = parts.log
    this.script.traced = writesDebug(parts.log)
    this.stats = parts.stats ?? (() => parts.dispatcher.stats())
    this.templates = new TemplateCache(parts.modules.pseudoVariables)
  }

  /** The parameters of a module, in camelCase. */
  parametersOf(module: string): Readonly<Record<string, unknown>>
  /** The same, as the set says that declares them; defaults where the module is not there. */
  parametersOf<Set extends ParameterSet>(module: string, set: Set): ParameterValues<Set>
  parametersOf(module: string, set: ParameterSet = {}): Readonly<Record<string, unknown>> {
    return this.parameters.get(module) ?? readParameters(set, undefined, module, [])
  }

  /** What a module keeps under its key; made when first asked for. */
  state<State>(key: StateKey<State>): State {
    const known = this.states.get(key)
    // Only what the key itself has made stands under it.
    if (known !== undefined) return known as State
    const state = key.make(this)
    this.states.set(key, state)
    return state
  }

  /**
   * Runs an event route that has no client, as modules do for events of their own.
   * @returns false when no route of that name is defined; then nothing happens
   */
  runEvent(name: string): boolean {
    const route = this.routes.get(name)
    if (!route) return false
    this.routes.run(route, new RouteContext(this, route))
    return true
  }
}
