// Expressions in the syntax of RE2, whose engine takes time that grows with the text and never faster. Not for choosing an engine.

import { anyByte, type ByteSet, complement, isSubset, onlyByte, overlaps, WORD } from './byte-set.ts'
import { beyond, type Side, sideOf } from './edges.ts'
import { RegexSyntaxError } from './options.ts'
import type { Expression, Place } from './syntax.ts'

const OUTSIDE: Side = { bytes: anyByte(true), open: true }

/** @throws RegexSyntaxError for what it cannot say */
export function toRe2(expression: Expression): string {
  return new Writer(hasSides(expression)).written(expression, OUTSIDE, OUTSIDE)
}

/** Whether there is a `\<` or `\>` in it: only for those it matters what stands beside them. */
function hasSides(expression: Expression): boolean {
  switch (expression.kind) {
    case 'byte':
      return false
    case 'place':
      return expression.place === 'word start' || expression.place === 'word end'
    case 'sequence':
      return expression.items.some(hasSides)
    case 'choice':
      return expression.branches.some(hasSides)
    default:
      return hasSides(expression.inner)
  }
}

class Writer {
  private readonly sided: boolean

  constructor(sided: boolean) {
    this.sided = sided
  }

  written(expression: Expression, before: Side, after: Side): string {
    switch (expression.kind) {
      case 'byte':
        return writtenSet(expression.set)
      case 'place':
        return writtenPlace(expression.place, before, after)
      case 'group':
        return `(${this.written(expression.inner, before, after)})`
      case 'choice':
        return `(?:${expression.branches.map((branch) => this.written(branch, before, after)).join('|')})`
      case 'repeat': {
        const { inner, min, max } = expression
        // What is repeated stands beside itself as well.
        const again = this.sided && max > 1
        const left = again ? either(sideOf(inner, 'last'), before) : before
        const right = again ? either(sideOf(inner, 'first'), after) : after
        return `(?:${this.written(inner, left, right)})${suffix(min, max)}`
      }
      case 'sequence':
        return expression.items
          .map((item, position) => {
            if (item.kind === 'byte' || !this.sided) return this.written(item, before, after)
            const left = sideOf({ kind: 'sequence', items: expression.items.slice(0, position) }, 'last')
            const right = sideOf({ kind: 'sequence', items: expression.items.slice(position + 1) }, 'first')
            return this.written(item, beyond(left, before), beyond(right, after))
          })
          .join('')
    }
  }
}
function either(one: Side, other: Side): Side {
  return beyond({ bytes: one.bytes, open: true }, other)
}

function suffix(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`
}

function writtenPlace(place: Place, before: Side, after: Side): string {
  switch (place) {
    case 'text start':
      return '\\A'
    case 'text end':
      return '\\z'
    case 'line start':
      return '(?m:^)'
    case 'line end':
      return '(?m:$)'
    case 'word edge':
      return '\\b'
    case 'no word edge':
      return '\\B'
    // RE2 has no sides: an edge is a start where a word must follow, or cannot stand before.
    case 'word start':
      if (isWord(after) || isNoWord(before)) return '\\b'
      throw new RegexSyntaxError(
        '\\< is supported only before what always begins with a letter, a digit or _',
      )
    case 'word end':
      if (isWord(before) || isNoWord(after)) return '\\b'
      throw new RegexSyntaxError('\\> is supported only after what always ends with a letter, a digit or _')
  }
}

function isWord({ bytes, open }: Side): boolean {
  return !open && isSubset(bytes, WORD)
}

function isNoWord({ bytes }: Side): boolean {
  return !overlaps(bytes, WORD)
}

/** One byte of a set, in a syntax that RE2 and JavaScript share. */
export function writtenSet(set: ByteSet): string {
  const only = onlyByte(set)
  if (only >= 0) return writtenByte(only)
  if (!set.includes(0)) return '[\\x00-\\xff]'
  if (!set.includes(1)) throw new RegexSyntaxError('square brackets that nothing can match')
  return set[0] === 1 && set[255] === 1 ? `[^${runs(complement(set))}]` : `[${runs(set)}]`
}

function runs(set: ByteSet): string {
  let text = ''
  for (let byte = 0; byte < 256; byte++) {
    if (set[byte] === 0) continue
    const begin = byte
    while (set[byte + 1] === 1) byte++
    text += begin === byte ? writtenByte(begin) : `${writtenByte(begin)}-${writtenByte(byte)}`
  }
  return text
}

function writtenByte(byte: number): string {
  const char = String.fromCharCode(byte)
  return /[A-Za-z0-9_]/.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`
}
