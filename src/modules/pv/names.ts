// Names in the brackets of a pseudo-variable: written out, as in `$avp(caller)`, or said by another pseudo-variable when it is
// read, as in `$avp($var(name))`. Not for what a class does with a name.

import type { RouteContext } from '../../core/context.ts'
import type { PseudoVariable, PseudoVariableClass } from '../../core/pseudovariables.ts'

/** A class whose brackets hold any name at all, taken as it is written: `$var($x)` is the variable `$x`. */
export function literallyNamed(
  className: string,
  variableOf: (name: string) => PseudoVariable,
): PseudoVariableClass {
  return { parse: (inner) => (inner ? variableOf(inner) : nameMissing(className)) }
}

/** What is wrong with `$avp` and `$avp()`. */
export function nameMissing(className: string): string {
  return `$${className} needs a name in brackets: $${className}(name)`
}

/** A name that a pseudo-variable says; null when it says none. */
export function nameNow(variable: PseudoVariable, ctx: RouteContext): string | number | null {
  const name = variable.get(ctx)
  return name === '' ? null : name
}
