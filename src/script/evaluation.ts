// What an expression becomes: closures that evaluate it as an integer, as text, or as what it is. Which of them is used is decided
// when the script is compiled, so that numbers stay numbers; none allocates but for the text it makes.

import type { RouteContext } from '../core/context.ts'
import type { Operand } from '../core/operand.ts'
import type { PseudoVariable, PvValue } from '../core/pseudovariables.ts'
import type { Message } from '../dispatcher.ts'
import { integerOf, type StaticType, textOf } from './typing.ts'

/** An expression, compiled. */
export interface Evaluation {
  readonly type: StaticType
  /** Its value, if it is the same each time; undefined: it is not. `$null` is null. */
  readonly constant: PvValue | undefined
  /** May throw an EvaluationError. */
  readonly fails: boolean
  /** As an integer: a call is 1 when it is true and 0 when it is not, and `+` adds unless what stands left of it is known to be text. */
  readonly integer: (ctx: RouteContext) => number
  /** As text; `$null` is empty. */
  readonly text: (ctx: RouteContext) => string
  /** As what it is, as an assignment takes it: a call is what it returned. */
  readonly value: (ctx: RouteContext) => PvValue
  /** Whether it is true, where it is 1 or 0 and nothing else. */
  readonly test?: (ctx: RouteContext) => boolean
  /** All there is in it. */
  readonly variable?: PseudoVariable
}

/** A value that is the same each time. */
export function constantOf(constant: string | number): Evaluation {
  const integer = integerOf(constant)
  const text = textOf(constant)
  return {
    type: typeof constant === 'number' ? 'integer' : 'string',
    constant,
    fails: false,
    integer: () => integer,
    text: () => text,
    value: () => constant,
  }
}

/** A pseudo-variable: its type shows when it is read. */
export function variableOf(variable: PseudoVariable): Evaluation {
  return {
    type: 'dynamic',
    constant: variable.constant,
    fails: false,
    variable,
    value: (ctx) => variable.get(ctx),
    integer(ctx) {
      const value = variable.get(ctx)
      return typeof value === 'number' ? value : integerOf(value)
    },
    text(ctx) {
      const value = variable.get(ctx)
      return typeof value === 'string' ? value : textOf(value)
    },
  }
}

/** An integer. */
export function integerBy(integer: (ctx: RouteContext) => number, fails: boolean): Evaluation {
  return {
    type: 'integer',
    constant: undefined,
    fails,
    integer,
    text: (ctx) => String(integer(ctx)),
    value: integer,
  }
}

/** 1 or 0. */
export function truthBy(test: (ctx: RouteContext) => boolean, fails: boolean): Evaluation {
  return { ...integerBy((ctx) => (test(ctx) ? 1 : 0), fails), test }
}

/** A text. */
export function textBy(text: (ctx: RouteContext) => string, fails: boolean): Evaluation {
  return {
    type: 'string',
    constant: undefined,
    fails,
    integer: (ctx) => integerOf(text(ctx)),
    text,
    value: text,
  }
}

/** What a call returns. Within an expression only whether it is true counts. */
export function callBy(fails: boolean, call: (ctx: RouteContext) => number): Evaluation {
  const test = (ctx: RouteContext) => call(ctx) > 0
  return { ...truthBy(test, fails), value: call }
}

/** The same whatever it is, as an integer: what is left of `1 && x`. */
export function asInteger(evaluation: Evaluation): Evaluation {
  return evaluation.type === 'integer' ? evaluation : integerBy(evaluation.integer, evaluation.fails)
}

/** Whether it holds, as `if` asks. */
export function conditionOf({ test, integer }: Evaluation): (ctx: RouteContext) => boolean {
  return test ?? ((ctx) => integer(ctx) > 0)
}

/** An expression as an argument of a function. */
export class ExpressionOperand implements Operand {
  readonly constant: string | undefined
  readonly only: PseudoVariable | undefined
  /** May throw an EvaluationError. */
  readonly fails: boolean
  private readonly evaluation: Evaluation

  constructor(evaluation: Evaluation) {
    this.evaluation = evaluation
    this.fails = evaluation.fails
    this.constant = typeof evaluation.constant === 'string' ? evaluation.constant : undefined
    this.only = evaluation.variable
  }

  expand(ctx: RouteContext): string {
    return this.evaluation.text(ctx)
  }

  data(ctx: RouteContext): string | Message {
    return this.only?.message?.(ctx) ?? this.evaluation.text(ctx)
  }

  value(ctx: RouteContext): PvValue {
    return this.evaluation.value(ctx)
  }
}
