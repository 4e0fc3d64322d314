// References: how one pseudo-variable is written in a template, `$name`, `$name(inner)` or `$(name(inner)[index])`. Finds
// where its parts are; what they mean is the registry's.

import { TemplateError } from './errors.ts'

/** A pseudo-variable as it was written. */
export interface Reference {
  readonly name: string
  /** What stood in the brackets; undefined when there were none. */
  readonly inner: string | undefined
  /** What stood in the square brackets; undefined when there were none. */
  readonly index: string | undefined
  /** Where it is over. */
  readonly end: number
}

/** Reads the reference whose dollar is at `dollar`. @throws TemplateError */
export function readReference(source: string, dollar: number): Reference {
  if (source[dollar + 1] !== '(') return readName(source, dollar, dollar + 1)
  const { name, inner, end: open } = readName(source, dollar, dollar + 2)
  if (source[open] !== '[') return { name, inner, index: undefined, end: readClosing(source, dollar, open) }
  const close = closingOf(source, open, '[', ']')
  if (close < 0) throw new TemplateError(source, dollar, `the square bracket after $(${name} is not closed`)
  const index = source.slice(open + 1, close)
  return { name, inner, index, end: readClosing(source, dollar, close + 1) }
}

/** Reads `name` or `name(inner)`; brackets inside inner must balance. */
function readName(source: string, dollar: number, start: number): Reference {
  // The characters Kamailio takes into a name: `$null?` is the unknown variable `null?`, `$null-x` is `$null` and `-x`.
  const pattern = /[A-Za-z0-9_.?]+/y
  pattern.lastIndex = start
  const name = pattern.exec(source)?.[0]
  if (name === undefined) {
    throw new TemplateError(
      source,
      dollar,
      'a $ must be followed by a pseudo-variable; write $$ for a dollar',
    )
  }
  const open = start + name.length
  if (source[open] !== '(') return { name, inner: undefined, index: undefined, end: open }
  const close = closingOf(source, open, '(', ')')
  if (close < 0) throw new TemplateError(source, dollar, `the bracket after $${name} is not closed`)
  return { name, inner: source.slice(open + 1, close), index: undefined, end: close + 1 }
}

/** Where the bracket that opens at `open` closes; -1 when it does not. */
function closingOf(source: string, open: number, opening: string, closing: string): number {
  let depth = 0
  for (let at = open; at < source.length; at++) {
    if (source[at] === opening) depth++
    else if (source[at] === closing && --depth === 0) return at
  }
  return -1
}

/** Reads what stands between a name and the `)` of `$(name...)`. Transformations will be parsed here. */
function readClosing(source: string, dollar: number, at: number): number {
  if (source[at] === ')') return at + 1
  if (source[at] === '{') {
    const end = source.indexOf('}', at)
    const written = source.slice(at, end < 0 ? undefined : end + 1)
    throw new TemplateError(
      source,
      at,
      `unknown transformation ${written}: this release has no transformations`,
    )
  }
  throw new TemplateError(source, dollar, 'the bracket after $ is not closed')
}
