// Calls from JavaScript: makes a function of a module into one that a script calls. What JavaScript gives becomes what the function's
// parameters say, what it returns becomes what JavaScript gets; both as Kamailio's app_jsdt was seen to do it. Nothing is looked up or
// parsed per call but pseudo-variables, which are remembered.

import { signature } from '../core/arguments.ts'
import type { RouteContext } from '../core/context.ts'
import { CallError, TemplateError } from '../core/errors.ts'
import type { FunctionParameter } from '../core/module.ts'
import { Literal } from '../core/operand.ts'
import type { PvValue } from '../core/pseudovariables.ts'
import type { KemiEntry } from '../core/registry.ts'
import { bytesOfScript, textOfScript } from './text.ts'

/** A function as the script has it. */
export type ScriptFunction = (...args: unknown[]) => unknown

/** Whoever runs the script, as far as calls need it. */
export interface CallHost {
  /** Of the event that runs; null between events. */
  readonly ctx: RouteContext | null
  /** There is no event: the script is being loaded, or goes on after its event is over. */
  outside(path: string): void
  /** The error of the script's own kind for what a function has thrown. */
  thrown(path: string, error: unknown): unknown
  /** What a script gets that calls a function with too few arguments. */
  tooFew(message: string): Error
}

/** What is given when a function cannot even be called. */
type Otherwise = PvValue | boolean

const OTHERWISE = { integer: -1, boolean: false, value: null, nothing: false } as const

const INT_MAX = 2_147_483_647
const INT_MIN = -2_147_483_648

/** As Kamailio takes an int: cut to 32 bits at both ends, 0 for what is no number. */
export function integerOf(value: unknown): number {
  const number = Math.trunc(Number(value))
  if (number >= INT_MIN && number <= INT_MAX) return number + 0
  return Number.isNaN(number) ? 0 : number > 0 ? INT_MAX : INT_MIN
}

function bytesOf(value: unknown): string {
  return bytesOfScript(typeof value === 'string' ? value : `${value}`)
}

/** Makes what a script gave into what the parameter says. @throws CallError, TemplateError; whatever a toString() of the script's throws */
type Reader = (ctx: RouteContext, value: unknown) => unknown

function readerOf(parameter: FunctionParameter): Reader {
  const { name, check } = parameter
  switch (parameter.type) {
    case 'integer':
      return (_, value) => integerOf(value)
    case 'value':
      return (_, value) => {
        if (value === null || value === undefined) return null
        return typeof value === 'number' ? integerOf(value) : bytesOf(value)
      }
    case 'data':
      return (ctx, value) => {
        const bytes = bytesOf(value)
        // The message that is passed on, which is the usual case, is relayed as it came: not a copy that is made of its text.
        const { msg } = ctx
        return msg !== null && msg.length === bytes.length && msg.binary === bytes ? msg : bytes
      }
    case 'format':
      return (ctx, value) => ctx.runtime.templates.bytes(bytesOf(value)).expand(ctx)
    case 'variable':
      return (ctx, value) => {
        const { only } = ctx.runtime.templates.bytes(bytesOf(value))
        if (!only) throw new CallError(`argument ${name} is a pseudo-variable, such as "$var(x)"`)
        if (parameter.assigned && !only.set) throw new CallError(`${value} is read-only`)
        return only
      }
    case 'deferred':
      if (parameter.format) return (ctx, value) => ctx.runtime.templates.bytes(bytesOf(value))
      // As it is, like every string of a script.
      return (_, value) => new Literal(bytesOf(value))
    default:
      if (!check) return (_, value) => bytesOf(value)
      return (_, value) => {
        const bytes = bytesOf(value)
        const problem = check(bytes)
        if (problem !== undefined) throw new CallError(problem)
        return bytes
      }
  }
}

/** Makes what a function returned into what JavaScript gets. */
type Giver = (result: PvValue | boolean | undefined) => unknown

