// Reads statements: what stands in a route's braces. After a mistake it goes on with the next statement, so that all mistakes are found
// at once.

import { nearest } from '../core/nearest.ts'
import type {
  Block,
  Case,
  Drop,
  EmptyStatement,
  Exit,
  Expression,
  If,
  Return,
  Statement,
  Switch,
  While,
} from './ast.ts'
import { ITEM_WORDS, STATEMENT_WORDS } from './keywords.ts'
import { ExpressionParser } from './parse-expression.ts'
import { describe, type Token, type WordToken } from './token.ts'
import { joined, SyntaxFault, type TokenCursor } from './token-cursor.ts'

/** Commands of the core that Kamailio also takes without brackets. */
const BARE_COMMANDS: ReadonlySet<string> = new Set([
  'force_rport',
  'add_local_rport',
  'force_tcp_alias',
  'add_rport',
  'set_reply_close',
  'set_reply_no_connect',
  'set_forward_close',
  'set_forward_no_connect',
])

export class StatementParser {
  readonly #cursor: TokenCursor
  readonly #expressions: ExpressionParser

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor
    this.#expressions = new ExpressionParser(cursor)
  }

  /** `{ ... }`. @throws SyntaxFault when there is no brace */
  block(what: string): Block {
    const cursor: TokenCursor = this.#cursor
    const open = cursor.peek()
    cursor.require('{', ` after ${what}`)
    return cursor.nested(() => {
      const found = cursor.diagnostics.list.length
      const statements = this.#statements()
      this.#closeBlock(open, what)
      const place = cursor.span(open)
      if (statements.length === 0 && cursor.diagnostics.list.length === found) {
        cursor.diagnostics.error(open.place, 'a block must not be empty', 'write ; in it to do nothing')
      }
      return { kind: 'block', statements, place }
    })
  }

  #closeBlock(open: Token, what: string): void {
    const cursor: TokenCursor = this.#cursor
    if (cursor.accept('}')) return
    const { kind, text, place } = cursor.peek()
    const where = kind === 'end' ? '' : ` before the ${text} in line ${place.line}`
    cursor.diagnostics.error(open.place, `the { of ${what} is never closed${where}`, 'write } where it ends')
  }

  /** Statements up to a brace that closes, the end, a `case`, or what can only begin something outside. */
  #statements(): Statement[] {
    const cursor: TokenCursor = this.#cursor
    const statements: Statement[] = []
    while (!this.#atEndOfStatements()) {
      try {
        statements.push(this.#statement())
      } catch (fault) {
        if (!(fault instanceof SyntaxFault)) throw fault
        this.#recover()
      }
    }
    if (this.#strayLabel()) {
      cursor.diagnostics.error(cursor.peek().place, `${cursor.peek().text} stands outside of a switch`)
      this.#recover()
      return [...statements, ...this.#statements()]
    }
    return statements
  }

  /** How many switches the statement is in, of which cases may follow. */
  #switches = 0

  #strayLabel(): boolean {
    return this.#switches === 0 && this.#atLabel()
  }

  #atLabel(): boolean {
    return this.#cursor.isWord('case') || (this.#cursor.isWord('default') && this.#cursor.isSymbol(':', 1))
  }

  #atEndOfStatements(): boolean {
    const { kind } = this.#cursor.peek()
    return kind === 'end' || this.#cursor.isSymbol('}') || this.#atLabel() || beginsItem(this.#cursor)
  }

  /** After a mistake: passes over the rest of the statement, with the blocks in it. */
  #recover(): void {
    const cursor: TokenCursor = this.#cursor
    let depth = 0
    for (;;) {
      const token = cursor.peek()
      if (token.kind === 'end' || beginsItem(cursor)) return
      if (depth === 0 && (cursor.isSymbol('}') || (this.#switches > 0 && this.#atLabel()))) return
      cursor.take()
      if (token.kind !== 'symbol') continue
      if (token.text === '{') depth++
      else if (token.text === '}' && --depth === 0) return
      else if (token.text === ';' && depth === 0) return
    }
  }

  #statement(): Statement {
    const cursor: TokenCursor = this.#cursor
    const token = cursor.peek()
    if (token.kind === 'variable') return this.#assignment()
    if (token.kind === 'word') return this.#wordStatement(token)
    if (token.kind === 'symbol') {
      if (token.text === ';') {
        cursor.take()
        return { kind: 'empty', place: token.place } satisfies EmptyStatement
      }
      if (token.text === '{') {
        const advice = 'blocks stand after if, else, while and in routes'
        cursor.wrong(token.place, 'a block cannot stand by itself', advice)
      }
    }
    cursor.fail('a statement')
  }

  #wordStatement(token: WordToken): Statement {
    const cursor: TokenCursor = this.#cursor
    switch (token.text) {
      case 'if':
        return this.#if()
      case 'while':
        return this.#while()
      case 'switch':
        return this.#switch()
      case 'break':
        cursor.take()
        this.#semicolon()
        return { kind: 'break', place: token.place }
      case 'return':
      case 'exit':
      case 'drop':
        return this.#ending(token, token.text)
      case 'else':
        cursor.wrong(token.place, 'this else belongs to no if', 'a ; after } ends the if')
    }
    if (cursor.isSymbol('(', 1)) {
      const expression = token.text === 'route' ? this.#expressions.routeCall() : this.#expressions.call()
      this.#semicolon()
      return { kind: 'expression', expression, place: expression.place }
    }
    if (BARE_COMMANDS.has(token.text)) {
      cursor.take()
      this.#semicolon()
      const expression = { kind: 'call', name: token.text, args: [], place: token.place } as const
      return { kind: 'expression', expression, place: token.place }
    }
    const near = nearest(token.text, STATEMENT_WORDS)
    const advice =
      near === undefined || near === 'route' ? `${token.text}(...) calls a function` : `did you mean ${near}?`
    cursor.wrong(token.place, `found ${token.text}, expected a statement`, advice)
  }

  #assignment(): Statement {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    const operator = cursor.isSymbol('=') ? '=' : cursor.isSymbol('+=') ? '+=' : undefined
    if (operator === undefined) {
      const advice = cursor.isSymbol('==') ? '= assigns' : undefined
      cursor.fail(`= after ${first.text}`, advice)
    }
    if (/\{/.test(first.text)) {
      cursor.diagnostics.error(first.place, `${first.text} cannot be assigned to: it has a transformation`)
    }
    cursor.take()
    const value = this.#expressions.expression()
    this.#semicolon()
    const target = { kind: 'variable', source: first.text, place: first.place } as const
    return { kind: 'assignment', target, operator, value, place: joined(first.place, value.place) }
  }

  /** `return`, `exit`, `drop`, with a value or without. */
  #ending(first: WordToken, kind: 'return' | 'exit' | 'drop'): Return | Exit | Drop {
    const cursor: TokenCursor = this.#cursor
    cursor.take()
    let value: Expression | undefined
    if (cursor.isSymbol('(') && cursor.isSymbol(')', 1)) {
      cursor.take()
      cursor.take()
    } else if (isCallOfRoute(cursor) || !this.#atEndOfSimple()) value = this.#expressions.expression()
    const place = cursor.span(first)
    this.#semicolon()
    return { kind, value, place }
  }

  #atEndOfSimple(): boolean {
    const token = this.#cursor.peek()
    if (token.kind === 'symbol') return token.text === ';' || token.text === '}'
    if (token.kind === 'word') return token.text === 'else' || STATEMENT_WORDS.has(token.text)
    return token.kind === 'end'
  }

  /** The `;` after a statement. Where it is only missing, nothing else is wrong. */
  #semicolon(): void {
    const cursor: TokenCursor = this.#cursor
    if (cursor.accept(';')) return
    const next = cursor.peek()
    const elsewhere = next.place.file !== cursor.last.place.file || next.place.line !== cursor.last.place.line
    if (elsewhere || this.#atEndOfSimple() || this.#atLabel()) {
      cursor.missing(';', next.kind === 'end' || elsewhere ? undefined : describe(next))
      return
    }
    if (next.kind === 'symbol' && next.text === ')') cursor.fail(';', 'no ( is open')
    cursor.fail(';')
  }

  // --- if, while, switch

  #if(): If {
    const cursor: TokenCursor = this.#cursor
    // An `else if` is read in this loop, for they may be many.
    const parts: { first: Token; condition: Expression; body: Statement }[] = []
    let otherwise: Statement | undefined
    for (;;) {
      const first = cursor.take()
      const condition = this.#condition('if')
      parts.push({ first, condition, body: this.#body('if') })
      if (!cursor.isWord('else')) break
      cursor.take()
      if (cursor.isWord('if') && parts.length < MAX_ELSE_IF) continue
      otherwise = this.#body('else')
      break
    }
    for (const { first, condition, body: then } of parts.reverse()) {
      otherwise = {
        kind: 'if',
        condition,
        then,
        otherwise,
        place: joined(first.place, condition.place),
      } satisfies If
    }
    return otherwise as If
  }

  #while(): While {
    const first = this.#cursor.take()
    const condition = this.#condition('while')
    const body = this.#body('while')
    return { kind: 'while', condition, body, place: joined(first.place, condition.place) }
  }

  /** A condition; after a mistake in it, what follows it is read all the same. */
  #condition(what: string): Expression {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.peek()
    try {
      if (cursor.isSymbol('(') && cursor.isSymbol(')', 1)) {
        cursor.wrong(first.place, `the condition of ${what} is missing`)
      }
      const condition = this.#expressions.expression()
      if (cursor.isSymbol('=')) cursor.fail(`the body of ${what}`, '== compares')
      if (cursor.isSymbol(')')) cursor.fail(`the body of ${what}`, 'no ( is open')
      return condition
    } catch (fault) {
      if (!(fault instanceof SyntaxFault) || !this.#skipToBody(first)) throw fault
      return { kind: 'number', value: 0, place: first.place }
    }
  }

  /** Whether a block follows in the same statement; it is next then. */
  #skipToBody(first: Token): boolean {
    const cursor: TokenCursor = this.#cursor
    for (;;) {
      const token = cursor.peek()
      if (cursor.isSymbol('{')) return true
      const over = token.place.file !== first.place.file || token.place.line > first.place.line + 2
      if (token.kind === 'end' || cursor.isSymbol(';') || cursor.isSymbol('}') || over) return false
      cursor.take()
    }
  }

  /** What an if, an else or a while governs: a block or one statement. */
  #body(what: string): Statement {
    const cursor: TokenCursor = this.#cursor
    if (cursor.isSymbol('{')) return this.block(what)
    if (this.#atEndOfStatements() || cursor.isWord('else')) {
      cursor.fail(`a statement or a block after ${what}`, 'write ; to do nothing')
    }
    return cursor.nested(() => this.#statement())
  }

  #switch(): Switch {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    const value = this.#condition('switch')
    const place = joined(first.place, value.place)
    const open = cursor.peek()
    cursor.require('{', ' after switch')
    this.#switches++
    const cases = cursor.nested(() => this.#cases(place))
    this.#switches--
    this.#closeBlock(open, 'switch')
    return { kind: 'switch', value, cases, place }
  }

  #cases(place: Switch['place']): Case[] {
    const cursor: TokenCursor = this.#cursor
    const cases: Case[] = []
    while (!cursor.isSymbol('}') && cursor.peek().kind !== 'end' && !beginsItem(cursor)) {
      try {
        const label = this.#label()
        const statements = this.#statements()
        cases.push({ kind: 'case', ...label, statements })
      } catch (fault) {
        if (!(fault instanceof SyntaxFault)) throw fault
        this.#recover()
        // The statements of a case that could not be read.
        this.#statements()
      }
    }
    const defaults = cases.filter((each) => each.test === undefined)
    const second = defaults[1]
    if (second !== undefined) {
      cursor.diagnostics.error(second.place, `the switch in line ${place.line} has a default already`)
    }
    return cases
  }

  /** `case 1:`, `case /"expression":`, `default:`. */
  #label(): Pick<Case, 'test' | 'regex' | 'place'> {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.peek()
    if (cursor.isWord('default')) {
      cursor.take()
      cursor.require(':', ' after default')
      return { test: undefined, regex: false, place: first.place }
    }
    if (!cursor.isWord('case')) cursor.fail('case, default or }')
    cursor.take()
    const regex = cursor.accept('/')
    if (regex && cursor.peek().kind !== 'string') {
      cursor.fail('a string after case /', 'write case /"expression":')
    }
    const test = this.#expressions.expression()
    const place = cursor.span(first)
    cursor.require(':', ' after the value of the case')
    if (cursor.isSymbol('{')) {
      const advice = 'the statements of a case stand without braces'
      cursor.wrong(cursor.peek().place, 'a case has no block', advice)
    }
    return { test, regex, place }
  }
}

function isCallOfRoute(cursor: TokenCursor): boolean {
  return cursor.isWord('route') && cursor.isSymbol('(', 1)
}

/** How many `else if` may follow one another: the tree is as deep. */
const MAX_ELSE_IF = 1000

/** Whether what is next can only stand outside of routes: then a brace before it was not closed. */
export function beginsItem(cursor: TokenCursor): boolean {
  const token = cursor.peek()
  if (token.kind !== 'word' || !ITEM_WORDS.has(token.text)) return false
  if (token.text.endsWith('route')) return cursor.isSymbol('[', 1) || cursor.isSymbol('{', 1)
  return cursor.peek(1).kind === 'string' || (token.text.startsWith('modparam') && cursor.isSymbol('(', 1))
}
