// From the statements of a tree to steps. A step says what it leads to with a small integer; what its block would come to if it ended here
// is kept only by those that may be its last.

import type { RouteContext } from '../core/context.ts'
import type { ScriptState } from '../core/script-state.ts'
import { assignmentOf } from './assignments.ts'
import type {
  Assignment,
  Block as BlockNode,
  ExpressionStatement,
  If,
  Place,
  Return,
  RouteCall,
  Statement,
  While,
} from './ast.ts'
import { BREAK, EXIT, NEXT, NO_SUCH_ROUTE, RETURN, report, type Signal, type Step } from './blocks.ts'
import { bindFunction, blockNow, routeTarget } from './calls.ts'
import { conditionOf, type Evaluation } from './evaluation.ts'
import { EvaluationError } from './evaluation-error.ts'
import { compileExpression } from './expressions.ts'
import type { Scope } from './scope.ts'
import { compileSwitch } from './switches.ts'
import { integerOf } from './typing.ts'

/** What a statement without a value of its own leaves. */
const DONE = 1
const FAILED = -1
/** What a `return` whose value cannot be found comes to in Kamailio. */
const NO_VALUE = -5

const nothing: Step = () => NEXT
const nothingButDone: Step = (_ctx, state) => {
  state.value = DONE
  return NEXT
}

/**
 * Compiles statements into one step.
 * @param last whether the block may end with them, so that what they come to is what it comes to
 */
export function compileStatements(statements: readonly Statement[], last: boolean, scope: Scope): Step {
  const meant = statements.filter(({ kind }) => kind !== 'empty')
  const steps = meant.map((statement, position) =>
    compileStatement(statement, last && position === meant.length - 1, scope),
  )
  return inOrder(steps, last)
}

export function compileBlock({ statements }: BlockNode, last: boolean, scope: Scope): Step {
  return compileStatements(statements, last, scope)
}

/** One after the other, until one leads elsewhere. */
export function inOrder(steps: readonly Step[], last: boolean): Step {
  const [first, second, third, fourth] = steps
  if (!first) return last ? nothingButDone : nothing
  if (!second) return first
  if (!third) return (ctx, state) => first(ctx, state) || second(ctx, state)
  if (!fourth) return (ctx, state) => first(ctx, state) || second(ctx, state) || third(ctx, state)
  if (steps.length === 4) {
    return (ctx, state) => first(ctx, state) || second(ctx, state) || third(ctx, state) || fourth(ctx, state)
  }
  // Long blocks as a tree of short ones: each place of a call sees few steps, which keeps the compiler of Node happy.
  const groups: Step[] = []
  for (let at = 0; at < steps.length; at += 4) groups.push(inOrder(steps.slice(at, at + 4), last))
  return inOrder(groups, last)
}

function compileStatement(statement: Statement, last: boolean, scope: Scope): Step {
  switch (statement.kind) {
    case 'block':
      return compileBlock(statement, last, scope)
    case 'expression':
      return expressionStep(statement, last, scope)
    case 'assignment':
      return assignmentStep(statement, last, scope)
    case 'if':
      return ifStep(statement, last, scope)
    case 'while':
      return whileStep(statement, last, scope)
    case 'switch':
      return compileSwitch(statement, last, scope, compileStatements)
    case 'return':
      return returnStep(statement, scope)
    case 'break':
      return () => BREAK
    case 'exit':
    case 'drop':
      // What is dropped in Kamailio is a reply, or a request on its way out: neither is here, so that only the script ends.
      if (statement.value) compileExpression(statement.value, scope)
      return () => EXIT
    case 'empty':
      return nothing
  }
}

/** Says where the script is, for $cfg and for whatever goes wrong. */
function at(place: Place, step: Step): Step {
  const { line } = place
  const { name } = place.file
  return (ctx, state) => {
    state.line = line
    state.file = name
    return step(ctx, state)
  }
}

function expressionStep({ expression }: ExpressionStatement, last: boolean, scope: Scope): Step {
  if (expression.kind === 'route-call') return routeStep(expression, last, scope)
  if (expression.kind !== 'call')
    return valueStep(expression.place, compileExpression(expression, scope), last)
  const bound = bindFunction(expression, scope)
  if (!bound) return nothing
  const { call, quiet } = bound
  const { line, file } = expression.place
  const { name } = file
  const run: Step = (ctx, state) => {
    state.line = line
    state.file = name
    const code = call(ctx)
    if (!quiet) state.returnCode = code
    if (last) state.value = code
    return code === 0 ? EXIT : NEXT
  }
  return bound.fails ? guarded(run, expression.place, last) : run
}

/** An expression that stands by itself, for what it does. */
function valueStep(place: Place, evaluation: Evaluation | undefined, last: boolean): Step {
  if (!evaluation) return nothing
  const { integer } = evaluation
  const run: Step = (ctx, state) => {
    const value = integer(ctx)
    if (last) state.value = value
    return NEXT
  }
  return at(place, evaluation.fails ? guarded(run, place, last) : run)
}

