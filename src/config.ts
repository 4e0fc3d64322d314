// Configurations: their type, defineConfig(), and the check that turns one into what a server needs. Every mistake is
// found in one pass. Not for files and command lines, which the command reads.

import { ConfigError, type Mistake, PlanError, TemplateError } from './core/errors.ts'
import { isLog, LOG_LEVELS, type LogSetting } from './core/log.ts'
import type { InputsOf, Module, RoutesOf } from './core/module.ts'
import { nearest } from './core/nearest.ts'
import { readParameters, show } from './core/parameters.ts'
import { forward, isPlan, type Plan, plan } from './core/plan.ts'
import { checkPlan } from './core/plan-check.ts'
import { compilePlan } from './core/plan-compiler.ts'
import { interpretPlan } from './core/plan-interpreter.ts'
import { ModuleRegistry } from './core/registry.ts'
import { EVENT_CALLBACK, type RouteHandler } from './core/routes.ts'
import { TemplateCache } from './core/templates.ts'
import type { DispatcherPlans, PlanProgram } from './dispatcher.ts'
import { gateway } from './gateway/gateway.ts'
import { appJsdt, x } from './modules/app-jsdt.ts'
import { cfgutils } from './modules/cfgutils.ts'
import { core } from './modules/core.ts'
import { corex } from './modules/corex.ts'
import { type EvapiParameters, evapi } from './modules/evapi.ts'
import { hdr } from './modules/hdr.ts'
import { htable } from './modules/htable.ts'
import { jansson } from './modules/jansson.ts'
import { json } from './modules/json.ts'
import { jsonrpcs } from './modules/jsonrpcs.ts'
import { kemiCore } from './modules/kemi-core.ts'
import { kemix } from './modules/kemix.ts'
import { kex } from './modules/kex.ts'
import { maxfwd } from './modules/maxfwd.ts'
import { mqueue } from './modules/mqueue.ts'
import { pvx } from './modules/pv/pvx.ts'
import { pv } from './modules/pv.ts'
import { rtimer } from './modules/rtimer.ts'
import { sanity } from './modules/sanity.ts'
import { sip } from './modules/sip.ts'
import { siputils } from './modules/siputils.ts'
import { sl } from './modules/sl.ts'
import { statistics } from './modules/statistics.ts'
import { textops } from './modules/textops.ts'
import { tm } from './modules/tm.ts'
import { tmx } from './modules/tmx.ts'
import { uuid } from './modules/uuid.ts'
import { xlog } from './modules/xlog.ts'
import { LISTEN_FORMS, parseListen, type SipAddress } from './sip/transport.ts'
import type { RequestContext } from './tm/request-context.ts'

type AnyModule = Module

/** Everything modules declare, as one type: `A | B` becomes `A & B`. */
type All<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer Every) => void
  ? Every
  : never

type ModuleRoutes<Modules extends readonly AnyModule[]> = Modules extends readonly []
  ? unknown
  : All<RoutesOf<Modules[number]>>

/** The routes of SIP requests, and of those of server.request(). */
export interface RequestRouteTable {
  /** What happens with a request that belongs to no transaction (request_route of a kamailio.cfg). */
  readonly request?: (ctx: RequestContext) => unknown
  /** A route that t_continue names. */
  readonly [route: `route[${string}]`]: (ctx: RequestContext) => unknown
  /** A route that t_on_failure names. */
  readonly [failureRoute: `failure_route[${string}]`]: (ctx: RequestContext) => unknown
}

