// Remote procedure calls: what a method is that modules declare (`htable.dump`), and how its parameters are read. Which way a call comes,
// from a script or from outside, is not its business; JSON-RPC is json-rpc.ts.

import { RpcError } from './errors.ts'
import { printJson } from './json/printer.ts'
import { JsonReal, type JsonValue } from './json/value.ts'
import type { Runtime } from './runtime.ts'
import type { Scope } from './scopes.ts'

/**
 * One parameter of a method. `strings` takes all that are left; `message` is a text, or any other value, whose JSON is then the text: who
 * sends an event need not put it into quotes.
 */
export interface RpcParameter {
  readonly name: string
  readonly type: 'string' | 'integer' | 'strings' | 'message'
  /** May be left out, as may all that follow it. */
  readonly optional?: boolean
}

type RpcArgument<Type> = Type extends 'integer' ? number : Type extends 'strings' ? readonly string[] : string

/** The arguments that a list of parameters gives to the method. Strings are byte strings. */
export type RpcArguments<List extends readonly RpcParameter[]> = {
  [Position in keyof List]: List[Position] extends { readonly optional: true }
    ? RpcArgument<List[Position]['type']> | undefined
    : RpcArgument<List[Position]['type']>
}

/** A method as the registry holds it. Made by defineRpc(). */
export interface RpcMethod {
  readonly parameters: readonly RpcParameter[]
  readonly doc: string
  /** What callers from outside must be allowed to do. Scripts may do everything. */
  readonly scope: Scope
  /** Its result comes later. Scripts, which cannot wait, cannot call it. */
  readonly asynchronous: boolean
  /**
   * Calls it. Further parameters than it has are not looked at, as in Kamailio.
   * @returns the result; a promise for it only if the method is asynchronous
   * @throws RpcError when a parameter is missing or wrong, or the method refuses; the promise rejects with it
   */
  invoke(runtime: Runtime, given: readonly JsonValue[]): JsonValue | Promise<JsonValue>
}

interface RpcDefinition<List extends readonly RpcParameter[], Result> {
  readonly parameters: List
  readonly doc: string
  /** Default: admin. */
  readonly scope?: Scope
  /** What is said when a parameter is missing. */
  readonly missing?: { readonly status: number; readonly reason: string }
  /** @throws RpcError */
  call(runtime: Runtime, ...args: RpcArguments<List>): Result
}

/** Declares a method; the types of `call`'s arguments follow from `parameters`. */
export function defineRpc<const List extends readonly RpcParameter[]>(
  definition: RpcDefinition<List, JsonValue>,
): RpcMethod {
  return methodOf(definition, false)
}

/** Declares a method whose result comes later. It can be called from outside, not from scripts. */
export function defineAsyncRpc<const List extends readonly RpcParameter[]>(
  definition: RpcDefinition<List, Promise<JsonValue>>,
): RpcMethod {
  return methodOf(definition, true)
}

function methodOf<List extends readonly RpcParameter[]>(
  definition: RpcDefinition<List, JsonValue | Promise<JsonValue>>,
  asynchronous: boolean,
): RpcMethod {
  const { parameters, doc, scope = 'admin', missing } = definition
  // One value per parameter, each of its parameter's type: that is what RpcArguments says.
  const call = definition.call as (runtime: Runtime, ...args: unknown[]) => JsonValue | Promise<JsonValue>
  const least = parameters.findIndex((parameter) => parameter.optional || parameter.type === 'strings')
  const fewest = least < 0 ? parameters.length : least
  return {
    parameters,
    doc,
    scope,
    asynchronous,
    invoke(runtime, given) {
      if (given.length < fewest) {
        const names = parameters.map(({ name }) => name).join(', ')
        throw new RpcError(missing?.status ?? 400, missing?.reason ?? `Not enough parameters (${names})`)
      }
      return call(runtime, ...parameters.map((parameter, position) => read(parameter, given, position)))
    },
  }
}

function read({ name, type }: RpcParameter, given: readonly JsonValue[], position: number): unknown {
  if (type === 'strings') return given.slice(position).map((value) => textOf(name, value))
  const value = given[position]
  if (value === undefined) return undefined
  if (type === 'string') return textOf(name, value)
  if (type === 'message') return typeof value === 'string' ? value : printJson(value)
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw new RpcError(400, `Parameter ${name} is not an integer`)
}

/** Numbers may stand for texts, as Kamailio lets them: who wrote a key as 5 means "5". */
function textOf(name: string, value: JsonValue): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof JsonReal) return String(value.value)
  throw new RpcError(400, `Parameter ${name} is not a string`)
}
