// Loads a KEMI script: from a file to routes of the ordinary kind under their ordinary names, or to all that is wrong with it. What a
// configuration makes of the routes is not this file's.

import { KemiError } from '../core/errors.ts'
import { createLog, type Log, textOfFailure } from '../core/log.ts'
import { nearest } from '../core/nearest.ts'
import type { ModuleRegistry } from '../core/registry.ts'
import type { RouteHandler } from '../core/routes.ts'
import { TemplateCache } from '../core/templates.ts'
import { Diagnostics } from '../script/diagnostics.ts'
import { Engine } from './engine.ts'
import { membersOf } from './members.ts'
import { scanScript } from './scan.ts'
import { KemiSource, TypeScriptError } from './source.ts'

/** What event callbacks are called in every example of Kamailio's. */
const USUAL_CALLBACK = 'ksr_evapi_event'

export interface KemiOptions {
  /** What `KSR` is made of, and which events there are. */
  readonly registry: ModuleRegistry
  /** What Kamailio has and evapid has not is a warning, and false when it is called. */
  readonly allowMissing?: boolean
  /** `event_callback` of the module evapi. Default: ksr_evapi_event, if the script has such a function. */
  readonly eventCallback?: string
  /** `event_callback` of other modules, by module. */
  readonly eventCallbacks?: Readonly<Record<string, string>>
  /** What KSR.kx.get_def() and the like know: names that #!define and -A have defined, with what they stand for. Byte strings. */
  readonly defines?: readonly { readonly name: string; readonly value: string | undefined }[]
  /** Where a script's print() goes while no event runs. Default: a log on stderr. */
  readonly log?: Log
}

export interface KemiScript {
  readonly diagnostics: Diagnostics
  /**
   * By name: `request`, `route[F]` and `failure_route[F]` for each function F of the script's global scope, and the events of modules that
   * have a callback. Undefined when there are errors.
   */
  readonly routes: Readonly<Record<string, RouteHandler>> | undefined
}

/** Loads a script. Never throws for what is in it. */
export function loadKemi(path: string, options: KemiOptions): KemiScript {
  const diagnostics = new Diagnostics()
  const routes = load(path, options, diagnostics)
  return { diagnostics, routes: diagnostics.errors.length > 0 ? undefined : routes }
}

function load(
  path: string,
  options: KemiOptions,
  diagnostics: Diagnostics,
): Record<string, RouteHandler> | undefined {
  const source = read(path, diagnostics)
  if (!source) return undefined
  const { registry, allowMissing = false, log = createLog(undefined, 'info') } = options
  const members = membersOf(registry)
  const templates = new TemplateCache(registry.pseudoVariables)
  const { lexicalNames } = scanScript(source, members, templates, allowMissing, diagnostics)
  const engine = new Engine(path, members, {
    log,
    allowMissing,
    defines: new Map(options.defines?.map(({ name, value }) => [name, value ?? ''])),
  })
  try {
    engine.load(source.javaScript(), lexicalNames)
  } catch (error) {
    if (error instanceof TypeScriptError) {
      diagnostics.error(source.place(error.line, error.column), `syntax error: ${error.message}`)
    } else if (error instanceof KemiError) {
      diagnostics.error(source.place(error.line ?? 1, error.column ?? 1), error.problem)
    } else throw error
    return undefined
  }
  for (const [name, { line = 1, column = 1 }] of engine.calledTooEarly) {
    diagnostics.warning(
      source.place(line, column),
      `${name} is called while the script is loaded, and does nothing`,
    )
  }
  return routesOf(engine, source, options, diagnostics)
}

function read(path: string, diagnostics: Diagnostics): KemiSource | undefined {
  try {
    return KemiSource.read(path)
  } catch (error) {
    const place = new KemiSource(path, Buffer.alloc(0)).place(1, 1)
    diagnostics.error(place, `the script cannot be read: ${textOfFailure(error)}`)
    return undefined
  }
}

function routesOf(
  engine: Engine,
  source: KemiSource,
  { registry, eventCallback, eventCallbacks = {} }: KemiOptions,
  diagnostics: Diagnostics,
): Record<string, RouteHandler> {
  const routes: Record<string, RouteHandler> = {}
  const functions = new Set(engine.functionNames)
  const placeOf = (name: string) => {
    const at = source.text.search(new RegExp(`\\b${name.replaceAll('$', '\\$')}\\b`))
    return at < 0 ? source.place(1, 1) : source.placeAt(at, name.length)
  }

  for (const name of functions) {
    // What t_continue, t_on_failure and the like name. A name that routes cannot have cannot be named by them either.
    if (!/^\w+$/.test(name)) continue
    routes[`route[${name}]`] = engine.handler(name)
    routes[`failure_route[${name}]`] = engine.handler(name)
  }
  if (functions.has('ksr_request_route')) routes['request'] = engine.handler('ksr_request_route')
  for (const name of ['ksr_reply_route', 'ksr_onsend_route', 'ksr_branch_route']) {
    if (functions.has(name)) {
      diagnostics.warning(placeOf(name), `${name} never runs`, 'evapid answers requests and forwards none')
    }
  }

  const callbacks = new Map(Object.entries(eventCallbacks).filter(([, name]) => name !== ''))
  const usual = functions.has(USUAL_CALLBACK) ? USUAL_CALLBACK : undefined
  const ofEvapi = eventCallback || usual
  if (ofEvapi !== undefined && !callbacks.has('evapi')) callbacks.set('evapi', ofEvapi)
  for (const [module, name] of callbacks) {
    if (!functions.has(name)) {
      const near = nearest(name, functions)
      diagnostics.error(
        source.place(1, 1),
        `event_callback of ${module} names ${name}, which the script does not define`,
        near === undefined ? undefined : `did you mean ${near}?`,
      )
      continue
    }
    for (const event of Object.keys(registry.modules.get(module)?.eventRoutes ?? {})) {
      routes[event] = engine.callback(name, event)
    }
  }
  return routes
}