/** What a route file exports and createServer() takes. `Modules` are the modules the user adds. */
export type Config<Modules extends readonly AnyModule[] = readonly []> = {
  /** Parameters of the evapi module, in camelCase. */
  readonly evapi?: InputsOf<typeof evapi>
  /** Parameters of transactions, in camelCase. */
  readonly tm?: InputsOf<typeof tm>
  /** Parameters of the SIP side, in camelCase. */
  readonly sip?: InputsOf<typeof sip>

  /** Hash tables, in camelCase. */
  readonly htable?: InputsOf<typeof htable>
  readonly jsonrpcs?: InputsOf<typeof jsonrpcs>
  readonly mqueue?: InputsOf<typeof mqueue>
  readonly rtimer?: InputsOf<typeof rtimer>
  readonly statistics?: InputsOf<typeof statistics>

  /** HTTP and WebSockets: where to take them, or the parameters of the gateway in camelCase. Default: nowhere. */
  readonly http?: string | InputsOf<typeof gateway>

  /** Where to take SIP requests: `udp:127.0.0.1:5060`, `tcp:[::1]:5060`, `udp:HOST` (port 5060). Port 0 picks a free one. Default: nowhere. */
  readonly listen?: string | readonly string[]

  /**
   * Event routes by name: a handler, or a plan ('evapid/plan'). Without `routes` every message is relayed to every client; with `routes`, an event that has no
   * route has no effect.
   */
  readonly routes?: RoutesOf<typeof evapi> &
    RoutesOf<typeof htable> &
    RequestRouteTable &
    ModuleRoutes<Modules>

  /** `false`: plans, the default route included, run in JavaScript and not in the dispatcher. They do the same there. */
  readonly plans?: boolean

  /** Modules of your own (defineModule). Their parameters stand under their names. */
  readonly modules?: Modules

  /** `false`: none. Options for evapid's own log, which goes to stderr. Or a log of yours, such as a pino logger. */
  readonly log?: LogSetting
} & {
  /** Parameters of the other modules that are always there, and of one's own, in camelCase. */
  readonly [M in (typeof MODULES)[number] | Modules[number] as M['name']]?: InputsOf<M>
}

/**
 * Gives a configuration its types; returns it as it is. Mistakes that types cannot show are reported by createServer().
 *
 * @example
 * ```ts
 * export default defineConfig({
 *   evapi: { bindAddr: '127.0.0.1:8448' },
 *   routes: { 'evapi:message-received': (ctx) => ctx.relay(ctx.msg) },
 * })
 * ```
 */
export function defineConfig<const Modules extends readonly AnyModule[] = readonly []>(
  config: Config<Modules>,
): Config<NoInfer<Modules>> {
  return config
}

/** A checked configuration. */
export interface ResolvedConfig {
  readonly registry: ModuleRegistry
  readonly evapi: EvapiParameters
  /** The parameters of every module by module name. */
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly routes: ReadonlyMap<string, RouteHandler<never>>
  /** No routes at all: every message is relayed to every client. */
  readonly defaultRelay: boolean
  /** The routes that run in the dispatcher; they are not among `routes`. */
  readonly plans: DispatcherPlans
  readonly log: LogSetting | undefined
  /** Where SIP requests are taken. */
  readonly listen: readonly SipAddress[]
}

const KEYS = ['routes', 'modules', 'log', 'plans', 'listen', 'http']

/** The modules that are always there. */
const MODULES = [
  core,
  evapi,
  tm,
  tmx,
  sl,
  pv,
  textops,
  xlog,
  siputils,
  maxfwd,
  sanity,
  kex,
  corex,
  cfgutils,
  sip,
  appJsdt,
  x,
  kemiCore,
  hdr,
  kemix,
  pvx,
  jansson,
  json,
  mqueue,
  statistics,
  uuid,
  jsonrpcs,
  rtimer,
  gateway,
  // The last, so that htable:mod-init finds all the others.
  htable,
] as const satisfies readonly AnyModule[]

/** What happens with messages when there are no routes. */
const DEFAULT_ROUTE = plan(forward())

/** The modules of a configuration that may still be wrong: those that are always there and what looks like one in `modules`. */
export function modulesOf(config: unknown): readonly AnyModule[] {
  const given = isRecord(config) ? config['modules'] : undefined
  return [...MODULES, ...(Array.isArray(given) ? given.filter(isModule) : [])]
}

/**
 * Checks a configuration, which may come from a file and be anything.
 * @throws ConfigError with every mistake
 */
export function resolveConfig(config: unknown): ResolvedConfig {
  const mistakes: Mistake[] = []
  const given = readHttp(readTop(config, mistakes), mistakes)
  const modules = modulesOf(given)
  const registry = new ModuleRegistry(modules)
  mistakes.push(...registry.mistakes)
  checkKeys(given, modules, mistakes)

  const parameters = new Map<string, Readonly<Record<string, unknown>>>()
  for (const module of modules) {
    if (module === evapi) continue
    parameters.set(module.name, readParameters(module.parameters, given[module.name], module.name, mistakes))
  }
  const evapiParameters = readParameters(evapi.parameters, given['evapi'], 'evapi', mistakes)
  parameters.set('evapi', evapiParameters)
  const defaultRelay = given['routes'] === undefined
  const described = defaultRelay ? { 'evapi:message-received': DEFAULT_ROUTE } : given['routes']
  const { routes, plans } = readRoutes(described, registry, readPlans(given['plans'], mistakes), mistakes)
  if (evapiParameters.eventCallback !== '' && !isCallback(routes, evapiParameters.eventCallback)) {
    mistakes.push({
      path: 'evapi.eventCallback',
      problem: `${show(evapiParameters.eventCallback)} is no function of a KEMI script`,
      expected: 'none, where there is no such script; routes have the names of their events',
    })
  }
  const log = readLog(given['log'], mistakes)
  const listen = readListen(given['listen'], routes, mistakes)

  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { registry, evapi: evapiParameters, parameters, routes, plans, defaultRelay, log, listen }
}

