// What an expression comes to, said once more and as simply as can be, after what Kamailio 5.6.3 was seen to do: for the property that the
// compiler comes to the same. It shares no code with src/script, walks the tree each time, and knows values and variables only.

export type Binary =
  | '+'
  | '-'
  | '*'
  | '/'
  | 'mod'
  | '<<'
  | '>>'
  | '&'
  | '|'
  | '^'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '&&'
  | '||'
  | 'eq'
  | 'ne'
  | 'ieq'
  | 'ine'

export type Unary = '!' | '-' | '~' | '(int)' | '(str)' | 'defined' | 'strlen' | 'strempty'

export type Tree =
  | { readonly kind: 'constant'; readonly value: number | string }
  | { readonly kind: 'null' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: Unary; readonly of: Tree }
  | { readonly kind: 'binary'; readonly operator: Binary; readonly left: Tree; readonly right: Tree }

export type Value = string | number | null

/** The expression cannot be written: its types do not fit. */
export class Mistaken extends Error {}

/** The expression has no value this time. */
export class Failed extends Error {}

/** As a script writes it, with all brackets. */
export function written(tree: Tree): string {
  switch (tree.kind) {
    case 'constant':
      return typeof tree.value === 'number' ? `(${tree.value})` : JSON.stringify(tree.value)
    case 'null':
      return '$null'
    case 'variable':
      return `$avp(${tree.name})`
    case 'unary':
      return `(${tree.operator}(${written(tree.of)}))`
    case 'binary':
      return `(${written(tree.left)} ${tree.operator} ${written(tree.right)})`
  }
}

export function toInteger(value: Value): number {
  if (typeof value === 'number') return value
  const text = value ?? ''
  const hexadecimal = /^0[xX]([0-9a-fA-F]+)$/.exec(text)?.[1]
  if (hexadecimal !== undefined) return Number(BigInt.asIntN(32, BigInt(`0x${hexadecimal}`)))
  if (!/^[-+]?[0-9]+$/.test(text)) return 0
  const number = BigInt(text.replace('+', ''))
  return BigInt.asIntN(32, number) === number ? Number(number) : 0
}

export function toText(value: Value): string {
  return value === null ? '' : `${value}`
}

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=', 'eq', 'ne', 'ieq', 'ine', '&&', '||'])

export class Model {
  private readonly variables: ReadonlyMap<string, Value>

  constructor(variables: ReadonlyMap<string, Value>) {
    this.variables = variables
  }

  /** What can be said without running it. @throws Mistaken */
  type(tree: Tree): 'integer' | 'string' | 'unknown' {
    switch (tree.kind) {
      case 'constant':
        return typeof tree.value === 'number' ? 'integer' : 'string'
      case 'null':
      case 'variable':
        return 'unknown'
      case 'unary': {
        const of = this.type(tree.of)
        if (['!', '-', '~'].includes(tree.operator) && of === 'string') throw new Mistaken()
        if (['defined', 'strlen', 'strempty'].includes(tree.operator) && of === 'integer')
          throw new Mistaken()
        return tree.operator === '(str)' ? 'string' : 'integer'
      }
      case 'binary': {
        const left = this.type(tree.left)
        const right = this.type(tree.right)
        switch (tree.operator) {
          case '+':
            if (left === 'integer' && right === 'string') throw new Mistaken()
            return left
          case '==':
          case '!=':
            if (left === 'integer' && (right === 'string' || tree.right.kind === 'null')) throw new Mistaken()
            return 'integer'
          case 'eq':
          case 'ne':
            if (left === 'integer') throw new Mistaken()
            return 'integer'
          case 'ieq':
          case 'ine':
            if (tree.right.kind === 'null') {
              if (left === 'integer') throw new Mistaken()
              return 'integer'
            }
        }
        if (left === 'string' || right === 'string') throw new Mistaken()
        return 'integer'
      }
    }
  }

  /** Its value, if neither a variable nor `$null` is part of it; undefined otherwise, and where it has none. */
  private constant(tree: Tree): number | string | undefined {
    if (tree.kind === 'constant') return tree.value
    if (tree.kind === 'unary')
      return this.constant(tree.of) === undefined ? undefined : toConstant(this.value(tree))
    if (tree.kind !== 'binary') return undefined
    const left = this.constant(tree.left)
    const right = this.constant(tree.right)
    const zero = left === 0 || right === 0
    switch (tree.operator) {
      case '*':
      case '&':
      case '&&':
        if (zero) return 0
        break
      case '||':
        if (left === 1 || right === 1) return 1
        break
      case '/':
      case 'mod':
        if (left === 0 && right === undefined) return 0
        if (right === 0) return undefined
        break
    }
    // What is constant is known to be there.
    const isNullTest =
      tree.right.kind === 'null' && ['==', '!=', 'eq', 'ne', 'ieq', 'ine'].includes(tree.operator)
    if (left !== undefined && isNullTest) return toConstant(this.value(tree))
    return left === undefined || right === undefined ? undefined : toConstant(this.value(tree))
  }

