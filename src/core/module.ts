// What a module is: name, parameters, functions, pseudo-variables, transformations, event routes. Written once, callable from
// TypeScript, from a kamailio.cfg and from KEMI. The registry (registry.ts) looks things up in many modules; how arguments become
// values is arguments.ts.

import type { Message } from '../dispatcher.ts'
import { bindArguments, bindCall } from './arguments.ts'
import type { RouteContext } from './context.ts'
import type { Operand } from './operand.ts'
import type { ParameterInputs, ParameterSet, ParameterValues } from './parameters.ts'
import type { Plan } from './plan.ts'
import type { PseudoVariable, PseudoVariableClass, PvValue } from './pseudovariables.ts'
import type { RpcMethod } from './rpc.ts'
import type { Runtime } from './runtime.ts'
import type { TransformationArgument } from './transformations.ts'

/**
 * One parameter of a function, and what the function gets for it.
 *
 * - `data`: a payload, a byte string or the received message itself.
 * - `string`: a byte string. A script's text is expanded for each call; a KEMI script's is taken as it is.
 * - `format`: a byte string whose pseudo-variables are expanded in KEMI too, as in a log line.
 * - `integer`: a whole number.
 * - `value`: what it is: a byte string, a number, or null for `$null`.
 * - `literal`: a byte string that is known before any route runs; what looks like a pseudo-variable in it is none.
 * - `variable`: the pseudo-variable itself, to be read or assigned: `"$var(x)"`.
 * - `deferred`: the argument, which the function evaluates when it is time.
 */
export interface FunctionParameter {
  readonly name: string
  readonly type: 'data' | 'string' | 'format' | 'integer' | 'value' | 'literal' | 'variable' | 'deferred'
  /** May be left out, as may all that follow it: the function then gets undefined. */
  readonly optional?: boolean
  /** Of a deferred one: pseudo-variables in it are expanded in KEMI too. */
  readonly format?: boolean
  /** The function assigns to the variable: one that is read-only is a mistake. */
  readonly assigned?: boolean
  /**
   * Looks at a value that is known before any route runs, a byte string or a number in digits, so that a mistake is found at start.
   * @returns what is wrong with it
   */
  check?(constant: string): string | undefined
  /**
   * The names that the module's own parameters (by camelCase name, as they were given) declare, where it may be nothing else: in a
   * script another name that is known before any route runs is a mistake.
   */
  declared?(parameters: Readonly<Record<string, unknown>>): readonly string[]
}

type ArgumentOf<Type> = Type extends 'data'
  ? string | Message
  : Type extends 'integer'
    ? number
    : Type extends 'value'
      ? PvValue
      : Type extends 'variable'
        ? PseudoVariable
        : Type extends 'deferred'
          ? Argument
          : string

/** The arguments that a list of parameters gives to the function. */
export type ArgumentsOf<List extends readonly FunctionParameter[]> = {
  [Position in keyof List]: List[Position] extends { readonly optional: true }
    ? ArgumentOf<List[Position]['type']> | undefined
    : ArgumentOf<List[Position]['type']>
}

/** An argument before it is evaluated: a number, a string with pseudo-variables in it, an expression of a script. */
export type Argument = Operand | number

/** A call whose arguments are bound. @returns > 0 true, < 0 false, 0: the script ends */
export type Call = (ctx: RouteContext) => number

/** How a function is called from KEMI, where that is not what its name and result say. */
export interface KemiFace {
  /** Its name under `KSR.<module>.`, or all of it: `KSR.is_method`. Without one it is the name less the module's prefix. */
  readonly name?: string
  /** What JavaScript gets: the number (the default), or whether it is above 0. */
  readonly returns?: 'integer' | 'boolean'
  /** KEMI does not have it, or has another of its own. */
  readonly hidden?: boolean
}

