// Transformations: what `{class.name,argument}` after a pseudo-variable does. Here: a variable with a chain of them, and how their
// arguments are read. The grammar around them is in references.ts, what each one does is its module's.

import type { RouteContext } from './context.ts'
import { TemplateError } from './errors.ts'
import type { Transformation, TransformationClass } from './module.ts'
import { nearest } from './nearest.ts'
import type { PseudoVariable, PvValue } from './pseudovariables.ts'
import { readReference } from './references.ts'

const PLUS = 0x2b
const MINUS = 0x2d
const ZERO = 0x30

/** A pseudo-variable behind a chain of transformations, of which there is at least one. Read-only. */
export class TransformedVariable implements PseudoVariable {
  private readonly variable: PseudoVariable
  private readonly earlier: readonly Transformation[]
  private readonly last: Transformation

  constructor(variable: PseudoVariable, chain: readonly Transformation[]) {
    const last = chain.at(-1)
    if (!last) throw new RangeError('a chain of transformations has at least one')
    this.variable = variable
    this.earlier = chain.slice(0, -1)
    this.last = last
  }

  get(ctx: RouteContext): PvValue {
    const value = this.before(ctx)
    return value === null ? (this.last.ofNull ?? null) : this.last.value(value, ctx)
  }

  /** As Kamailio has it, null is nothing here, and not `<null>`. */
  text(ctx: RouteContext): string {
    const value = this.before(ctx)
    if (value === null) return String(this.last.ofNull ?? '')
    return String((this.last.text ? this.last.text(value, ctx) : this.last.value(value, ctx)) ?? '')
  }

  /** What the last one is given. */
  private before(ctx: RouteContext): PvValue {
    let value = this.variable.get(ctx)
    for (const step of this.earlier) {
      if (value === null) {
        value = step.ofNull ?? null
      } else {
        value = step.text ? step.text(value, ctx) : step.value(value, ctx)
        // What has failed is not asked again, not even by those that make something of null.
        if (value === null) return null
      }
    }
    return value
  }
}

/** A number that was written, or what a pseudo-variable says when it is time. */
export type NumberArgument = number | PseudoVariable

/** A text that was written, or what a pseudo-variable says when it is time. */
export type TextArgument = string | PseudoVariable

/** What stands behind the name of a transformation. Each is read by one of these methods, as its class sees fit. */
export class TransformationArgument {
  /** All of it, as it was written; undefined when there is no comma after the name. */
  readonly written: string | undefined
  /** Parses a pseudo-variable in it. @throws TemplateError */
  readonly nested: (source: string) => PseudoVariable

  constructor(written: string | undefined, nested: (source: string) => PseudoVariable) {
    this.written = written
    this.nested = nested
  }

  /**
   * Splits at commas that are not within a pseudo-variable, at most into `limit` parts: what follows belongs to the last.
   * @returns none when nothing was written
   */
  parts(limit: number): readonly string[] {
    const { written } = this
    if (written === undefined) return []
    const parts: string[] = []
    let start = 0
    while (parts.length < limit - 1) {
      const comma = written.indexOf(',', endOfReference(written, start))
      if (comma < 0) break
      parts.push(written.slice(start, comma))
      start = comma + 1
    }
    return [...parts, written.slice(start)]
  }

  /** A number, with a sign or without, cut to 32 bits; or a pseudo-variable. Undefined when it is neither. @throws TemplateError */
  number(part: string): NumberArgument | undefined {
    const written = trim(part)
    if (written.startsWith('$')) return this.nested(written)
    const [, sign, digits] = /^([+-]?)[ \t\r\n]*(\d*)$/.exec(written) ?? []
    if (sign === undefined || digits === undefined || sign + digits === '') return undefined
    const number = Number(BigInt.asIntN(32, BigInt(digits)))
    return sign === '-' ? 0 - number : number
  }

  /**
   * A text without the white space before it, and without the tabs and line ends behind it; or a pseudo-variable. Undefined when it
   * has tabs or line ends within. @throws TemplateError
   */
  text(part: string): TextArgument | undefined {
    const written = part.replace(/^[ \t\r\n]+|[\t\r\n][ \t\r\n]*$/g, '')
    if (written.startsWith('$')) return this.nested(trim(written))
    return /[\t\r\n]/.test(written) ? undefined : written
  }
}

/** What a number is now; null where a variable holds none: a text is none, whatever it says. */
export function numberNow(argument: NumberArgument, ctx: RouteContext): number | null {
  if (typeof argument === 'number') return argument
  const value = argument.get(ctx)
  return typeof value === 'number' ? value : null
}

/** What a text is now; null where a variable is null, or has nothing in it. */
export function textNow(argument: TextArgument, ctx: RouteContext): string | null {
  if (typeof argument === 'string') return argument
  const value = argument.get(ctx)
  return typeof value === 'number' ? String(value) : value === '' ? null : value
}

/**
 * The number that a whole text is: digits, with a sign or without, within 32 bits; no digits are 0. Null when it is none.
 */
export function integerOf(text: string): number | null {
  const first = text.charCodeAt(0)
  const negative = first === MINUS
  let number = 0
  for (let at = negative || first === PLUS ? 1 : 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO
    if (digit < 0 || digit > 9) return null
    number = number * 10 + digit
    if (number > 2147483648) return null
  }
  if (negative) return 0 - number
  return number === 2147483648 ? null : number
}

/** A class of transformations that are found by name, in any case. */
export function namedTransformations(
  className: string,
  members: Readonly<Record<string, (argument: TransformationArgument) => Transformation | string>>,
): TransformationClass {
  const parsers = new Map(Object.entries(members))
  return {
    parse(name, argument) {
      const parse = parsers.get(name.toLowerCase())
      if (parse) {
        const transformation = parse(argument)
        return typeof transformation === 'string'
          ? `{${className}.${name}} ${transformation}`
          : transformation
      }
      const near = nearest(name, parsers.keys())
      const hint =
        near === undefined
          ? `; known: ${[...parsers.keys()].join(', ')}`
          : `; did you mean {${className}.${near}}?`
      return `unknown transformation {${className}.${name}}${hint}`
    },
  }
}

/** Where the pseudo-variable that begins `written` at `start`, white space aside, is over; `start` when there is none. */
function endOfReference(written: string, start: number): number {
  let at = start
  while (isSpace(written[at])) at++
  if (written[at] !== '$') return start
  try {
    return readReference(written, at).end
  } catch (error) {
    // What is wrong with it is said when it is parsed.
    if (error instanceof TemplateError) return at
    throw error
  }
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
}
