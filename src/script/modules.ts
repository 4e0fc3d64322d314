// The modules of a script: what `loadmodule` loads, and what `modparam` sets.

import type { Mistake } from '../core/errors.ts'
import type { Module } from '../core/module.ts'
import { nearest } from '../core/nearest.ts'
import { readModparam } from '../core/parameters.ts'
import { compileRegex } from '../core/regex.ts'
import { ABSENT_MODULES, MODULES_WITHOUT_EFFECT } from './absent.ts'
import type { LoadModule, ModParam, Place, Script } from './ast.ts'
import type { Diagnostics } from './diagnostics.ts'
import type { Ignored } from './settings.ts'

/** Modules that Kamailio has no file for: they are there without being loaded. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(['core', 'sip', 'script'])

export interface Modules {
  /** Names of those that are here, and loaded or always there. */
  readonly loaded: ReadonlySet<string>
  /** By module, then by name in camelCase, as a configuration has them. */
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Strings of modparams by `module.name`, also of modules without effect: for whoever needs to know them. */
  readonly texts: ReadonlyMap<string, string>
  readonly ignored: readonly Ignored[]
}

export function readModules(
  script: Script,
  options: {
    readonly known: readonly Module[]
    readonly allowMissing: boolean
    readonly diagnostics: Diagnostics
  },
): Modules {
  const reader = new ModulesReader(options.known, options.allowMissing, options.diagnostics)
  for (const item of script.items) if (item.kind === 'loadmodule') reader.load(item)
  for (const item of script.items) if (item.kind === 'modparam') reader.set(item)
  return reader
}

class ModulesReader implements Modules {
  readonly loaded: Set<string>
  readonly parameters = new Map<string, Record<string, unknown>>()
  readonly texts = new Map<string, string>()
  private readonly known: ReadonlyMap<string, Module>
  private readonly allowMissing: boolean
  private readonly diagnostics: Diagnostics
  private readonly withoutEffect = new Map<string, Ignored>()
  /** What loadmodule says, here or not. */
  private readonly loadedByName = new Set<string>()
  /** Loaded in vain: their modparams are no mistakes of their own. */
  private readonly missing = new Set<string>()

  constructor(known: readonly Module[], allowMissing: boolean, diagnostics: Diagnostics) {
    this.known = new Map(known.map((module) => [module.name, module]))
    this.loaded = new Set([...this.known.keys()].filter((name) => ALWAYS_THERE.has(name)))
    this.allowMissing = allowMissing
    this.diagnostics = diagnostics
  }

  get ignored(): readonly Ignored[] {
    return [...this.withoutEffect.values()]
  }

  load({ path }: LoadModule): void {
    const name = path.value.replace(/^.*\//, '').replace(/\.so$/, '')
    this.loadedByName.add(name)
    if (this.known.has(name)) {
      this.loaded.add(name)
      return
    }
    const why = MODULES_WITHOUT_EFFECT.get(name)
    if (why !== undefined) {
      this.withoutEffect.set(name, { name: `module ${name}`, why })
      return
    }
    this.missing.add(name)
    const reason = ABSENT_MODULES.get(name)
    if (reason === undefined) {
      const names = [...this.known.keys(), ...MODULES_WITHOUT_EFFECT.keys(), ...ABSENT_MODULES.keys()]
      const near = nearest(name, names)
      const advice =
        near === undefined ? `known: ${[...this.known.keys()].sort().join(', ')}` : `did you mean ${near}?`
      this.diagnostics.error(path.place, `unknown module ${name}`, advice)
    } else if (this.allowMissing) {
      this.diagnostics.warning(
        path.place,
        `the module ${name} is not here`,
        `its functions are false: ${reason}`,
      )
    } else this.diagnostics.error(path.place, `the module ${name} is not here`, reason)
  }

  set({ modules, name, value }: ModParam): void {
    for (const [module, place] of this.namesIn(modules)) {
      if (value.kind === 'string') this.texts.set(`${module}.${name.value}`, value.value)
      const definition = this.known.get(module)
      if (this.loaded.has(module) && definition) {
        this.setParameter(definition, name.value, value.value, { name: name.place, value: value.place })
      } else if (this.withoutEffect.has(module)) {
        this.withoutEffect.set(`${module}.${name.value}`, {
          name: `modparam ${module}:${name.value}`,
          why: this.withoutEffect.get(module)?.why ?? '',
        })
      } else if (!this.missing.has(module)) {
        this.diagnostics.error(place, `the module ${module} is not loaded`, `loadmodule "${module}.so"`)
      }
    }
  }

  /** The modules that a modparam is for. What is no name is a regular expression for all of a loaded one's name, as in Kamailio. */
  private namesIn(modules: ModParam['modules']): readonly (readonly [string, Place])[] {
    if (NAMES.test(modules.value)) return separated(modules)
    const regex = compileRegex(`^(${modules.value})$`, { ignoreCase: true })
    if (typeof regex === 'string') {
      this.diagnostics.error(modules.place, `not a regular expression for names of modules: ${regex}`)
      return []
    }
    const names = [...this.loadedByName].filter((name) => regex.test(name))
    if (names.length === 0)
      this.diagnostics.error(modules.place, `no module that is loaded is called like that`)
    return names.map((name) => [name, modules.place] as const)
  }

  private setParameter(
    { name: module, parameters }: Module,
    name: string,
    value: string | number,
    places: { readonly name: Place; readonly value: Place },
  ): void {
    const mistakes: Mistake[] = []
    const read = readModparam(parameters, name, value, name, mistakes)
    for (const { problem, expected, nearest: near } of mistakes) {
      const unknown = !Object.hasOwn(parameters, name)
      const advice = near !== undefined ? `did you mean ${near}?` : expected && `expected ${expected}`
      const what = unknown ? `the module ${module} has no parameter ${name}` : `${module}:${name}: ${problem}`
      this.diagnostics.error(unknown ? places.name : places.value, what, advice)
    }
    if (!read) return
    const why = parameters[name]?.noEffect
    if (why !== undefined)
      this.withoutEffect.set(`${module}.${name}`, { name: `modparam ${module}:${name}`, why })
    const own = this.parameters.get(module) ?? {}
    const earlier = own[read.name]
    own[read.name] =
      Array.isArray(earlier) && Array.isArray(read.value) ? [...earlier, ...read.value] : read.value
    this.parameters.set(module, own)
  }
}

/** Names with bars between them. */
const NAMES = /^[\w|-]*$/

/** `"a|b"` names two. */
function separated({ value, placeOf }: ModParam['modules']): readonly (readonly [string, Place])[] {
  let offset = 0
  return value.split('|').map((name) => {
    const place = { ...placeOf(offset), length: Math.max(1, name.length) }
    offset += name.length + 1
    return [name, place] as const
  })
}
