// The route table: name → handler, and the one place where handlers run. Nothing a handler does gets past run(): a
// throw or a rejection is one log line and one count.

import type { RouteContext } from './context.ts'
import { clientFields, type Log } from './log.ts'

/**
 * A route. May return a promise: the route is then under way until it settles. Any other result is ignored, so that
 * `ctx => ctx.relay(ctx.msg)` is one.
 */
export type RouteHandler<Context extends RouteContext = RouteContext> = (ctx: Context) => unknown

/** A handler under its name. */
export interface Route {
  readonly name: string
  readonly handler: RouteHandler<never>
}

/** Who wants to know how a run of a route goes. Must not throw. */
export interface RunObserver {
  /** It returned a promise. */
  goesOn(): void
  /** It is over: it returned, or its promise has settled. Called once. `failure` is what it threw; undefined when it did not. */
  ended(failure: unknown): void
  /** Whether what it threw is no failure of the route, but what its user may leave uncaught. */
  isOrdinary(error: unknown): boolean
}

export class RouteTable {
  private readonly log: Log
  private readonly table = new Map<string, Route>()
  private readonly underWay = new Set<Promise<void>>()
  private failed = 0

  constructor(log: Log) {
    this.log = log
  }

  /** Adds a route; one of the same name is replaced. */
  add(name: string, handler: RouteHandler<never>): void {
    this.table.set(name, { name, handler })
  }

  get(name: string): Route | undefined {
    return this.table.get(name)
  }

  /** How many asynchronous routes have not settled yet. */
  get running(): number {
    return this.underWay.size
  }

  /** How many routes threw or rejected. */
  get failures(): number {
    return this.failed
  }

  /** Runs a route. Never throws. The context must be of the class that the route's event declares. */
  run(route: Route, ctx: RouteContext, observer?: RunObserver): void {
    try {
      const result = (route.handler as RouteHandler)(ctx)
      if (result !== undefined && isPromise(result)) {
        this.follow(route, ctx, result, observer)
        return
      }
    } catch (error) {
      this.report(route, ctx, error, observer)
      return
    }
    observer?.ended(undefined)
  }

  /**
   * Waits for the routes that are under way now, at most for a time.
   * @param limit milliseconds
   * @returns false when the time was over first
   */
  async settled(limit: number): Promise<boolean> {
    if (this.underWay.size === 0) return true
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, limit, false)
    })
    const all = Promise.all(this.underWay).then(() => true)
    try {
      return await Promise.race([all, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Keeps what an asynchronous route needs until it settles, and tells the dispatcher that the client has one running. */
  private follow(
    route: Route,
    ctx: RouteContext,
    result: PromiseLike<unknown>,
    observer: RunObserver | undefined,
  ): void {
    const { client } = ctx
    const { dispatcher } = ctx.runtime
    ctx.msg?.keep()
    if (client) dispatcher.enter(client)
    const end = () => {
      this.underWay.delete(settled)
      if (client) dispatcher.leave(client)
    }
    // Not finally(): a thenable need not have it, and the rejection is dealt with here.
    const settled: Promise<void> = Promise.resolve(result).then(
      () => {
        end()
        observer?.ended(undefined)
      },
      (error: unknown) => {
        end()
        this.report(route, ctx, error, observer)
      },
    )
    this.underWay.add(settled)
    observer?.goesOn()
  }

  private report(
    route: Route,
    ctx: RouteContext,
    error: unknown,
    observer: RunObserver | undefined,
  ): void {
    if (!observer?.isOrdinary(error)) this.count(route, ctx, error)
    observer?.ended(error)
  }

  private count(route: Route, ctx: RouteContext, error: unknown): void {
    this.failed++
    const fields = {
      route: route.name,
      err: error,
      ...(ctx.client ? { client: clientFields(ctx.client) } : {}),
    }
    this.log.error(
      fields,
      `route ${route.name} failed: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function'
}
