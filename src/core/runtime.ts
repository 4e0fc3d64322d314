// The runtime: what routes and modules run in. One for each configuration that a server has been given, over what all of them share:
// dispatcher, log, the states of modules. The server puts it together.

import type { Dispatcher } from '../dispatcher.ts'
import { RouteContext } from './context.ts'
import { type Log, writesDebug } from './log.ts'
import { familyOf } from './module.ts'
import { type ParameterSet, type ParameterValues, readParameters } from './parameters.ts'
import type { ModuleRegistry } from './registry.ts'
import type { Route, RouteSet, RouteTable, RunObserver } from './routes.ts'
import { ScriptState } from './script-state.ts'
import { TemplateCache } from './templates.ts'

/** What a module keeps for each server, under a key of its own: `runtime.state(KEY)`. It outlives a reload, as far as the module does. */
export class StateKey<State> {
  /** Makes it when it is first asked for. */
  readonly make: (runtime: Runtime) => State

  constructor(make: (runtime: Runtime) => State) {
    this.make = make
  }
}

/** The values of every module's parameters, defaults filled in, by module name. */
export type ParametersByModule = ReadonlyMap<string, Readonly<Record<string, unknown>>>

type States = WeakMap<StateKey<unknown>, unknown>

/** What a configuration is to a runtime. */
interface Configured {
  readonly modules: ModuleRegistry
  readonly parameters?: ParametersByModule
}

export class Runtime {
  readonly dispatcher: Dispatcher
  readonly log: Log
  /** Where routes run, and events find theirs. */
  readonly routes: RouteTable
  /** For scripts, and the variables that say where they are. */
  readonly script: ScriptState

  readonly modules: ModuleRegistry
  readonly templates: TemplateCache
  /** The routes of this configuration: where a request that began with one of them finds the others. */
  readonly ownRoutes: RouteSet

  /** Counters and gauges of the server, by snake_case name. */
  readonly stats: () => Readonly<Record<string, number>>
  /** When the server was made. */
  readonly begun: Date

  private readonly parameters: ParametersByModule
  /** Weak: what the modules of a file kept goes with the file. */
  private readonly states: States

  /** @param shared what the runtime of another configuration of the same server has: only for next() */
  constructor(
    parts: Configured & {
      readonly dispatcher: Dispatcher
      readonly routes: RouteTable
      readonly log: Log
      readonly stats?: () => Readonly<Record<string, number>>
    },
    shared: {
      readonly script: ScriptState
      readonly states: States
      readonly begun: Date
      readonly ownRoutes?: RouteSet
    } = {
      script: new ScriptState(),
      states: new WeakMap(),
      begun: new Date(),
    },
  ) {
    this.parameters = parts.parameters ?? new Map()
    this.dispatcher = parts.dispatcher
    this.modules = parts.modules
    this.routes = parts.routes
    this.log = parts.log
    this.stats = parts.stats ?? (() => parts.dispatcher.stats())
    this.templates = new TemplateCache(parts.modules.pseudoVariables)
    this.script = shared.script
    this.begun = shared.begun
    this.script.traced = writesDebug(parts.log)
    this.states = shared.states
    this.ownRoutes = shared.ownRoutes ?? parts.routes.current
    this.ownRoutes.settleIn(this)
  }

  /** The runtime of another configuration of this server. Its routes are not the current ones before the table is told to use them. */
  next(configured: Configured, ownRoutes: RouteSet): Runtime {
    const { dispatcher, routes, log, script, states, stats, begun } = this
    return new Runtime(
      { ...configured, dispatcher, routes, log, stats },
      { script, states, begun, ownRoutes },
    )
  }

  /** The runtime of the configuration that is in effect: this one, or after a reload another one. */
  get current(): Runtime {
    return this.routes.current.runtime ?? this
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
   * Runs a route that has no client, as modules do for events of their own: that of the current configuration, in its own runtime. Of an
   * event that is one of several (`htable:expired:NAME`), a route for all of them will do (`htable:expired:*`).
   * @returns false when no route of that name is defined; then nothing happens
   */
  runEvent(name: string, observer?: RunObserver): boolean {
    const route = this.routes.get(name) ?? this.routeOfAll(name)
    if (!route) return false
    this.routes.run(route, new RouteContext(route.set?.runtime ?? this, route), observer)
    return true
  }

  private routeOfAll(name: string): Route | undefined {
    const route = this.routes.get(familyOf(name))
    return route && { ...route, name }
  }
}
