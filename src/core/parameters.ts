// Parameters of modules: declared once, in snake_case as modparam writes them, with type, range, default and words.
// The camelCase names and the types of TypeScript configurations are derived from that declaration.

import { z } from 'zod'
import type { Mistake } from './errors.ts'
import { nearest } from './nearest.ts'

/** One parameter. `Input` is what a TypeScript configuration may say, `Value` what the module gets. */
export interface Parameter<Input = unknown, Value = unknown> {
  /** What modparam takes. `strings`: a string each time, of which all count. */
  readonly type: 'integer' | 'string' | 'strings'
  /** Checks and converts; an absent value becomes the default. */
  readonly schema: z.ZodType<Value, Input>
  readonly default: Value
  /** What is right, in words: `an integer from 0 to 64`. */
  readonly expected: string
  /** What is wrong with a value that is not right, where there is more to say than what would be. */
  readonly problems?: (given: unknown) => readonly string[]
  /** What it means, in a sentence, with its unit. */
  readonly doc: string
  /** Why it is accepted without effect, where it is. */
  readonly noEffect?: string
  /** A reload changes it while the bus runs; else it needs a restart. Not for modules of one's own, which a reload starts anew. Default false. */
  readonly live?: boolean
}

/** The parameters of a module by snake_case name. */
export type ParameterSet = Readonly<Record<string, Parameter>>

/** `bind_addr` → `bindAddr`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** What a TypeScript configuration may say about a set of parameters. */
export type ParameterInputs<Set extends ParameterSet> = {
  readonly [Name in keyof Set & string as CamelCase<Name>]?: Set[Name] extends Parameter<
    infer Input,
    infer _Value
  >
    ? Input
    : never
}

/** The values of a set of parameters, defaults filled in. */
export type ParameterValues<Set extends ParameterSet> = {
  readonly [Name in keyof Set & string as CamelCase<Name>]: Set[Name] extends Parameter<
    infer _Input,
    infer Value
  >
    ? Value
    : never
}

/** The largest int that modparam can say: Kamailio's are 32-bit. */
const INT_MAX = 2_147_483_647

/** A whole number within a range. */
export function integer(options: {
  default: number
  min?: number
  max?: number
  live?: boolean
  doc: string
}): Parameter<number, number> {
  const { min = 0, max = INT_MAX } = options
  return {
    type: 'integer',
    schema: z.int().min(min).max(max),
    default: options.default,
    expected: max === INT_MAX ? `an integer, at least ${min}` : `an integer from ${min} to ${max}`,
    doc: options.doc,
    live: options.live ?? false,
  }
}

/** An int that means yes or no: 0 is no, any other yes, as in Kamailio. TypeScript may say true and false. */
export function flag(options: {
  default: boolean
  live?: boolean
  doc: string
}): Parameter<boolean | number, boolean> {
  return {
    type: 'integer',
    schema: z.union([z.boolean(), z.int()]).transform((value) => value !== false && value !== 0),
    default: options.default,
    expected: 'true or false, 1 or 0',
    doc: options.doc,
    live: options.live ?? false,
  }
}

/** A text. `check` says whether it is a right one, `expected` what would be. */
export function string(options: {
  default: string
  expected?: string
  check?: (value: string) => boolean
  live?: boolean
  doc: string
}): Parameter<string, string> {
  return {
    type: 'string',
    schema: options.check ? z.string().refine(options.check) : z.string(),
    default: options.default,
    expected: options.expected ?? 'a string',
    doc: options.doc,
    live: options.live ?? false,
  }
}

/** Texts, one for each modparam. `check` says what is wrong with one. */
export function strings(options: {
  expected?: string
  check?: (value: string) => boolean
  live?: boolean
  doc: string
}): Parameter<readonly string[], readonly string[]> {
  const { check } = options
  return {
    type: 'strings',
    schema: z.array(check ? z.string().refine(check) : z.string()),
    default: [],
    expected: options.expected ?? 'an array of strings',
    doc: options.doc,
    live: options.live ?? false,
  }
}

