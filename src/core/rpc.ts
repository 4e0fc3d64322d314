// Remote procedure calls: what a method is that modules declare (`htable.dump`), and how its parameters are read. Which way a call comes,
// from a script or from outside, is not its business; JSON-RPC is json-rpc.ts.

import { RpcError } from './errors.ts'
import { JsonReal, type JsonValue } from './json/value.ts'
import type { Runtime } from './runtime.ts'

/** One parameter of a method. `strings` takes all that are left. */
export interface RpcParameter {
  readonly name: string
  readonly type: 'string' | 'integer' | 'strings'
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
  /**
   * Calls it. Further parameters than it has are not looked at, as in Kamailio.
   * @throws RpcError when a parameter is missing or wrong, or the method refuses
   */
  invoke(runtime: Runtime, given: readonly JsonValue[]): JsonValue
}

/** Declares a method; the types of `call`'s arguments follow from `parameters`. */
export function defineRpc<const List extends readonly RpcParameter[]>(definition: {
  readonly parameters: List
  readonly doc: string
  /** What is said when a parameter is missing. */
  readonly missing?: { readonly status: number; readonly reason: string }
  /** @throws RpcError */
  call(runtime: Runtime, ...args: RpcArguments<List>): JsonValue
}): RpcMethod {
  const { parameters, doc, missing } = definition
  // One value per parameter, each of its parameter's type: that is what RpcArguments says.
  const call = definition.call as (runtime: Runtime, ...args: unknown[]) => JsonValue
  const least = parameters.findIndex((parameter) => parameter.optional || parameter.type === 'strings')
  const fewest = least < 0 ? parameters.length : least
  return {
    parameters,
    doc,
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
