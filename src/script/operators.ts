// Operators of expressions over what stands on both sides. Types are checked as Kamailio 5.6 checks them before anything runs; constants are
// folded. What a comparison means is in comparisons.ts.

import type { RouteContext } from '../core/context.ts'
import type { BinaryOperator, UnaryOperator } from './ast.ts'
import { asInteger, constantOf, type Evaluation, integerBy, textBy, truthBy } from './evaluation.ts'
import { EvaluationError } from './evaluation-error.ts'
import { integerOf, textOf } from './typing.ts'

/** An evaluation, or what is wrong, with which side it is wrong with. */
export type Combined = Evaluation | { readonly wrong: 'left' | 'right'; readonly problem: string }

const NOT_INTEGER = 'type mismatch: a string, where an integer is needed'
const NOT_STRING = 'type mismatch: an integer, where a string is needed'

/** Whether it is text whatever happens. `$null` is not. */
export function isText({ type }: Evaluation): boolean {
  return type === 'string'
}

export function mustBeInteger(left: Evaluation, right: Evaluation): Combined | undefined {
  if (isText(left)) return { wrong: 'left', problem: NOT_INTEGER }
  return isText(right) ? { wrong: 'right', problem: NOT_INTEGER } : undefined
}

export const wrongInteger = (side: 'left' | 'right'): Combined => ({ wrong: side, problem: NOT_STRING })
export const wrongString = (side: 'left' | 'right'): Combined => ({ wrong: side, problem: NOT_INTEGER })

type Arithmetic = Extract<BinaryOperator, '-' | '*' | '/' | '%' | '<<' | '>>' | '&' | '|' | '^'>

/** `-`, `*` ...: integers of 32 bits that wrap round. */
export function arithmetic(operator: Arithmetic, left: Evaluation, right: Evaluation): Combined {
  const mismatch = mustBeInteger(left, right)
  if (mismatch) return mismatch
  const same = withoutEffect(operator, left, right)
  if (same) return same
  const compute = ARITHMETIC[operator]
  const divides = operator === '/' || operator === '%'
  if (isNumber(left.constant) && isNumber(right.constant) && !(divides && right.constant === 0)) {
    return constantOf(compute(left.constant, right.constant))
  }
  const one = left.integer
  const other = right.integer
  const fails = left.fails || right.fails || (divides && !(isNumber(right.constant) && right.constant !== 0))
  // One closure for each operator: a shared one would call whatever the operator is through a variable.
  switch (operator) {
    case '-':
      return integerBy((ctx) => (one(ctx) - other(ctx)) | 0, fails)
    case '*':
      return integerBy((ctx) => Math.imul(one(ctx), other(ctx)), fails)
    case '/':
      return integerBy((ctx) => divide(one(ctx), other(ctx)), fails)
    case '%':
      return integerBy((ctx) => remainder(one(ctx), other(ctx)), fails)
    case '<<':
      return integerBy((ctx) => one(ctx) << other(ctx), fails)
    case '>>':
      return integerBy((ctx) => one(ctx) >> other(ctx), fails)
    case '&':
      return integerBy((ctx) => one(ctx) & other(ctx), fails)
    case '|':
      return integerBy((ctx) => one(ctx) | other(ctx), fails)
    case '^':
      return integerBy((ctx) => one(ctx) ^ other(ctx), fails)
  }
}

const ARITHMETIC: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  '-': (left, right) => (left - right) | 0,
  '*': (left, right) => Math.imul(left, right),
  '/': (left, right) => divide(left, right),
  '%': (left, right) => remainder(left, right),
  '<<': (left, right) => left << right,
  '>>': (left, right) => left >> right,
  '&': (left, right) => left & right,
  '|': (left, right) => left | right,
  '^': (left, right) => left ^ right,
}

function divide(left: number, right: number): number {
  if (right === 0) throw new EvaluationError('division by zero')
  return (left / right) | 0
}

function remainder(left: number, right: number): number {
  if (right === 0) throw new EvaluationError('modulo by zero')
  return (left % right) | 0
}

/** `x * 1`, `x - 0`: x itself, so that a call among them stays what it returned; `x * 0`: 0, whatever x would do (seen in Kamailio). */
function withoutEffect(
  operator: BinaryOperator,
  left: Evaluation,
  right: Evaluation,
): Evaluation | undefined {
  switch (operator) {
    case '&':
      return left.constant === 0 || right.constant === 0 ? constantOf(0) : undefined
    case '%':
      return left.constant === 0 && right.constant === undefined ? constantOf(0) : undefined
    case '*':
      if (left.constant === 0 || right.constant === 0) return constantOf(0)
      if (left.constant === 1) return asInteger(right)
      return right.constant === 1 ? asInteger(left) : undefined
    case '/':
      if (left.constant === 0 && right.constant === undefined) return constantOf(0)
      return right.constant === 1 ? asInteger(left) : undefined
    case '-':
      return right.constant === 0 ? asInteger(left) : undefined
    default:
      return undefined
  }
}