/** A parameter of Kamailio's that means nothing here. It takes what Kamailio's takes. */
export function ignored(
  type: 'integer' | 'string',
  why: string,
): Parameter<number | string, number | string> {
  return {
    type,
    schema: type === 'integer' ? z.int() : z.string(),
    default: type === 'integer' ? 0 : '',
    expected: type === 'integer' ? 'an integer' : 'a string',
    doc: `Accepted without effect: ${why}.`,
    noEffect: why,
  }
}

/** One of a few words. */
export function choice<const Word extends string>(options: {
  values: readonly [Word, ...Word[]]
  default: NoInfer<Word>
  live?: boolean
  doc: string
}): Parameter<Word, Word> {
  return {
    type: 'string',
    schema: z.enum(options.values),
    default: options.default,
    expected: options.values.map((value) => `"${value}"`).join(' or '),
    doc: options.doc,
    live: options.live ?? false,
  }
}

/** `bind_addr` → `bindAddr`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/**
 * Reads what a TypeScript configuration says about a module's parameters. Nothing is thrown: mistakes are added to
 * `mistakes`, and a wrong parameter has its default.
 */
export function readParameters<Set extends ParameterSet>(
  set: Set,
  input: unknown,
  path: string,
  mistakes: Mistake[],
): ParameterValues<Set> {
  const names = new Map(Object.keys(set).map((name) => [camelCase(name), name]))
  const values: Record<string, unknown> = {}
  for (const [camel, name] of names) values[camel] = set[name]?.default
  if (input === undefined) return values as ParameterValues<Set>
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    mistakes.push({ path, problem: `${show(input)} is not valid`, expected: 'an object of parameters' })
    return values as ParameterValues<Set>
  }
  for (const [key, given] of Object.entries(input)) {
    const parameter = set[names.get(key) ?? '']
    if (!parameter) mistakes.push(unknownParameter(`${path}.${key}`, camelCase(key), names.keys()))
    else if (given !== undefined) values[key] = readValue(parameter, given, `${path}.${key}`, mistakes)
  }
  return values as ParameterValues<Set>
}

/**
 * Reads one `modparam(module, name, value)`: the name in snake_case, the value a number or a string. An integer that is
 * given as a string of digits is taken, as the command line has nothing else.
 *
 * @returns the name in camelCase and the value as a TypeScript configuration would say it; undefined after a mistake
 */
export function readModparam(
  set: ParameterSet,
  name: string,
  value: string | number,
  path: string,
  mistakes: Mistake[],
): { name: string; value: unknown } | undefined {
  const parameter = Object.hasOwn(set, name) ? set[name] : undefined
  if (!parameter) {
    mistakes.push(unknownParameter(path, name, Object.keys(set)))
    return undefined
  }
  const given = asGiven(parameter, value)
  const before = mistakes.length
  readValue(parameter, given, path, mistakes)
  return mistakes.length === before ? { name: camelCase(name), value: given } : undefined
}

/** What a configuration would say in place of a modparam. A list has one element: whoever reads several puts them together. */
function asGiven({ type }: Parameter, value: string | number): unknown {
  if (type === 'strings') return [value]
  return type === 'integer' && typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
}

/** A value for people: what JSON would write, cut to a bearable length. */
export function show(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function readValue(parameter: Parameter, given: unknown, path: string, mistakes: Mistake[]): unknown {
  const result = parameter.schema.safeParse(given)
  if (result.success) return result.data
  const { expected } = parameter
  const problems = parameter.problems?.(given) ?? []
  for (const problem of problems) mistakes.push({ path, problem, expected })
  if (problems.length === 0) mistakes.push({ path, problem: `${show(given)} is not valid`, expected })
  return parameter.default
}

function unknownParameter(path: string, name: string, known: Iterable<string>): Mistake {
  const names = [...known]
  const near = names.includes(name) ? name : nearest(name, names)
  return near === undefined
    ? { path, problem: 'unknown parameter', expected: names.length > 0 ? names.join(', ') : 'no parameters' }
    : { path, problem: 'unknown parameter', nearest: near }
}