const GIVERS: Readonly<Record<keyof typeof OTHERWISE, Giver>> = {
  integer: (result) => result,
  boolean: (result) => (typeof result === 'number' ? result > 0 : result),
  value: (result) => (typeof result === 'string' ? textOfScript(result) : (result ?? null)),
  // What app_jsdt gives for functions that return nothing.
  nothing: () => false,
}

/** What a function returns to JavaScript. */
export function returnsOf(entry: KemiEntry): keyof typeof OTHERWISE {
  return entry.kind === 'kemi' ? entry.definition.returns : (entry.definition.kemi?.returns ?? 'integer')
}

/** The function of a script that calls one of a module. */
export function bindScriptFunction(path: string, entry: KemiEntry, host: CallHost): ScriptFunction {
  const { definition } = entry
  const { parameters } = definition
  const returns = returnsOf(entry)
  const otherwise: Otherwise =
    entry.kind === 'kemi' ? (entry.definition.otherwise ?? OTHERWISE[returns]) : OTHERWISE[returns]
  const give = GIVERS[returns]
  const readers = parameters.map(readerOf)
  const optional = parameters.findIndex((parameter) => parameter.optional)
  const fewest = optional < 0 ? parameters.length : optional

  /** No event runs, or arguments are missing. @returns what the script gets instead; undefined: nothing is wrong */
  const refuse = (ctx: RouteContext | null, count: number): Otherwise | undefined => {
    if (ctx === null) {
      host.outside(path)
      return otherwise
    }
    if (count >= fewest && (count <= parameters.length || parameters.length > 0)) return undefined
    const problem = `${signature(path, parameters)} got ${count} arguments`
    // One argument at least, and too few: an exception there, too. None at all, or some where none is taken: a line in the log.
    if (count > 0 && fewest > 0) throw host.tooFew(problem)
    ctx.log.error(problem)
    return false
  }

  const failed = (ctx: RouteContext, error: unknown): unknown => {
    if (!(error instanceof CallError || error instanceof TemplateError)) throw host.thrown(path, error)
    ctx.log.error({ function: path }, `${path}: ${error.message}`)
    return GIVERS[returns](otherwise)
  }

  const [first, second, third] = readers
  const { length } = readers
  if (optional >= 0 || length > 3) {
    return (...args) => {
      const { ctx } = host
      if (ctx === null || args.length < fewest) {
        const refused = refuse(ctx, args.length)
        if (ctx === null || refused !== undefined) return refused
      }
      try {
        const values = readers.map((read, at) => (at < args.length ? read(ctx, args[at]) : undefined))
        return give(definition.run(ctx, ...values))
      } catch (error) {
        return failed(ctx, error)
      }
    }
  }
  // By their number: this is what runs for each message, and a rest parameter that goes nowhere else is not made.
  if (!first) {
    return (...args) => {
      const { ctx } = host
      if (ctx === null || args.length > 0) return refuse(ctx, args.length)
      try {
        return give(definition.run(ctx))
      } catch (error) {
        return failed(ctx, error)
      }
    }
  }
  if (!second) {
    return (...args) => {
      const { ctx } = host
      if (ctx === null || args.length < 1) return refuse(ctx, args.length)
      try {
        return give(definition.run(ctx, first(ctx, args[0])))
      } catch (error) {
        return failed(ctx, error)
      }
    }
  }
  if (!third) {
    return (...args) => {
      const { ctx } = host
      if (ctx === null || args.length < 2) return refuse(ctx, args.length)
      try {
        return give(definition.run(ctx, first(ctx, args[0]), second(ctx, args[1])))
      } catch (error) {
        return failed(ctx, error)
      }
    }
  }
  return (...args) => {
    const { ctx } = host
    if (ctx === null || args.length < 3) return refuse(ctx, args.length)
    try {
      return give(definition.run(ctx, first(ctx, args[0]), second(ctx, args[1]), third(ctx, args[2])))
    } catch (error) {
      return failed(ctx, error)
    }
  }
}