/**
 * `+`: integers are added, strings are put together; what stands left decides. As an integer what is not known to be text is added, whatever it
 * turns out to be.
 */
export function plus(left: Evaluation, right: Evaluation): Combined {
  const fails = left.fails || right.fails
  const one = left.integer
  const other = right.integer
  if (left.type === 'integer') {
    if (isText(right)) return wrongString('right')
    if (isNumber(left.constant) && isNumber(right.constant)) {
      return constantOf((left.constant + right.constant) | 0)
    }
    if (right.constant === 0) return left
    if (left.constant === 0) return asInteger(right)
    return integerBy((ctx) => (one(ctx) + other(ctx)) | 0, fails)
  }
  const { text: start } = left
  const { text: end } = right
  if (left.type === 'string') {
    if (typeof left.constant === 'string' && right.constant !== undefined) {
      return constantOf(left.constant + textOf(right.constant))
    }
    return textBy((ctx) => start(ctx) + end(ctx), fails)
  }
  const { value: first } = left
  const value = (ctx: RouteContext) => {
    const begin = first(ctx)
    return typeof begin === 'number' ? (begin + other(ctx)) | 0 : textOf(begin) + end(ctx)
  }
  return {
    type: 'dynamic',
    constant: undefined,
    fails,
    value,
    text: (ctx) => textOf(value(ctx)),
    integer: (ctx) => (one(ctx) + other(ctx)) | 0,
  }
}

/** `&&` and `||`. A side that is constant is not looked at again, nor is the other where it cannot matter, whatever it would do. */
export function logical(operator: '&&' | '||', left: Evaluation, right: Evaluation): Combined {
  const mismatch = mustBeInteger(left, right)
  if (mismatch) return mismatch
  const one = left.integer
  const other = right.integer
  const fails = left.fails || right.fails
  const folded = foldLogical(operator, left, right) ?? foldLogical(operator, right, left)
  if (folded) return folded
  const first = left.test ?? ((ctx: RouteContext) => one(ctx) !== 0)
  const second = right.test ?? ((ctx: RouteContext) => other(ctx) !== 0)
  return operator === '&&'
    ? truthBy((ctx) => first(ctx) && second(ctx), fails)
    : truthBy((ctx) => first(ctx) || second(ctx), fails)
}

function foldLogical(operator: '&&' | '||', side: Evaluation, other: Evaluation): Evaluation | undefined {
  const { constant } = side
  if (!isNumber(constant)) return undefined
  if (isNumber(other.constant)) {
    const both = constant !== 0 && other.constant !== 0
    return constantOf((operator === '&&' ? both : constant !== 0 || other.constant !== 0) ? 1 : 0)
  }
  if (operator === '&&') {
    if (constant === 0) return constantOf(0)
    return constant === 1 ? asInteger(other) : undefined
  }
  if (constant === 0) return asInteger(other)
  return constant === 1 ? constantOf(1) : undefined
}

/** An operator that stands before what it works on, or is written as a function of it. */
export function unary(operator: UnaryOperator, operand: Evaluation): Combined {
  const { integer, text, value, constant, fails } = operand
  switch (operator) {
    case '!':
      if (isText(operand)) return wrongString('left')
      if (isNumber(constant)) return constantOf(constant === 0 ? 1 : 0)
      if (operand.test) {
        const { test } = operand
        return truthBy((ctx) => !test(ctx), fails)
      }
      return truthBy((ctx) => integer(ctx) === 0, fails)
    case '-':
      if (isText(operand)) return wrongString('left')
      if (isNumber(constant)) return constantOf(-constant | 0)
      return integerBy((ctx) => -integer(ctx) | 0, fails)
    case '~':
      if (isText(operand)) return wrongString('left')
      if (isNumber(constant)) return constantOf(~constant)
      return integerBy((ctx) => ~integer(ctx), fails)
    case 'int':
      if (constant !== undefined) return constantOf(integerOf(constant))
      return integerBy(integer, fails)
    case 'str':
      if (constant !== undefined) return constantOf(textOf(constant))
      return textBy(text, fails)
    case 'defined':
      if (operand.type === 'integer') return wrongInteger('left')
      if (constant !== undefined) return constantOf(constant === null ? 0 : 1)
      return truthBy((ctx) => value(ctx) !== null, fails)
    case 'strlen':
      if (operand.type === 'integer') return wrongInteger('left')
      if (constant !== undefined) return constantOf(textOf(constant).length)
      return integerBy((ctx) => text(ctx).length, fails)
    case 'strempty':
      if (operand.type === 'integer') return wrongInteger('left')
      if (constant !== undefined) return constantOf(textOf(constant) === '' ? 1 : 0)
      return truthBy((ctx) => text(ctx) === '', fails)
  }
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}
