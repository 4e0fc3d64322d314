// Whether a plan is one. The functions of plan.ts make no others when TypeScript watches; a configuration in JavaScript, or what
// another program has put together, may hold anything, and must not become a route that silently does nothing.

import { PlanError } from './errors.ts'
import { show } from './parameters.ts'

/** How deep conditions and the steps of a when() may be nested: compiler and interpreter descend into them. */
const MAX_DEPTH = 500

/** Values, which are templates, are not looked at: whoever reads them says what is wrong. @throws PlanError */
export function checkPlan(plan: { readonly steps: unknown }): void {
  checkSteps(plan.steps, 0)
}

function checkSteps(steps: unknown, depth: number): void {
  if (!Array.isArray(steps)) throw new PlanError(`the steps of a plan are an array, not ${show(steps)}`)
  for (const step of steps) checkStep(step, depth)
}

function checkStep(step: unknown, depth: number): void {
  const { step: kind, ...parts } = fields(step, 'a step', depth)
  switch (kind) {
    case 'forward':
    case 'relay':
    case 'multicast':
    case 'unicast':
    case 'set-tag':
    case 'close':
      return
    case 'when':
      checkCondition(parts['condition'], depth + 1)
      checkSteps(parts['steps'], depth + 1)
      checkSteps(parts['otherwise'], depth + 1)
      return
    default:
      throw new PlanError(`${show(step)} is not a step`)
  }
}

function checkCondition(condition: unknown, depth: number): void {
  const { test, ...parts } = fields(condition, 'a condition', depth)
  if ('step' in parts) {
    checkStep(condition, depth)
    return
  }
  switch (test) {
    case 'equal':
    case 'starts-with':
      return
    case 'order':
      if (typeof parts['right'] === 'number') return
      throw new PlanError(`a variable is less or greater than a number, not than ${show(parts['right'])}`)
    case 'not':
      checkCondition(parts['condition'], depth + 1)
      return
    case 'all':
    case 'any':
      if (!Array.isArray(parts['conditions'])) throw new PlanError(`${show(condition)} is not a condition`)
      for (const one of parts['conditions']) checkCondition(one, depth + 1)
      return
    default:
      throw new PlanError(`${show(condition)} is not a condition`)
  }
}

function fields(value: unknown, what: string, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new PlanError(`the plan is nested more than ${MAX_DEPTH} deep`)
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new PlanError(`${show(value)} is not ${what}`)
}
