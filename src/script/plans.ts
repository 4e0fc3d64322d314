// From blocks to plans: an event route of evapi whose every step the dispatcher knows never enters JavaScript (src/core/plan.ts). The
// meaning is that of the block, types included; where there is any doubt there is no plan.

import { bytesOfText, textOfBytes } from '../core/bytestring.ts'
import {
  all,
  any,
  type Condition,
  close,
  eq,
  ge,
  gt,
  le,
  lt,
  multicast,
  not,
  type Plan,
  plan,
  relay,
  type Step,
  setTag,
  unicast,
  when,
} from '../core/plan.ts'
import type { PlanPart } from '../dispatcher.ts'
import type { BinaryExpression, CallExpression, Expression, RouteBlock, Statement } from './ast.ts'
import type { Names } from './names.ts'
import { integerOf } from './typing.ts'

/** What becomes of blocks that end in many ways, or call others again and again. */
const MAX_STEPS = 200
const MAX_CALLS = 32

/** Thrown by the planner to itself: why there is no plan. */
class NoPlan extends Error {}

/** What is still to be run: statements from a position on, and what comes after them. */
interface Rest {
  readonly statements: readonly Statement[]
  readonly position: number
  readonly next: Rest | undefined
  /** A return ends here. */
  readonly route: boolean
}

/**
 * @param hasMessage whether the event brings a message
 * @param routes blocks that route(NAME) calls
 * @returns a plan, or why there is none
 */
export function planOf(
  block: RouteBlock,
  hasMessage: boolean,
  names: Names,
  routes: ReadonlyMap<string, RouteBlock>,
): Plan | string {
  const planner = new Planner(hasMessage, names, routes)
  try {
    return plan(
      ...planner.run({ statements: block.body.statements, position: 0, next: undefined, route: true }),
    )
  } catch (error) {
    if (error instanceof NoPlan) return error.message
    throw error
  }
}

class Planner {
  private readonly hasMessage: boolean
  private readonly names: Names
  private readonly routes: ReadonlyMap<string, RouteBlock>
  private steps = 0
  private calls = 0

  constructor(hasMessage: boolean, names: Names, routes: ReadonlyMap<string, RouteBlock>) {
    this.hasMessage = hasMessage
    this.names = names
    this.routes = routes
  }

  /** The steps of all that is still to be run. */
  run(from: Rest | undefined): Step[] {
    const steps: Step[] = []
    let rest = from
    while (rest) {
      const statement = rest.statements[rest.position]
      if (!statement) {
        rest = rest.next
        continue
      }
      if (++this.steps > MAX_STEPS) throw new NoPlan(`it would have more than ${MAX_STEPS} steps`)
      const after: Rest = { ...rest, position: rest.position + 1 }
      switch (statement.kind) {
        case 'empty':
          rest = after
          break
        case 'block':
          rest = within(statement.statements, after)
          break
        case 'expression': {
          const { expression } = statement
          if (expression.kind === 'call') {
            steps.push(this.step(expression))
            rest = after
          } else if (expression.kind === 'route-call') {
            rest = { ...within(this.routeOf(expression), after), route: true }
          } else throw new NoPlan('an expression stands by itself')
          break
        }
        case 'if': {
          const condition = this.condition(statement.condition)
          const then = [statement.then]
          const otherwise = statement.otherwise ? [statement.otherwise] : []
          if (this.jumps(statement.then) || otherwise.some((each) => this.jumps(each))) {
            // What follows is part of both branches, as far as they come to it.
            steps.push(when(condition, this.run(within(then, after)), this.run(within(otherwise, after))))
            return steps
          }
          steps.push(
            when(condition, this.run(within(then, undefined)), this.run(within(otherwise, undefined))),
          )
          rest = after
          break
        }
        case 'return':
          if (statement.value && constantOf(statement.value) === 0) return steps
          rest = returned(rest)
          break
        case 'exit':
        case 'drop':
          return steps
        default:
          throw new NoPlan(`the dispatcher knows no ${statement.kind}`)
      }
    }
    return steps
  }

  private routeOf(call: Extract<Expression, { kind: 'route-call' }>): readonly Statement[] {
    const { route } = call
    const name = route.kind === 'word' || route.kind === 'string' ? route.value : undefined
    const block = name === undefined ? undefined : this.routes.get(name)
    if (!block) throw new NoPlan('the name of a route is computed')
    if (++this.calls > MAX_CALLS) throw new NoPlan(`it calls routes more than ${MAX_CALLS} times`)
    return block.body.statements
  }

  /** Whether a statement may end more than itself. */
  private jumps(statement: Statement, depth = 0): boolean {
    if (depth > MAX_CALLS) throw new NoPlan('routes call one another in circles')
    switch (statement.kind) {
      case 'block':
        return statement.statements.some((each) => this.jumps(each, depth))
      case 'if': {
        const { then, otherwise } = statement
        return this.jumps(then, depth) || (otherwise !== undefined && this.jumps(otherwise, depth))
      }
      case 'expression': {
        const { expression } = statement
        if (expression.kind !== 'route-call') return false
        // A return within it ends it alone, but then what follows there is skipped: it is easier to take it as a jump.
        return this.routeOf(expression).some((each) => this.jumps(each, depth + 1))
      }
      case 'return':
      case 'exit':
      case 'drop':
      case 'break':
        return true
      default:
        return false
    }
  }

