// From a plan to a program for the dispatcher, if it knows all that the plan says. A plan that it does not (a variable of
// somebody's module) runs in JavaScript: plan-interpreter.ts.

import { type Jump, type PlanPart, type PlanProgram, type PlanTemplate, PlanWriter } from '../dispatcher.ts'
import { PlanError } from './errors.ts'
import type { Condition, Plan, Step, Value } from './plan.ts'
import { NULL_TEXT, type Template } from './templates.ts'

/** Thrown by the compiler to itself. */
class Unknown extends Error {}

/** What a plan has become. */
export type Compiled =
  | { readonly program: PlanProgram }
  /** Why the dispatcher cannot run it. */
  | { readonly unknown: string }

/**
 * @param hasMessage whether the plan's event brings a message; elsewhere $evapi(msg) is $null
 * @param templates parses a text
 * @throws PlanError, TemplateError
 */
export function compilePlan(
  plan: Plan,
  hasMessage: boolean,
  templates: (source: string) => Template,
): Compiled {
  const compiler = new PlanCompiler(hasMessage, templates)
  try {
    compiler.steps(plan.steps)
  } catch (error) {
    if (error instanceof Unknown) return { unknown: error.message }
    throw error
  }
  return { program: compiler.writer.program() }
}

/** A template as the dispatcher sees it. */
interface Operand {
  readonly parts: PlanTemplate
  /** It is $null and nothing else. */
  readonly isNull: boolean
  /** It is a number and nothing else. */
  readonly number: PlanPart | undefined
}

class PlanCompiler {
  readonly writer = new PlanWriter()
  private readonly hasMessage: boolean
  private readonly templates: (source: string) => Template

  constructor(hasMessage: boolean, templates: (source: string) => Template) {
    this.hasMessage = hasMessage
    this.templates = templates
  }

  steps(steps: readonly Step[]): void {
    for (const step of steps) this.step(step)
  }

  private step(step: Step): void {
    const { writer } = this
    switch (step.step) {
      case 'forward':
        if (!this.hasMessage) throw new PlanError('forward() is for message-received: here is no message')
        writer.forward()
        return
      case 'relay':
        writer.relay(this.operand(step.data).parts)
        return
      case 'multicast':
      case 'unicast':
        writer.relayTo(step.step, this.operand(step.data).parts, this.operand(step.tag).parts)
        return
      case 'set-tag':
        writer.setTag(this.operand(step.tag).parts)
        return
      case 'close':
        writer.close()
        return
      case 'when': {
        this.condition(step.condition)
        const toOtherwise = writer.jump('false')
        this.steps(step.steps)
        if (step.otherwise.length === 0) {
          writer.land(toOtherwise)
          return
        }
        const toEnd = writer.jump('always')
        writer.land(toOtherwise)
        this.steps(step.otherwise)
        writer.land(toEnd)
      }
    }
  }

  private condition(condition: Condition): void {
    if ('step' in condition) {
      this.step(condition)
      return
    }
    const { writer } = this
    switch (condition.test) {
      case 'equal':
        this.equal(condition.left, condition.right)
        return
      case 'starts-with': {
        const left = this.operand(condition.left)
        const right = this.operand(condition.right)
        if (left.isNull || right.isNull) {
          writer.truth(false)
          return
        }
        writer.compareText('startsWith', left.parts, right.parts)
        return
      }
      case 'order': {
        const { number } = this.operand(condition.left)
        if (number === undefined) {
          writer.truth(false)
          return
        }
        writer.compareNumber(condition.comparison, number, integer(condition.right))
        return
      }
      case 'not':
        this.condition(condition.condition)
        writer.not()
        return
      case 'all':
      case 'any':
        this.series(condition.test, condition.conditions)
        return
    }
  }

  private equal(leftValue: Value, rightValue: Value | number): void {
    const left = this.operand(leftValue)
    if (typeof rightValue === 'number') {
      const right = integer(rightValue)
      if (left.isNull) {
        this.writer.truth(false)
        return
      }
      if (left.number !== undefined) {
        this.writer.compareNumber('==', left.number, right)
        return
      }
      this.writer.compareText('equal', left.parts, [String(right)])
      return
    }
    const right = this.operand(rightValue)
    if (left.isNull || right.isNull) {
      this.writer.truth(false)
      return
    }
    this.writer.compareText('equal', left.parts, right.parts)
  }

  private series(test: 'all' | 'any', conditions: readonly Condition[]): void {
    this.writer.truth(test === 'all')
    const outs: Jump[] = []
    for (const condition of conditions) {
      this.condition(condition)
      outs.push(this.writer.jump(test === 'all' ? 'false' : 'true'))
    }
    for (const out of outs) this.writer.land(out)
  }

  private operand(value: Value): Operand {
    const template = this.templates(value)
    const parts: (string | { part: PlanPart })[] = []
    for (const variable of template.parts) {
      if (typeof variable === 'string') {
        parts.push(variable)
      } else if (variable.constant !== undefined) {
        parts.push(variable.constant ?? NULL_TEXT)
      } else if (variable.plan === 'message' && !this.hasMessage) {
        parts.push(NULL_TEXT)
      } else if (variable.plan !== undefined) {
        parts.push({ part: variable.plan })
      } else {
        throw new Unknown(`the dispatcher does not know all of ${JSON.stringify(value)}`)
      }
    }
    const { only } = template
    const isNull =
      only !== undefined && (only.constant === null || (only.plan === 'message' && !this.hasMessage))
    const number = only?.plan === 'sourcePort' || only?.plan === 'connectionIndex' ? only.plan : undefined
    return { parts, isNull, number }
  }
}

function integer(value: number): number {
  if ((value | 0) === value) return value
  throw new Unknown(`${value} is no integer of 32 bits`)
}
