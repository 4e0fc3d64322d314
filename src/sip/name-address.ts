// A name and an address, as From, To and Contact have them: `"Name" <sip:user@host>;tag=x`. Not for what the URI says
// (uri.ts).

import { isBlank } from './head.ts'
import { equalsFolded } from './header-names.ts'
import { found, nextParam, Params, quoteEnd, skipSpace, unquote } from './params.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const SEMICOLON = 0x3b
const LESS = 0x3c
const GREATER = 0x3e
const QUESTION = 0x3f
const STAR = 0x2a

/** One value of From, To, Contact and their like. */
export class NameAddress {
  /** The URI, without angle brackets; `*` in `Contact: *`. */
  readonly uri: string
  /** `''` when there is none. */
  readonly tag: string
  /** The display name as it was written, quotes included; `''` when there is none. */
  readonly rawDisplay: string
  private readonly rawParams: string

  constructor(uri: string, tag: string, rawDisplay: string, rawParams: string) {
    this.uri = uri
    this.tag = tag
    this.rawDisplay = rawDisplay
    this.rawParams = rawParams
  }

  /** The display name without quotes; `''` when there is none. */
  get display(): string {
    return unquote(this.rawDisplay)
  }

  /** The parameters of the header, not those of the URI. */
  get params(): Params {
    return new Params(this.rawParams)
  }

  /** The value of a parameter of the header; `''` when it has none; undefined when it is absent. */
  param(name: string): string | undefined {
    return this.params.get(name)
  }
}

/**
 * Reads the first value of `text` between `start` and `end`, which is one line; undefined when it is malformed.
 * @param single no other may follow, as in From and To
 */
export function parseNameAddress(
  text: string,
  start: number,
  end: number,
  single: boolean,
): NameAddress | undefined {
  let at = start
  let display = ''
  let uriStart: number
  let uriEnd: number
  if (text.charCodeAt(at) === QUOTE && at < end) {
    at = quoteEnd(text, at, end)
    if (at < 0) return undefined
    display = text.slice(start, at)
    at = skipSpace(text, at, end)
    if (at >= end || text.charCodeAt(at) !== LESS) return undefined
  } else {
    // Either a display name that ends at an angle bracket, or an address without any.
    while (at < end) {
      const code = text.charCodeAt(at)
      if (code === LESS || code === SEMICOLON || code === COMMA) break
      if (code === QUOTE || code === GREATER || (code < 0x20 && code !== 0x09)) return undefined
      at++
    }
    if (at < end && text.charCodeAt(at) === LESS) display = text.slice(start, spaceStart(text, start, at))
  }
  if (at < end && text.charCodeAt(at) === LESS) {
    uriStart = at + 1
    uriEnd = uriStart
    for (;;) {
      if (uriEnd >= end) return undefined
      const code = text.charCodeAt(uriEnd)
      if (code === GREATER) break
      if (code <= 0x20 || code === LESS) return undefined
      uriEnd++
    }
    at = skipSpace(text, uriEnd + 1, end)
  } else {
    // Without brackets, what follows a semicolon is the header's, and the URI has neither spaces nor a question mark
    // (RFC 3261 section 20.10).
    uriStart = start
    uriEnd = spaceStart(text, start, at)
    for (let i = uriStart; i < uriEnd; i++) {
      const code = text.charCodeAt(i)
      if (code <= 0x20 || code === QUESTION) return undefined
    }
  }
  if (!hasScheme(text, uriStart, uriEnd)) return undefined
  const paramsStart = at
  let paramsEnd = at
  let tag = ''
  while (at < end && text.charCodeAt(at) !== COMMA) {
    at = nextParam(text, at, end)
    if (at < 0) return undefined
    paramsEnd = found.valueEnd
    if (tag === '' && found.nameEnd - found.nameStart === 3 && equalsFolded(text, found.nameStart, 'tag')) {
      tag = text.slice(found.valueStart, found.valueEnd)
    }
  }
  if (single && at < end) return undefined
  const params = paramsEnd > paramsStart ? text.slice(paramsStart, paramsEnd) : ''
  return new NameAddress(text.slice(uriStart, uriEnd), tag, display, params)
}

/** Where the white space before `end` begins. */
function spaceStart(text: string, start: number, end: number): number {
  let i = end
  while (i > start && isBlank(text.charCodeAt(i - 1))) i--
  return i
}

/** Whether there is a scheme and something after it, or the lone star of a REGISTER that removes all. */
function hasScheme(text: string, start: number, end: number): boolean {
  if (end - start === 1 && text.charCodeAt(start) === STAR) return true
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x3a) return i > start && i + 1 < end
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    if (
      !letter &&
      (i === start || !((code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e))
    ) {
      return false
    }
  }
  return false
}
