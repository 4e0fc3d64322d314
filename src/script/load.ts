// Loads a kamailio.cfg: from a path to a configuration, or to all that is wrong with it. The face of this directory.

import { readFileSync } from 'node:fs'
import type { Module } from '../core/module.ts'
import { type CompiledScript, compileScript } from './compile.ts'
import { Diagnostics } from './diagnostics.ts'
import { parseScript } from './parser.ts'

export interface LoadOptions {
  /** What -A gives: as #!define does. */
  readonly defines: readonly { readonly name: string; readonly value: string | undefined }[]
  /** Modules, functions and pseudo-variables that are known not to be here are false and $null, with one warning each. */
  readonly allowMissing: boolean
  /** All modules that there are. */
  readonly modules: readonly Module[]
  /** The routes of requests come from elsewhere, as with `cfgengine`: listening needs no request_route. Default false. */
  readonly requestsElsewhere?: boolean
}

/** Routes in another language (`cfgengine`), for whoever runs it. */
export interface KemiScript {
  /** The file of app_jsdt's modparam `load`, as it was written. */
  readonly file: string
  /** evapi's modparam `event_callback`; undefined: none. */
  readonly eventCallback: string | undefined
}

/** What there is in a script, for people. */
export interface Summary {
  readonly routes: readonly string[]
  readonly modules: readonly string[]
  /** Routes that run in the dispatcher. */
  readonly plans: readonly string[]
  /** Why event routes of evapi are no plans. */
  readonly unplanned: ReadonlyMap<string, string>
  readonly files: readonly string[]
  /** What is accepted without effect, and why. */
  readonly ignored: readonly { readonly name: string; readonly why: string }[]
}

export interface LoadedScript {
  readonly diagnostics: Diagnostics
  /** What resolveConfig() takes; undefined when there are errors. */
  readonly config: Record<string, unknown> | undefined
  readonly kemi: KemiScript | undefined
  /** What was defined in it and by -A, for a KEMI script to ask for. */
  readonly defines: ReadonlyMap<string, string>
  readonly summary: Summary
}

/** Reads and compiles a script. @throws the system's error when the file itself cannot be read */
export function loadScript(path: string, options: LoadOptions): LoadedScript {
  const files = new Set([path])
  const readFile = (name: string): string | undefined => {
    try {
      const text = readFileSync(name, 'latin1')
      files.add(name)
      return text
    } catch {
      return undefined
    }
  }
  const diagnostics = new Diagnostics()
  const source = { name: path, text: readFileSync(path, 'latin1') }
  const script = parseScript(source, { defines: options.defines, readFile }, diagnostics)
  const compiled = compileScript(script, {
    modules: options.modules,
    allowMissing: options.allowMissing,
    diagnostics,
  })
  const kemi = kemiOf(compiled, diagnostics)
  const listens = kemi !== undefined || options.requestsElsewhere || Object.hasOwn(compiled.routes, 'request')
  if (!listens) warnOfListening(compiled, diagnostics)
  return {
    diagnostics,
    config: diagnostics.errors.length > 0 ? undefined : configOf(compiled, listens),
    kemi,
    defines: script.defines ?? new Map(),
    summary: {
      routes: Object.keys(compiled.routes),
      modules: [...compiled.modules.loaded],
      plans: compiled.plans,
      unplanned: compiled.unplanned,
      files: [...files],
      ignored: compiled.ignored,
    },
  }
}

function warnOfListening({ settings }: CompiledScript, diagnostics: Diagnostics): void {
  const [first] = settings.listen
  if (!first) return
  diagnostics.warning(
    first.place,
    'there is no request_route, so that no SIP is taken here',
    'add one to answer requests',
  )
}

/** @param listens there are routes for requests, here or elsewhere */
function configOf(compiled: CompiledScript, listens: boolean): Record<string, unknown> {
  const { settings, modules, routes } = compiled
  const config: Record<string, unknown> = { routes }
  for (const [module, parameters] of modules.parameters) config[module] = parameters
  const { tcpMaxConnections, logLevel, aliases } = settings
  if (tcpMaxConnections !== undefined || aliases.length > 0) {
    config['sip'] = {
      ...(tcpMaxConnections === undefined ? {} : { tcpMaxConnections }),
      ...(aliases.length === 0 ? {} : { alias: aliases }),
      ...modules.parameters.get('sip'),
    }
  }
  if (listens) {
    const addresses = new Set(settings.listen.map(({ address }) => address))
    if (addresses.size > 0) config['listen'] = [...addresses]
  }
  if (logLevel !== undefined) config['log'] = { level: logLevel }
  return config
}

const JAVASCRIPT: ReadonlySet<string> = new Set(['jsdt', 'javascript', 'js'])

function kemiOf({ settings, modules }: CompiledScript, diagnostics: Diagnostics): KemiScript | undefined {
  const { engine } = settings
  if (engine === 'native' || engine === 'default') return undefined
  const place = settings.enginePlace
  if (!place) return undefined
  if (!JAVASCRIPT.has(engine)) {
    diagnostics.error(
      place,
      `cfgengine ${JSON.stringify(engine)} is not here`,
      '"jsdt" (KEMI in JavaScript) and "native" are',
    )
    return undefined
  }
  const file = modules.texts.get('app_jsdt.load')
  if (file === undefined) {
    diagnostics.error(place, 'there is no JavaScript to run', 'modparam("app_jsdt", "load", "FILE") names it')
    return undefined
  }
  return { file, eventCallback: modules.texts.get('evapi.event_callback') }
}