  /** As an assignment takes it. @throws Failed */
  value(tree: Tree): Value {
    switch (tree.kind) {
      case 'constant':
        return tree.value
      case 'null':
        return null
      case 'variable':
        return this.variables.get(tree.name) ?? null
      case 'unary':
        return this.unary(tree.operator, tree.of)
      case 'binary':
        if (tree.operator !== '+') return this.integer(tree)
        return this.sum(tree.left, tree.right)
    }
  }

  private sum(left: Tree, right: Tree): Value {
    if (this.type(left) === 'integer') return (this.integer(left) + this.integer(right)) | 0
    const first = this.value(left)
    if (this.type(left) !== 'string' && typeof first === 'number') return (first + this.integer(right)) | 0
    return toText(first) + toText(this.value(right))
  }

  private unary(operator: Unary, of: Tree): Value {
    switch (operator) {
      case '!':
        return this.integer(of) === 0 ? 1 : 0
      case '-':
        return -this.integer(of) | 0
      case '~':
        return ~this.integer(of)
      case '(int)':
        return this.integer(of)
      case '(str)':
        return toText(this.value(of))
      case 'defined':
        return this.value(of) === null ? 0 : 1
      case 'strlen':
        return toText(this.value(of)).length
      case 'strempty':
        return toText(this.value(of)) === '' ? 1 : 0
    }
  }

  /** As a condition looks at it: not the integer that its value is, but that of its parts. @throws Failed */
  integer(tree: Tree): number {
    if (tree.kind !== 'binary') return toInteger(this.value(tree))
    const { operator, left, right } = tree
    if (operator === '+') {
      if (this.type(left) === 'string') return toInteger(this.sum(left, right))
      return (this.integer(left) + this.integer(right)) | 0
    }
    if (COMPARISONS.has(operator)) return this.holds(tree)
    const one = this.constant(left)
    const other = this.constant(right)
    if ((operator === '*' || operator === '&') && (one === 0 || other === 0)) return 0
    if ((operator === '/' || operator === 'mod') && one === 0 && other === undefined) return 0
    const a = this.integer(left)
    const b = this.integer(right)
    switch (operator) {
      case '-':
        return (a - b) | 0
      case '*':
        return Number(BigInt.asIntN(32, BigInt(a) * BigInt(b)))
      case '/':
        if (b === 0) throw new Failed()
        return Number(BigInt.asIntN(32, BigInt(a) / BigInt(b)))
      case 'mod':
        if (b === 0) throw new Failed()
        return Number(BigInt.asIntN(32, BigInt(a) % BigInt(b)))
      case '<<':
        return a << b
      case '>>':
        return a >> b
      case '&':
        return a & b
      case '|':
        return a | b
      case '^':
        return a ^ b
      default:
        throw new Error(`no model of ${operator}`)
    }
  }

  private holds({ operator, left, right }: Extract<Tree, { kind: 'binary' }>): number {
    const isNull = right.kind === 'null'
    switch (operator) {
      case '&&':
      case '||':
        return this.logical(operator, left, right)
      case '==':
        if (isNull) return this.value(left) === null ? 1 : 0
        if (this.constant(right) === '') return toText(this.value(left)) === '' ? 1 : 0
        return this.same(left, right) ? 1 : 0
      case '!=':
        if (isNull) return this.value(left) === null ? 0 : 1
        return this.same(left, right) ? 0 : 1
      case 'eq':
      case 'ne': {
        const same = isNull
          ? this.value(left) === null
          : toText(this.value(left)) === toText(this.value(right))
        return same === (operator === 'eq') ? 1 : 0
      }
      case 'ieq':
      case 'ine': {
        const same = isNull ? this.value(left) === null : this.integer(left) === this.integer(right)
        return same === (operator === 'ieq') ? 1 : 0
      }
      default: {
        const a = this.integer(left)
        const b = this.integer(right)
        return (operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b)
          ? 1
          : 0
      }
    }
  }

  private same(left: Tree, right: Tree): boolean {
    const type = this.type(left)
    if (type === 'integer') return this.integer(left) === this.integer(right)
    const first = this.value(left)
    if (type === 'string' || typeof first === 'string') return toText(first) === toText(this.value(right))
    if (typeof first === 'number') return first === this.integer(right)
    const second = this.value(right)
    return typeof second === 'number' ? second === 0 : toText(second) === ''
  }

  private logical(operator: '&&' | '||', left: Tree, right: Tree): number {
    const one = this.constant(left)
    const other = this.constant(right)
    if (typeof one === 'number' && typeof other === 'number') {
      return (operator === '&&' ? one !== 0 && other !== 0 : one !== 0 || other !== 0) ? 1 : 0
    }
    const neutral = operator === '&&' ? 1 : 0
    // A side that decides, or does not matter, is not looked at.
    if (one === 1 - neutral || other === 1 - neutral) return 1 - neutral
    if (one === neutral) return this.integer(right)
    if (other === neutral) return this.integer(left)
    const first = this.integer(left) !== 0
    if (operator === '&&' ? !first : first) return first ? 1 : 0
    return this.integer(right) === 0 ? 0 : 1
  }
}

function toConstant(value: Value): number | string | undefined {
  return value ?? undefined
}