/** Whether the routes of events are those of a KEMI script, and call that function. */
function isCallback(routes: ReadonlyMap<string, RouteHandler<never>>, name: string): boolean {
  return Object.keys(evapi.eventRoutes).some((event) => {
    const handler = routes.get(event)
    return handler !== undefined && Reflect.get(handler, EVENT_CALLBACK) === name
  })
}

function readListen(
  given: unknown,
  routes: ReadonlyMap<string, RouteHandler<never>>,
  mistakes: Mistake[],
): readonly SipAddress[] {
  if (given === undefined) return []
  const addresses: SipAddress[] = []
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  for (const [position, text] of list.entries()) {
    const path = Array.isArray(given) ? `listen[${position}]` : 'listen'
    const address =
      typeof text === 'string'
        ? parseListen(text, path)
        : { path, problem: `${show(text)} is not valid`, expected: LISTEN_FORMS }
    if ('problem' in address) mistakes.push(address)
    else if (addresses.some((other) => isSame(other, address)))
      mistakes.push({ path, problem: `${show(text)} is there twice` })
    else addresses.push(address)
  }
  if (list.length > 0 && !routes.has('request')) {
    mistakes.push({
      path: 'listen',
      problem: 'nothing would answer the requests',
      expected: 'a route for them: routes: { request: (ctx) => ... }',
    })
  }
  return addresses
}

/** Whether two listen addresses cannot both be bound. Port 0 is another one each time. */
function isSame(one: SipAddress, other: SipAddress): boolean {
  return (
    one.protocol === other.protocol && one.host === other.host && one.port === other.port && one.port !== 0
  )
}

function readPlans(given: unknown, mistakes: Mistake[]): boolean {
  if (given === undefined || typeof given === 'boolean') return given ?? true
  mistakes.push({ path: 'plans', problem: `${show(given)} is not valid`, expected: 'true or false' })
  return true
}

function readTop(config: unknown, mistakes: Mistake[]): Record<string, unknown> {
  if (config === undefined) return {}
  if (isRecord(config)) return config
  mistakes.push({
    path: 'configuration',
    problem: `${show(config)} is not a configuration`,
    expected: 'an object as defineConfig() takes it',
  })
  return {}
}

/** `http` is a short word for the parameters of the gateway. */
function readHttp(given: Record<string, unknown>, mistakes: Mistake[]): Record<string, unknown> {
  const { http, ...others } = given
  if (http === undefined) return given
  if (given['gateway'] !== undefined) {
    mistakes.push({
      path: 'http',
      problem: 'is there beside gateway',
      expected: 'one of them: they are the same',
    })
  }
  return { ...others, gateway: typeof http === 'string' ? { listen: http } : http }
}

function checkKeys(given: Record<string, unknown>, modules: readonly AnyModule[], mistakes: Mistake[]): void {
  const known = [...modules.map((module) => module.name), ...KEYS]
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    mistakes.push({
      path: key,
      problem: 'unknown key',
      ...(near ? { nearest: near } : { expected: known.join(', ') }),
    })
  }
  const { modules: list } = given
  if (list === undefined) return
  if (!Array.isArray(list)) {
    mistakes.push({ path: 'modules', problem: `${show(list)} is not valid`, expected: 'an array of modules' })
    return
  }
  for (const [position, module] of list.entries()) {
    if (isModule(module)) continue
    const path = `modules[${position}]`
    mistakes.push({
      path,
      problem: `${show(module)} is not a module`,
      expected: 'what defineModule() returns',
    })
  }
}

type Routes = Pick<ResolvedConfig, 'routes' | 'plans'>

