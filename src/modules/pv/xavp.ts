// $xavp(name), $xavp(name[1]), $xavp(name=>field), $xavp(name[1]=>field[0]): values with fields of their own. They live as long as the
// context of a request.

import { type AvpStore, type AvpValue, XavpRecord } from '../../core/avps.ts'
import type { RouteContext } from '../../core/context.ts'
import {
  indexNow,
  type PseudoVariable,
  type PseudoVariableClass,
  type PvIndex,
  type PvValue,
} from '../../core/pseudovariables.ts'
import { nameMissing } from './names.ts'

/** `name[index]`. The index is undefined where none was written. */
interface Step {
  readonly name: string
  readonly index: PvIndex | undefined
}

/** The number of the value that is read: all of them and none are the newest. */
function numberNow(step: Step, ctx: RouteContext): number | null {
  const index = indexNow(step.index, ctx)
  return index === '*' ? 0 : index
}

/** `$xavp(name)` and `$xavp(name[index])`. */
class XavpVariable implements PseudoVariable {
  private readonly root: Step

  constructor(root: Step) {
    this.root = root
  }

  get(ctx: RouteContext): PvValue {
    const number = numberNow(this.root, ctx)
    if (number === null) return null
    const value = ctx.avps.xavps.at(this.root.name, number)
    // Kamailio gives the address of the record. Nothing can be done with either.
    return value instanceof XavpRecord ? `<<xavp:${this.root.name}>>` : (value ?? null)
  }

  set(ctx: RouteContext, value: PvValue): boolean {
    return assign(ctx.avps.xavps, this.root, value, ctx)
  }
}

/** `$xavp(name=>field)`, either with an index or without. */
class XavpFieldVariable implements PseudoVariable {
  private readonly root: Step
  private readonly field: Step

  constructor(root: Step, field: Step) {
    this.root = root
    this.field = field
  }

  get(ctx: RouteContext): PvValue {
    const number = numberNow(this.field, ctx)
    if (number === null) return null
    return this.record(ctx)?.at(this.field.name, number) ?? null
  }

  /** Without an index every value makes a record of its own, on top of those that are there; with one, the record must exist. */
  set(ctx: RouteContext, value: PvValue): boolean {
    const { root, field } = this
    if (root.index === undefined && value !== null) return addRecord(ctx.avps, root.name, field.name, value)
    const index = indexNow(root.index, ctx)
    if (value !== null && (typeof index !== 'number' || index < 0)) return false
    const record = this.record(ctx)
    if (!record) return value === null
    return assign(record, field, value, ctx)
  }

  private record(ctx: RouteContext): XavpRecord | undefined {
    const number = numberNow(this.root, ctx)
    const value = number === null ? undefined : ctx.avps.xavps.at(this.root.name, number)
    return value instanceof XavpRecord ? value : undefined
  }
}

function addRecord({ xavps }: AvpStore, name: string, field: string, value: AvpValue): boolean {
  const record = new XavpRecord()
  record.push(field, value)
  xavps.push(name, record)
  return true
}

/** Where values are assigned: those of a context, or the fields of a record. */
interface Stacks {
  push(name: string, value: AvpValue): void
  replace(name: string, number: number, value: AvpValue): boolean
  remove(name: string, number: number): void
  clear(name: string): void
}

/** Without an index a value is added on top; with one, the value with that number is replaced, and must exist. Null removes. */
function assign(stacks: Stacks, step: Step, value: PvValue, ctx: RouteContext): boolean {
  const { name } = step
  if (value !== null && step.index === undefined) {
    stacks.push(name, value)
    return true
  }
  const index = indexNow(step.index, ctx)
  if (index === null) return false
  if (value !== null) return index !== '*' && stacks.replace(name, index, value)
  if (index === '*') stacks.clear(name)
  else stacks.remove(name, index)
  return true
}

/** Where `=>` stands, outside of square brackets; -1 when it does not. */
function arrowIn(inner: string): number {
  let depth = 0
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === '[') depth++
    else if (inner[at] === ']') depth--
    else if (depth === 0 && inner.startsWith('=>', at)) return at
  }
  return -1
}

/** Reads `name` or `name[index]`. @returns a text that says what is wrong, if something is */
function readStep(text: string, nested: (source: string) => PseudoVariable): Step | string {
  const trimmed = text.trim()
  const open = trimmed.indexOf('[')
  const name = (open < 0 ? trimmed : trimmed.slice(0, open)).trim()
  if (!/^[^=>[\]]+$/.test(name)) return `${JSON.stringify(name)} is not a name`
  if (open < 0) return { name, index: undefined }
  if (!trimmed.endsWith(']')) return `the square bracket after ${name} is not closed`
  const index = trimmed.slice(open + 1, -1)
  if (index === '*') return { name, index }
  if (index.startsWith('$')) return { name, index: nested(index) }
  return /^-?\d+$/.test(index) ? { name, index: Number(index) } : `[${index}] is not an index`
}

export const xavp: PseudoVariableClass = {
  parse(inner, _index, nested) {
    if (!inner) return nameMissing('xavp')
    const arrow = arrowIn(inner)
    const root = readStep(arrow < 0 ? inner : inner.slice(0, arrow), nested)
    if (typeof root === 'string') return `$xavp(${inner}): ${root}`
    if (arrow < 0) return new XavpVariable(root)
    const field = readStep(inner.slice(arrow + 2), nested)
    if (typeof field === 'string') return `$xavp(${inner}): ${field}`
    return new XavpFieldVariable(root, field)
  },
}
