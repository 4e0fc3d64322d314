// References: how one pseudo-variable is written in a template, `$name`, `$name(inner)` or `$(name(inner)[index]{class.name,...})`.
// Finds where its parts are; what they mean is the registry's.

import { TemplateError } from './errors.ts'

/** A pseudo-variable as it was written. */
export interface Reference {
  readonly name: string
  /** What stood in the brackets; undefined when there were none. */
  readonly inner: string | undefined
  /** What stood in the square brackets; undefined when there were none. */
  readonly index: string | undefined
  /** What stood in braces, in order. */
  readonly transformations: readonly WrittenTransformation[]
  /** Where it is over. */
  readonly end: number
}

/** A transformation as it was written: `{class.name}` or `{class.name,argument}`. */
export interface WrittenTransformation {
  readonly className: string
  /** As it was written, in any case. */
  readonly name: string
  /** All that follows the first comma; undefined when there is none. */
  readonly argument: string | undefined
  /** Where its brace is. */
  readonly offset: number
}

const NONE: readonly WrittenTransformation[] = []

/** Reads the reference whose dollar is at `dollar`. @throws TemplateError */
export function readReference(source: string, dollar: number): Reference {
  if (source[dollar + 1] !== '(') return readName(source, dollar, dollar + 1)
  const { name, inner, end: open } = readName(source, dollar, dollar + 2)
  let index: string | undefined
  let at = open
  if (source[at] === '[') {
    const close = closingOf(source, at, '[', ']')
    if (close < 0) throw new TemplateError(source, dollar, `the square bracket after $(${name} is not closed`)
    index = source.slice(at + 1, close)
    at = close + 1
  }
  const transformations: WrittenTransformation[] = []
  while (source[at] === '{') {
    const close = closingBraceOf(source, at)
    transformations.push(readTransformation(source, at, close))
    at = close + 1
    // Between transformations, and after the last, there may be blanks. Before the first there may be none.
    while (source[at] === ' ' || source[at] === '\t') at++
  }
  if (source[at] !== ')') throw new TemplateError(source, dollar, 'the bracket after $ is not closed')
  return { name, inner, index, transformations, end: at + 1 }
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
  if (source[open] !== '(')
    return { name, inner: undefined, index: undefined, transformations: NONE, end: open }
  const close = closingOf(source, open, '(', ')')
  if (close < 0) throw new TemplateError(source, dollar, `the bracket after $${name} is not closed`)
  const inner = source.slice(open + 1, close)
  return { name, inner, index: undefined, transformations: NONE, end: close + 1 }
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

/** Where the brace that opens at `open` closes. Braces within must balance, as in `{re.subst,/a{2}/b/}`. @throws TemplateError */
function closingBraceOf(source: string, open: number): number {
  const close = closingOf(source, open, '{', '}')
  if (close < 0) throw new TemplateError(source, open, 'the brace of the transformation is not closed')
  // A closing brace by itself is an argument, too: `{s.select,0,}}` is what stands before the first of them.
  return source[close - 1] === ',' && source[close + 1] === '}' ? close + 1 : close
}

/** Reads what stands between the braces at `open` and `close`. @throws TemplateError */
function readTransformation(source: string, open: number, close: number): WrittenTransformation {
  // White space may stand on both sides of the name, but not around the class.
  const pattern = /([^.,}]*)\.[ \t\r\n]*([^ \t\r\n,]*)[ \t\r\n]*(?:,|$)/y
  const written = source.slice(open + 1, close)
  const [matched = '', className = '', name = ''] = pattern.exec(written) ?? []
  if (className === '' || name === '') {
    throw new TemplateError(
      source,
      open,
      `{${written}} is no transformation: {class.name} and {class.name,argument} are`,
    )
  }
  const argument = matched.endsWith(',') ? written.slice(matched.length) : undefined
  return { className, name, argument, offset: open }
}
