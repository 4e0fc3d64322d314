// Switches: what a value is compared with, and where the statements begin that then run, one case into the next.

import type { RouteContext } from '../core/context.ts'
import { compileRegex, type Regex } from '../core/regex.ts'
import type { Case, Statement, Switch } from './ast.ts'
import { BREAK, NEXT, type Step } from './blocks.ts'
import { compileExpression } from './expressions.ts'
import type { Scope } from './scope.ts'
import { noteFailure } from './statements.ts'

/** What a switch over a constant comes to in Kamailio when no case is the one. */
const NO_CASE = -5

type Compile = (statements: readonly Statement[], last: boolean, scope: Scope) => Step

/** What a case is compared with. */
type Label = number | string | Regex

/** A switch whose cases are integers compares as integers, any other as text. */
export function compileSwitch(node: Switch, last: boolean, scope: Scope, compile: Compile): Step {
  const value = compileExpression(node.value, scope)
  const labels: (Label | undefined)[] = node.cases.map((each) => labelOf(each, scope))
  const numbers = labels.some((label) => typeof label === 'number')
  const texts = labels.some((label) => label !== undefined && typeof label !== 'number')
  if (numbers && texts) {
    scope.diagnostics.error(
      node.place,
      'this switch has cases of integers and of strings',
      'put all of them in quotes, or none',
    )
  }
  // From each case to the end: what runs when it is the one.
  let rest: Step = () => NEXT
  const entries: Step[] = []
  for (const { statements } of [...node.cases].reverse()) {
    const own = compile(statements, last, scope)
    const after = rest
    const empty = statements.length === 0
    rest = empty ? after : (ctx, state) => own(ctx, state) || after(ctx, state)
    entries.unshift(rest)
  }
  if (!value) return () => NEXT
  const find = numbers ? numberFinder(labels, value.integer) : textFinder(labels, value.text)
  const constant = value.constant !== undefined
  const fallback = node.cases.findIndex(({ test }) => test === undefined)
  const { place } = node.value
  const { line, file } = place
  const { name } = file
  return (ctx, state) => {
    state.line = line
    state.file = name
    if (last) state.value = 1
    let entry: number
    try {
      entry = find(ctx)
    } catch (error) {
      noteFailure(error, ctx, place)
      if (last) state.value = -1
      entry = -1
    }
    const step = entries[entry >= 0 ? entry : fallback]
    if (!step) {
      if (last && constant) state.value = NO_CASE
      return NEXT
    }
    const signal = step(ctx, state)
    if (signal !== BREAK) return signal
    if (last) state.value = 0
    return NEXT
  }
}

/** What the case is compared with; undefined for `default` and after a mistake. */
function labelOf({ test, regex, place }: Case, scope: Scope): Label | undefined {
  if (!test) return undefined
  const evaluation = compileExpression(test, scope)
  if (!evaluation) return undefined
  const { constant } = evaluation
  if (constant === undefined || constant === null) {
    scope.diagnostics.error(
      test.place,
      'a case is a number, a string or a regular expression',
      'use if and else',
    )
    return undefined
  }
  if (!regex) return constant
  // Unlike =~ it heeds upper and lower case (seen).
  const compiled = compileRegex(String(constant))
  if (typeof compiled !== 'string') return compiled
  scope.diagnostics.error(place, `not a regular expression: ${compiled}`)
  return undefined
}

function numberFinder(
  labels: readonly (Label | undefined)[],
  integer: (ctx: RouteContext) => number,
): (ctx: RouteContext) => number {
  const byNumber = new Map<number, number>()
  for (const [position, label] of labels.entries()) {
    if (typeof label === 'number' && !byNumber.has(label)) byNumber.set(label, position)
  }
  return (ctx) => byNumber.get(integer(ctx)) ?? -1
}

function textFinder(
  labels: readonly (Label | undefined)[],
  text: (ctx: RouteContext) => string,
): (ctx: RouteContext) => number {
  const byText = new Map<string, number>()
  const patterns: { readonly regex: Regex; readonly position: number }[] = []
  for (const [position, label] of labels.entries()) {
    if (typeof label === 'string' && !byText.has(label)) byText.set(label, position)
    else if (typeof label === 'object') patterns.push({ regex: label, position })
  }
  if (patterns.length === 0) return (ctx) => byText.get(text(ctx)) ?? -1
  // The first that fits, in the order they were written.
  return (ctx) => {
    const value = text(ctx)
    const exact = byText.get(value) ?? labels.length
    const match = patterns.find(({ regex, position }) => position < exact && regex.test(value))
    return match ? match.position : exact < labels.length ? exact : -1
  }
}
