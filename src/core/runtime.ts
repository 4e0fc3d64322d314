// The runtime: what routes and modules run in. One per server; the server puts it together.

import type { Dispatcher } from '../dispatcher.ts'
import { RouteContext } from './context.ts'
import type { Log } from './log.ts'
import type { ModuleRegistry } from './registry.ts'
import type { RouteTable } from './routes.ts'
import { TemplateCache } from './templates.ts'

export class Runtime {
  readonly dispatcher: Dispatcher
  readonly modules: ModuleRegistry
  readonly routes: RouteTable
  readonly log: Log
  readonly templates: TemplateCache

  constructor(parts: { dispatcher: Dispatcher; modules: ModuleRegistry; routes: RouteTable; log: Log }) {
    this.dispatcher = parts.dispatcher
    this.modules = parts.modules
    this.routes = parts.routes
    this.log = parts.log
    this.templates = new TemplateCache(parts.modules.pseudoVariables)
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
