// URIs: what sip:, sips: and tel: ones are made of. Others are opaque: a scheme and the rest. Not for resolving them.

import { equalsFolded } from './header-names.ts'
import { Params } from './params.ts'

/** For seek(): looks for nothing. */
const NOTHING = -1

const COLON = 0x3a
const SEMICOLON = 0x3b
const QUESTION = 0x3f
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
  const s = scratch
  s.port = -1
  s.headersStart = s.headersEnd = s.paramsStart = s.paramsEnd = end
  if (text.startsWith('sip:', start)) {
    s.schemeEnd = start + 3
    return locateSip(text, start + 4, end)
  }
  const schemeEnd = schemeOf(text, start, end)
  if (schemeEnd < 0 || schemeEnd + 1 >= end) return false
  const rest = schemeEnd + 1
  s.schemeEnd = schemeEnd
  const length = schemeEnd - start
  if (
    (length === 3 && equalsFolded(text, start, 'sip')) ||
    (length === 4 && equalsFolded(text, start, 'sips'))
  ) {
    return locateSip(text, rest, end)
  }
  s.userStart = s.userEnd = s.passwordStart = s.passwordEnd = s.hostStart = s.hostEnd = rest
  const tel = length === 3 && equalsFolded(text, start, 'tel')
  const stop = seek(text, tel ? SEMICOLON : NOTHING, rest, end)
  if (!tel || stop < 0) return stop > 0
  s.userEnd = s.passwordStart = s.passwordEnd = s.hostStart = s.hostEnd = stop
  s.paramsStart = Math.min(stop + 1, end)
  return stop > rest && seek(text, NOTHING, stop, end) === end
}

function locateSip(text: string, start: number, end: number): boolean {
  const s = scratch
  let i = start
  s.userStart = s.userEnd = s.passwordStart = s.passwordEnd = start
  // The user part may have semicolons and question marks; an at sign is nowhere but at its end.
  const at = text.indexOf('@', start)
  if (at >= 0 && at < end) {
    s.userEnd = seek(text, COLON, start, at)
    if (s.userEnd <= start) return false
    s.passwordStart = Math.min(s.userEnd + 1, at)
    s.passwordEnd = at
    if (seek(text, NOTHING, s.passwordStart, at) < 0) return false
    i = at + 1
  }
  s.hostStart = i
  if (text.charCodeAt(i) === OPEN && i < end) {
    i += 1
    while (i < end && isAddressCharacter(text.charCodeAt(i))) i++
    if (i >= end || text.charCodeAt(i) !== CLOSE || i === s.hostStart + 1) return false
    i += 1
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
    s.paramsEnd = i = seek(text, QUESTION, i, end)
  }
  if (i >= 0 && i < end && text.charCodeAt(i) === QUESTION) {
    s.headersStart = i + 1
    i = seek(text, NOTHING, i, end)
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

/**
 * Looks for a character.
 * @returns where it is; `end` when it is not there; -1 when a character comes before it that no URI has: white space, controls,
 * angle brackets and quotes (RFC 3986)
 */
function seek(text: string, wanted: number, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === wanted) return i
    if (code <= 0x20 || code === 0x7f || code === 0x3c || code === 0x3e || code === 0x22) return -1
  }
  return end
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
