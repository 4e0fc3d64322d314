// Bracket expressions, `[a-z_]`, `[^[:space:]]`, `[]x-]`: read as the GNU C library reads them in the C locale.

import { type ByteSet, CLASSES, complement, emptySet, inAnyCase, upperByte, without } from './byte-set.ts'
import { RegexSyntaxError, type SyntaxOptions } from './options.ts'

/** A byte, or `[:alpha:]` and `[=a=]`, which cannot be the end of a range. */
type Element = { readonly byte: number } | { readonly set: ByteSet }

const NEWLINE = 0x0a

/** Reads the expression whose bracket is at `open`. @throws RegexSyntaxError */
export function readBracket(
  source: string,
  open: number,
  { ignoreCase, newline }: SyntaxOptions,
): { readonly set: ByteSet; readonly end: number } {
  const negated = source[open + 1] === '^'
  let at = open + (negated ? 2 : 1)
  const first = at
  const set = emptySet()

  const unclosed = () => new RegexSyntaxError('[ is not closed', open)
  const byteAt = (position: number): number => {
    const byte = source.charCodeAt(position) & 0xff
    // Case does not count: both the expression and the text are in capital letters.
    return ignoreCase ? upperByte(byte) : byte
  }
  const element = (): Element => {
    const kind = source[at + 1]
    if (source[at] !== '[' || (kind !== ':' && kind !== '.' && kind !== '=')) return { byte: byteAt(at++) }
    const start = at
    const close = source.indexOf(`${kind}]`, at + 2)
    if (close < 0) throw unclosed()
    const name = source.slice(at + 2, close)
    at = close + 2
    if (kind === ':') {
      const either = ignoreCase && (name === 'upper' || name === 'lower')
      const members = CLASSES.get(either ? 'alpha' : name)
      if (!members) throw new RegexSyntaxError(`unknown character class [:${name}:]`, start)
      return { set: members }
    }
    if (name.length !== 1) throw new RegexSyntaxError(`[${kind}${name}${kind}] is no single character`, start)
    const byte = byteAt(close - 1)
    if (kind === '.') return { byte }
    const only = emptySet()
    only[byte] = 1
    return { set: only }
  }

  for (;;) {
    if (at >= source.length) throw unclosed()
    if (source[at] === ']' && at > first) break
    const start = at
    if (source[at] === '-' && at > first && source[at + 1] !== ']') {
      if (at + 1 >= source.length) throw unclosed()
      throw new RegexSyntaxError('- is neither the first nor the last in its brackets', at)
    }
    const from = element()
    if ('set' in from) {
      for (const [byte, has] of from.set.entries()) if (has) set[byte] = 1
      continue
    }
    let to = from.byte
    if (source[at] === '-' && source[at + 1] !== ']') {
      at++
      if (at >= source.length) throw unclosed()
      const end = element()
      if ('set' in end) throw new RegexSyntaxError('a range ends with a character', start)
      to = end.byte
      if (to < from.byte) throw new RegexSyntaxError(`${source.slice(start, at)} is no range`, start)
    }
    for (let byte = from.byte; byte <= to; byte++) set[byte] = 1
  }

  const members = ignoreCase ? inAnyCase(set) : set
  const all = negated ? complement(members) : members
  return { set: negated && newline ? without(all, NEWLINE) : all, end: at + 1 }
}
