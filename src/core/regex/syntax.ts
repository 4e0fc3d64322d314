// POSIX extended regular expressions as text: read into a tree, with the extensions and the errors of the GNU C library, which Kamailio
// uses. In the C locale: a character is a byte. Not for matching.

import { readBracket } from './bracket.ts'
import { anyByte, type ByteSet, complement, inAnyCase, SPACE, setOf, upperByte, WORD } from './byte-set.ts'
import { RegexSyntaxError, type SyntaxOptions } from './options.ts'

/** A place that an expression can demand. */
export type Place =
  | 'text start'
  | 'text end'
  | 'line start'
  | 'line end'
  | 'word edge'
  | 'no word edge'
  | 'word start'
  | 'word end'

export type Expression =
  /** One byte. */
  | { readonly kind: 'byte'; readonly set: ByteSet }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'sequence'; readonly items: readonly Expression[] }
  | { readonly kind: 'choice'; readonly branches: readonly Expression[] }
  /** In round brackets: what it matched can be asked for. */
  | { readonly kind: 'group'; readonly inner: Expression }
  /** `max` is Infinity where there is no limit. */
  | { readonly kind: 'repeat'; readonly inner: Expression; readonly min: number; readonly max: number }

/** More repetitions than this cannot be asked for: each is a copy of what is repeated. */
const REPEAT_MAX = 1000
/** What may stand in brackets in brackets. */
const DEPTH_MAX = 200
/** Steps, repetitions written out: what a byte of text may cost. */
const SIZE_MAX = 20_000

const PLACES: Readonly<Record<string, Place>> = {
  b: 'word edge',
  B: 'no word edge',
  '<': 'word start',
  '>': 'word end',
  '`': 'text start',
  "'": 'text end',
}

/** @throws RegexSyntaxError */
export function parseRegex(pattern: string, options: SyntaxOptions): Expression {
  const expression = new Parser(pattern, options).whole()
  if (sizeOf(expression) > SIZE_MAX) throw new RegexSyntaxError('it is too large, with its repetitions')
  return expression
}

function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case 'sequence':
      return expression.items.reduce((sum, item) => sum + sizeOf(item), 1)
    case 'choice':
      return expression.branches.reduce((sum, branch) => sum + sizeOf(branch), 1)
    case 'group':
      return 1 + sizeOf(expression.inner)
    case 'repeat': {
      const { min, max } = expression
      return 1 + sizeOf(expression.inner) * Math.max(1, max === Number.POSITIVE_INFINITY ? min : max)
    }
    default:
      return 1
  }
}

class Parser {
  private readonly source: string
  private readonly options: SyntaxOptions
  private at = 0
  private depth = 0

  constructor(source: string, options: SyntaxOptions) {
    this.source = source
    this.options = options
  }

  whole(): Expression {
    return this.choice()
  }

  private choice(): Expression {
    const branches = [this.branch()]
    while (this.source[this.at] === '|') {
      this.at++
      branches.push(this.branch())
    }
    return branches.length === 1 ? (branches[0] as Expression) : { kind: 'choice', branches }
  }

  private branch(): Expression {
    const items: Expression[] = []
    for (;;) {
      const char = this.source[this.at]
      // Where no bracket is open, a closing one is a character like any other.
      if (char === undefined || char === '|' || (char === ')' && this.depth > 0)) break
      items.push(this.repeated())
    }
    return items.length === 1 ? (items[0] as Expression) : { kind: 'sequence', items }
  }

  private repeated(): Expression {
    let expression = this.single()
    // What follows a place cannot repeat it: there it is an operator without anything before it.
    if (expression.kind === 'place') return expression
    for (;;) {
      const inner: Expression = expression
      switch (this.source[this.at]) {
        case '*':
          this.at++
          expression = { kind: 'repeat', inner, min: 0, max: Number.POSITIVE_INFINITY }
          break
        case '+':
          this.at++
          expression = { kind: 'repeat', inner, min: 1, max: Number.POSITIVE_INFINITY }
          break
        case '?':
          this.at++
          expression = { kind: 'repeat', inner, min: 0, max: 1 }
          break
        case '{':
          expression = { kind: 'repeat', inner, ...this.interval() }
          break
        default:
          return expression
      }
    }
  }

  /** `{2}`, `{2,}`, `{2,5}`, `{,5}`. */
  private interval(): { min: number; max: number } {
    const { source } = this
    const open = this.at
    const close = source.indexOf('}', open)
    if (close < 0) throw new RegexSyntaxError('{ is not closed', open)
    const match = /^(\d*)(?:(,)(\d*))?$/.exec(source.slice(open + 1, close))
    const [, least = '', comma, most = ''] = match ?? []
    if (!match || (least === '' && comma === undefined)) {
      throw new RegexSyntaxError(`${source.slice(open, close + 1)} is no number of repetitions`, open)
    }
    const min = Number(least)
    const max = comma === undefined ? min : most === '' ? Number.POSITIVE_INFINITY : Number(most)
    if (min > max)
      throw new RegexSyntaxError(`${source.slice(open, close + 1)} is no number of repetitions`, open)
    if (min > REPEAT_MAX || (max > REPEAT_MAX && max < Number.POSITIVE_INFINITY)) {
      throw new RegexSyntaxError(`more than ${REPEAT_MAX} repetitions`, open)
    }
    this.at = close + 1
    return { min, max }
  }

  private single(): Expression {
    const { source, options } = this
    const start = this.at++
    const char = source[start] as string
    switch (char) {
      case '(':
        return this.group(start)
      case '[': {
        const { set, end } = readBracket(source, start, options)
        this.at = end
        return { kind: 'byte', set }
      }
      case '.':
        return { kind: 'byte', set: anyByte(!options.newline) }
      case '^':
        return { kind: 'place', place: options.newline ? 'line start' : 'text start' }
      case '$':
        return { kind: 'place', place: options.newline ? 'line end' : 'text end' }
      case '*':
      case '+':
      case '?':
      case '{':
        throw new RegexSyntaxError(`${char} has nothing before it that can be repeated`, start)
      case '\\':
        return this.escaped(start)
      default:
        return this.literal(char)
    }
  }

  private group(start: number): Expression {
    if (this.depth === DEPTH_MAX)
      throw new RegexSyntaxError(`more than ${DEPTH_MAX} brackets in one another`, start)
    this.depth++
    const inner = this.choice()
    this.depth--
    if (this.source[this.at] !== ')') throw new RegexSyntaxError('( is not closed', start)
    this.at++
    return { kind: 'group', inner }
  }

  private escaped(start: number): Expression {
    const char = this.source[this.at++]
    if (char === undefined) throw new RegexSyntaxError('a backslash with nothing after it', start)
    const place = PLACES[char]
    if (place !== undefined) return { kind: 'place', place }
    switch (char) {
      case 'w':
        return { kind: 'byte', set: WORD }
      case 'W':
        return { kind: 'byte', set: complement(WORD) }
      case 's':
        return { kind: 'byte', set: SPACE }
      case 'S':
        return { kind: 'byte', set: complement(SPACE) }
      default:
    }
    if (char >= '1' && char <= '9') {
      throw new RegexSyntaxError(
        `back-references such as \\${char} are not supported: no bound can be given for how long they take`,
        start,
      )
    }
    return this.literal(char)
  }

  private literal(char: string): Expression {
    const byte = char.charCodeAt(0) & 0xff
    const set = this.options.ignoreCase ? inAnyCase(setOf(upperByte(byte))) : setOf(byte)
    return { kind: 'byte', set }
  }
}
