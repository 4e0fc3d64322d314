// From the expressions of a tree to closures. What operators do is in operators.ts and comparisons.ts; here is what stands between them, and
// where a mistake is shown.

import { assignmentOf } from './assignments.ts'
import type {
  BinaryExpression,
  CallExpression,
  CoreValue,
  Expression,
  Place,
  SelectReference,
} from './ast.ts'
import { END } from './blocks.ts'
import { bindFunction, routeInExpression } from './calls.ts'
import { equality, matching, order, typedEquality } from './comparisons.ts'
import { CORE_VALUES, type CoreComparison, compareCoreValue, ONSEND_VALUES } from './core-values.ts'
import { callBy, constantOf, type Evaluation, truthBy, variableOf } from './evaluation.ts'
import { arithmetic, type Combined, logical, plus, unary } from './operators.ts'
import type { Scope } from './scope.ts'

/** Compiles an expression. @returns undefined after a mistake */
export function compileExpression(expression: Expression, scope: Scope): Evaluation | undefined {
  switch (expression.kind) {
    case 'number':
      // Integers have 32 bits; what is more wraps round.
      return constantOf(expression.value | 0)
    case 'string':
      return constantOf(expression.value)
    case 'variable': {
      const variable = scope.names.variable(expression.source, expression.place)
      return variable && variableOf(variable)
    }
    case 'select':
      return select(expression, scope)
    case 'core':
      return coreValue(expression, scope)
    case 'word':
      scope.diagnostics.error(
        expression.place,
        `${expression.value} is no value`,
        'write it in quotes if it is a text, or define it',
      )
      return undefined
    case 'call':
      return call(expression, scope)
    case 'route-call': {
      const route = routeInExpression(expression, scope)
      return route && callBy(expression.route.kind !== 'word', route)
    }
    case 'assignment': {
      const assign = assignmentOf(expression, scope)
      return assign && truthBy(assign.run, assign.fails)
    }
    case 'unary': {
      const operand = compileExpression(expression.operand, scope)
      if (!operand) return undefined
      return checked(unary(expression.operator, operand), expression.operand, expression.operand, scope)
    }
    case 'binary':
      return binary(expression, scope)
  }
}

function call(expression: CallExpression, scope: Scope): Evaluation | undefined {
  const bound = bindFunction(expression, scope)
  if (!bound) return undefined
  const { call: run, fails, quiet } = bound
  const { line } = expression.place
  return callBy(fails, (ctx) => {
    const state = ctx.runtime.script
    state.line = line
    const code = run(ctx)
    // Of what is false among the functions of the core $rc says only that (seen).
    state.returnCode = quiet && code < 0 ? 0 : code
    if (code === 0) throw END
    return code
  })
}

/** `@cfg_get.group.name`: what `$sel(cfg_get.group.name)` is. */
function select({ source, place }: SelectReference, scope: Scope): Evaluation | undefined {
  const variable = scope.names.variable(`$sel(${source})`, place)
  return variable && variableOf(variable)
}

function coreValue({ name, place }: CoreValue, scope: Scope): Evaluation | undefined {
  const meaning = Object.hasOwn(CORE_VALUES, name) ? CORE_VALUES[name] : undefined
  if (meaning) {
    const variable = scope.names.variable(meaning.variable, place)
    return variable && variableOf(variable)
  }
  const advice = ONSEND_VALUES.has(name)
    ? 'it is known only where a request is about to be forwarded, which evapid does not'
    : `it is compared with, as in uri == ${name}`
  scope.diagnostics.error(place, `${name} is no value here`, advice)
  return undefined
}

function binary(expression: BinaryExpression, scope: Scope): Evaluation | undefined {
  const { operator, left, right } = expression
  if (operator === '==' || operator === '!=') {
    const compared = coreComparison(expression, scope)
    if (compared !== 'usual') return compared
  }
  const one = compileExpression(left, scope)
  const other = compileExpression(right, scope)
  return one && other && checked(combine(operator, one, other), left, right, scope)
}

function combine(operator: BinaryExpression['operator'], left: Evaluation, right: Evaluation): Combined {
  switch (operator) {
    case '+':
      return plus(left, right)
    case '==':
    case '!=':
      return equality(operator, left, right)
    case '=~':
    case '!~':
      return matching(operator, left, right)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(operator, left, right)
    case '&&':
    case '||':
      return logical(operator, left, right)
    case 'eq':
    case 'ne':
    case 'ieq':
    case 'ine':
      return typedEquality(operator, left, right)
    default:
      return arithmetic(operator, left, right)
  }
}

/** A comparison with a word of the core language on either side. */
function coreComparison(expression: BinaryExpression, scope: Scope): Evaluation | undefined | 'usual' {
  const { left, right } = expression
  const [value, other] = isRequestValue(left) ? [left, right] : [right, left]
  if (!isRequestValue(value)) return 'usual'
  const evaluation = coreValue(value, scope)
  if (!evaluation) return undefined
  const meaning = CORE_VALUES[value.name]
  if (!meaning) return 'usual'
  let failed = false
  const otherValue = () => {
    const compiled = compileExpression(other, scope)
    failed = compiled === undefined
    return compiled
  }
  const compared: CoreComparison = compareCoreValue(meaning, evaluation, other, otherValue, scope.own)
  if (failed) return undefined
  if (!compared) return 'usual'
  if ('problem' in compared) {
    scope.diagnostics.error(other.place, compared.problem, compared.advice)
    return undefined
  }
  if (compared.warning !== undefined) {
    scope.diagnostics.warning(expression.place, 'this comparison is never true', compared.warning)
  }
  if (expression.operator === '==') return compared.evaluation
  return checked(unary('!', compared.evaluation), left, right, scope)
}

function isRequestValue(expression: Expression): expression is CoreValue {
  return expression.kind === 'core' && expression.name !== 'myself'
}

/** The evaluation, if nothing is wrong with it; else the mistake is shown at the side that has it. */
function checked(
  combined: Combined,
  left: { readonly place: Place },
  right: { readonly place: Place },
  scope: Scope,
): Evaluation | undefined {
  if (!('wrong' in combined)) return combined
  scope.diagnostics.error(combined.wrong === 'left' ? left.place : right.place, combined.problem)
  return undefined
}
