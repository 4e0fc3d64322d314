// subst_user, subst_uri and their like: substitutions (core/substitution.ts) as arguments of functions. Those here change the Request-URI.

import type { RouteContext } from '../../core/context.ts'
import { TemplateError } from '../../core/errors.ts'
import { defineFunction, type ModuleFunction } from '../../core/module.ts'
import type { PseudoVariable } from '../../core/pseudovariables.ts'
import { StateKey } from '../../core/runtime.ts'
import { parseSubstitution, type Substitution } from '../../core/substitution.ts'
import { RequestContext } from '../../tm/request-context.ts'
import { currentText, currentUri, setUri, setUser } from '../pv/request-uri.ts'

/** How many are remembered: KEMI scripts may build them on the fly. */
const CACHE_LIMIT = 1024
const SUBSTITUTIONS = new StateKey(() => new Map<string, Substitution | string>())

const ANY: PseudoVariable = { get: () => null }

/** What is wrong with a substitution, but for the variables in it: which there are is known when it is used. */
function checkSubstitution(text: string): string | undefined {
  const substitution = parseSubstitution(text, () => ANY)
  return typeof substitution === 'string' ? substitution : undefined
}

/** What a substitution makes of a text; undefined when its expression is not found. What is wrong with it is told. */
function substitute(ctx: RouteContext, source: string, text: string): string | undefined {
  const known = ctx.runtime.state(SUBSTITUTIONS)
  let substitution = known.get(source)
  if (substitution === undefined) {
    substitution = parseSubstitution(source, (variable) => {
      const { only } = ctx.runtime.templates.bytes(variable)
      if (!only) throw new TemplateError(variable, 0, 'expected a pseudo-variable')
      return only
    })
    if (known.size >= CACHE_LIMIT) known.clear()
    known.set(source, substitution)
  }
  if (typeof substitution !== 'string') return substitution.apply(ctx, text) ?? undefined
  ctx.log.error(`${JSON.stringify(source)} is no substitution: ${substitution}`)
  return undefined
}

/** A function that makes a substitution in some text of the request. `assign` gets what comes of it. */
export function substituting(
  doc: string,
  textOf: (ctx: RequestContext) => string | undefined,
  assign: (ctx: RequestContext, text: string) => boolean,
): ModuleFunction {
  return defineFunction({
    parameters: [{ name: 'substitution', type: 'literal', check: checkSubstitution }],
    doc,
    call(ctx, source) {
      if (!(ctx instanceof RequestContext)) return -1
      const text = textOf(ctx)
      const changed = text === undefined ? undefined : substitute(ctx, source, text)
      return changed !== undefined && assign(ctx, changed) ? 1 : -1
    },
  })
}

export const substitutionFunctions: Readonly<Record<string, ModuleFunction>> = {
  subst_user: substituting(
    'Substitutes in the user of the Request-URI. False when the expression is not found.',
    (ctx) => currentUri(ctx)?.user,
    setUser,
  ),
  subst_uri: substituting(
    'Substitutes in the Request-URI. False when the expression is not found.',
    currentText,
    setUri,
  ),
}
