// What the parsers read from: tokens, one after the other, and what is said when the next is not what must stand there.

import type { Place } from './ast.ts'
import type { Diagnostics } from './diagnostics.ts'
import { describe, type Token } from './token.ts'

/** Thrown when what follows cannot be made sense of; the mistake has been reported. Whoever catches it knows where to go on. */
export class SyntaxFault extends Error {
  constructor() {
    super('a mistake of a script')
    this.name = 'SyntaxFault'
  }
}

/** How deep blocks and brackets may be nested: the parsers, and all who read the tree, call themselves for each level. */
export const MAX_NESTING = 200

export class TokenCursor {
  readonly diagnostics: Diagnostics
  readonly #tokens: readonly Token[]
  readonly #end: Token
  #at = 0
  #depth = 0
  #tooDeep = false

  /** @param tokens the last is an `end` */
  constructor(tokens: readonly Token[], diagnostics: Diagnostics) {
    const end = tokens.at(-1)
    if (end?.kind !== 'end') throw new Error('tokens without an end')
    this.#tokens = tokens
    this.#end = end
    this.diagnostics = diagnostics
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? this.#end
  }

  /** The token that was taken last. */
  get last(): Token {
    return this.#tokens[this.#at - 1] ?? this.peek()
  }

  take(): Token {
    const token = this.peek()
    if (this.#at < this.#tokens.length - 1) this.#at++
    return token
  }

  isSymbol(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'symbol' && token.text === text
  }

  isWord(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'word' && token.text === text
  }

  /** Takes the symbol if it is next. */
  accept(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.#at++
    return true
  }

  /** Takes the symbol, which must be next. @throws SyntaxFault */
  require(symbol: string, where = ''): void {
    if (!this.accept(symbol)) this.fail(`${symbol}${where}`)
  }

  /** Reports that the next token is not what was expected. @throws SyntaxFault */
  fail(expected: string, advice?: string): never {
    this.wrong(this.peek().place, `found ${describe(this.peek())}, expected ${expected}`, advice)
  }

  /** Reports a mistake. @throws SyntaxFault */
  wrong(place: Place, problem: string, advice?: string): never {
    this.diagnostics.error(place, problem, advice)
    throw new SyntaxFault()
  }

  /** Reports that something is missing after the token that was taken last. */
  missing(what: string, before?: string): void {
    this.diagnostics.error(
      this.#afterLast(),
      `a ${what} is missing${before === undefined ? '' : ` before ${before}`}`,
    )
  }

  /** Just after the token that was taken last. */
  #afterLast(): Place {
    const { place } = this.last
    if (place.definition !== undefined) return place
    const { file, line, column, length } = place
    return { file, line, column: column + length, length: 1 }
  }

  /** From one token up to the one that was taken last. */
  span(first: Token): Place {
    return joined(first.place, this.last.place)
  }

  /** Reads something that may hold its like within. @throws SyntaxFault when it does so too often */
  nested<T>(read: () => T): T {
    if (this.#depth >= MAX_NESTING) {
      if (!this.#tooDeep) {
        this.#tooDeep = true
        const { place } = this.peek()
        this.diagnostics.error(place, `more than ${MAX_NESTING} blocks and brackets are nested here`)
      }
      throw new SyntaxFault()
    }
    this.#depth++
    try {
      return read()
    } finally {
      this.#depth--
    }
  }
}

/** One place from the first to the last; to the end of the line at most. */
export function joined(first: Place, last: Place): Place {
  if (first.file !== last.file || first.line !== last.line || last.column < first.column) return first
  return { ...first, length: Math.max(first.length, last.column + last.length - first.column) }
}
