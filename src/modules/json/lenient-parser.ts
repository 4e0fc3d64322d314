// Parses JSON as Kamailio's json module does, which is json-c's lenient way: what follows the value does not matter, nor do comments, single
// quotes, a comma too many, words in capitals, leading zeros, control characters in strings, bytes that are not UTF-8, and of two
// members of the same name the last counts. Nesting is bounded. The strict one is src/core/json/parser.ts.

import { JsonObject, JsonReal, type JsonValue } from '../../core/json/value.ts'

/** How deep arrays and objects may lie in one another; json-c's limit. */
const MAX_DEPTH = 32

const INT_MIN = -(2n ** 63n)
const UINT_MAX = 2n ** 64n - 1n

/** Characters, sign and leading zeros included, beyond which no integer is read digit by digit. */
const LONGEST_INTEGER = 64

/** Space and comments. A comment that is not closed is none. */
const BLANK = /(?:[ \t\n\v\f\r]+|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*/y
const NUMBER = /-?(?:infinity|\d+(\.\d*)?([eE][+-]?\d+|[eE][+-]?)?)/iy
const WORD = /null|true|false|nan|infinity/iy

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

/** What stands for half a surrogate pair: U+FFFD in UTF-8. */
const REPLACEMENT = '\xef\xbf\xbd'

/** @param text a byte string @returns undefined when it does not begin with a value */
export function parseLenientJson(text: string): JsonValue | undefined {
  const parser = new LenientParser(text)
  const value = parser.value()
  return parser.failed ? undefined : value
}

class LenientParser {
  failed = false
  private readonly text: string
  private at = 0
  private depth = 0

  constructor(text: string) {
    this.text = text
  }

  value(): JsonValue {
    switch (this.skipBlank()) {
      case '{':
        return this.nested('}', new JsonObject())
      case '[':
        return this.nested(']', [])
      case '"':
      case "'":
        return this.string()
      default:
        return this.number() ?? this.word()
    }
  }

  private nested(closing: string, into: JsonObject | JsonValue[]): JsonValue {
    if (this.depth === MAX_DEPTH) return this.fail()
    this.depth++
    this.at++
    while (this.skipBlank() !== closing) {
      this.element(into)
      if (this.failed) return null
      const next = this.skipBlank()
      if (next === ',') this.at++
      else if (next !== closing) return this.fail()
    }
    this.depth--
    this.at++
    return into
  }

  private element(into: JsonObject | JsonValue[]): void {
    if (Array.isArray(into)) {
      into.push(this.value())
      return
    }
    const quote = this.skipBlank()
    const name = quote === '"' || quote === "'" ? this.string() : this.fail()
    if (name === null || this.skipBlank() !== ':') {
      this.fail()
      return
    }
    this.at++
    into.set(name, this.value())
  }

  private number(): JsonValue | undefined {
    NUMBER.lastIndex = this.at
    const match = NUMBER.exec(this.text)
    if (!match) return undefined
    const [whole, fraction, exponent] = match
    if (/^-?i/i.test(whole)) {
      if (whole[0] !== '-') return undefined
      this.at += whole.length
      return new JsonReal(Number.NEGATIVE_INFINITY, '-Infinity')
    }
    this.at += whole.length
    // An exponent without digits is as if it were not there.
    const written = exponent !== undefined && !/\d$/.test(exponent) ? whole.slice(0, -exponent.length) : whole
    const real = fraction !== undefined || written !== whole || exponent !== undefined
    if (real && /[.eE]/.test(written)) return new JsonReal(Number(written), written)
    if (written.length > LONGEST_INTEGER) return written.startsWith('-') ? INT_MIN : UINT_MAX
    const exact =
      BigInt(written.startsWith('-') ? written.slice(1) : written) * (written.startsWith('-') ? -1n : 1n)
    const bounded = exact < INT_MIN ? INT_MIN : exact > UINT_MAX ? UINT_MAX : exact
    const number = Number(bounded)
    return Number.isSafeInteger(number) ? number : bounded
  }

  private word(): JsonValue {
    WORD.lastIndex = this.at
    const word = WORD.exec(this.text)?.[0]
    if (word === undefined) return this.fail()
    this.at += word.length
    switch (word.toLowerCase()) {
      case 'true':
        return true
      case 'false':
        return false
      case 'nan':
        return new JsonReal(Number.NaN, 'NaN')
      case 'infinity':
        return new JsonReal(Number.POSITIVE_INFINITY, 'Infinity')
      default:
        return null
    }
  }

  private string(): string {
    const { text } = this
    const quote = text[this.at]
    let decoded = ''
    for (let at = this.at + 1; at < text.length; at++) {
      const char = text[at]
      if (char === quote) {
        this.at = at + 1
        return decoded
      }
      if (char !== '\\') {
        decoded += char
        continue
      }
      const [length, escaped] = this.escape(at + 1)
      if (length === 0) break
      decoded += escaped
      at += length
    }
    this.fail()
    return ''
  }

  /** What follows a backslash. @returns how much of the text it is, 0: it is wrong; and what it stands for */
  private escape(at: number): readonly [number, string] {
    const escaped = ESCAPED[this.text.charAt(at)]
    if (escaped !== undefined) return [1, escaped]
    const unit = this.unit(at)
    if (unit === undefined) return [0, '']
    if (unit < 0xd800 || unit > 0xdfff) return [5, utf8(unit)]
    const low = unit <= 0xdbff && this.text[at + 5] === '\\' ? this.unit(at + 6) : undefined
    if (low === undefined || low < 0xdc00 || low > 0xdfff) return [5, REPLACEMENT]
    return [11, utf8(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))]
  }

  private unit(at: number): number | undefined {
    const digits = /^u([0-9A-Fa-f]{4})/.exec(this.text.slice(at, at + 5))?.[1]
    return digits === undefined ? undefined : Number.parseInt(digits, 16)
  }

  /** @returns the character that comes next, `''` at the end */
  private skipBlank(): string {
    BLANK.lastIndex = this.at
    this.at += BLANK.exec(this.text)?.[0].length ?? 0
    return this.text.charAt(this.at)
  }

  private fail(): null {
    this.failed = true
    return null
  }
}

function utf8(point: number): string {
  return Buffer.from(String.fromCodePoint(point)).toString('latin1')
}
