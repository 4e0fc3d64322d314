// Comparisons of an expression. What stands left decides how: as integers or as strings; what was seen in Kamailio 5.6.3, exceptions
// included, is said where it is done.

import type { RouteContext } from '../core/context.ts'
import type { PvValue } from '../core/pseudovariables.ts'
import { compileRegex } from '../core/regex.ts'
import { constantOf, type Evaluation, truthBy } from './evaluation.ts'
import { EvaluationError } from './evaluation-error.ts'
import { type Combined, isText, mustBeInteger, unary, wrongInteger, wrongString } from './operators.ts'
import { integerOf, textOf } from './typing.ts'

type Test = (ctx: RouteContext) => boolean
type Known = string | number

const NULL_RIGHT = 'type mismatch: an integer is never $null'

/** What is the same each time as a constant, anything else as a test. */
function comparison(
  left: Evaluation,
  right: Evaluation,
  known: (left: Known, right: Known) => boolean,
  test: Test,
): Evaluation {
  const { constant: one } = left
  const { constant: other } = right
  if (one !== undefined && one !== null && other !== undefined && other !== null) {
    return constantOf(known(one, other) ? 1 : 0)
  }
  return truthBy(test, left.fails || right.fails)
}

/** `<`, `<=`, `>`, `>=`: integers. */
export function order(operator: '<' | '<=' | '>' | '>=', left: Evaluation, right: Evaluation): Combined {
  const mismatch = mustBeInteger(left, right)
  if (mismatch) return mismatch
  const one = left.integer
  const other = right.integer
  const holds = ORDERS[operator]
  const known = (first: Known, second: Known) => holds(integerOf(first), integerOf(second))
  switch (operator) {
    case '<':
      return comparison(left, right, known, (ctx) => one(ctx) < other(ctx))
    case '<=':
      return comparison(left, right, known, (ctx) => one(ctx) <= other(ctx))
    case '>':
      return comparison(left, right, known, (ctx) => one(ctx) > other(ctx))
    case '>=':
      return comparison(left, right, known, (ctx) => one(ctx) >= other(ctx))
  }
}

const ORDERS: Readonly<Record<'<' | '<=' | '>' | '>=', (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
}

/** `==` and `!=`. */
export function equality(operator: '==' | '!=', left: Evaluation, right: Evaluation): Combined {
  const wanted = operator === '=='
  if (right.constant === null) return isNull(wanted, left)
  if (left.type === 'integer' && isText(right)) return wrongString('right')
  // `x == ""` asks whether x is empty, so that 0 is not; `x != ""` compares as any other (seen).
  if (wanted && right.constant === '') return unary('strempty', left)
  const equal = equalityTest(left, right)
  const known = (first: Known, second: Known) =>
    (typeof first === 'number' ? first === integerOf(second) : first === textOf(second)) === wanted
  return comparison(left, right, known, wanted ? equal : (ctx) => !equal(ctx))
}

/** `eq`, `ne`: as strings; `ieq`, `ine`: as integers. */
export function typedEquality(
  operator: 'eq' | 'ne' | 'ieq' | 'ine',
  left: Evaluation,
  right: Evaluation,
): Combined {
  const wanted = operator === 'eq' || operator === 'ieq'
  if (right.constant === null) return isNull(wanted, left)
  if (operator === 'eq' || operator === 'ne') {
    if (left.type === 'integer') return wrongInteger('left')
    const equal = sameText(left, right)
    const known = (first: Known, second: Known) => (textOf(first) === textOf(second)) === wanted
    return comparison(left, right, known, wanted ? equal : (ctx) => !equal(ctx))
  }
  const mismatch = mustBeInteger(left, right)
  if (mismatch) return mismatch
  const equal = sameInteger(left, right)
  const known = (first: Known, second: Known) => (integerOf(first) === integerOf(second)) === wanted
  return comparison(left, right, known, wanted ? equal : (ctx) => !equal(ctx))
}

/** `x == $null`: whether x is not there at all; what is empty is there. */
function isNull(wanted: boolean, left: Evaluation): Combined {
  if (left.type === 'integer') return { wrong: 'right', problem: NULL_RIGHT }
  const defined = unary('defined', left)
  return !wanted || 'wrong' in defined ? defined : unary('!', defined)
}

function equalityTest(left: Evaluation, right: Evaluation): Test {
  if (left.type === 'integer') return sameInteger(left, right)
  if (left.type === 'string') return sameText(left, right)
  const { value } = left
  const { constant, integer, text } = right
  if (constant !== undefined && constant !== null) return equalsConstant(value, constant)
  const other = right.value
  return (ctx) => {
    const first = value(ctx)
    if (typeof first === 'string') return first === text(ctx)
    if (typeof first === 'number') return first === integer(ctx)
    // What is not there is 0 to an integer and empty to a string.
    const second = other(ctx)
    return typeof second === 'number' ? second === 0 : textOf(second) === ''
  }
}

/** The usual case, with nothing left to do but to compare. */
function equalsConstant(value: (ctx: RouteContext) => PvValue, constant: Known): Test {
  const text = textOf(constant)
  const number = integerOf(constant)
  const whenNull = constant === 0 || constant === ''
  return (ctx) => {
    const first = value(ctx)
    if (typeof first === 'string') return first === text
    return first === null ? whenNull : first === number
  }
}

function sameInteger(left: Evaluation, right: Evaluation): Test {
  const one = left.integer
  const other = right.integer
  return (ctx) => one(ctx) === other(ctx)
}

function sameText(left: Evaluation, right: Evaluation): Test {
  const one = left.text
  if (right.constant !== undefined) {
    const text = textOf(right.constant)
    return (ctx) => one(ctx) === text
  }
  const other = right.text
  return (ctx) => one(ctx) === other(ctx)
}

/** `=~` and `!~`: POSIX extended, in either case of letters, as Kamailio's is. A pattern that is known is compiled now. */
export function matching(operator: '=~' | '!~', left: Evaluation, right: Evaluation): Combined {
  const wanted = operator === '=~'
  if (right.constant === null) return isNull(wanted, left)
  if (left.type === 'integer') return wrongInteger('left')
  if (typeof right.constant === 'number') return wrongInteger('right')
  const { text } = left
  if (typeof right.constant === 'string') {
    const regex = compileRegex(right.constant, { ignoreCase: true })
    if (typeof regex === 'string') return { wrong: 'right', problem: `not a regular expression: ${regex}` }
    const known = (first: Known) => regex.test(textOf(first)) === wanted
    return comparison(left, right, known, (ctx) => regex.test(text(ctx)) === wanted)
  }
  const pattern = right.text
  return truthBy((ctx) => {
    const source = pattern(ctx)
    const regex = compileRegex(source, { ignoreCase: true })
    if (typeof regex === 'string') {
      throw new EvaluationError(`${JSON.stringify(source)} is not a regular expression: ${regex}`)
    }
    return regex.test(text(ctx)) === wanted
  }, true)
}
