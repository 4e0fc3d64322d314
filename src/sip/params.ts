// Parameters as header values and URIs have them: `;name=value;flag;text="a;b"`. Not for what they mean.

import { isBlank } from './head.ts'
import { equalsFolded, lowerCase } from './header-names.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c

/** Where the parts of the parameter lie that nextParam() read last. One object, used again: nothing is made on the way. */
export const found = { nameStart: 0, nameEnd: 0, valueStart: 0, valueEnd: 0 }

/**
 * Reads one parameter into `found`. `at` is where its semicolon is, or white space before it.
 * @returns where the next one begins; `end` after the last; where a comma ends the value; -1 when it is malformed
 */
export function nextParam(text: string, at: number, end: number): number {
  let i = skipSpace(text, at, end)
  if (text.charCodeAt(i) !== SEMICOLON) return -1
  i = skipSpace(text, i + 1, end)
  found.nameStart = i
  let code = 0
  while (i < end) {
    code = text.charCodeAt(i)
    if (code === SEMICOLON || code === EQUALS || code === COMMA || isBlank(code)) break
    if (code === QUOTE || code < 0x20) return -1
    i++
  }
  found.nameEnd = i
  if (i === found.nameStart) return -1
  found.valueStart = i
  found.valueEnd = i
  if (i < end && isBlank(code)) i = skipSpace(text, i, end)
  if (i < end && text.charCodeAt(i) === EQUALS) {
    i = skipSpace(text, i + 1, end)
    found.valueStart = i
    if (text.charCodeAt(i) === QUOTE && i < end) {
      i = quoteEnd(text, i, end)
      if (i < 0) return -1
    } else {
      while (i < end) {
        code = text.charCodeAt(i)
        if (code === SEMICOLON || code === COMMA || isBlank(code)) break
        if (code === QUOTE || code < 0x20) return -1
        i++
      }
    }
    found.valueEnd = i
    i = skipSpace(text, i, end)
  }
  if (i >= end) return end
  code = text.charCodeAt(i)
  return code === SEMICOLON || code === COMMA ? i : -1
}

/** Where white space ends. */
export function skipSpace(text: string, at: number, end: number): number {
  let i = at
  while (i < end && isBlank(text.charCodeAt(i))) i++
  return i
}

/** Where the quoted string that begins at `at` has ended; -1 when it does not end, or has control characters in it. */
export function quoteEnd(text: string, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i + 1
    else if (code < 0x20 && code !== 0x09) return -1
  }
  return -1
}

/** The parameters of one value, read when they are asked for. */
export class Params {
  /** As they were written, from the first semicolon; `''` when there are none. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The value of a parameter, without quotes; `''` when it has none; undefined when it is absent. */
  get(name: string): string | undefined {
    const { text } = this
    const lower = lowerCase(name)
    for (let at = 0; at >= 0 && at < text.length; ) {
      at = nextParam(text, at, text.length)
      if (at < 0) return undefined
      const { nameStart, nameEnd, valueStart, valueEnd } = found
      if (nameEnd - nameStart === lower.length && equalsFolded(text, nameStart, lower)) {
        return unquote(text.slice(valueStart, valueEnd))
      }
      if (text.charCodeAt(at) === COMMA) return undefined
    }
    return undefined
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }
}

/** What a quoted string says; anything else as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE) return text
  const inner = text.slice(1, -1)
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner
}
