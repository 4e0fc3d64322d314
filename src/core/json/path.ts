// Paths into JSON values: `tm_trans.tm_index`, `a[0].b`. Read once; what odd ones mean is what Kamailio 5.6.3's jansson module was seen to
// make of them.

import { isUtf8 } from 'node:buffer'
import { MAX_DEPTH } from './parser.ts'
import { JsonObject, type JsonRoot, type JsonValue } from './value.ts'

/** A member's name or an element's number; NaN for what is no number. */
type Step = string | number

/**
 * How a path is over. `dot`, `bracket`: that was the last. `junk`: something follows a closing bracket, which says nothing
 * to one who assigns. `broken`: it leads nowhere.
 */
type End = 'complete' | 'dot' | 'bracket' | 'junk' | 'broken'

/** A path, parsed. */
export class JsonPath {
  private readonly steps: readonly Step[]
  private readonly end: End
  /** Whether its steps are such that something can be assigned to what they lead to. */
  private readonly assignable: boolean

  constructor(path: string) {
    const steps: Step[] = []
    this.end = readSteps(path, steps)
    this.steps = steps
    this.assignable =
      this.end !== 'broken' &&
      steps.length <= MAX_DEPTH &&
      steps.every((step) => step !== '') &&
      isUtf8(Buffer.from(path, 'latin1'))
  }

  /** What is there; undefined when there is nothing. The empty path is the whole. */
  get(root: JsonRoot): JsonValue | undefined {
    if (this.end === 'broken' || this.end === 'junk') return undefined
    let value: JsonValue | undefined = root
    for (const step of this.steps) {
      value = child(value, step)
      if (value === undefined) return undefined
    }
    return value
  }

  /**
   * Puts a value there. Objects on the way are made if they are not there, elements must be.
   * @returns false when that cannot be; the root may then have been changed in part
   */
  set(root: JsonRoot, value: JsonValue): boolean {
    const last = this.steps.at(-1)
    if (last === undefined || !this.assignable) return false
    if (typeof last === 'string' && this.end !== 'complete') return false
    return assign(this.parent(root, this.steps.length - 1), last, value)
  }

  /**
   * Adds a value to the array that is there, or its members to the object. An element that is named is replaced.
   * @returns false when that cannot be; the root may then have been changed in part
   */
  append(root: JsonRoot, value: JsonValue): boolean {
    if (!this.assignable) return false
    const last = this.steps.at(-1)
    if (typeof last === 'number') return this.set(root, value)
    const whole = last === undefined || this.end !== 'complete'
    const target = whole
      ? this.parent(root, this.steps.length)
      : child(this.parent(root, this.steps.length - 1), last)
    if (Array.isArray(target)) target.push(value)
    else if (target instanceof JsonObject && value instanceof JsonObject) {
      for (const [position, name] of value.names.entries()) target.set(name, value.values[position] ?? null)
    } else return false
    return true
  }

  /** What the first steps lead to. An object that is missing is made where a member of it is to follow. */
  private parent(root: JsonRoot, length: number): JsonValue | undefined {
    let value: JsonValue | undefined = root
    for (const [position, step] of this.steps.slice(0, length).entries()) {
      const found = child(value, step)
      const next = this.steps[position + 1]
      const indexed = next === undefined ? this.end === 'bracket' : typeof next === 'number'
      if (found !== undefined || typeof step !== 'string' || indexed) value = found
      else {
        const made = new JsonObject()
        if (!assign(value, step, made)) return undefined
        value = made
      }
    }
    return value
  }
}

function readSteps(path: string, steps: Step[]): End {
  let at = 0
  let indexed = path.startsWith('[')
  if (indexed) at = 1
  // Before the first step and after a dot a name begins, even if nothing is there.
  let named = !indexed && path !== ''
  if (path === '[') return 'broken'
  while (at < path.length) {
    if (indexed) {
      const close = path.indexOf(']', at)
      if (close < 0) return 'broken'
      steps.push(indexOf(path.slice(at, close)))
      at = close + 1
      indexed = false
      named = false
      if (at === path.length) return 'complete'
      continue
    }
    const next = nextDelimiter(path, at)
    if (!named && next !== at) return next === path.length ? 'junk' : 'broken'
    if (named) steps.push(path.slice(at, next))
    if (next === path.length) return 'complete'
    indexed = path[next] === '['
    named = !indexed
    at = next + 1
  }
  return path === '' ? 'complete' : indexed ? 'bracket' : 'dot'
}

function nextDelimiter(path: string, from: number): number {
  for (let at = from; at < path.length; at++) if (path[at] === '.' || path[at] === '[') return at
  return path.length
}

/** As C's strtol() reads it with base 0: `010` is 8, `0x10` is 16, nothing is 0. */
function indexOf(text: string): number {
  const [, sign, digits] = /^(?:[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)|)$/.exec(text) ?? []
  if (digits === undefined) return text === '' ? 0 : Number.NaN
  const octal = /^0[0-9]/.test(digits)
  if (octal && /[89]/.test(digits)) return Number.NaN
  const index = octal ? Number.parseInt(digits, 8) : Number(digits)
  return sign === '-' ? 0 - index : index
}

function child(value: JsonValue | undefined, step: Step): JsonValue | undefined {
  if (typeof step === 'string') return value instanceof JsonObject ? value.get(step) : undefined
  return Array.isArray(value) ? value[step] : undefined
}

function assign(parent: JsonValue | undefined, step: Step, value: JsonValue): boolean {
  if (typeof step === 'string') {
    if (!(parent instanceof JsonObject)) return false
    parent.set(step, value)
    return true
  }
  if (!Array.isArray(parent) || !(step >= 0 && step < parent.length)) return false
  parent[step] = value
  return true
}
