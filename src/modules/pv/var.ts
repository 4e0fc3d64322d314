// $var(name) and $shv(name): variables of the whole server, which outlive every context. In Kamailio $var belongs to a process and $shv to
// all of them; here is one process, so that they differ in what null leaves behind, and in who else may come to see $shv.

import type { PseudoVariable, PvValue } from '../../core/pseudovariables.ts'
import { type Runtime, StateKey } from '../../core/runtime.ts'
import { literallyNamed } from './names.ts'

type Values = Map<string, string | number>

const VAR = new StateKey((): Values => new Map())
const SHV = new StateKey((): Values => new Map())

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
export const sharedVariables = literallyNamed('shv', (name) => stored(SHV, name, ''))

/** What a variable is from the start. */
export function assignVariable(runtime: Runtime, name: string, value: string | number): void {
  runtime.state(VAR).set(name, value)
}

export function assignShared(runtime: Runtime, name: string, value: string | number): void {
  runtime.state(SHV).set(name, value)
}
