// Calls of functions and of routes: what is called is found when the script is compiled, and its arguments are bound once.

import { signature } from '../core/arguments.ts'
import type { RouteContext } from '../core/context.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Argument, Call, FunctionParameter } from '../core/module.ts'
import { nearest } from '../core/nearest.ts'
import { Literal } from '../core/operand.ts'
import type { CallExpression, Expression, Place, RouteCall } from './ast.ts'
import { type Block, END, EXIT, NO_SUCH_ROUTE, report } from './blocks.ts'
import { type Evaluation, ExpressionOperand } from './evaluation.ts'
import { compileExpression } from './expressions.ts'
import type { Scope } from './scope.ts'

/** A call of a function, bound. */
export interface BoundCall {
  readonly call: Call
  /** As a statement it leaves $rc as it is: so do those of the core. */
  readonly quiet: boolean
  /** One of its arguments may throw an EvaluationError. */
  readonly fails: boolean
}

/** A function of a module. @returns undefined after a mistake */
export function bindFunction(expression: CallExpression, scope: Scope): BoundCall | undefined {
  const { name, args, place } = expression
  const found = scope.names.function(name, place)
  // Mistakes in the arguments of what is not there are mistakes all the same, but nobody knows what they should be.
  if (!found) return undefined
  if (found.kind === 'absent') return { call: () => -1, quiet: false, fails: false }
  const { definition } = found
  const bound: Argument[] = []
  for (const [position, argument] of args.entries()) {
    const operand = argumentOf(argument, definition.parameters[position], scope)
    if (operand !== undefined) bound.push(operand)
  }
  if (bound.length < args.length) return undefined
  const parameters = scope.names.parametersOf(found.module)
  for (const [position, operand] of bound.entries()) {
    const name = typeof operand === 'number' ? String(operand) : operand.constant
    const declared = definition.parameters[position]?.declared?.(parameters)
    if (name === undefined || declared === undefined || declared.includes(name)) continue
    const near = nearest(name, declared)
    const advice = near === undefined ? undefined : `did you mean ${near}?`
    scope.diagnostics.error(
      args[position]?.place ?? place,
      `${expression.name}(): ${JSON.stringify(name)} is not declared by any modparam of ${found.module}`,
      advice,
    )
    return undefined
  }
  try {
    const fails = bound.some((operand) => operand instanceof ExpressionOperand && operand.fails)
    return { call: definition.bind(bound), quiet: found.module === 'core', fails }
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    const { position, message } = error
    if (position === undefined) {
      scope.diagnostics.error(place, `${signature(name, definition.parameters)} ${message}`)
    } else scope.diagnostics.error(args[position]?.place ?? place, `${name}(): ${message}`)
    return undefined
  }
}

/** An argument as functions take it. @returns undefined after a mistake */
function argumentOf(
  argument: Expression,
  parameter: FunctionParameter | undefined,
  scope: Scope,
): Argument | undefined {
  switch (argument.kind) {
    case 'string':
      return parameter?.type === 'literal' ? new Literal(argument.value) : scope.names.template(argument)
    case 'number':
      return argument.value
    case 'word':
      return new Literal(argument.value)
    default: {
      const evaluation = compileExpression(argument, scope)
      if (!evaluation) return undefined
      return typeof evaluation.constant === 'number' ? evaluation.constant : new ExpressionOperand(evaluation)
    }
  }
}

/** What a `route(...)` calls: a block, or what a name says when it runs. */
export type RouteTarget =
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'computed'; readonly name: Evaluation }

/** @returns undefined after a mistake */
export function routeTarget({ route, place }: RouteCall, scope: Scope): RouteTarget | undefined {
  const name = staticName(route)
  if (name === undefined) {
    const evaluation = compileExpression(route, scope)
    if (!evaluation) return undefined
    const { constant } = evaluation
    if (constant === undefined || constant === null) return { kind: 'computed', name: evaluation }
    return blockOf(String(constant), place, scope)
  }
  return blockOf(name, place, scope)
}

function blockOf(name: string, place: Place, scope: Scope): RouteTarget | undefined {
  const block = scope.blocks.get(name)
  if (block) return { kind: 'block', block }
  const near = nearest(name, scope.blocks.names)
  scope.diagnostics.error(
    place,
    `there is no route[${name}]`,
    near === undefined ? `define it: route[${name}] { ... }` : `did you mean route(${near})?`,
  )
  return undefined
}

function staticName(route: RouteCall['route']): string | undefined {
  if (route.kind === 'word' || route.kind === 'string') return route.value
  return route.kind === 'number' ? String(route.value) : undefined
}

/** The block that a computed name means now; undefined, and a line in the log, when there is none. */
export function blockNow(
  name: (ctx: RouteContext) => string,
  { place }: RouteCall,
  scope: Scope,
): (ctx: RouteContext) => Block | undefined {
  const { blocks } = scope
  return (ctx) => {
    const wanted = name(ctx)
    const block = blocks.get(wanted)
    if (!block) report(ctx, place, `there is no route[${wanted}]`)
    return block
  }
}

/** A call of a route within an expression. What it returned is the value; one that ends the script ends it. */
export function routeInExpression(expression: RouteCall, scope: Scope): Call | undefined {
  const target = routeTarget(expression, scope)
  if (!target) return undefined
  const { blocks } = scope
  const call = (block: Block, ctx: RouteContext): number => {
    const state = ctx.runtime.script
    if (blocks.call(block, ctx, state) === EXIT) throw END
    return state.returnCode
  }
  if (target.kind === 'block') {
    const { block } = target
    return (ctx) => call(block, ctx)
  }
  const find = blockNow(target.name.text, expression, scope)
  return (ctx) => {
    const block = find(ctx)
    if (block) return call(block, ctx)
    ctx.runtime.script.returnCode = 0
    return NO_SUCH_ROUTE
  }
}
