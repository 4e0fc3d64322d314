// How variables of a request are declared: read from the request that a context has, null where there is none.

import type { RouteContext } from '../../core/context.ts'
import type { PseudoVariable, PseudoVariableClass, PvValue } from '../../core/pseudovariables.ts'
import { RequestContext } from '../../tm/request-context.ts'

/** Reads a value. `''` is a value of its own; whatever is absent is null. */
type Reader = (ctx: RequestContext) => PvValue
type Writer = (ctx: RequestContext, value: PvValue) => boolean

/** A variable of the request; settable if there is a writer. */
export function requestVariable(read: Reader, write?: Writer): PseudoVariable {
  const get = (ctx: RouteContext) => (ctx instanceof RequestContext ? read(ctx) : null)
  if (!write) return { get }
  return { get, set: (ctx, value) => ctx instanceof RequestContext && write(ctx, value) }
}

/** A class that is one variable: `$rm`, without brackets. */
export function single(name: string, variable: PseudoVariable): PseudoVariableClass {
  return { parse: (inner) => (inner === undefined ? variable : `$${name} takes no brackets`) }
}

/** Classes that are one variable of the request each, by name. */
export function singles<Name extends string>(
  readers: Readonly<Record<Name, Reader>>,
): Readonly<Record<string, PseudoVariableClass>> {
  const entries = Object.entries<Reader>(readers)
  return Object.fromEntries(entries.map(([name, read]) => [name, single(name, requestVariable(read))]))
}

/** `''` as null: what is absent from a parsed header is `''` there. */
export function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
