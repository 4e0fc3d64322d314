// Reads expressions: what stands in conditions, assignments and arguments.

import { nearest } from '../core/nearest.ts'
import { readAddressWord } from './address-word.ts'
import type {
  Assignment,
  BinaryExpression,
  CallExpression,
  CoreValue,
  Expression,
  RouteCall,
  StringLiteral,
  UnaryExpression,
  UnaryOperator,
  Word,
} from './ast.ts'
import { CORE_VALUES, NUMBER_WORDS, OPERATOR_WORDS, PROTOCOLS, RESERVED_WORDS } from './keywords.ts'
import { binaryOperator, LEVELS } from './precedence.ts'
import { describe, type StringToken, type Token, type VariableToken, type WordToken } from './token.ts'
import { joined, type TokenCursor } from './token-cursor.ts'

/** What may stand to the right of a comparison without brackets. */
const COMPARAND_LEVEL = LEVELS['=='] + 1

/** How long `a + b + c ...` may be: it is as deep a tree. */
const MAX_CHAIN = 1000

const TEXT_COMPARISONS = ['==', '!=', '=~', '!~', 'eq', 'ne']
const NUMBER_COMPARISONS = ['==', '!=', '<', '<=', '>', '>=']
const ADDRESSES: ReadonlySet<string> = new Set(['src_ip', 'dst_ip', 'snd_ip', 'to_ip'])
const PROTOCOL_VALUES: ReadonlySet<string> = new Set(['proto', 'snd_proto', 'to_proto'])
const NUMBERS: ReadonlySet<string> = new Set([
  'src_port',
  'dst_port',
  'snd_port',
  'to_port',
  'msg:len',
  'af',
  'snd_af',
])

/** Functions of the core whose arguments may be words, addresses or names of flags without quotes. */
const TAKE_WORDS: ReadonlySet<string> = new Set([
  'force_send_socket',
  'udp_mtu_try_proto',
  'set_advertised_address',
  'set_advertised_port',
  'forward',
  'forward_udp',
  'forward_tcp',
  'forward_tls',
  'forward_sctp',
  'send_tcp',
  'setflag',
  'resetflag',
  'isflagset',
])

