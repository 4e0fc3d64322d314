// Loads what a bus is configured with from a file: a kamailio.cfg, a KEMI script, or a route file. What that says is checked by whoever
// makes a server of it (config.ts).

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { type Config, modulesOf } from './config.ts'
import { RouteFileError, ScriptFileError } from './core/errors.ts'
import { createLog, type LogSetting } from './core/log.ts'
import { camelCase } from './core/parameters.ts'
import { ModuleRegistry } from './core/registry.ts'
import { type Diagnostics, formatDiagnostic } from './script/diagnostics.ts'
import type { Summary } from './script/load.ts'

/** How a file is to be loaded. */
export interface LoadOptions {
  /** Names for the preprocessor of a kamailio.cfg, as `#!define` makes them; `true`: without a value. */
  readonly defines?: Readonly<Record<string, string | true>>
  /** What Kamailio has and evapid has not is a warning when a script is loaded, and false when it is called. Default false. */
  readonly allowMissing?: boolean
  /** A KEMI script for requests and events; the file, a kamailio.cfg, is then for parameters, and for events that the script has no function for. */
  readonly kemi?: string
}

/** What a file says. */
export interface Loaded {
  /** As createServer() takes it, unchecked. */
  readonly config: unknown
  /** A text for each, in lines: what is wrong and where; the line of the source; a caret under it. */
  readonly warnings: readonly string[]
  /** Of a kamailio.cfg or a KEMI script. */
  readonly summary: Summary | undefined
  /** The KEMI script that the routes are in. */
  readonly kemi: string | undefined
  /** What a kamailio.cfg has defined, for the KEMI script. */
  readonly defines: ReadonlyMap<string, string>
}

