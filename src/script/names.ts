// What names mean in one script: functions, pseudo-variables and transformations of the modules that it has loaded. What is not there is
// explained: not loaded, not here, or mistyped.

import { TemplateError } from '../core/errors.ts'
import { defineModule, type Module, type ModuleFunction, type TransformationClass } from '../core/module.ts'
import { nearest } from '../core/nearest.ts'
import type { PseudoVariable, PseudoVariableClass, PvValue } from '../core/pseudovariables.ts'
import { ModuleRegistry } from '../core/registry.ts'
import { type Template, TemplateCache } from '../core/templates.ts'
import { ABSENT_FUNCTIONS, ABSENT_VARIABLES } from './absent.ts'
import type { Place, StringLiteral } from './ast.ts'
import type { Diagnostics } from './diagnostics.ts'

/** A function that was found; `absent`: one that is known not to be here, and is false. */
export type FoundFunction =
  | { readonly kind: 'function'; readonly module: string; readonly definition: ModuleFunction }
  | { readonly kind: 'absent' }

export interface NamesOptions {
  /** All modules that there are. */
  readonly known: readonly Module[]
  /** Names of those that the script has. */
  readonly loaded: ReadonlySet<string>
  /** What modparam has set, by module. */
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Values of the script's own parameters, by `group.name`. */
  readonly globals: ReadonlyMap<string, string | number>
  /** What is known not to be here is false, and null, with one warning each. */
  readonly allowMissing: boolean
  readonly diagnostics: Diagnostics
}

export class Names {
  private readonly all: ModuleRegistry
  private readonly loaded: ModuleRegistry
  private readonly templates: TemplateCache
  private readonly options: NamesOptions
  private readonly warned = new Set<string>()
  /** Where the text stands that is being read, for warnings. */
  private place: Place | undefined

  constructor(options: NamesOptions) {
    const { known, loaded } = options
    this.options = options
    const has = known.filter(({ name }) => loaded.has(name))
    this.all = new ModuleRegistry(known)
    const unloaded = known.filter((each) => !has.includes(each))
    // Who comes first has a name: what the script says of itself, what is there, and what only explains itself.
    this.loaded = new ModuleRegistry([this.ownVariables(), ...has, this.explanations(unloaded)])
    this.templates = new TemplateCache(this.loaded.pseudoVariables)
  }

  /** What modparam has set of a module. */
  parametersOf(module: string): Readonly<Record<string, unknown>> {
    return this.options.parameters.get(module) ?? {}
  }

  /** A text with pseudo-variables in it. @returns undefined after a mistake */
  template(literal: StringLiteral): Template | undefined {
    return this.read(literal.value, literal.place, (offset) => literal.placeOf(offset))
  }

  /** One pseudo-variable, as it was written in the source. @returns undefined after a mistake */
  variable(source: string, place: Place): PseudoVariable | undefined {
    const template = this.read(source, place, (offset) => within(place, offset))
    if (!template || template.only) return template?.only
    this.options.diagnostics.error(place, `${source} is no single pseudo-variable`)
    return undefined
  }

  private read(source: string, place: Place, placeOf: (offset: number) => Place): Template | undefined {
    this.place = place
    try {
      return this.templates.bytes(source)
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      // A pseudo-variable within another is read by itself: its offsets are not those of the whole.
      const offset = error.template === source ? error.offset : Math.max(0, source.indexOf(error.template))
      this.options.diagnostics.error(placeOf(offset), error.problem)
      return undefined
    }
  }

  /** A function by its name. @returns undefined after a mistake */
  function(name: string, place: Place): FoundFunction | undefined {
    const { diagnostics, allowMissing } = this.options
    const module = this.loaded.owner('function', name)
    const definition = module && this.loaded.function(name)
    if (definition) return { kind: 'function', module: module.name, definition }
    const owner = this.all.owner('function', name)
    if (owner) {
      diagnostics.error(
        place,
        `${name}() is a function of the module ${owner.name}, which is not loaded`,
        `loadmodule "${owner.name}.so"`,
      )
      return undefined
    }
    const absent = ABSENT_FUNCTIONS.get(name)
    if (absent) {
      const problem = `${name}() of Kamailio's ${absent.module} is not here`
      if (allowMissing) this.warn(place, problem, `it is false (--allow-missing): ${absent.reason}`)
      else diagnostics.error(place, problem, absent.reason)
      return allowMissing ? { kind: 'absent' } : undefined
    }
    const known = this.options.known.flatMap((each) => Object.keys(each.functions))
    const near = nearest(name, known)
    diagnostics.error(
      place,
      `unknown function ${name}()`,
      near === undefined ? undefined : `did you mean ${near}()?`,
    )
    return undefined
  }

  /** Warns once of a problem. */
  private warn(place: Place, problem: string, advice: string): void {
    if (this.warned.has(problem)) return
    this.warned.add(problem)
    this.options.diagnostics.warning(place, problem, advice)
  }

  /** Classes of pseudo-variables and transformations that only say why they are none, after those that there are. */
  private explanations(unloaded: readonly Module[]): Module {
    const variables: Record<string, PseudoVariableClass> = {}
    const transformations: Record<string, TransformationClass> = {}
    for (const module of unloaded) {
      const advice = `the module ${module.name}, which is not loaded; loadmodule "${module.name}.so"`
      for (const name of Object.keys(module.pseudoVariables)) {
        variables[name] = { indexed: true, parse: () => `$${name} is a pseudo-variable of ${advice}` }
      }
      for (const name of Object.keys(module.transformations)) {
        transformations[name] = { parse: () => `{${name}.} are transformations of ${advice}` }
      }
    }
    for (const [name, { module, reason }] of ABSENT_VARIABLES) {
      if (Object.hasOwn(variables, name) || this.all.owner('pseudo-variable', name)) continue
      const problem = `$${name} of Kamailio's ${module} is not here`
      variables[name] = {
        indexed: true,
        parse: () => {
          if (!this.options.allowMissing) return `${problem}; ${reason}`
          if (this.place) this.warn(this.place, problem, `it is $null (--allow-missing): ${reason}`)
          return ABSENT
        },
      }
    }
    return defineModule({ name: 'explanations', pseudoVariables: variables, transformations })
  }

  /** What a script says of itself, and is known when it is compiled. */
  private ownVariables(): Module {
    return defineModule({ name: 'script', pseudoVariables: { sel: this.selects() } })
  }

  /** `$sel(cfg_get.group.name)`: a parameter of the script's own. */
  private selects(): PseudoVariableClass {
    return {
      parse: (inner = '') => {
        const name = /^cfg_get\.([^.]+\.[^.]+)$/.exec(inner)?.[1]
        if (name === undefined) return `$sel(${inner}) is not here; $sel(cfg_get.group.name) is`
        const value = this.options.globals.get(name)
        // A select is always text (seen).
        if (value !== undefined) return constantVariable(String(value))
        const near = nearest(name, this.options.globals.keys())
        return `there is no parameter ${name}${near === undefined ? `; write ${name} = VALUE above` : `; did you mean ${near}?`}`
      },
    }
  }
}

/** What is not here, where that is allowed. */
const ABSENT: PseudoVariable = { get: () => null, set: () => false }

function constantVariable(value: PvValue): PseudoVariable {
  return { get: () => value }
}

/** A place that begins later in the same line. */
function within(place: Place, offset: number): Place {
  return { ...place, column: place.column + offset, length: Math.max(1, place.length - offset) }
}
