// Parses JSON (RFC 8259) from byte strings, as strictly as jansson does: the whole is an object or an array; no member twice, no NUL in
// a string, valid UTF-8, integers of 64 bits, and nesting that is bounded, so that no text of others can exhaust the stack.

import { isUtf8 } from 'node:buffer'
import { JsonObject, JsonReal, type JsonRoot, type JsonValue } from './value.ts'

/** How deep arrays and objects may lie in one another; jansson's limit. */
export const MAX_DEPTH = 2048

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Of 64 bits, with its sign. */
const LONGEST_INTEGER = 20

/** So many digits always make an exact number. */
const EXACT_DIGITS = 15

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y

const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Parses a text up to its end, or to a NUL. @returns what is wrong with it, if something is */
export function parseJson(text: string): JsonRoot | string {
  return new Parser(text).root()
}

/** Fails by setting `problem`, not by throwing: what others send is wrong every day, and a stack trace costs more than the text. */
class Parser {
  private readonly text: string
  private at = 0
  private depth = 0
  private wide = false
  private problem: string | undefined = undefined

  constructor(text: string) {
    this.text = text
  }

  root(): JsonRoot | string {
    const first = this.skipSpace()
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      this.fail('an object or an array is expected')
    } else {
      const value = this.value(first)
      if (this.problem === undefined) {
        const after = this.skipSpace()
        if (!Number.isNaN(after) && after !== 0) this.fail('the end is expected')
        else if (this.wide && !isUtf8(Buffer.from(this.text, 'latin1'))) this.problem = 'it is not UTF-8'
        else if (typeof value === 'object' && value !== null && !(value instanceof JsonReal)) return value
      }
    }
    return this.problem ?? 'it is no JSON'
  }

  private value(first: number): JsonValue {
    switch (first) {
      case QUOTE:
        return this.string()
      case OPEN_BRACE:
        return this.object()
      case OPEN_BRACKET:
        return this.array()
      case 0x74:
        return this.word('true', true)
      case 0x66:
        return this.word('false', false)
      case 0x6e:
        return this.word('null', null)
      default:
        return first === MINUS || (first >= ZERO && first <= NINE)
          ? this.number(first)
          : this.fail('a value is expected')
    }
  }

  /** One level deeper, past the opening bracket. @returns false when that is too deep */
  private enter(): boolean {
    if (this.depth === MAX_DEPTH) {
      this.fail('it is nested too deeply')
      return false
    }
    this.depth++
    this.at++
    return true
  }

  /** Past the closing bracket. */
  private leave(): void {
    this.depth--
    this.at++
  }

  private object(): JsonValue {
    if (!this.enter()) return null
    const object = new JsonObject()
    let next = this.skipSpace()
    if (next === CLOSE_BRACE) {
      this.leave()
      return object
    }
    for (;;) {
      if (next !== QUOTE) return this.fail('the name of a member is expected')
      const name = this.string()
      if (this.skipSpace() !== COLON) return this.fail('a colon is expected')
      this.at++
      const value = this.value(this.skipSpace())
      if (this.problem !== undefined) return null
      if (!object.add(name, value)) return this.fail(`the member ${JSON.stringify(name)} is there twice`)
      next = this.skipSpace()
      if (next === CLOSE_BRACE) {
        this.leave()
        return object
      }
      if (next !== COMMA) return this.fail('a comma or a closing brace is expected')
      this.at++
      next = this.skipSpace()
    }
  }

  private array(): JsonValue {
    if (!this.enter()) return null
    const array: JsonValue[] = []
    let next = this.skipSpace()
    if (next === CLOSE_BRACKET) {
      this.leave()
      return array
    }
    for (;;) {
      array.push(this.value(next))
      if (this.problem !== undefined) return null
      next = this.skipSpace()
      if (next === CLOSE_BRACKET) {
        this.leave()
        return array
      }
      if (next !== COMMA) return this.fail('a comma or a closing bracket is expected')
      this.at++
      next = this.skipSpace()
    }
  }

  private word(word: string, value: JsonValue): JsonValue {
    if (!this.text.startsWith(word, this.at)) return this.fail('a value is expected')
    this.at += word.length
    return value
  }

  private number(first: number): JsonValue {
    const { text } = this
    // Integers of few digits, which nearly all are, without making a string of them.
    const start = first === MINUS ? this.at + 1 : this.at
    let at = start
    let code = text.charCodeAt(at)
    let value = 0
    while (code >= ZERO && code <= NINE) {
      value = value * 10 + (code - ZERO)
      code = text.charCodeAt(++at)
    }
    const digits = at - start
    const whole = code !== 0x2e && code !== 0x65 && code !== 0x45
    if (whole && digits > 0 && digits <= EXACT_DIGITS && (digits === 1 || text.charCodeAt(start) !== ZERO)) {
      this.at = at
      // 0 - 0 is no negative zero.
      return first === MINUS ? 0 - value : value
    }
    return this.anyNumber()
  }

  private anyNumber(): JsonValue {
    NUMBER.lastIndex = this.at
    const match = NUMBER.exec(this.text)
    if (!match) return this.fail('a number is expected')
    const [written, fraction, exponent] = match
    this.at += written.length
    const after = this.text.charCodeAt(this.at)
    if (after >= ZERO && after <= NINE) return this.fail('a number begins with 0')
    const number = Number(written)
    if (fraction !== undefined || exponent !== undefined) {
      return Number.isFinite(number) ? new JsonReal(number) : this.fail('a number is too large')
    }
    if (Number.isSafeInteger(number)) return number + 0
    // To make a bigint of a million digits would take its time.
    const exact = written.length <= LONGEST_INTEGER ? BigInt(written) : undefined
    return exact !== undefined && BigInt.asIntN(64, exact) === exact
      ? exact
      : this.fail('an integer is too large')
  }

  private string(): string {
    const { text } = this
    let at = this.at + 1
    let start = at
    let decoded = ''
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.at = at + 1
        return decoded === '' ? text.slice(start, at) : decoded + text.slice(start, at)
      }
      if (code === BACKSLASH) {
        this.at = at + 1
        decoded += text.slice(start, at) + this.escape()
        if (this.problem !== undefined) return ''
        at = this.at
        start = at
        continue
      }
      // Also where the text is over: NaN is not at least anything.
      if (!(code >= 0x20)) {
        this.at = at
        this.fail('a string is not closed, or has a control character in it')
        return ''
      }
      if (code >= 0x80) this.wide = true
      at++
    }
  }

  /** What follows a backslash. */
  private escape(): string {
    const kind = this.text.charAt(this.at)
    if (kind !== 'u') {
      const escaped = ESCAPED[kind]
      if (escaped === undefined) this.fail('a backslash is followed by a wrong character')
      this.at++
      return escaped ?? ''
    }
    let point = this.unit()
    if (point >= 0xd800 && point <= 0xdbff) {
      const paired = this.text.startsWith('\\u', this.at)
      if (paired) this.at++
      const low = paired ? this.unit() : 0
      if (low < 0xdc00 || low > 0xdfff) this.fail('half a surrogate pair')
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00)
    } else if (point >= 0xdc00 && point <= 0xdfff) this.fail('half a surrogate pair')
    else if (point === 0) this.fail('\\u0000 is not allowed')
    if (this.problem !== undefined) return ''
    return point < 0x80
      ? String.fromCharCode(point)
      : Buffer.from(String.fromCodePoint(point)).toString('latin1')
  }

  /** The four hexadecimal digits after a `u`. */
  private unit(): number {
    const digits = this.text.slice(this.at + 1, this.at + 5)
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) {
      this.fail('\\u is not followed by four hexadecimal digits')
      return 0
    }
    this.at += 5
    return Number.parseInt(digits, 16)
  }

  /** @returns the code of what comes next, NaN at the end */
  private skipSpace(): number {
    const { text } = this
    let code = text.charCodeAt(this.at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++this.at)
    return code
  }

  private fail(problem: string): null {
    this.problem ??= `${problem} (at ${this.at})`
    return null
  }
}
