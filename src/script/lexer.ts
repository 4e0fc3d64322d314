// The lexer: bytes of a kamailio.cfg to tokens. Any bytes will do: what is wrong goes to the diagnostics and the next token follows. It
// knows the shapes of words, not their meaning, and finds the preprocessor's directives without following them.

import { isIPv6 } from 'node:net'
import type { Place, SourceFile } from './ast.ts'
import type { Diagnostics } from './diagnostics.ts'
import { isWordByte, SourceText } from './source-text.ts'
import { readString } from './string-literal.ts'
import type { DirectiveToken, Token } from './token.ts'

const SPACE = /[ \t\r\n]+/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const DIGITS = /[0-9][A-Za-z0-9_]*/y
const SYMBOL = /&&|\|\||[=!<>]=|[=!]~|<<|>>|[-+]=|[-{}()[\];,=+*/%&|^~!<>:.@]/y
// What an IPv6 address may be written with; whether it is one is seen after.
const ADDRESS_BYTES = /[0-9A-Fa-f:.]{2,45}(?![0-9A-Za-z_:])/y
const SELECT = /@[ \t]*[A-Za-z_]\w*(?:\[(?:[^\]\n]*)\])?(?:\.[A-Za-z_]\w*(?:\[(?:[^\]\n]*)\])?)*/y
const VARIABLE_NAME = /[A-Za-z0-9_]+|[?$]/y
const EVENT = /[ \t\r\n]*(?:"([^"\n]*)"|'([^'\n]*)'|([A-Za-z_][A-Za-z0-9_.:-]*))[ \t\r\n]*(?=\])/y
const DIRECTIVE =
  /(?:#!|!!)(define|def|trydefine|trydef|redefine|redef|defexps|defexp|defenvs|defenv|trydefenvs|trydefenv|ifdef|ifndef|ifexp|else|endif|substdefs|substdef|subst|include_file|import_file)(?![^ \t\r\n])/y
const CONDITIONAL = /(?:#!|!!)(ifdef|ifndef|ifexp|else|endif)(?![^ \t\r\n])/g
const MODE = /#!(?:KAMAILIO|SER|OPENSER|MAXCOMPAT|ALL)(?![A-Za-z0-9_])/y
const INCLUDE = /(?:include|import)_file(?![A-Za-z0-9_])/y
const LINE_REST = /[^\n]*/y
const FILE_NAME = /[ \t]*("[^"\n]*"|[^ \t\r\n]*)/y

/** Directives whose text is not the rest of the line: the tokens after them are. */
const FOLLOWED_BY_TOKEN: ReadonlySet<string> = new Set(['subst', 'substdef', 'substdefs'])

export class Lexer {
  readonly #source: SourceText
  readonly #diagnostics: Diagnostics
  readonly #directives: boolean
  #at: number
  readonly #end: number
  /** How far an `event_route [` has come. */
  #event: 'no' | 'word' | 'bracket' = 'no'
  /** A string was not closed: later ones are looked for in their own lines only, or each would be looked for to the end. */
  #unclosedString = false
  /** Up to where, and how often, brackets of a pseudo-variable were looked for in vain. */
  #unclosedBrackets = { line: -1, times: 0 }

  /**
   * @param range which part of the file to read: the value of a define. There directives are comments.
   */
  constructor(
    file: SourceFile,
    diagnostics: Diagnostics,
    range?: { readonly start: number; readonly end: number },
  ) {
    this.#source = new SourceText(file)
    this.#diagnostics = diagnostics
    this.#directives = range === undefined
    this.#at = range?.start ?? 0
    this.#end = range?.end ?? file.text.length
  }

  get text(): SourceText {
    return this.#source
  }

  next(): Token | DirectiveToken {
    for (;;) {
      const directive = this.#skipBlank()
      if (directive !== undefined) return directive
      if (this.#at >= this.#end) {
        return { kind: 'end', text: '', place: this.#source.place(this.#end, this.#end) }
      }
      const token = this.#token()
      if (token !== undefined) return token
    }
  }

  /** Passes over lines that a condition leaves out, up to the next conditional directive; undefined: there is none. */
  skipLines(): DirectiveToken | undefined {
    CONDITIONAL.lastIndex = this.#at
    const found = CONDITIONAL.exec(this.#source.text)
    if (found === null) {
      this.#at = this.#end
      return undefined
    }
    this.#at = found.index
    return this.#directive()
  }

  /** Passes over white space and comments, and reads the directive that follows, if one does. */
  #skipBlank(): DirectiveToken | undefined {
    const { text } = this.#source
    while (this.#at < this.#end) {
      switch (text[this.#at]) {
        case ' ':
        case '\t':
        case '\r':
        case '\n':
          this.#read(SPACE)
          break
        case '#':
          if (this.#directives) {
            const directive = this.#directive()
            if (directive !== undefined) return directive
          }
          this.#warnOfUnknownDirective()
          this.#read(LINE_REST)
          break
        case '!': {
          if (!this.#directives || text[this.#at + 1] !== '!') return undefined
          const directive = this.#directive()
          // `!!defined $var(x)` is none.
          return directive
        }
        case '/':
          if (text[this.#at + 1] === '/') this.#read(LINE_REST)
          else if (text[this.#at + 1] === '*') this.#skipComment()
          else return undefined
          break
        case '\\':
          // The end of a line of a define; elsewhere Kamailio passes over it too.
          if (!/\\\r?\n/y.test(text.slice(this.#at, this.#at + 3))) return undefined
          this.#at++
          break
        case 'i':
          if (this.#directives && matchAt(INCLUDE, text, this.#at) !== undefined)
            return this.#include(this.#at)
          return undefined
        default:
          return undefined
      }
    }
    return undefined
  }

  /** Comments nest, as in Kamailio. */
  #skipComment(): void {
    const start = this.#at
    const marks = /\/\*|\*\//g
    marks.lastIndex = start
    let depth = 0
    for (let mark = marks.exec(this.#source.text); mark !== null; mark = marks.exec(this.#source.text)) {
      if (mark.index >= this.#end) break
      depth += mark[0] === '/*' ? 1 : -1
      if (depth === 0) {
        this.#at = marks.lastIndex
        return
      }
    }
    this.#at = this.#end
    this.#diagnostics.error(
      this.#source.place(start, start + 2),
      'this comment is never closed',
      depth > 1
        ? `write */ where it ends; ${depth} /* are open, for comments nest`
        : 'write */ where it ends',
    )
  }

  #directive(): DirectiveToken | undefined {
    const { text } = this.#source
    const start = this.#at
    DIRECTIVE.lastIndex = start
    const found = DIRECTIVE.exec(text)
    const name = found?.[1]
    if (found === null || name === undefined) return undefined
    this.#at = DIRECTIVE.lastIndex
    const place = this.#source.place(start, this.#at)
    if (name.endsWith('_file')) return this.#include(start)
    if (FOLLOWED_BY_TOKEN.has(name)) return { kind: 'directive', name, text: '', offset: this.#at, place }
    const rest = name.includes('def') && !name.startsWith('if') ? this.#lines() : this.#read(LINE_REST)
    return { kind: 'directive', name, text: rest, offset: this.#at - rest.length, place }
  }

  /** The rest of the line; one that ends in a backslash goes on in the next. */
  #lines(): string {
    let lines = this.#read(LINE_REST)
    while (/\\\r?$/.test(lines.slice(-2)) && this.#at < this.#end) lines += this.#read(/\n[^\n]*/y)
    return lines
  }

  /** `include_file "x.cfg"`, with or without `#!` before it: the name is no token, defines do not reach it. */
  #include(start: number): DirectiveToken {
    const { text } = this.#source
    const name = text.slice(start + (text[start] === 'i' ? 0 : 2), start + 20).match(/^\w+/)?.[0] ?? ''
    this.#at = start + (text[start] === 'i' ? 0 : 2) + name.length
    FILE_NAME.lastIndex = this.#at
    const file = FILE_NAME.exec(text)?.[1] ?? ''
    this.#at = FILE_NAME.lastIndex
    const offset = this.#at - file.length
    return { kind: 'directive', name, text: file, offset, place: this.#source.place(offset, this.#at) }
  }

  #warnOfUnknownDirective(): void {
    const { text } = this.#source
    if (!this.#directives || text[this.#at + 1] !== '!' || matchAt(MODE, text, this.#at) !== undefined) return
    const word = matchAt(/#![a-z_]+/y, text, this.#at)
    if (word === undefined) return
    this.#diagnostics.warning(
      this.#source.place(this.#at, this.#at + word.length),
      `${word} is no directive: the line is a comment`,
    )
  }

  #token(): Token | undefined {
    const { text } = this.#source
    const start = this.#at
    if (this.#event === 'bracket') {
      this.#event = 'no'
      const event = this.#eventName()
      if (event !== undefined) return event
    }
    const first = text.charCodeAt(start)
    if (first === DOLLAR) return this.#variable()
    if (first === QUOTE || first === APOSTROPHE) {
      const string = readString(this.#source, start, this.#end, !this.#unclosedString, this.#diagnostics)
      this.#unclosedString ||= !string.closed
      this.#at = string.end
      return string.token
    }
    if (isWordByte(first) || first === COLON) {
      const address = isAddressByte(first) ? this.#address() : undefined
      if (address !== undefined) return { kind: 'address', text: address, place: this.#placed(start) }
      if (first >= 48 && first <= 57) return this.#number(start)
      const word = this.#read(WORD)
      if (word !== '') {
        this.#event = word === 'event_route' ? 'word' : 'no'
        return { kind: 'word', text: word, place: this.#placed(start) }
      }
    }
    if (text[start] === '@') {
      const select = this.#read(SELECT)
      if (select !== '') {
        return { kind: 'select', text: select.slice(1).trimStart(), place: this.#placed(start) }
      }
    }
    const symbol = this.#read(SYMBOL)
    if (symbol !== '') {
      this.#event = symbol === '[' && this.#event === 'word' ? 'bracket' : 'no'
      return { kind: 'symbol', text: symbol, place: this.#placed(start) }
    }
    this.#passOver(start)
    return undefined
  }

  /** Bytes that begin nothing. Kamailio is silent about them. */
  #passOver(start: number): void {
    const bytes = this.#read(/[^\s\w"'$#/&|=!<>{}()[\];,+*%^~:.@\\-]+|./sy)
    const shown = /^[\x21-\x7e]+$/.test(bytes) ? bytes : `byte ${hex(bytes)}`
    this.#diagnostics.warning(this.#placed(start), `${shown} means nothing here, and is passed over`)
  }

  #eventName(): Token | undefined {
    EVENT.lastIndex = this.#at
    const found = EVENT.exec(this.#source.text)
    if (found === null) return undefined
    const name = found[1] ?? found[2] ?? found[3] ?? ''
    this.#at = EVENT.lastIndex
    const start = found.index + found[0].indexOf(name)
    return { kind: 'event', text: name, place: this.#source.place(start, start + name.length) }
  }

  #address(): string | undefined {
    const found = matchAt(ADDRESS_BYTES, this.#source.text, this.#at)
    if (found === undefined || !found.includes(':') || !isIPv6(found)) return undefined
    this.#at += found.length
    return found
  }

  #number(start: number): Token {
    const text = this.#read(DIGITS)
    const place = this.#placed(start)
    // `101b`: five.
    if (/^[01]+b$/.test(text) && text.length <= 33)
      return { kind: 'number', text, value: Number.parseInt(text, 2) | 0, place }
    if (!/^(?:0x[0-9A-Fa-f]+|0[0-7]*|[1-9][0-9]*)$/.test(text)) return { kind: 'mixed', text, place }
    const octal = /^0[0-7]+$/.test(text)
    const whole = octal ? Number.parseInt(text, 8) : Number(text)
    // The low 32 bits, as Kamailio keeps them; BigInt, because a double would have lost them.
    const value =
      whole <= 0xffff_ffff ? whole | 0 : Number(BigInt.asIntN(32, BigInt(octal ? `0o${text}` : text)))
    if (whole > 0xffff_ffff) {
      this.#diagnostics.warning(place, `${text} does not fit in 32 bits: it is ${value}`)
    }
    return { kind: 'number', text, value, place }
  }

  #variable(): Token | undefined {
    const { text } = this.#source
    const start = this.#at
    VARIABLE_NAME.lastIndex = start + 1
    const name = text[start + 1] === '(' ? '' : VARIABLE_NAME.exec(text)?.[0]
    if (name === undefined) {
      this.#at++
      this.#diagnostics.error(this.#placed(start), 'a $ without the name of a pseudo-variable')
      return undefined
    }
    this.#at = start + 1 + name.length
    if (text[this.#at] === '(') this.#variableBrackets(start)
    return { kind: 'variable', text: text.slice(start, this.#at), place: this.#placed(start) }
  }

  /** Passes over `(...)`, in which round brackets balance; it stays on one line. */
  #variableBrackets(start: number): void {
    const { text } = this.#source
    const end = Math.min(this.#end, text.indexOf('\n', this.#at) >>> 0)
    if (this.#unclosedBrackets.line !== end) this.#unclosedBrackets = { line: end, times: 0 }
    let depth = 0
    for (let at = this.#at; at < end && this.#unclosedBrackets.times < 8; at++) {
      if (text[at] === '(') depth++
      else if (text[at] === ')' && --depth === 0) {
        this.#at = at + 1
        return
      }
    }
    this.#unclosedBrackets.times++
    this.#diagnostics.error(
      this.#source.place(start, this.#at + 1),
      `the bracket of ${text.slice(start, this.#at + 1)} is not closed in this line`,
    )
    // Its likely end, so that the rest of the line still makes sense.
    this.#read(/\([\w.:$]*/y)
  }

  #placed(start: number): Place {
    return this.#source.place(start, this.#at)
  }

  /** What the sticky pattern finds here, and no further than the range; it is passed. */
  #read(pattern: RegExp): string {
    const found = matchAt(pattern, this.#source.text, this.#at) ?? ''
    const inside = found.slice(0, this.#end - this.#at)
    this.#at += inside.length
    return inside
  }
}

const QUOTE = 34
const DOLLAR = 36
const APOSTROPHE = 39
const COLON = 58

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function isAddressByte(byte: number): boolean {
  return (byte >= 48 && byte <= 58) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102)
}

function hex(bytes: string): string {
  return Array.from(bytes, (each) => `0x${each.charCodeAt(0).toString(16).padStart(2, '0')}`).join(' ')
}