  private step({ name, args }: CallExpression): Step {
    const [first, second] = args
    if (name === 'evapi_close' && args.length === 0) return close()
    if (name === 'evapi_relay' && args.length === 1) return relay(this.template(first))
    if (name === 'evapi_set_tag' && args.length === 1) return setTag(this.template(first))
    if (name === 'evapi_multicast' && args.length === 2) {
      return multicast(this.template(first), this.template(second))
    }
    if (name === 'evapi_unicast' && args.length === 2) {
      return unicast(this.template(first), this.template(second))
    }
    throw new NoPlan(`the dispatcher does not know ${name}() with ${args.length} arguments`)
  }

  /** An argument: a template over what the dispatcher knows. */
  private template(argument: Expression | undefined): string {
    if (argument?.kind === 'variable') {
      this.part(argument)
      return asText(argument.source)
    }
    if (argument?.kind !== 'string') throw new NoPlan('an argument is computed')
    const template = this.names.template(argument)
    for (const part of template?.parts ?? []) {
      if (typeof part !== 'string' && part.plan === undefined && part.constant === undefined) {
        throw new NoPlan(`the dispatcher does not know all of ${JSON.stringify(argument.value)}`)
      }
    }
    return asText(argument.value)
  }

  /** What the dispatcher calls a variable. */
  private part(expression: Expression): PlanPart {
    const variable =
      expression.kind === 'variable' ? this.names.variable(expression.source, expression.place) : undefined
    if (variable?.plan === undefined)
      throw new NoPlan('something is compared that the dispatcher does not know')
    return variable.plan
  }

  private condition(expression: Expression): Condition {
    switch (expression.kind) {
      case 'call':
        return this.step(expression)
      case 'unary':
        if (expression.operator === '!') return not(this.condition(expression.operand))
        break
      case 'binary':
        switch (expression.operator) {
          case '&&':
            return all(this.condition(expression.left), this.condition(expression.right))
          case '||':
            return any(this.condition(expression.left), this.condition(expression.right))
          case '==':
            return this.equal(expression)
          case '!=':
            return not(this.equal(expression))
          case '<':
          case '<=':
          case '>':
          case '>=':
            return this.order(expression, expression.operator)
          default:
        }
        break
      default:
    }
    throw new NoPlan('the dispatcher does not know a condition')
  }

  /** A variable that is text is compared as text, one that is a number as a number; what stands left decides. */
  private equal({ left, right }: BinaryExpression): Condition {
    if (isLiteral(left)) {
      const part = this.comparable(right)
      const source = sourceOf(right)
      if (isNumeric(part)) return eq(source, left.kind === 'number' ? left.value : literally(left.value))
      if (left.kind === 'number') throw new NoPlan('a text is compared as a number')
      if (left.value === '') throw new NoPlan('something is compared with an empty text')
      return eq(source, literally(left.value))
    }
    const part = this.comparable(left)
    if (!isLiteral(right)) throw new NoPlan('two variables are compared')
    if (right.kind === 'string' && right.value === '') {
      throw new NoPlan('something is compared with an empty text')
    }
    const source = sourceOf(left)
    if (isNumeric(part)) return eq(source, integerOf(right.value))
    return eq(source, literally(String(right.value)))
  }

  private order({ left, right }: BinaryExpression, operator: '<' | '<=' | '>' | '>='): Condition {
    const turned = isLiteral(left)
    const [variable, literal] = turned ? [right, left] : [left, right]
    if (!isLiteral(literal) || literal.kind !== 'number' || !isNumeric(this.comparable(variable))) {
      throw new NoPlan('something is compared that the dispatcher does not compare so')
    }
    const source = sourceOf(variable)
    const { value } = literal
    switch (turned ? TURNED[operator] : operator) {
      case '<':
        return lt(source, value)
      case '<=':
        return le(source, value)
      case '>':
        return gt(source, value)
      case '>=':
        return ge(source, value)
    }
  }

  private comparable(expression: Expression): PlanPart {
    const part = this.part(expression)
    // $null equals what is empty in a script, and nothing in a plan.
    if (part === 'message' && !this.hasMessage) throw new NoPlan('$evapi(msg) is $null here')
    return part
  }
}

const TURNED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

type Literal = Extract<Expression, { kind: 'string' | 'number' }>

function isLiteral(expression: Expression): expression is Literal {
  return expression.kind === 'string' || expression.kind === 'number'
}

function isNumeric(part: PlanPart): boolean {
  return part === 'sourcePort' || part === 'connectionIndex'
}

function sourceOf(expression: Expression): string {
  return expression.kind === 'variable' ? expression.source : ''
}

function within(statements: readonly Statement[], next: Rest | undefined): Rest {
  return { statements, position: 0, next, route: false }
}

/** What a return says; which number it is matters to nobody but that 0 ends the script. */
function constantOf(value: Expression): number {
  if (value.kind === 'number') return value.value
  if (value.kind === 'unary' && value.operator === '-') return -constantOf(value.operand)
  throw new NoPlan('what a return says is computed')
}

/** What follows the route that a return is in. */
function returned(rest: Rest): Rest | undefined {
  let at: Rest | undefined = rest
  while (at && !at.route) at = at.next
  return at?.next
}

/** A text as a template that says it: a string of an expression has no variables in it. */
function literally(bytes: string): string {
  return asText(bytes.replaceAll('$', '$$$$'))
}

/** Plans are written in text, scripts in bytes. */
function asText(bytes: string): string {
  const text = textOfBytes(bytes)
  if (bytesOfText(text) !== bytes) throw new NoPlan('a text is not UTF-8')
  return text
}
