// URIs: what sip:, sips: and tel: ones are made of. Others are opaque: a scheme and the rest. Not for resolving them.

import { equalsFolded } from './header-names.ts'
import { Params } from './params.ts'

const COLON = 0x3a
const SEMICOLON = 0x3b
const QUESTION = 0x3f
const AT = 0x40
const OPEN = 0x5b
const CLOSE = 0x5d

/** A URI in parts, as they were written: nothing is unescaped. Absent parts are `''`. */
export class SipUri {
  /** In lower case. */
  readonly scheme: string
  /** The user; the number of a tel: URI. */
  readonly user: string
  readonly password: string
  /** An IPv6 address with its brackets. */
  readonly host: string
  readonly port: number | undefined
  /** From the first semicolon, without it: `transport=tcp;lr`. */
  readonly params: string
  /** What follows the question mark. */
  readonly headers: string

  constructor(text: string, parts: typeof scratch) {
    this.scheme = text.slice(0, parts.schemeEnd).toLowerCase()
    const { userStart, userEnd } = parts
    this.user = text.slice(userStart, userEnd)
    this.password = text.slice(parts.passwordStart, parts.passwordEnd)
    this.host = text.slice(parts.hostStart, parts.hostEnd)
    this.port = parts.port < 0 ? undefined : parts.port
    this.params = text.slice(parts.paramsStart, parts.paramsEnd)
    this.headers = text.slice(parts.headersStart, parts.headersEnd)
  }

  /** The value of a URI parameter; `''` when it has none; undefined when it is absent. */
  param(name: string): string | undefined {
    return this.params === '' ? undefined : new Params(`;${this.params}`).get(name)
  }
}

/** Where the parts of the URI lie that locate() read last. Used again: checking a URI makes nothing. */
const scratch = {
  schemeEnd: 0,
  userStart: 0,
  userEnd: 0,
  passwordStart: 0,
  passwordEnd: 0,
  hostStart: 0,
  hostEnd: 0,
  port: -1,
  paramsStart: 0,
  paramsEnd: 0,
  headersStart: 0,
  headersEnd: 0,
}

/** A URI in parts; undefined when it is none. */
export function parseUri(text: string): SipUri | undefined {
  return locate(text, 0, text.length) ? new SipUri(text, scratch) : undefined
}

/** Whether the characters from `start` to `end` can be a Request-URI: a URI, and a SIP one without headers (RFC 3261 section 19.1.1). */
export function isRequestUri(text: string, start: number, end: number): boolean {
  return locate(text, start, end) && scratch.headersStart === scratch.headersEnd
}

function locate(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    // Spaces, controls, and the delimiters that a URI never has: < > " (RFC 3986).
    if (code <= 0x20 || code === 0x7f || code === 0x3c || code === 0x3e || code === 0x22) return false
  }
  const schemeEnd = schemeOf(text, start, end)
  if (schemeEnd < 0 || schemeEnd + 1 >= end) return false
  const s = scratch
  const rest = schemeEnd + 1
  s.schemeEnd = schemeEnd
  s.userStart = s.userEnd = s.passwordStart = s.passwordEnd = s.hostStart = s.hostEnd = rest
  s.paramsStart = s.paramsEnd = s.headersStart = s.headersEnd = end
  s.port = -1
  const length = schemeEnd - start
  const sip =
    (length === 3 && equalsFolded(text, start, 'sip')) || (length === 4 && equalsFolded(text, start, 'sips'))
  if (sip) return locateSip(text, rest, end)
  if (length === 3 && equalsFolded(text, start, 'tel')) {
    s.userEnd = s.passwordStart = s.passwordEnd = s.hostStart = s.hostEnd = before(text, SEMICOLON, rest, end)
    s.paramsStart = Math.min(s.userEnd + 1, end)
    return s.userEnd > rest
  }
  return true
}

function locateSip(text: string, start: number, end: number): boolean {
  const s = scratch
  // The user part may have semicolons and question marks; an at sign is nowhere but at its end.
  const at = before(text, AT, start, end)
  let i = start
  if (at < end) {
    s.userEnd = before(text, COLON, start, at)
    s.passwordStart = Math.min(s.userEnd + 1, at)
    s.passwordEnd = at
    if (s.userEnd === start) return false
    i = at + 1
  }
  s.hostStart = i
  if (text.charCodeAt(i) === OPEN) {
    i = before(text, CLOSE, i, end) + 1
    if (i > end || i === s.hostStart + 2) return false
    for (let j = s.hostStart + 1; j < i - 1; j++) if (!isAddressCharacter(text.charCodeAt(j))) return false
  } else while (i < end && isHostCharacter(text.charCodeAt(i))) i++
  s.hostEnd = i
  if (i === s.hostStart) return false
  if (i < end && text.charCodeAt(i) === COLON) {
    let port = 0
    const begin = ++i
    for (; i < end; i++) {
      const digit = text.charCodeAt(i) - 0x30
      if (digit < 0 || digit > 9) break
      port = port * 10 + digit
      if (port > 65535) return false
    }
    if (i === begin) return false
    s.port = port
  }
  if (i < end && text.charCodeAt(i) === SEMICOLON) {
    s.paramsStart = i + 1
    s.paramsEnd = i = before(text, QUESTION, i, end)
  }
  if (i < end && text.charCodeAt(i) === QUESTION) {
    s.headersStart = i + 1
    i = end
  }
  return i === end
}

/** Where the scheme ends, which is where its colon is; -1 when there is none. */
function schemeOf(text: string, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === COLON) return i > start ? i : -1
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    const other = (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e
    if (!letter && (i === start || !other)) return -1
  }
  return -1
}

function before(text: string, wanted: number, start: number, end: number): number {
  let i = start
  while (i < end && text.charCodeAt(i) !== wanted) i++
  return i
}

/** Letters, digits, dot, hyphen; and the underscore, which no host name may have and many do. */
function isHostCharacter(code: number): boolean {
  return (
    ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f
  )
}

/** What an IPv6 address is made of. */
function isAddressCharacter(code: number): boolean {
  return (code >= 0x30 && code <= 0x3a) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66) || code === 0x2e
}
