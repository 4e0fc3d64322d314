// Routes: the sets that they come in, one for each configuration that a server has been given, and the table, which has the
// current set and is the one place where handlers run. Nothing a handler does gets past run(): a throw or a rejection is one log
// line and one count.

import type { RouteContext } from './context.ts'
import type { EvapidError } from './errors.ts'
import { clientFields, type Log, textOfFailure } from './log.ts'
import { RouteMeter, type RouteTimes } from './route-meter.ts'
import type { Runtime } from './runtime.ts'

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
  /** The routes that it was loaded with; undefined for one that belongs to no configuration. */
  readonly set?: RouteSet
  /** For the table: who counts and times its runs; undefined: nobody. */
  meter?: RouteMeter | undefined
}

/** The routes of one configuration. One that has begun keeps to its set, whatever is loaded while it is under way. */
export class RouteSet {
  private readonly table = new Map<string, Route>()
  private home: Runtime | undefined = undefined
  private underWay = 0
  /** Whoever waits for those under way. */
  private idle: (() => void)[] = []

  constructor(handlers: Iterable<readonly [name: string, handler: RouteHandler<never>]> = []) {
    for (const [name, handler] of handlers)
      this.table.set(name, { name, handler, set: this, meter: undefined })
  }

  get(name: string): Route | undefined {
    return this.table.get(name)
  }

  /** All of them. */
  get routes(): Iterable<Route> {
    return this.table.values()
  }

  /** What its routes run in; undefined before that is made. */
  get runtime(): Runtime | undefined {
    return this.home
  }

  /** For the runtime that is made for these routes. */
  settleIn(runtime: Runtime): void {
    this.home = runtime
  }

  /** How many asynchronous routes of the set have not settled yet. */
  get running(): number {
    return this.underWay
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    if (this.underWay > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  /** For the table: one has begun to go on, or has settled. */
  count(change: 1 | -1): void {
    this.underWay += change
    if (this.underWay > 0) return
    const waiting = this.idle
    this.idle = []
    for (const done of waiting) done()
  }
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
  private set: RouteSet
  private underWay = 0
  /** Whoever waits for all that are under way. */
  private readonly idle: (() => void)[] = []
  private failed = 0
  /** By the name of the route, for all sets; undefined while nothing is metered. */
  private meters: Map<string, RouteMeter> | undefined
  private longestWay = 0

  constructor(log: Log, set: RouteSet = new RouteSet()) {
    this.log = log
    this.set = set
  }

  /** The set that events find their routes in. */
  get current(): RouteSet {
    return this.set
  }

  /** Other routes from the next event on. Those that are under way are not disturbed. */
  use(set: RouteSet): void {
    this.set = set
    this.meterSet()
  }

  /**
   * Counts and times the runs from now on, also of the sets to come.
   * @param oneIn of a busy route, one in so many runs is timed, on average; at least 1
   */
  startMetering(oneIn: number): void {
    this.meters = new Map()
    this.longestWay = oneIn
    this.meterSet()
  }

  stopMetering(): void {
    this.meters = undefined
    for (const route of this.set.routes) route.meter = undefined
  }

  /** What was metered so far, of each route that was in a set meanwhile. */
  times(): RouteTimes[] {
    return Array.from(this.meters?.values() ?? [], (meter) => meter.read())
  }

  private meterSet(): void {
    const { meters } = this
    if (!meters) return
    for (const route of this.set.routes) {
      let meter = meters.get(route.name)
      if (!meter) {
        meter = new RouteMeter(route.name, this.longestWay)
        meters.set(route.name, meter)
      }
      route.meter = meter
    }
  }

  /** A route of the current set. */
  get(name: string): Route | undefined {
    return this.set.get(name)
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
  run(route: Route, ctx: RouteContext, given?: RunObserver): void {
    // A load and a compare where nobody meters, which cannot be measured; 1 to 4 ns where somebody does, timed runs included (bench/micro.ts).
    // See route-meter.ts.
    const { meter } = route
    const observer = meter !== undefined && --meter.left === 0 ? meter.begin(given) : given
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
    route.set?.count(1)
    // Not finally(): a thenable need not have it, and the rejection is dealt with here.
    void Promise.resolve(result).then(
      () => {
        this.leave(route, ctx)
        observer?.ended(undefined)
      },
      (error: unknown) => {
        this.leave(route, ctx)
        this.report(route, ctx, error, observer)
      },
    )
    observer?.goesOn()
  }

  private leave(route: Route, ctx: RouteContext): void {
    if (ctx.client) ctx.runtime.dispatcher.leave(ctx.client)
    route.set?.count(-1)
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
