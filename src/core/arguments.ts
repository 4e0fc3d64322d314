// Arguments of functions: from what was written to what a function gets, as its parameters say. What can be seen to be wrong is an
// error before anything runs.

import type { RouteContext } from './context.ts'
import { ArgumentError, CallError } from './errors.ts'
import type { Argument, Call, FunctionParameter } from './module.ts'

/** Evaluates one argument for one call. @throws CallError */
export type Evaluation = (ctx: RouteContext) => unknown

/**
 * How each parameter's value is found.
 * @throws ArgumentError when an argument can never be what its parameter takes, is missing, or there are too many
 */
export function bindArguments(
  parameters: readonly FunctionParameter[],
  args: readonly Argument[],
): readonly Evaluation[] {
  const least = parameters.findIndex((parameter) => parameter.optional)
  const fewest = least < 0 ? parameters.length : least
  if (args.length > parameters.length || args.length < fewest) {
    const count = fewest === parameters.length ? `${fewest}` : `${fewest} to ${parameters.length}`
    throw new ArgumentError(undefined, `takes ${count} arguments, got ${args.length}`)
  }
  return parameters.map((parameter, position) => {
    const argument = args[position]
    return argument === undefined ? () => undefined : bind(parameter, argument, position)
  })
}

/** A function as people write it: `opt_f(a, b?)`. */
export function signature(name: string, parameters: readonly FunctionParameter[]): string {
  return `${name}(${parameters.map((parameter) => `${parameter.name}${parameter.optional ? '?' : ''}`).join(', ')})`
}

/** The call of a function with these arguments; without a list of values where there are few. */
export function bindCall(
  call: (ctx: RouteContext, ...args: unknown[]) => number,
  args: readonly Evaluation[],
): Call {
  const [first, second, third] = args
  if (!first) return (ctx) => call(ctx)
  if (!second) return (ctx) => call(ctx, first(ctx))
  if (!third) return (ctx) => call(ctx, first(ctx), second(ctx))
  if (args.length === 3) return (ctx) => call(ctx, first(ctx), second(ctx), third(ctx))
  return (ctx) => call(ctx, ...args.map((argument) => argument(ctx)))
}

function bind(parameter: FunctionParameter, argument: Argument, position: number): Evaluation {
  const constant = typeof argument === 'number' ? String(argument) : argument.constant
  if (constant !== undefined) {
    const problem = parameter.check?.(constant)
    if (problem !== undefined) throw new ArgumentError(position, problem)
  }
  switch (parameter.type) {
    case 'deferred':
      return () => argument
    case 'integer':
      return bindInteger(parameter, argument, constant, position)
    case 'variable':
      if (typeof argument !== 'number' && argument.only) {
        const { only } = argument
        if (parameter.assigned && !only.set) {
          throw new ArgumentError(
            position,
            `argument ${parameter.name} is a pseudo-variable that can be assigned to`,
          )
        }
        return () => only
      }
      throw new ArgumentError(position, `argument ${parameter.name} is a pseudo-variable, such as "$var(x)"`)
    case 'literal':
      if (constant === undefined) {
        throw new ArgumentError(position, `argument ${parameter.name} is a text that is known at start`)
      }
      return () => constant
    default:
  }
  if (typeof argument === 'number') {
    return parameter.type === 'value' ? () => argument : () => constant
  }
  if (constant !== undefined) return () => constant
  switch (parameter.type) {
    case 'data':
      return (ctx) => argument.data(ctx)
    case 'value':
      return (ctx) => argument.value(ctx)
    default:
      return (ctx) => argument.expand(ctx)
  }
}

function bindInteger(
  parameter: FunctionParameter,
  argument: Argument,
  constant: string | undefined,
  position: number,
): Evaluation {
  if (constant !== undefined) {
    const number = integerOf(constant)
    if (number !== undefined) return () => number
    throw new ArgumentError(position, wrongInteger(parameter, constant))
  }
  return (ctx) => {
    const value = typeof argument === 'number' ? argument : argument.value(ctx)
    if (typeof value === 'number') return value
    const number = integerOf(value ?? '')
    if (number !== undefined) return number
    throw new CallError(wrongInteger(parameter, value ?? '<null>'))
  }
}

function integerOf(text: string): number | undefined {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

function wrongInteger({ name }: FunctionParameter, text: string): string {
  return `argument ${name} is ${JSON.stringify(text)}; expected an integer`
}
