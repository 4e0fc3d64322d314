// A plan as a route in JavaScript: for plans that the dispatcher cannot run, or is told not to. Does what the program of the same
// plan does.

import type { RouteContext } from './context.ts'
import type { Condition, Ordering, Plan, Step, Value } from './plan.ts'
import type { RouteHandler } from './routes.ts'
import type { Template } from './templates.ts'

/** One step or condition: runs, and says what it came to. `truth`: what the one before it came to. */
type Action = (ctx: RouteContext, truth: boolean) => boolean

/** @param templates parses a text @throws TemplateError */
export function interpretPlan(plan: Plan, templates: (source: string) => Template): RouteHandler {
  const run = new Interpreter(templates).steps(plan.steps)
  return (ctx) => {
    run(ctx, false)
  }
}

class Interpreter {
  private readonly templates: (source: string) => Template

  constructor(templates: (source: string) => Template) {
    this.templates = templates
  }

  steps(steps: readonly Step[]): Action {
    const actions = steps.map((step) => this.step(step))
    return (ctx, truth) => actions.reduce((last, action) => action(ctx, last), truth)
  }

  private step(step: Step): Action {
    switch (step.step) {
      case 'forward':
        return ({ msg, runtime }) => msg !== null && runtime.dispatcher.forward(msg)
      case 'relay': {
        const data = this.templates(step.data)
        return (ctx) => ctx.runtime.dispatcher.relay(data.data(ctx), 'latin1')
      }
      case 'multicast':
      case 'unicast': {
        const to = step.step
        const data = this.templates(step.data)
        const tag = this.templates(step.tag)
        return (ctx) => ctx.runtime.dispatcher[to](data.data(ctx), tag.expand(ctx), 'latin1')
      }
      case 'set-tag': {
        const tag = this.templates(step.tag)
        return (ctx) =>
          ctx.client !== null && ctx.runtime.dispatcher.setTag(ctx.client, tag.expand(ctx), 'latin1')
      }
      case 'close':
        return ({ client, runtime }) => client !== null && runtime.dispatcher.close(client)
      case 'when': {
        const condition = this.condition(step.condition)
        const then = this.steps(step.steps)
        const otherwise = this.steps(step.otherwise)
        return (ctx, truth) => (condition(ctx, truth) ? then(ctx, true) : otherwise(ctx, false))
      }
    }
  }

  private condition(condition: Condition): Action {
    if ('step' in condition) return this.step(condition)
    switch (condition.test) {
      case 'equal': {
        const left = this.value(condition.left)
        if (typeof condition.right === 'string') {
          const right = this.value(condition.right)
          return (ctx) => {
            const one = left(ctx)
            const other = right(ctx)
            return one !== null && other !== null && String(one) === String(other)
          }
        }
        const number = condition.right
        return (ctx) => {
          const value = left(ctx)
          return typeof value === 'number' ? value === number : value === String(number)
        }
      }
      case 'order': {
        const left = this.value(condition.left)
        const { comparison, right } = condition
        return (ctx) => {
          const value = left(ctx)
          return typeof value === 'number' && inOrder(comparison, value, right)
        }
      }
      case 'starts-with': {
        const left = this.value(condition.left)
        const right = this.value(condition.right)
        return (ctx) => {
          const prefix = right(ctx)
          return prefix !== null && (left(ctx)?.toString().startsWith(prefix.toString()) ?? false)
        }
      }
      case 'not': {
        const negated = this.condition(condition.condition)
        return (ctx, truth) => !negated(ctx, truth)
      }
      case 'all': {
        const conditions = condition.conditions.map((one) => this.condition(one))
        return (ctx) => conditions.every((one) => one(ctx, true))
      }
      case 'any': {
        const conditions = condition.conditions.map((one) => this.condition(one))
        return (ctx) => conditions.some((one) => one(ctx, false))
      }
    }
  }

  /** A template as what it is compared as: a variable by itself keeps its type. */
  private value(value: Value): (ctx: RouteContext) => string | number | null {
    const template = this.templates(value)
    const { only } = template
    return only ? (ctx) => only.get(ctx) : (ctx) => template.expand(ctx)
  }
}

function inOrder(comparison: Ordering, left: number, right: number): boolean {
  switch (comparison) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
  }
}
