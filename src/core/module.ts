// What a module is: name, parameters, functions, pseudo-variables, event routes. Written once, callable from
// TypeScript, from a kamailio.cfg and from KEMI. The registry (registry.ts) looks things up in many modules.

import type { Message } from '../dispatcher.ts'
import type { RouteContext } from './context.ts'
import { CallError } from './errors.ts'
import type { ParameterInputs, ParameterSet, ParameterValues } from './parameters.ts'
import type { Plan } from './plan.ts'
import type { PseudoVariableClass } from './pseudovariables.ts'
import type { Runtime } from './runtime.ts'
import type { Template } from './templates.ts'

/**
 * One argument of a function. `data` is a payload: a byte string, or the received message itself; `string` a byte
 * string; `integer` a number; `deferred` the argument as it was written, which the function evaluates when it is time.
 */
export interface FunctionParameter {
  readonly name: string
  readonly type: 'data' | 'string' | 'integer' | 'deferred'
  /** May be left out, as may all that follow it: the function then gets undefined. */
  readonly optional?: boolean
}

type ArgumentOf<Type> = Type extends 'data'
  ? string | Message
  : Type extends 'integer'
    ? number
    : Type extends 'deferred'
      ? Argument
      : string

/** The arguments that a list of parameters gives to the function. */
export type ArgumentsOf<List extends readonly FunctionParameter[]> = {
  [Position in keyof List]: List[Position] extends { readonly optional: true }
    ? ArgumentOf<List[Position]['type']> | undefined
    : ArgumentOf<List[Position]['type']>
}

/** An argument before it is evaluated: a number, or a string with pseudo-variables in it. */
export type Argument = Template | number

/** A function as the registry holds it. Made by defineFunction(). */
export interface ModuleFunction {
  readonly parameters: readonly FunctionParameter[]
  /** Its name under `KSR.<module>.`; without one it is the name less the module's prefix. */
  readonly kemi?: string
  readonly doc: string
  /**
   * Evaluates the arguments for this call and runs the function.
   * @returns as in a Kamailio script: > 0 true, < 0 false
   * @throws CallError when an argument is not what the function takes
   */
  invoke(ctx: RouteContext, args: readonly Argument[]): number
}

/** Declares a function; the types of `call`'s arguments follow from `parameters`. */
export function defineFunction<const List extends readonly FunctionParameter[]>(definition: {
  readonly parameters: List
  readonly kemi?: string
  readonly doc: string
  /** @returns > 0 true, < 0 false */
  call(ctx: RouteContext, ...args: ArgumentsOf<List>): number
}): ModuleFunction {
  const { parameters, kemi, doc } = definition
  return {
    parameters,
    ...(kemi === undefined ? {} : { kemi }),
    doc,
    invoke(ctx, args) {
      // One value per parameter, each of its parameter's type: that is what ArgumentsOf says.
      const values = parameters.map((parameter, position) => evaluate(parameter, args[position], ctx))
      return definition.call(ctx, ...(values as ArgumentsOf<List>))
    },
  }
}

function evaluate(parameter: FunctionParameter, argument: Argument | undefined, ctx: RouteContext) {
  if (argument === undefined) {
    if (parameter.optional) return undefined
    throw new CallError(`argument ${parameter.name} is missing`)
  }
  if (parameter.type === 'deferred') return argument
  if (parameter.type === 'integer') {
    const text = typeof argument === 'number' ? '' : argument.expand(ctx)
    const value =
      typeof argument === 'number' ? argument : /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isInteger(value)) return value
    throw new CallError(`argument ${parameter.name} is ${JSON.stringify(text)}; expected an integer`)
  }
  if (typeof argument === 'number') return String(argument)
  return parameter.type === 'data' ? argument.data(ctx) : argument.expand(ctx)
}

/** An event route that a module runs. `Context` is what its handlers get. */
export interface EventRoute<Context extends RouteContext = RouteContext> {
  readonly doc: string
  /** Only a type: says what the context is. Never set. */
  readonly context?: Context
}

/** Declares an event route whose handlers get a `Context`. */
export function eventRoute<Context extends RouteContext = RouteContext>(doc: string): EventRoute<Context> {
  return { doc }
}

/** A module. Made by defineModule(). */
export interface Module<
  Name extends string = string,
  Params extends ParameterSet = ParameterSet,
  Events extends Readonly<Record<string, EventRoute>> = Readonly<Record<string, EventRoute>>,
> {
  readonly name: Name
  /** By snake_case name. */
  readonly parameters: Params
  /** By the name a kamailio.cfg uses, e.g. `evapi_relay`. */
  readonly functions: Readonly<Record<string, ModuleFunction>>
  /** By class name, without dollar and brackets. */
  readonly pseudoVariables: Readonly<Record<string, PseudoVariableClass>>
  /** By full name, e.g. `evapi:message-received`. */
  readonly eventRoutes: Events
  /** Runs before the server listens; may open what the module needs. A throw stops the start. */
  start?(runtime: Runtime, parameters: Readonly<Record<string, unknown>>): void | Promise<void>
  /** Runs when the server has closed its last client. */
  stop?(runtime: Runtime): void | Promise<void>
}

/** What a configuration may say about a module's parameters. */
export type InputsOf<M> = M extends Module<string, infer Params> ? ParameterInputs<Params> : never

/** The routes that a configuration may give for a module's events. */
export type RoutesOf<M> =
  M extends Module<string, ParameterSet, infer Events>
    ? {
        readonly [Name in keyof Events]?: Events[Name] extends EventRoute<infer Context>
          ? ((ctx: Context) => unknown) | Plan
          : never
      }
    : never

/**
 * Declares a module. All but the name may be absent.
 *
 * @example
 * ```ts
 * const clock = defineModule({
 *   name: 'clock',
 *   pseudoVariables: { clock: namedPseudoVariables('clock', { now: { get: () => Date.now() } }) },
 * })
 * ```
 */
export function defineModule<
  const Name extends string,
  Params extends ParameterSet = Readonly<Record<never, never>>,
  Events extends Readonly<Record<string, EventRoute>> = Readonly<Record<never, never>>,
>(definition: {
  readonly name: Name
  readonly parameters?: Params
  readonly functions?: Readonly<Record<string, ModuleFunction>>
  readonly pseudoVariables?: Readonly<Record<string, PseudoVariableClass>>
  readonly eventRoutes?: Events
  start?(runtime: Runtime, parameters: ParameterValues<Params>): void | Promise<void>
  stop?(runtime: Runtime): void | Promise<void>
}): Module<Name, Params, Events> {
  const { name, parameters, functions = {}, pseudoVariables = {}, eventRoutes, start, stop } = definition
  return {
    name,
    // Absent means the type parameter's default, which is the empty set.
    parameters: parameters ?? ({} as Params),
    functions,
    pseudoVariables,
    eventRoutes: eventRoutes ?? ({} as Events),
    // The server hands a module the values of its own parameters: readParameters() made them from this very set.
    ...(start ? { start: (runtime, values) => start(runtime, values as ParameterValues<Params>) } : {}),
    ...(stop ? { stop } : {}),
  }
}