/** A function as the registry holds it. Made by defineFunction(). */
export interface ModuleFunction {
  readonly parameters: readonly FunctionParameter[]
  readonly kemi?: KemiFace
  readonly doc: string
  /** Runs it with values that are what its parameters say already, for those who convert by themselves: one per parameter. */
  run(ctx: RouteContext, ...values: readonly unknown[]): number
  /**
   * Looks at the arguments once and makes the call that evaluates them each time.
   * @throws ArgumentError for what can be seen to be wrong at once
   */
  bind(args: readonly Argument[]): Call
  /**
   * Evaluates the arguments for this call and runs the function.
   * @returns as in a Kamailio script: > 0 true, < 0 false, 0: the script ends
   * @throws CallError when an argument is not what the function takes
   */
  invoke(ctx: RouteContext, args: readonly Argument[]): number
}

/** Declares a function; the types of `call`'s arguments follow from `parameters`. */
export function defineFunction<const List extends readonly FunctionParameter[]>(definition: {
  readonly parameters: List
  readonly kemi?: KemiFace
  readonly doc: string
  /** @returns > 0 true, < 0 false, 0: the script ends */
  call(ctx: RouteContext, ...args: ArgumentsOf<List>): number
}): ModuleFunction {
  const { parameters, kemi, doc } = definition
  // One value per parameter, each of its parameter's type: that is what ArgumentsOf says.
  const call = definition.call as (ctx: RouteContext, ...args: unknown[]) => number
  return {
    parameters,
    ...(kemi === undefined ? {} : { kemi }),
    doc,
    run: call,
    bind: (args) => bindCall(call, bindArguments(parameters, args)),
    invoke: (ctx, args) => call(ctx, ...bindArguments(parameters, args).map((argument) => argument(ctx))),
  }
}

/** A function that only KEMI has, or whose result is no number there. Made by defineKemiFunction(). */
export interface KemiFunction {
  readonly parameters: readonly FunctionParameter[]
  /** What JavaScript gets; `value`: text, a number or null. */
  readonly returns: 'integer' | 'boolean' | 'value' | 'nothing'
  /** What JavaScript gets when an argument is not what it must be; default: -1, false or null, as `returns` says. */
  readonly otherwise?: PvValue | boolean
  readonly doc: string
  /** As ModuleFunction.run(). */
  run(ctx: RouteContext, ...values: readonly unknown[]): PvValue | boolean | undefined
  /** @throws CallError */
  invoke(ctx: RouteContext, args: readonly Argument[]): PvValue | boolean | undefined
}

/** Declares a function that is called from KEMI only. */
export function defineKemiFunction<const List extends readonly FunctionParameter[]>(definition: {
  readonly parameters: List
  readonly returns: KemiFunction['returns']
  readonly otherwise?: PvValue | boolean
  readonly doc: string
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one
  call(ctx: RouteContext, ...args: ArgumentsOf<List>): PvValue | boolean | void
}): KemiFunction {
  const { parameters, returns, otherwise, doc } = definition
  const call = definition.call as (ctx: RouteContext, ...args: unknown[]) => PvValue | boolean | undefined
  return {
    parameters,
    returns,
    ...(otherwise === undefined ? {} : { otherwise }),
    doc,
    run: call,
    invoke: (ctx, args) => call(ctx, ...bindArguments(parameters, args).map((argument) => argument(ctx))),
  }
}

/** How a transformation class (`s`, `uri` ...) makes what stands between braces into a function of the value. */
export interface TransformationClass {
  /**
   * @param name what follows the class, as it was written: `substr` in `{s.substr,1,$var(n)}`
   * @param argument what follows that
   * @returns the transformation, or a text that says what is wrong
   */
  parse(name: string, argument: TransformationArgument): Transformation | string
}

/** What a transformation makes of a value. None throws, whatever the value. */
export interface Transformation {
  /** @returns null when nothing can be made of it: later transformations are not asked then, and there is nothing in a text */
  value(value: string | number, ctx: RouteContext): PvValue
  /** The same as a text and for further transformations, where a number's text is not its digits. */
  text?(value: string | number, ctx: RouteContext): string | null
  /** What it makes of `$null`, which nearly all of them leave alone. */
  readonly ofNull?: string | number
}

