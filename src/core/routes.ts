// The route table: name → handler, and the one place where handlers run. Nothing a handler does gets past run(): a
// throw or a rejection is one log line and one count.

import type { RouteContext } from './context.ts'
import type { EvapidError } from './errors.ts'
import { clientFields, type Log, textOfFailure } from './log.ts'

/**
 * A route. May return a promise: the route is then under way until it settles. Any other result is ignored, so that
 * `ctx => ctx.relay(ctx.msg)` is one.
 */
export type RouteHandler<Context extends RouteContext = RouteContext> = (ctx: Context) => unknown

/** On the handler of a KEMI script's event callback: the name of that function. */
export const EVENT_CALLBACK = Symbol('event_callback')

/** A handler under its name. */
export interface Route {
  readonly name: string
  readonly handler: RouteHandler<never>
}

/** Who wants to know how a run of a route goes. Must not throw. */
export interface RunObserver {
  /** It returned a promise. */
  goesOn(): void
  /** It is over: it returned, or its promise has settled. Called once. `failure` is what it threw, null for undefined; undefined when it did not. */
  ended(failure: unknown): void
  /** Whether what it threw is no failure of the route, but what its user may leave uncaught. */
  isOrdinary(error: unknown): error is EvapidError
}

export class RouteTable {
  private readonly log: Log
  private readonly table = new Map<string, Route>()
  private underWay = 0
  /** Whoever waits for all that are under way. */
  private readonly idle: (() => void)[] = []
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
    return this.underWay
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
   * Waits until no route is under way, at most for a time.
   * @param limit milliseconds
   * @returns false when the time was over first
   */
  async settled(limit: number): Promise<boolean> {
    if (this.underWay === 0) return true
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit, false)
      this.idle.push(() => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }

  /**
   * Keeps what an asynchronous route needs until it settles, and tells the dispatcher that the client has one running. Two closures and no list:
   * a hundred thousand requests may be suspended here.
   */
  private follow(
    route: Route,
    ctx: RouteContext,
    result: PromiseLike<unknown>,
    observer: RunObserver | undefined,
  ): void {
    const { client } = ctx
    ctx.msg?.keep()
    if (client) ctx.runtime.dispatcher.enter(client)
    this.underWay++
    // Not finally(): a thenable need not have it, and the rejection is dealt with here.
    void Promise.resolve(result).then(
      () => {
        this.leave(ctx)
        observer?.ended(undefined)
      },
      (error: unknown) => {
        this.leave(ctx)
        this.report(route, ctx, error, observer)
      },
    )
    observer?.goesOn()
  }

  private leave(ctx: RouteContext): void {
    if (ctx.client) ctx.runtime.dispatcher.leave(ctx.client)
    if (--this.underWay > 0) return
    for (const done of this.idle.splice(0)) done()
  }

  private report(route: Route, ctx: RouteContext, error: unknown, observer: RunObserver | undefined): void {
    if (observer?.isOrdinary(error)) {
      this.log.debug({ route: route.name, code: error.code }, `route ${route.name} ended: ${error.message}`)
    } else this.count(route, ctx, error)
    observer?.ended(error ?? null)
  }

  private count(route: Route, ctx: RouteContext, error: unknown): void {
    this.failed++
    const fields = {
      route: route.name,
      err: error,
      ...(ctx.client ? { client: clientFields(ctx.client) } : {}),
    }
    this.log.error(fields, `route ${route.name} failed: ${textOfFailure(error)}`)
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function'
}
