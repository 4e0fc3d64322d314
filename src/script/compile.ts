// From a tree to a configuration: its settings, its modules, and its routes as handlers and plans. All mistakes are found in one go.

import type { Module } from '../core/module.ts'
import { nearest } from '../core/nearest.ts'
import type { Plan } from '../core/plan.ts'
import { ModuleRegistry } from '../core/registry.ts'
import type { RouteHandler } from '../core/routes.ts'
import type { RouteBlock, Script } from './ast.ts'
import { Block, Blocks } from './blocks.ts'
import type { Diagnostics } from './diagnostics.ts'
import { whyNever } from './kamailio-events.ts'
import { type Modules, readModules } from './modules.ts'
import { Names } from './names.ts'
import { planOf } from './plans.ts'
import type { Scope } from './scope.ts'
import { type Ignored, readSettings, type Settings } from './settings.ts'
import { compileBlock } from './statements.ts'

export interface CompileOptions {
  /** All modules that there are. */
  readonly modules: readonly Module[]
  /** What is known not to be here is false, with one warning each. */
  readonly allowMissing: boolean
  readonly diagnostics: Diagnostics
}

/** What a script has become. */
export interface CompiledScript {
  readonly settings: Settings
  readonly modules: Modules
  /** By the names that a configuration has for them. */
  readonly routes: Readonly<Record<string, RouteHandler | Plan>>
  /** Names of the routes that are plans. */
  readonly plans: readonly string[]
  /** Why the others are none: event routes of evapi, by name. */
  readonly unplanned: ReadonlyMap<string, string>
  readonly ignored: readonly Ignored[]
}

/** Events whose routes may be plans, and whether they bring a message. */
const PLANNED_EVENTS: ReadonlyMap<string, boolean> = new Map([
  ['evapi:connection-new', false],
  ['evapi:message-received', true],
  ['evapi:connection-closed', false],
])

/** Routes of which nothing here ever runs. */
const NEVER_RUN = {
  reply_route: 'evapid forwards no request, so that no reply comes',
  branch_route: 'evapid forwards no request',
  onsend_route: 'evapid forwards no request',
} as const

export function compileScript(script: Script, options: CompileOptions): CompiledScript {
  const { diagnostics, allowMissing, modules: known } = options
  const settings = readSettings(script, diagnostics)
  const modules = readModules(script, { known, allowMissing, diagnostics })
  const names = new Names({
    known,
    loaded: modules.loaded,
    globals: settings.globals,
    allowMissing,
    diagnostics,
  })
  const blocks = new Blocks(settings.maxDepth)
  const scope: Scope = { names, blocks, diagnostics, own: settings.own, maxLoops: settings.maxLoops }
  return new ScriptCompiler(script, scope, settings, modules, new ModuleRegistry(known)).compile()
}

class ScriptCompiler {
  private readonly script: Script
  private readonly scope: Scope
  private readonly settings: Settings
  private readonly modules: Modules
  private readonly registry: ModuleRegistry
  private readonly routes: Record<string, RouteHandler | Plan> = {}
  private readonly plans: string[] = []
  private readonly unplanned = new Map<string, string>()
  private readonly ignored: Ignored[] = []

  constructor(script: Script, scope: Scope, settings: Settings, modules: Modules, registry: ModuleRegistry) {
    this.script = script
    this.scope = scope
    this.settings = settings
    this.modules = modules
    this.registry = registry
  }

  compile(): CompiledScript {
    const nodes = this.script.items.filter((item) => item.kind === 'route')
    const compiled = nodes.map((node) => ({ node, block: new Block(titleOf(node), node.place) }))
    const called = new Map<string, RouteBlock>()
    for (const { node, block } of compiled) {
      if (node.route !== 'route' || node.name === undefined) continue
      this.scope.blocks.add(node.name, block)
      called.set(node.name, node)
    }
    for (const { node, block } of compiled) block.body = compileBlock(node.body, true, this.scope)
    for (const { node, block } of compiled) this.offer(node, block, called)
    const { settings, modules, routes, plans, unplanned } = this
    const ignored = [...settings.ignored, ...modules.ignored, ...this.ignored]
    return { settings, modules, routes, plans, unplanned, ignored }
  }

  /** Puts a block where its event will find it. */
  private offer(node: RouteBlock, block: Block, called: ReadonlyMap<string, RouteBlock>): void {
    const handler = this.scope.blocks.handler(block)
    switch (node.route) {
      case 'request_route':
        this.routes['request'] = handler
        return
      case 'route':
      case 'failure_route':
        this.routes[`${node.route}[${node.name}]`] = handler
        return
      case 'event_route':
        this.offerEvent(node, handler, called)
        return
      default:
        this.ignored.push({ name: block.title, why: NEVER_RUN[node.route] })
    }
  }

  private offerEvent(node: RouteBlock, handler: RouteHandler, called: ReadonlyMap<string, RouteBlock>): void {
    const { diagnostics, names } = this.scope
    const event = node.name ?? ''
    const owner = this.registry.owner('event route', event)
    if (!owner) {
      const never = whyNever(event)
      if (never !== undefined) {
        diagnostics.warning(node.place, `event_route[${event}] never runs here`, never)
        return
      }
      const near = nearest(event, this.registry.eventRouteNames)
      const advice =
        near === undefined
          ? `known: ${this.registry.eventRouteNames.join(', ')}`
          : `did you mean event_route[${near}]?`
      diagnostics.error(node.place, `unknown event ${event}`, advice)
      return
    }
    if (!this.modules.loaded.has(owner.name)) {
      diagnostics.error(
        node.place,
        `${event} is an event of the module ${owner.name}, which is not loaded`,
        `loadmodule "${owner.name}.so"`,
      )
      return
    }
    this.routes[event] = handler
    const hasMessage = PLANNED_EVENTS.get(event)
    // What has mistakes is told once, and not planned.
    if (hasMessage === undefined || diagnostics.errors.length > 0) return
    const planned = planOf(node, hasMessage, names, called)
    if (typeof planned === 'string') this.unplanned.set(event, planned)
    else {
      this.routes[event] = planned
      this.plans.push(event)
    }
  }
}

/** How a block is called where people read it. */
function titleOf({ route, name }: RouteBlock): string {
  return name === undefined ? route : `${route}[${name}]`
}
