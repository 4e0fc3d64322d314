// Assignments: `$var(x) = ...`. What can be assigned to is known when the script is compiled.

import type { RouteContext } from '../core/context.ts'
import type { Assignment } from './ast.ts'
import { report } from './blocks.ts'
import { type Evaluation, variableOf } from './evaluation.ts'
import { compileExpression } from './expressions.ts'
import { plus } from './operators.ts'
import type { Scope } from './scope.ts'

export interface CompiledAssignment {
  /** @returns whether it could be made; a line in the log says so when it could not */
  readonly run: (ctx: RouteContext) => boolean
  /** Its value may throw an EvaluationError. */
  readonly fails: boolean
}

/** @returns undefined after a mistake */
export function assignmentOf(assignment: Assignment, scope: Scope): CompiledAssignment | undefined {
  const { target, place } = assignment
  const variable = scope.names.variable(target.source, target.place)
  const value = compileExpression(assignment.value, scope)
  if (!variable) return undefined
  if (!variable.set) {
    scope.diagnostics.error(target.place, `${target.source} is read-only`, 'assign to $var(...) or $avp(...)')
    return undefined
  }
  const assigned = value && (assignment.operator === '+=' ? added(variableOf(variable), value) : value)
  if (!assigned) return undefined
  if ('wrong' in assigned) {
    scope.diagnostics.error(assignment.value.place, assigned.problem)
    return undefined
  }
  const get = assigned.value
  const refused = `${target.source} does not take this value now`
  return {
    fails: assigned.fails,
    run(ctx) {
      if (variable.set?.(ctx, get(ctx))) return true
      report(ctx, place, refused)
      return false
    },
  }
}

function added(variable: Evaluation, value: Evaluation): ReturnType<typeof plus> {
  return plus(variable, value)
}
