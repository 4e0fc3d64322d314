// What #!ifexp and #!defexp calculate: numbers, strings and defines, with the operators and the precedence of C. Later Kamailios have
// them (5.6 does not). Not for the expressions of routes.

import type { Defines } from './defines.ts'
import type { Diagnostics } from './diagnostics.ts'
import { describe, type Token } from './token.ts'

export type Constant = number | string

type Operation = (left: Constant, right: Constant) => Constant

const number = (value: Constant): number => (typeof value === 'number' ? value : Number(value) || 0)
const same = (left: Constant, right: Constant): boolean =>
  typeof left === 'string' || typeof right === 'string' ? String(left) === String(right) : left === right

/** From the loosest to the tightest. */
const LEVELS: readonly Readonly<Record<string, Operation>>[] = [
  { '||': (left, right) => Number(isTrue(left) || isTrue(right)) },
  { '&&': (left, right) => Number(isTrue(left) && isTrue(right)) },
  { '|': (left, right) => number(left) | number(right) },
  { '^': (left, right) => number(left) ^ number(right) },
  { '&': (left, right) => number(left) & number(right) },
  { '==': (left, right) => Number(same(left, right)), '!=': (left, right) => Number(!same(left, right)) },
  {
    '<': (left, right) => Number(number(left) < number(right)),
    '<=': (left, right) => Number(number(left) <= number(right)),
    '>': (left, right) => Number(number(left) > number(right)),
    '>=': (left, right) => Number(number(left) >= number(right)),
  },
  {
    '<<': (left, right) => number(left) << number(right),
    '>>': (left, right) => number(left) >> number(right),
  },
  {
    '+': (left, right) => (typeof left === 'string' ? left + String(right) : number(left) + number(right)),
    '-': (left, right) => number(left) - number(right),
  },
  {
    '*': (left, right) => number(left) * number(right),
    '/': (left, right) => number(left) / number(right),
    '%': (left, right) => number(left) % number(right),
  },
]

const MAX_DEPTH = 100

export function isTrue(value: Constant): boolean {
  return typeof value === 'string' ? value !== '' : value !== 0 && !Number.isNaN(value)
}

/**
 * What the tokens come to. A name that is not defined is 0; one that is defined without a value is 1.
 * @param tokens what stands after the directive, defines not replaced; an `end` is the last
 * @returns undefined when they cannot be calculated; the diagnostics say why
 */
export function evaluate(
  tokens: readonly Token[],
  defines: Defines,
  diagnostics: Diagnostics,
): Constant | undefined {
  const reader = new Reader(tokens, defines, diagnostics)
  return reader.whole()
}

class Reader {
  readonly #tokens: readonly Token[]
  readonly #defines: Defines
  readonly #diagnostics: Diagnostics
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], defines: Defines, diagnostics: Diagnostics) {
    this.#tokens = tokens
    this.#defines = defines
    this.#diagnostics = diagnostics
  }

  whole(): Constant | undefined {
    const value = this.#binary(0)
    if (value === undefined) return undefined
    const rest = this.#tokens[this.#at]
    if (rest !== undefined && rest.kind !== 'end')
      return this.#wrong(`found ${describe(rest)}, expected an operator`)
    return value
  }

  #binary(level: number): Constant | undefined {
    const operations = LEVELS[level]
    if (operations === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    while (left !== undefined) {
      const token = this.#tokens[this.#at]
      const operation = token?.kind === 'symbol' ? operations[token.text] : undefined
      if (operation === undefined) return left
      this.#at++
      const right = this.#binary(level + 1)
      if (right === undefined) return undefined
      left = operation(left, right)
    }
    return undefined
  }

  #unary(): Constant | undefined {
    if (++this.#depth > MAX_DEPTH) return this.#wrong('this is nested too deeply')
    const value = this.#operand()
    this.#depth--
    return value
  }

  #operand(): Constant | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || token.kind === 'end') return this.#wrong('a value is missing')
    this.#at++
    if (token.kind === 'number') return token.value
    if (token.kind === 'string') return token.value
    if (token.kind === 'word') return this.#define(token.text)
    if (token.kind === 'symbol' && token.text === '(') return this.#brackets()
    if (token.kind === 'symbol' && (token.text === '-' || token.text === '!' || token.text === '~')) {
      const value = this.#unary()
      if (value === undefined) return undefined
      if (token.text === '!') return Number(!isTrue(value))
      return token.text === '-' ? -number(value) : ~number(value)
    }
    this.#at--
    return this.#wrong(`found ${describe(token)}, expected a value`)
  }

  #brackets(): Constant | undefined {
    const value = this.#binary(0)
    if (value === undefined) return undefined
    const close = this.#tokens[this.#at]
    if (close?.text !== ')') return this.#wrong('a ) is missing')
    this.#at++
    return value
  }

  #define(name: string): Constant | undefined {
    const define = this.#defines.get(name)
    if (define === undefined) return 0
    const tokens = define.tokens(this.#diagnostics)
    const [first] = tokens
    if (first === undefined) return 1
    if (this.#depth >= MAX_DEPTH) return this.#wrong(`${name} is defined in terms of itself`)
    if (tokens.length === 1 && first.kind === 'word' && !this.#defines.has(first.text)) return first.text
    const reader = new Reader(tokens, this.#defines, this.#diagnostics)
    reader.#depth = this.#depth + 10
    return reader.whole()
  }

  #wrong(problem: string): undefined {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]
    if (token !== undefined) this.#diagnostics.error(token.place, problem)
    return undefined
  }
}
