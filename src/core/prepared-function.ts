// Functions whose last argument is a text that means something by itself, such as a regular expression or a list of methods: it is read once, when the
// script is loaded, and not for each call.

import { bindArguments } from './arguments.ts'
import type { RouteContext } from './context.ts'
import { CallError } from './errors.ts'
import type { FunctionParameter, KemiFace, ModuleFunction } from './module.ts'

/** How many texts are remembered that a KEMI script gave. */
const CACHE_LIMIT = 256

/**
 * Declares such a function.
 * @param definition.prepare reads the text; returns a text that says what is wrong, if something is
 */
export function definePreparedFunction<Prepared extends object>(definition: {
  /** Arguments before the text: byte strings, expanded for each call. */
  readonly before?: readonly string[]
  /** The name of the text among the arguments. */
  readonly text: string
  readonly kemi?: KemiFace
  readonly doc: string
  prepare(text: string): Prepared | string
  /** @returns > 0 true, < 0 false */
  call(ctx: RouteContext, prepared: Prepared, ...before: string[]): number
}): ModuleFunction {
  const { before = [], prepare, call } = definition
  const cache = new Map<string, Prepared>()
  const read = (text: string): Prepared => {
    const known = cache.get(text)
    if (known !== undefined) return known
    const made = prepare(text)
    if (typeof made === 'string') throw new CallError(made)
    if (cache.size >= CACHE_LIMIT) cache.clear()
    cache.set(text, made)
    return made
  }
  const parameters: readonly FunctionParameter[] = [
    ...before.map((name) => ({ name, type: 'string' }) as const),
    {
      name: definition.text,
      type: 'literal',
      check(constant) {
        const made = prepare(constant)
        return typeof made === 'string' ? made : undefined
      },
    },
  ]
  const run = (ctx: RouteContext, ...values: readonly unknown[]) => {
    const texts = values.map((value) => `${value}`)
    return call(ctx, read(texts[before.length] ?? ''), ...texts.slice(0, before.length))
  }
  return {
    parameters,
    ...(definition.kemi === undefined ? {} : { kemi: definition.kemi }),
    doc: definition.doc,
    run,
    bind(args) {
      const evaluations = bindArguments(parameters, args)
      const text = args[before.length]
      const prepared = read(typeof text === 'number' ? `${text}` : (text?.constant ?? ''))
      const [first] = evaluations
      if (before.length === 0 || first === undefined) return (ctx) => call(ctx, prepared)
      if (before.length === 1) return (ctx) => call(ctx, prepared, `${first(ctx)}`)
      const list = evaluations.slice(0, before.length)
      return (ctx) => call(ctx, prepared, ...list.map((evaluate) => `${evaluate(ctx)}`))
    },
    invoke: (ctx, args) => run(ctx, ...bindArguments(parameters, args).map((evaluate) => evaluate(ctx))),
  }
}