export class ExpressionParser {
  readonly #cursor: TokenCursor

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor
  }

  /** @throws SyntaxFault */
  expression(): Expression {
    return this.#binary(1)
  }

  /** @param level operators that bind less tightly are left where they are */
  #binary(level: number): Expression {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.peek()
    let left = this.#unary()
    for (let count = 0; ; count++) {
      const token = cursor.peek()
      const operator =
        token.kind === 'symbol' || token.kind === 'word' ? binaryOperator(token.text) : undefined
      if (operator === undefined || LEVELS[operator] < level) return left
      if (count === MAX_CHAIN) {
        cursor.wrong(
          token.place,
          `more than ${MAX_CHAIN} operators follow one another`,
          'use several statements',
        )
      }
      cursor.take()
      const right = cursor.nested(() => this.#binary(LEVELS[operator] + 1))
      left = { kind: 'binary', operator, left, right, place: cursor.span(first) }
    }
  }

  #unary(): Expression {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.peek()
    if (first.kind === 'symbol') {
      // `!~x` is two operators here.
      if (first.text === '!~') {
        cursor.take()
        const place = first.place
        return this.#unaryOf('!', first, () => this.#unaryOf('~', { ...first, place }, () => this.#unary()))
      }
      if (first.text === '!' || first.text === '-' || first.text === '~') {
        cursor.take()
        return this.#unaryOf(first.text, first, () => this.#unary())
      }
    }
    if (first.kind === 'word') {
      if (first.text === 'not') {
        cursor.take()
        return this.#unaryOf('!', first, () => this.#unary())
      }
      if (first.text === 'defined') {
        cursor.take()
        return this.#unaryOf('defined', first, () => this.#unary())
      }
    }
    const cast = this.#cast()
    return cast !== undefined ? this.#unaryOf(cast, first, () => this.#unary()) : this.#operand()
  }

  #unaryOf(operator: UnaryOperator, first: Token, read: () => Expression): UnaryExpression {
    const operand = this.#cursor.nested(read)
    return { kind: 'unary', operator, operand, place: this.#cursor.span(first) }
  }

  /** Takes `(int)` or `(str)`. */
  #cast(): 'int' | 'str' | undefined {
    const cursor: TokenCursor = this.#cursor
    if (!cursor.isSymbol('(') || !cursor.isSymbol(')', 2)) return undefined
    const type = cursor.isWord('int', 1) ? 'int' : cursor.isWord('str', 1) ? 'str' : undefined
    if (type !== undefined) for (let count = 0; count < 3; count++) cursor.take()
    return type
  }

  #operand(): Expression {
    const cursor: TokenCursor = this.#cursor
    const token = cursor.peek()
    switch (token.kind) {
      case 'number':
        if (cursor.isSymbol('.', 1)) cursor.fail('an expression', 'write an address between " and "')
        cursor.take()
        return { kind: 'number', value: token.value, place: token.place }
      case 'string':
        cursor.take()
        return stringLiteral(token)
      case 'variable':
        cursor.take()
        return { kind: 'variable', source: token.text, place: token.place }
      case 'select':
        cursor.take()
        return { kind: 'select', source: token.text, place: token.place }
      case 'word':
        return this.#word(token)
      case 'symbol':
        if (token.text === '(') return this.#brackets()
    }
    cursor.fail('an expression', token.kind === 'symbol' && token.text === '=' ? '== compares' : undefined)
  }

  /** `(expression)`, or an assignment in brackets. */
  #brackets(): Expression {
    const cursor: TokenCursor = this.#cursor
    const open = cursor.take()
    return cursor.nested(() => {
      const target = cursor.peek()
      const inside =
        target.kind === 'variable' && cursor.isSymbol('=', 1) ? this.#assigned(target) : this.expression()
      if (!cursor.accept(')')) {
        cursor.fail(`) for the ( in line ${open.place.line}, column ${open.place.column}`)
      }
      return inside
    })
  }

  #assigned(target: VariableToken): Assignment {
    const cursor: TokenCursor = this.#cursor
    cursor.take()
    const equals = cursor.take()
    const value = this.expression()
    cursor.diagnostics.warning(equals.place, 'this = assigns', '== compares')
    const variable = { kind: 'variable', source: target.text, place: target.place } as const
    return { kind: 'assignment', target: variable, operator: '=', value, place: cursor.span(target) }
  }

  #word(token: WordToken): Expression {
    const cursor: TokenCursor = this.#cursor
    const name = token.text
    const called = cursor.isSymbol('(', 1)
    if (name === 'strlen' || name === 'strempty') {
      cursor.take()
      cursor.require('(', ` after ${name}`)
      return this.#unaryOf(name, token, () => {
        const operand = this.expression()
        cursor.require(')')
        return operand
      })
    }
    if (name === 'route' && called) return this.routeCall()
    if (called && !RESERVED_WORDS.has(name)) return this.call()
    const value = NUMBER_WORDS.get(name)
    if (value !== undefined) {
      cursor.take()
      return { kind: 'number', value, place: token.place }
    }
    if (name === 'myself') return this.#myself()
    const core = this.#coreValue()
    if (core !== undefined) return this.#coreComparison(core)
    this.#unknownWord(token)
  }

  #unknownWord(token: WordToken): never {
    const cursor: TokenCursor = this.#cursor
    const name = token.text
    if (RESERVED_WORDS.has(name)) cursor.fail('an expression')
    const near = nearest(name, [...CORE_VALUES, ...NUMBER_WORDS.keys(), ...OPERATOR_WORDS])
    cursor.wrong(
      token.place,
      `${name} means nothing here: it is neither defined nor called`,
      near === undefined ? `write ${name}() to call it, "${name}" for a text` : `did you mean ${near}?`,
    )
  }

  // --- calls

  /** `name(args)`; the word is next, and a bracket after it. @throws SyntaxFault */
  call(): CallExpression {
    const cursor: TokenCursor = this.#cursor
    const name = cursor.take()
    cursor.require('(', ` after ${name.text}`)
    return cursor.nested(() => {
      const args: Expression[] = []
      if (!cursor.accept(')')) {
        do args.push(this.#argument(name.text))
        while (cursor.accept(','))
        if (!cursor.accept(')')) cursor.fail(`, or ) in the arguments of ${name.text}`)
      }
      return { kind: 'call', name: name.text, args, place: cursor.span(name) }
    })
  }

  #argument(call: string): Expression {
    const cursor: TokenCursor = this.#cursor
    const token = cursor.peek()
    // An argument that is left out is an empty one, but for the last.
    if (token.kind === 'symbol' && token.text === ',') {
      return { kind: 'string', value: '', quote: '"', place: token.place, placeOf: () => token.place }
    }
    return (TAKE_WORDS.has(call) ? readAddressWord(cursor) : undefined) ?? this.expression()
  }

  /** `route(...)`; it is next. @throws SyntaxFault */
  routeCall(): RouteCall {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    cursor.require('(', ' after route')
    const name = cursor.peek()
    const plain = name.kind === 'word' && cursor.isSymbol(')', 1)
    return cursor.nested(() => {
      const route: Word | Expression = plain
        ? { kind: 'word', value: cursor.take().text, place: name.place }
        : this.expression()
      if (!cursor.accept(')')) cursor.fail(') after the name of the route')
      return { kind: 'route-call', route, place: cursor.span(first) }
    })
  }

  // --- comparisons of what the core language has names for

  /** Takes the name of a core value. */
  #coreValue(): CoreValue | undefined {
    const cursor: TokenCursor = this.#cursor
    const token = cursor.peek()
    if (cursor.isWord('msg') && cursor.isSymbol(':', 1) && cursor.isWord('len', 2)) {
      for (let count = 0; count < 3; count++) cursor.take()
      return { kind: 'core', name: 'msg:len', place: cursor.span(token) }
    }
    if (token.kind !== 'word' || !CORE_VALUES.has(token.text)) return undefined
    cursor.take()
    return { kind: 'core', name: token.text, place: token.place }
  }

  /** A core value stands in a comparison, and on the left of it, or Kamailio refuses it. */
  #coreComparison(left: CoreValue): BinaryExpression {
    const cursor: TokenCursor = this.#cursor
    const { name } = left
    const known = NUMBERS.has(name)
      ? NUMBER_COMPARISONS
      : PROTOCOL_VALUES.has(name)
        ? ['==', '!=']
        : TEXT_COMPARISONS
    const token = cursor.peek()
    if (!known.includes(token.text) || (token.kind !== 'symbol' && token.kind !== 'word')) {
      cursor.fail(`${known.slice(0, -1).join(', ')} or ${known.at(-1)} after ${name}`)
    }
    const operator = binaryOperator(token.text) ?? '=='
    cursor.take()
    const right = cursor.nested(() => this.#comparand(name))
    return { kind: 'binary', operator, left, right, place: joined(left.place, cursor.last.place) }
  }

  #comparand(name: string): Expression {
    const cursor: TokenCursor = this.#cursor
    const token = cursor.peek()
    if (token.kind === 'word' && token.text === 'myself') {
      cursor.take()
      return { kind: 'core', name: 'myself', place: token.place }
    }
    if (ADDRESSES.has(name)) {
      const address = readAddressWord(cursor)
      if (address !== undefined) return address
    }
    if (token.kind === 'word' && !cursor.isSymbol('(', 1)) {
      if (name === 'method' && !RESERVED_WORDS.has(token.text)) {
        cursor.take()
        return { kind: 'word', value: token.text, place: token.place }
      }
      if (PROTOCOL_VALUES.has(name)) return this.#protocol(token)
    }
    return this.#binary(COMPARAND_LEVEL)
  }

  #protocol(token: WordToken): Word {
    if (!PROTOCOLS.includes(token.text.toLowerCase())) {
      const near = nearest(token.text, PROTOCOLS)
      const advice = near === undefined ? undefined : `did you mean ${near.toUpperCase()}?`
      this.#cursor.fail('UDP, TCP, TLS, SCTP, WS or WSS', advice)
    }
    this.#cursor.take()
    return { kind: 'word', value: token.text, place: token.place }
  }

  /** `myself == uri` */
  #myself(): BinaryExpression {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    const left: CoreValue = { kind: 'core', name: 'myself', place: first.place }
    const operator = cursor.isSymbol('==') ? '==' : cursor.isSymbol('!=') ? '!=' : undefined
    if (operator === undefined) cursor.fail('== or != after myself')
    cursor.take()
    const right = this.#coreValue()
    if (right === undefined) {
      cursor.fail(`uri, src_ip or the like after myself ${operator}`, `found ${describe(cursor.peek())}`)
    }
    return { kind: 'binary', operator, left, right, place: cursor.span(first) }
  }
}

export function stringLiteral({ value, quote, place, placeOf }: StringToken): StringLiteral {
  return { kind: 'string', value, quote, place, placeOf }
}
