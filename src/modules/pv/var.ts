// $var(name) and $shv(name): variables of the whole server, which outlive every context. In Kamailio $var belongs to a process and $shv to
// all of them; here is one process, so that they differ in what null leaves behind, and in who else may come to see $shv.

import { RpcError } from '../../core/errors.ts'
import { JsonObject } from '../../core/json/value.ts'
import type { PseudoVariable, PvValue } from '../../core/pseudovariables.ts'
import { defineRpc, type RpcMethod } from '../../core/rpc.ts'
import { type Runtime, StateKey } from '../../core/runtime.ts'
import { literallyNamed } from './names.ts'

type Values = Map<string, string | number>

const VAR = new StateKey((): Values => new Map())
const SHV = new StateKey((): Values => new Map())
const VN = new StateKey((): Values => new Map())

/** @param unset what it is after null was assigned */
function stored(key: StateKey<Values>, name: string, unset: string | number): PseudoVariable {
  return {
    // Never null: a variable that nobody has assigned to is 0.
    get: (ctx) => ctx.runtime.state(key).get(name) ?? 0,
    set(ctx, value: PvValue) {
      ctx.runtime.state(key).set(name, value ?? unset)
      return true
    },
  }
}

export const variables = literallyNamed('var', (name) => stored(VAR, name, 0))

/** $vz, which is $var by another name. */
export const zeroVariables = literallyNamed('vz', (name) => stored(VAR, name, 0))

/** $vn: as $var, but null until something is assigned, and again when null is. */
export const nullVariables = literallyNamed('vn', (name) => ({
  get: (ctx) => ctx.runtime.state(VN).get(name) ?? null,
  set(ctx, value: PvValue) {
    if (value === null) ctx.runtime.state(VN).delete(name)
    else ctx.runtime.state(VN).set(name, value)
    return true
  },
}))

/** The remote procedure calls of $shv, in the shape of Kamailio's. */
export const sharedVariableMethods: Readonly<Record<string, RpcMethod>> = {
  'pv.shvGet': defineRpc({
    scope: 'read',
    parameters: [{ name: 'name', type: 'string', optional: true }],
    doc: 'One shared variable, or all.',
    call(runtime, name) {
      const values = runtime.state(SHV)
      if (name !== undefined) return described(name, values.get(name))
      return JsonObject.of({ items: Array.from(values, ([each, value]) => described(each, value)) })
    },
  }),
  'pv.shvSet': defineRpc({
    parameters: [
      { name: 'name', type: 'string' },
      { name: 'type', type: 'string' },
      { name: 'value', type: 'string' },
    ],
    missing: { status: 500, reason: 'Missing parameter (Parameters: varname type value)' },
    doc: 'Gives a shared variable that is there a value: type is int or str.',
    call(runtime, name, type, value) {
      const values = runtime.state(SHV)
      if (type !== 'int' && type !== 'str')
        throw new RpcError(500, 'Unknown parameter type (Types: int or str)')
      if (!values.has(name)) throw new RpcError(404, 'Variable not found')
      if (type === 'int' && !/^[+-]?\d{1,15}$/.test(value))
        throw new RpcError(400, 'Parameter value is not an integer')
      values.set(name, type === 'int' ? Number(value) : value)
      return 'Ok. Variable set to new value.'
    },
  }),
}

function described(name: string, value: string | number | undefined): JsonObject {
  if (value === undefined) throw new RpcError(404, 'Variable not found')
  return JsonObject.of({ name, type: typeof value === 'number' ? 'int' : 'string', value })
}

export const sharedVariables = literallyNamed('shv', (name) => stored(SHV, name, ''))

/** What a variable is from the start. */
export function assignVariable(runtime: Runtime, name: string, value: string | number): void {
  runtime.state(VAR).set(name, value)
}

export function assignShared(runtime: Runtime, name: string, value: string | number): void {
  runtime.state(SHV).set(name, value)
}
