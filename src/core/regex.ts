// Regular expressions as Kamailio's scripts write them: POSIX extended, leftmost and longest, over byte strings. None can hang the process:
// the time a match takes grows with the text and no faster. How they are read is in regex/; the engine is RE2's.

import { RE2JS } from 're2js'
import { onlyByte } from './regex/byte-set.ts'
import { RegexSyntaxError } from './regex/options.ts'
import { toRe2 } from './regex/re2.ts'
import { type Expression, parseRegex } from './regex/syntax.ts'

export interface RegexOptions {
  /** Letters match in either case (REG_ICASE): ASCII letters. Default false. */
  readonly ignoreCase?: boolean
  /** `^` and `$` match at line ends too, and neither `.` nor `[^a]` match a newline (REG_NEWLINE). Default false. */
  readonly newline?: boolean
}

/** Where an expression was found. */
export interface RegexMatch {
  readonly index: number
  readonly end: number
  /** What matched: all of it at 0, then what each pair of brackets matched; undefined where one took no part. */
  readonly groups: readonly (string | undefined)[]
}

/** A regular expression, ready to be used any number of times. Texts are byte strings. */
export interface Regex {
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean
  /** The first of the longest matches at or after `from`; `^` is still the text's beginning. */
  match(text: string, from?: number): RegexMatch | undefined
}

/** How many are remembered: scripts may build them on the fly. */
const CACHE_LIMIT = 1024
const cache = new Map<string, Regex | string>()

/**
 * Reads a regular expression. The same one is made once.
 * @param pattern a byte string
 * @returns a text that says what is wrong, if something is
 */
export function compileRegex(pattern: string, options: RegexOptions = {}): Regex | string {
  const { ignoreCase = false, newline = false } = options
  const key = `${ignoreCase ? 'i' : '-'}${newline ? 'n' : '-'}${pattern}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make(pattern, { ignoreCase, newline })
  if (cache.size >= CACHE_LIMIT) cache.clear()
  cache.set(key, made)
  return made
}

function make(pattern: string, options: Required<RegexOptions>): Regex | string {
  try {
    const expression = parseRegex(pattern, options)
    return literalOf(expression) ?? new EngineRegex(toRe2(expression))
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message
    if (error instanceof Error && error.name.startsWith('RE2JS')) return `too large: ${error.message}`
    throw error
  }
}

class EngineRegex implements Regex {
  private readonly engine: RE2JS

  constructor(source: string) {
    this.engine = RE2JS.compile(source, RE2JS.LONGEST_MATCH)
  }

  test(text: string): boolean {
    return this.engine.test(text)
  }

  match(text: string, from = 0): RegexMatch | undefined {
    const matcher = this.engine.matcher(text)
    if (from > text.length || !matcher.find(from)) return undefined
    const groups: (string | undefined)[] = []
    for (let group = 0; group <= matcher.groupCount(); group++) groups.push(matcher.group(group) ?? undefined)
    return { index: matcher.start(), end: matcher.end(), groups }
  }
}

/** A text without anything special, between `^` and `$` or not: what strings can do by themselves. */
class LiteralRegex implements Regex {
  private readonly literal: string
  private readonly fromStart: boolean
  private readonly toEnd: boolean

  constructor(literal: string, fromStart: boolean, toEnd: boolean) {
    this.literal = literal
    this.fromStart = fromStart
    this.toEnd = toEnd
  }

  test(text: string): boolean {
    return this.find(text, 0) >= 0
  }

  match(text: string, from = 0): RegexMatch | undefined {
    const index = this.find(text, from)
    return index < 0 || from > text.length
      ? undefined
      : { index, end: index + this.literal.length, groups: [this.literal] }
  }

  private find(text: string, from: number): number {
    const { literal } = this
    if (this.fromStart) {
      if (from > 0) return -1
      return (this.toEnd ? text === literal : text.startsWith(literal)) ? 0 : -1
    }
    if (!this.toEnd) return text.indexOf(literal, from)
    const index = text.length - literal.length
    return index >= from && text.endsWith(literal) ? index : -1
  }
}

function literalOf(expression: Expression): LiteralRegex | undefined {
  const items = expression.kind === 'sequence' ? [...expression.items] : [expression]
  const isPlace = (item: Expression | undefined, place: string) =>
    item?.kind === 'place' && item.place === place
  const fromStart = isPlace(items[0], 'text start')
  if (fromStart) items.shift()
  const toEnd = isPlace(items.at(-1), 'text end')
  if (toEnd) items.pop()
  let literal = ''
  for (const item of items) {
    const byte = item.kind === 'byte' ? onlyByte(item.set) : -1
    if (byte < 0) return undefined
    literal += String.fromCharCode(byte)
  }
  return new LiteralRegex(literal, fromStart, toEnd)
}