/** An event route that a module runs. `Context` is what its handlers get. */
export interface EventRoute<Context extends RouteContext = RouteContext> {
  readonly doc: string
  /** Only a type: says what the context is. Never set. */
  readonly context?: Context
}

/** What an event is declared as that is one of several: `htable:expired:*` for `htable:expired:calls`. */
export function familyOf(event: string): string {
  const [module = '', kind = ''] = event.split(':', 2)
  return `${module}:${kind}:*`
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
  /** Functions of KEMI alone, by their name under `KSR.<kemiName>.`. */
  readonly kemi: Readonly<Record<string, KemiFunction>>
  /** What stands behind `KSR.`: the module's name, unless it is another; `''` for `KSR` itself. */
  readonly kemiName: string
  /** By class name, without dollar and brackets. */
  readonly pseudoVariables: Readonly<Record<string, PseudoVariableClass>>
  /** By class name: `s` in `{s.len}`. */
  readonly transformations: Readonly<Record<string, TransformationClass>>
  /** By full name, e.g. `evapi:message-received`; `htable:expired:*` are all that begin so. */
  readonly eventRoutes: Events
  /** Methods of remote procedure calls, by full name: `htable.dump`. */
  readonly rpc: Readonly<Record<string, RpcMethod>>
  /** Runs before the server listens; may open what the module needs. A throw stops the start. */
  start?(runtime: Runtime, parameters: Readonly<Record<string, unknown>>): void | Promise<void>
  /** A reload has come into effect, through which the module has stayed; its parameters are those of this runtime. */
  reconfigure?(runtime: Runtime): void
  /** Runs when the server has closed its last client. */
  stop?(runtime: Runtime): void | Promise<void>
  /** Counters and gauges of its own, by snake_case name that begins with the module's. */
  stats?(runtime: Runtime): Readonly<Record<string, number>>
}

/** What a configuration may say about a module's parameters. */
export type InputsOf<M> = M extends Module<string, infer Params> ? ParameterInputs<Params> : never

/** The routes that a configuration may give for a module's events. */
export type RoutesOf<M> =
  M extends Module<string, ParameterSet, infer Events>
    ? {
        readonly [Name in keyof Events as Name extends `${infer Head}*`
          ? `${Head}${string}`
          : Name]?: Events[Name] extends EventRoute<infer Context>
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
  readonly kemi?: Readonly<Record<string, KemiFunction>>
  readonly kemiName?: string
  readonly pseudoVariables?: Readonly<Record<string, PseudoVariableClass>>
  readonly transformations?: Readonly<Record<string, TransformationClass>>
  readonly eventRoutes?: Events
  readonly rpc?: Readonly<Record<string, RpcMethod>>
  start?(runtime: Runtime, parameters: ParameterValues<Params>): void | Promise<void>
  reconfigure?(runtime: Runtime): void
  stop?(runtime: Runtime): void | Promise<void>
  stats?(runtime: Runtime): Readonly<Record<string, number>>
}): Module<Name, Params, Events> {
  const {
    name,
    parameters,
    functions = {},
    pseudoVariables = {},
    eventRoutes,
    start,
    reconfigure,
    stop,
    stats,
  } = definition
  const { kemi = {}, kemiName = name, transformations = {}, rpc = {} } = definition
  return {
    name,
    kemi,
    kemiName,
    transformations,
    rpc,
    // Absent means the type parameter's default, which is the empty set.
    parameters: parameters ?? ({} as Params),
    functions,
    pseudoVariables,
    eventRoutes: eventRoutes ?? ({} as Events),
    // The server hands a module the values of its own parameters: readParameters() made them from this very set.
    ...(start ? { start: (runtime, values) => start(runtime, values as ParameterValues<Params>) } : {}),
    ...(reconfigure ? { reconfigure } : {}),
    ...(stop ? { stop } : {}),
    ...(stats ? { stats } : {}),
  }
}