/** A step whose expressions may have no value: then it fails, and the script goes on. */
function guarded(step: Step, place: Place, last: boolean): Step {
  return (ctx, state) => {
    try {
      return step(ctx, state)
    } catch (error) {
      noteFailure(error, ctx, place)
      if (last) state.value = FAILED
      return NEXT
    }
  }
}

/** A line in the log for an expression without a value. Anything else that was thrown goes on its way. */
export function noteFailure(error: unknown, ctx: RouteContext, place: Place): void {
  if (!(error instanceof EvaluationError)) throw error
  report(ctx, place, error.message)
}

function routeStep(expression: RouteCall, last: boolean, scope: Scope): Step {
  const target = routeTarget(expression, scope)
  if (!target) return nothing
  const { blocks } = scope
  const { place } = expression
  if (target.kind === 'block') {
    const { block } = target
    return at(place, (ctx, state) => {
      const signal = blocks.call(block, ctx, state)
      if (last) state.value = state.returnCode
      return signal
    })
  }
  const find = blockNow(target.name.text, expression, scope)
  const run: Step = (ctx, state) => {
    const block = find(ctx)
    if (!block) {
      if (last) state.value = NO_SUCH_ROUTE
      return NEXT
    }
    const signal = blocks.call(block, ctx, state)
    if (last) state.value = state.returnCode
    return signal
  }
  return at(place, target.name.fails ? guarded(run, place, last) : run)
}

function assignmentStep(statement: Assignment, last: boolean, scope: Scope): Step {
  const assignment = assignmentOf(statement, scope)
  if (!assignment) return nothing
  const { run: assign } = assignment
  const { line, file } = statement.place
  const { name } = file
  const run: Step = (ctx, state) => {
    state.line = line
    state.file = name
    const made = assign(ctx)
    if (last) state.value = made ? DONE : FAILED
    return NEXT
  }
  return assignment.fails ? guarded(run, statement.place, last) : run
}

/** Whether a condition holds; one without a value does not. */
export function truthOf(evaluation: Evaluation, place: Place): (ctx: RouteContext) => boolean {
  const holds = conditionOf(evaluation)
  if (!evaluation.fails) return holds
  return (ctx) => {
    try {
      return holds(ctx)
    } catch (error) {
      noteFailure(error, ctx, place)
      return false
    }
  }
}

function ifStep(statement: If, last: boolean, scope: Scope): Step {
  const condition = compileExpression(statement.condition, scope)
  const then = compileStatement(statement.then, last, scope)
  const otherwise = statement.otherwise && compileStatement(statement.otherwise, last, scope)
  if (!condition) return nothing
  if (condition.constant !== undefined) {
    const taken = integerOf(condition.constant) > 0 ? then : otherwise
    return taken ?? inOrder([], last)
  }
  const { place } = statement.condition
  const { line, file } = place
  const { name } = file
  const holds = truthOf(condition, place)
  const untaken = otherwise ?? inOrder([], last)
  if (last) {
    return (ctx, state) => {
      state.line = line
      state.file = name
      state.value = DONE
      return holds(ctx) ? then(ctx, state) : untaken(ctx, state)
    }
  }
  if (!otherwise) {
    return (ctx, state) => {
      state.line = line
      state.file = name
      return holds(ctx) ? then(ctx, state) : NEXT
    }
  }
  return (ctx, state) => {
    state.line = line
    state.file = name
    return holds(ctx) ? then(ctx, state) : otherwise(ctx, state)
  }
}

function whileStep(statement: While, last: boolean, scope: Scope): Step {
  const condition = compileExpression(statement.condition, scope)
  const body = compileStatement(statement.body, last, scope)
  if (!condition) return nothing
  const { place } = statement.condition
  const holds = truthOf(condition, place)
  const limit = scope.maxLoops === 0 ? Number.POSITIVE_INFINITY : scope.maxLoops
  const runaway = `while went round ${scope.maxLoops} times and would go on (max_while_loops)`
  return at(place, (ctx, state) => {
    if (last) state.value = DONE
    let rounds = 0
    while (holds(ctx)) {
      if (rounds++ >= limit) {
        report(ctx, place, runaway)
        if (last) state.value = FAILED
        return NEXT
      }
      const signal = body(ctx, state)
      if (signal === NEXT) continue
      if (signal !== BREAK) return signal
      if (last) state.value = 0
      return NEXT
    }
    return NEXT
  })
}

function returnStep({ value, place }: Return, scope: Scope): Step {
  const end = (state: ScriptState, code: number): Signal => {
    state.value = code
    return code === 0 ? EXIT : RETURN
  }
  if (!value) return (_ctx, state) => end(state, DONE)
  const evaluation = compileExpression(value, scope)
  if (!evaluation) return nothing
  if (evaluation.type === 'string') {
    scope.diagnostics.error(value.place, 'a route returns an integer', 'return a number')
    return nothing
  }
  const { integer } = evaluation
  const run: Step = (ctx, state) => end(state, integer(ctx))
  if (!evaluation.fails) return at(place, run)
  return at(place, (ctx, state) => {
    try {
      return run(ctx, state)
    } catch (error) {
      noteFailure(error, ctx, place)
      return end(state, NO_VALUE)
    }
  })
}
