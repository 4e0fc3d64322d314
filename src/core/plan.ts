// Plans: routes said as data, in a small vocabulary whose every word the dispatcher knows, so that they can run there and
// never enter JavaScript. How one is compiled is plan-compiler.ts; how it runs where it cannot be, plan-interpreter.ts. Both
// do the same, byte for byte.

/** What a step works on: a template (`'from $evapi(srcaddr): $evapi(msg)'`). The constants below are templates as well. */
export type Value = string

/** The received message. Alone it is relayed as it came, without a copy. */
export const msg = '$evapi(msg)'
/** The client's address. */
export const srcaddr = '$evapi(srcaddr)'
/** The client's port, a number. */
export const srcport = '$evapi(srcport)'
/** The client's connection index, a number. */
export const conidx = '$evapi(conidx)'

export type Step =
  | { readonly step: 'forward' }
  | { readonly step: 'relay'; readonly data: Value }
  | { readonly step: 'multicast' | 'unicast'; readonly data: Value; readonly tag: Value }
  | { readonly step: 'set-tag'; readonly tag: Value }
  | { readonly step: 'close' }
  | {
      readonly step: 'when'
      readonly condition: Condition
      readonly steps: readonly Step[]
      readonly otherwise: readonly Step[]
    }

export type Ordering = '<' | '<=' | '>' | '>='

/** A step is a condition, too: what it came to. */
export type Condition =
  | Step
  | { readonly test: 'equal'; readonly left: Value; readonly right: Value | number }
  | { readonly test: 'order'; readonly comparison: Ordering; readonly left: Value; readonly right: number }
  | { readonly test: 'starts-with'; readonly left: Value; readonly right: Value }
  | { readonly test: 'not'; readonly condition: Condition }
  | { readonly test: 'all' | 'any'; readonly conditions: readonly Condition[] }

const BRAND = Symbol.for('evapid.plan')

/** A route made of steps. Made by plan(). */
export interface Plan {
  readonly [BRAND]: true
  readonly steps: readonly Step[]
}

/**
 * A route of these steps, one after the other. It stands where a handler would.
 *
 * @example
 * ```ts
 * export default defineConfig({
 *   routes: {
 *     'evapi:connection-new': plan(when(ne(srcaddr, '127.0.0.1'), close())),
 *     'evapi:message-received': plan(when(not(unicast(msg, 'worker')), relay(msg))),
 *   },
 * })
 * ```
 */
export function plan(...steps: readonly Step[]): Plan {
  return { [BRAND]: true, steps }
}

export function isPlan(value: unknown): value is Plan {
  return typeof value === 'object' && value !== null && BRAND in value
}

// --- steps

/** To every client. Comes to false when the data is empty or context_mlimit is reached. */
export function relay(data: Value): Step {
  return { step: 'relay', data }
}

/** The message as it came, to every client; an empty one, too. In message-received only. This alone is the default route. */
export function forward(): Step {
  return { step: 'forward' }
}

/** To every client with this tag. Comes to false as relay(), and when nobody has the tag. */
export function multicast(data: Value, tag: Value): Step {
  return { step: 'multicast', data, tag }
}

/** To the client with this tag that has the lowest connection index. Comes to false as multicast(). */
export function unicast(data: Value, tag: Value): Step {
  return { step: 'unicast', data, tag }
}

/** Tags the client; `''` clears its tag. Comes to false when the tag is over 63 bytes, or the client is closed. */
export function setTag(tag: Value): Step {
  return { step: 'set-tag', tag }
}

/** Closes the client; in connection-new, rejects it. Comes to false when it is closed already. The steps after it still run. */
export function close(): Step {
  return { step: 'close' }
}

/** Runs one or the other. As a condition it comes to what its last step came to, or to the condition if there is none. */
export function when(
  condition: Condition,
  steps: Step | readonly Step[],
  otherwise: Step | readonly Step[] = [],
): Step {
  return { step: 'when', condition, steps: list(steps), otherwise: list(otherwise) }
}

function list(steps: Step | readonly Step[]): readonly Step[] {
  return 'step' in steps ? [steps] : steps
}

// --- conditions

/**
 * Whether both are the same: byte for byte, or as numbers when a variable that is a number ($evapi(srcport)) is held against a
 * number. `$null` equals nothing.
 */
export function eq(left: Value, right: Value | number): Condition {
  return { test: 'equal', left, right }
}

export function ne(left: Value, right: Value | number): Condition {
  return not(eq(left, right))
}

/** Whether a variable that is a number is less; of anything else, false. */
export function lt(left: Value, right: number): Condition {
  return { test: 'order', comparison: '<', left, right }
}

export function le(left: Value, right: number): Condition {
  return { test: 'order', comparison: '<=', left, right }
}

export function gt(left: Value, right: number): Condition {
  return { test: 'order', comparison: '>', left, right }
}

export function ge(left: Value, right: number): Condition {
  return { test: 'order', comparison: '>=', left, right }
}

/** Whether the first begins with the second, byte for byte. */
export function startsWith(left: Value, right: Value): Condition {
  return { test: 'starts-with', left, right }
}

export function not(condition: Condition): Condition {
  return { test: 'not', condition }
}

/** Whether all hold; those after the first that does not are not looked at, and their steps not run. */
export function all(...conditions: readonly Condition[]): Condition {
  return { test: 'all', conditions }
}

/** Whether one holds; those after the first that does are not looked at, and their steps not run. */
export function any(...conditions: readonly Condition[]): Condition {
  return { test: 'any', conditions }
}
