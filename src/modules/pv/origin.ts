// Variables that say where a request came from and where it was received; null for one that a program made.

import { ContextKey } from '../../core/context.ts'
import type { PseudoVariableClass } from '../../core/pseudovariables.ts'
import { StateKey } from '../../core/runtime.ts'
import type { RequestContext } from '../../tm/request-context.ts'
import { orNull, singles } from './request.ts'

/** How many requests of a server have been numbered. */
const NUMBERED = new StateKey(() => ({ count: 0 }))

/** Requests are numbered when somebody asks: the number says which is which, not how many came. */
const NUMBER = new ContextKey((ctx) => ++ctx.runtime.state(NUMBERED).count)

const protocol = ({ origin }: RequestContext) => (origin.protocol === 'none' ? null : origin.protocol)

export const originVariables: Readonly<Record<string, PseudoVariableClass>> = singles({
  si: ({ origin }) => orNull(origin.sourceAddress),
  sp: ({ origin }) => (origin.protocol === 'none' ? null : origin.sourcePort),
  Ri: ({ origin }) => orNull(origin.localAddress),
  Rp: ({ origin }) => (origin.protocol === 'none' ? null : origin.localPort),
  pr: protocol,
  proto: protocol,
  mi: (ctx) => ctx.state(NUMBER),
})
