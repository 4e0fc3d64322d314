// Tokens: what the lexer makes of a file's bytes, and the preprocessor hands on to the parser.

import type { Place } from './ast.ts'

interface AnyToken {
  /** As it was written; the parts of a string between its quotes as they were written. */
  readonly text: string
  readonly place: Place
}

/** A name or a keyword: which one is the parser's. */
export interface WordToken extends AnyToken {
  readonly kind: 'word'
}

export interface NumberToken extends AnyToken {
  readonly kind: 'number'
  /** 32 bits with a sign. */
  readonly value: number
}

/** Begins as a number and goes on as a word, as `3com` in a host's name. */
export interface MixedToken extends AnyToken {
  readonly kind: 'mixed'
}

export interface StringToken extends AnyToken {
  readonly kind: 'string'
  readonly value: string
  readonly quote: '"' | "'"
  placeOf(offset: number): Place
}

/** `$var(x)`, `$(var(x){s.len})`. */
export interface VariableToken extends AnyToken {
  readonly kind: 'variable'
}

/** `@ruri.user`, without the at sign. */
export interface SelectToken extends AnyToken {
  readonly kind: 'select'
}

/** An IPv6 address without square brackets. */
export interface AddressToken extends AnyToken {
  readonly kind: 'address'
}

/** What stands in the square brackets of an event_route, without quotes. */
export interface EventToken extends AnyToken {
  readonly kind: 'event'
}

/** Operators, brackets, commas. */
export interface SymbolToken extends AnyToken {
  readonly kind: 'symbol'
}

/** For the preprocessor alone. */
export interface DirectiveToken extends AnyToken {
  readonly kind: 'directive'
  /** `define`, `ifdef` ...; the text is what stands after it, to the end of the line or lines, or the name of a file. */
  readonly name: string
  /** Where the text begins in the file. */
  readonly offset: number
}

/** The end of the file. */
export interface EndToken extends AnyToken {
  readonly kind: 'end'
}

export type Token =
  | WordToken
  | NumberToken
  | MixedToken
  | StringToken
  | VariableToken
  | SelectToken
  | AddressToken
  | EventToken
  | SymbolToken
  | EndToken

/** A token for people: `the word exit`, `"}"`. */
export function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the file'
    case 'string':
      return token.value.length > 24 ? 'a string' : `the string "${token.value.replace(/[\n\r]/g, ' ')}"`
    case 'select':
      return `@${token.text}`
    default:
      return token.text
  }
}