/** What is a kamailio.cfg whatever its name: the first lines that Kamailio knows. */
const SCRIPT_MARK = /^[#!]!(?:KAMAILIO|OPENSER|SER|MAXCOMPAT|ALL)\b/

type FileKind = 'script' | 'kemi' | 'route file'

/**
 * Loads a kamailio.cfg (`.cfg`, or a first line `#!KAMAILIO`), a KEMI script (`.kemi.js`, `.kemi.ts`) or a route file (`.ts`, `.mts`, `.cts`, `.js`, `.mjs`,
 * `.cjs`). Warnings are emitted by the process (`process.emitWarning`).
 *
 * @example
 * ```ts
 * import { createServer } from 'evapid'
 * import { loadFile } from 'evapid/load'
 *
 * const server = createServer(await loadFile('/etc/kamailio/kamailio.cfg'))
 * await server.listen()
 * process.on('SIGHUP', () => void server.reload(() => loadFile('/etc/kamailio/kamailio.cfg')).catch(() => {}))
 * ```
 * @returns what createServer() and Server.reload() take, which check it
 * @throws ScriptFileError with every mistake in a script, RouteFileError
 */
export async function loadFile(path: string, options: LoadOptions = {}): Promise<Config> {
  const { config, warnings } = await load(path, options)
  for (const warning of warnings) process.emitWarning(warning, 'EvapidWarning')
  // Whatever a file says: createServer() looks.
  return config as Config
}

/**
 * As loadFile(), for the command.
 * @param path undefined: there is only `options.kemi`, or nothing
 * @param adjust makes the configuration of what the file says, before a KEMI script is loaded, which depends on it
 */
export async function load(
  path: string | undefined,
  options: LoadOptions,
  adjust: (config: unknown) => unknown = (config) => config,
): Promise<Loaded> {
  const kind = path === undefined ? undefined : kindOf(path)
  checkUse(kind, options)
  const loaded = path === undefined ? { ...NOTHING, kemi: options.kemi } : await loadOne(path, options)
  const adjusted = { ...loaded, config: adjust(loaded.config) }
  return loaded.kemi === undefined ? withoutKemi(adjusted) : withKemi(loaded.kemi, options, adjusted)
}

/** What would be ignored is an error. @throws RouteFileError */
function checkUse(kind: FileKind | undefined, { kemi, defines, allowMissing }: LoadOptions): void {
  if (kind !== 'script' && defines && Object.keys(defines).length > 0) {
    throw new RouteFileError('-A (defines) is for a kamailio.cfg, and there is none')
  }
  if (allowMissing && kind !== 'script' && kind !== 'kemi' && kemi === undefined) {
    throw new RouteFileError(
      '--allow-missing (allowMissing) is for a kamailio.cfg or a KEMI script, and there is none',
    )
  }
  if (kemi === undefined) return
  if (kind === 'kemi') throw new RouteFileError(`--kemi ${kemi}: the file is a KEMI script already`)
  if (kind === 'route file') {
    throw new RouteFileError(`--kemi ${kemi}: a KEMI script goes with a kamailio.cfg, not with a route file`)
  }
}

const NOTHING: Loaded = { config: {}, warnings: [], summary: undefined, kemi: undefined, defines: new Map() }

async function loadOne(path: string, options: LoadOptions): Promise<Loaded> {
  const kind = kindOf(path)
  if (kind === 'script') return loadScriptFile(path, options)
  if (kind === 'kemi') return { ...NOTHING, kemi: path }
  const { loadRouteFile } = await import('./route-file.ts')
  return { ...NOTHING, config: await loadRouteFile(path) }
}

function kindOf(path: string): FileKind {
  if (/\.cfg$/i.test(path) || SCRIPT_MARK.test(beginningOf(path))) return 'script'
  return /\.kemi\.[cm]?[jt]s$/.test(path) ? 'kemi' : 'route file'
}

function beginningOf(path: string): string {
  const bytes = Buffer.alloc(64)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return bytes.toString('latin1', 0, readSync(file, bytes))
  } catch {
    // Whoever loads it says what is wrong.
    return ''
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

async function loadScriptFile(path: string, options: LoadOptions): Promise<Loaded> {
  const { defines = {}, allowMissing = false } = options
  const { loadScript } = await import('./script/load.ts')
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new RouteFileError(`${path}: no such file`)
  const {
    diagnostics,
    config,
    kemi,
    defines: known,
    summary,
  } = loadScript(path, {
    defines: Object.entries(defines).map(([name, value]) => ({
      name,
      value: value === true ? undefined : value,
    })),
    allowMissing,
    modules: modulesOf(undefined),
    requestsElsewhere: options.kemi !== undefined,
  })
  const warnings = warningsOf(diagnostics)
  return {
    config,
    warnings,
    summary,
    kemi: options.kemi ?? (kemi && findFrom(path, kemi.file)),
    defines: known,
  }
}

/** As files that are included are found: from where we run, else beside the script. */
function findFrom(script: string, file: string): string {
  return isAbsolute(file) || existsSync(file) ? file : join(dirname(script), file)
}

/** Functions of a KEMI script that a configuration names for the events of a module, by module. */
function callbacksOf(config: object): Readonly<Record<string, string>> {
  const callbacks: Record<string, string> = {}
  for (const { name, parameters } of modulesOf(config)) {
    const { event_callback: parameter } = parameters
    if (!parameter || parameter.noEffect !== undefined) continue
    const callback: unknown = Reflect.get(Object(Reflect.get(config, name)), camelCase('event_callback'))
    if (typeof callback === 'string' && callback !== '') callbacks[name] = callback
  }
  return callbacks
}

/** A kamailio.cfg without a KEMI script may name a callback all the same: its event routes run then, as in Kamailio. */
function withoutKemi(loaded: Loaded): Loaded {
  const config: Record<string, unknown> = { ...Object(loaded.config) }
  const names = loaded.summary === undefined ? [] : Object.keys(callbacksOf(config))
  if (names.length === 0) return loaded
  for (const name of names) config[name] = { ...Object(config[name]), eventCallback: '' }
  const idle = names.map((name) => `event_callback of ${name} has no effect: there is no KEMI script`)
  return { ...loaded, config, warnings: [...loaded.warnings, ...idle] }
}

async function withKemi(
  path: string,
  { allowMissing = false }: LoadOptions,
  loaded: Loaded,
): Promise<Loaded> {
  const { loadKemi } = await import('./kemi/load.ts')
  const { config } = loaded
  const given = typeof config === 'object' && config !== null ? { ...config } : {}
  const registry = new ModuleRegistry(modulesOf(given))
  const callbacks = callbacksOf(given)
  const { evapi: eventCallback, ...eventCallbacks } = callbacks
  const { diagnostics, routes } = loadKemi(path, {
    registry,
    allowMissing,
    defines: loaded.defines,
    eventCallbacks,
    ...(eventCallback === undefined ? {} : { eventCallback }),
    // What is no setting of a log is a mistake that is found later.
    log: createLog(Reflect.get(given, 'log') as LogSetting | undefined, 'info'),
  })
  const warnings = [...loaded.warnings, ...warningsOf(diagnostics)]
  // Requests are the script's, and the events that it has a function for; routes of other events stay those of the kamailio.cfg.
  const { request: _, ...others } = Object(Reflect.get(given, 'routes')) as Record<string, unknown>
  return {
    ...loaded,
    config: { ...given, routes: { ...others, ...routes } },
    warnings,
    summary: withRoutes(path, loaded.summary, others, routes ?? {}),
  }
}

/** What a kamailio.cfg came to whose routes are those of a KEMI script, where that has them. */
function withRoutes(path: string, script: Summary | undefined, others: object, routes: object): Summary {
  const { files = [], modules = [], plans = [], unplanned = [], ignored = [] } = script ?? {}
  const isLeft = (name: string) => !Object.hasOwn(routes, name)
  return {
    files: [...files, path],
    modules,
    // Each function is both: once is enough.
    routes: [
      ...Object.keys(others).filter(isLeft),
      ...Object.keys(routes).filter((name) => !name.startsWith('failure_route[')),
    ],
    plans: plans.filter(isLeft),
    unplanned: new Map([...unplanned].filter(([name]) => isLeft(name))),
    ignored,
  }
}

/** @throws ScriptFileError when there are errors */
function warningsOf(diagnostics: Diagnostics): readonly string[] {
  const { errors, warnings } = diagnostics
  // With the errors, the warnings: all that is to be said about the file.
  if (errors.length > 0) throw new ScriptFileError(diagnostics.inOrder.map(formatDiagnostic))
  return warnings.map(formatDiagnostic)
}