function readRoutes(
  given: unknown,
  registry: ModuleRegistry,
  inDispatcher: boolean,
  mistakes: Mistake[],
): Routes {
  const routes = new Map<string, RouteHandler<never>>()
  const plans: { -readonly [Event in keyof DispatcherPlans]: DispatcherPlans[Event] } = {}
  if (!isRecord(given)) {
    mistakes.push({ path: 'routes', problem: `${show(given)} is not valid`, expected: 'an object of routes' })
    return { routes, plans }
  }
  for (const [name, route] of Object.entries(given)) {
    const path = `routes[${JSON.stringify(name)}]`
    if (!registry.eventRoute(name) && !REQUEST_ROUTE.test(name)) {
      const names = [...registry.eventRouteNames, 'request', 'route[NAME]', 'failure_route[NAME]']
      const near = nearest(name.replace(KAMAILIO_ROUTE, '$1$2'), names)
      mistakes.push({
        path,
        problem: 'unknown route',
        ...(near ? { nearest: near } : { expected: names.join(', ') }),
      })
    } else if (isPlan(route) && REQUEST_ROUTE.test(name)) {
      // A plan has no step that answers.
      mistakes.push({ path, problem: 'a plan cannot reply to a request', expected: 'a function' })
    } else if (isPlan(route)) {
      try {
        const event = PLAN_EVENTS.get(name)
        const { program, handler } = readPlan(route, event, registry)
        if (inDispatcher && event && program) plans[event] = program
        else routes.set(name, handler)
      } catch (error) {
        if (!(error instanceof TemplateError || error instanceof PlanError)) throw error
        mistakes.push({ path, problem: error.message })
      }
    } else if (typeof route === 'function') {
      routes.set(name, route as RouteHandler<never>)
    } else if (route !== undefined) {
      mistakes.push({ path, problem: `${show(route)} is not valid`, expected: 'a function or a plan' })
    }
  }
  return { routes, plans }
}

/** The names of the routes of requests. */
const REQUEST_ROUTE = /^(?:request|(?:failure_)?route\[[^\]]+\])$/

/** What a kamailio.cfg calls some of them: for hints. */
const KAMAILIO_ROUTE = /^(?:(request)_route|event_route\[(.*)\])$/

/** The events whose plans can run in the dispatcher. */
const PLAN_EVENTS: ReadonlyMap<string, keyof DispatcherPlans> = new Map([
  ['evapi:connection-new', 'connectionNew'],
  ['evapi:message-received', 'messageReceived'],
  ['evapi:connection-closed', 'connectionClosed'],
])

/** Both forms of a plan; `program` is undefined where the dispatcher does not know all of it. @throws PlanError, TemplateError */
function readPlan(
  route: Plan,
  event: keyof DispatcherPlans | undefined,
  registry: ModuleRegistry,
): { program: PlanProgram | undefined; handler: RouteHandler } {
  checkPlan(route)
  const cache = new TemplateCache(registry.pseudoVariables)
  const templates = (source: string) => {
    if (typeof source === 'string') return cache.text(source)
    throw new PlanError(`a step of the plan needs a text, not ${show(source)}`)
  }
  const handler = interpretPlan(route, templates)
  const compiled = compilePlan(route, event === 'messageReceived', templates)
  return { program: 'program' in compiled ? compiled.program : undefined, handler }
}

function readLog(given: unknown, mistakes: Mistake[]): LogSetting | undefined {
  if (given === undefined || given === false) return given
  if (!isRecord(given)) {
    mistakes.push({
      path: 'log',
      problem: `${show(given)} is not valid`,
      expected: 'false, options or a logger',
    })
    return undefined
  }
  if (isLog(given)) return given
  const levels = [...LOG_LEVELS, 'silent']
  for (const [key, value] of Object.entries(given)) {
    const path = `log.${key}`
    if (value === undefined) continue
    if (key === 'level') {
      if (levels.includes(String(value))) continue
      const near = nearest(String(value), levels)
      const expected = levels.join(', ')
      mistakes.push({
        path,
        problem: `${show(value)} is not valid`,
        expected,
        ...(near ? { nearest: near } : {}),
      })
    } else if (key === 'pretty') {
      if (typeof value !== 'boolean') {
        mistakes.push({ path, problem: `${show(value)} is not valid`, expected: 'true or false' })
      }
    } else mistakes.push({ path, problem: 'unknown option', expected: 'level, pretty, or a whole logger' })
  }
  return given
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isModule(value: unknown): value is AnyModule {
  const parts = ['parameters', 'functions', 'pseudoVariables', 'eventRoutes']
  return isRecord(value) && typeof value['name'] === 'string' && parts.every((part) => isRecord(value[part]))
}
