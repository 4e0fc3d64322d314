// One Via value: who sent the request, over what, and where it wants the reply (RFC 3261 section 20.42, RFC 3581).

import { isBlank } from './head.ts'
import { equalsFolded } from './header-names.ts'
import { found, nextParam, Params, skipSpace } from './params.ts'

const COMMA = 0x2c
const SLASH = 0x2f
const COLON = 0x3a
const SEMICOLON = 0x3b
const OPEN = 0x5b
const CLOSE = 0x5d

/** One value of a Via header. */
export class Via {
  /** The value as it was written, unfolded; without the values that follow on the same line. */
  readonly text: string
  /** What comes third in `SIP/2.0/UDP`, as it was written. */
  readonly protocol: string
  /** The sent-by host; an IPv6 address with its brackets. */
  readonly host: string
  readonly port: number | undefined
  /** `''` when there is none. */
  readonly branch: string
  /** Whether the client asks for symmetric responses (RFC 3581): the parameter is there, with or without value. */
  readonly rport: boolean
  /** Where `rport` stands in `text`, its value included, and `received`, its semicolon included; -1 when they are absent. */
  readonly rportStart: number
  readonly rportEnd: number
  readonly receivedStart: number
  readonly receivedEnd: number
  private readonly paramsStart: number

  constructor(text: string, parts: typeof scratch) {
    this.text = text
    this.protocol = parts.protocol
    this.host = parts.host
    this.port = parts.port < 0 ? undefined : parts.port
    this.branch = parts.branch
    this.rport = parts.rportStart >= 0
    this.rportStart = parts.rportStart
    this.rportEnd = parts.rportEnd
    this.receivedStart = parts.receivedStart
    this.receivedEnd = parts.receivedEnd
    this.paramsStart = parts.paramsStart
  }

  /** All parameters. */
  get params(): Params {
    return new Params(this.text.slice(this.paramsStart).trimStart())
  }

  /** The value of a parameter; `''` when it has none; undefined when it is absent. */
  param(name: string): string | undefined {
    return this.params.get(name)
  }
}

/** What parseVia() collects before it makes a Via; offsets are relative to the value. Used again. */
const scratch = {
  protocol: '',
  host: '',
  port: -1,
  branch: '',
  rportStart: -1,
  rportEnd: -1,
  receivedStart: -1,
  receivedEnd: -1,
  paramsStart: 0,
}

/** Reads the first Via value of `text` between `start` and `end`, which is one line; undefined when it is malformed, as it is when
 * `rport` or `received` is there twice: which of them counts must not be open. */
export function parseVia(text: string, start: number, end: number): Via | undefined {
  let at = sentProtocolEnd(text, start, end)
  if (at < 0) return undefined
  at = sentByEnd(text, at, end)
  if (at < 0) return undefined
  scratch.paramsStart = at - start
  scratch.branch = ''
  scratch.rportStart = -1
  scratch.receivedStart = -1
  let stop = at
  while (at < end && text.charCodeAt(at) !== COMMA) {
    const semicolon = at
    at = nextParam(text, at, end)
    if (at < 0) return undefined
    stop = found.valueEnd
    const length = found.nameEnd - found.nameStart
    if (length === 6 && equalsFolded(text, found.nameStart, 'branch')) {
      if (scratch.branch === '') scratch.branch = text.slice(found.valueStart, found.valueEnd)
    } else if (length === 5 && equalsFolded(text, found.nameStart, 'rport')) {
      if (scratch.rportStart >= 0) return undefined
      scratch.rportStart = found.nameStart - start
      scratch.rportEnd = found.valueEnd - start
    } else if (length === 8 && equalsFolded(text, found.nameStart, 'received')) {
      if (scratch.receivedStart >= 0) return undefined
      scratch.receivedStart = semicolon - start
      scratch.receivedEnd = found.valueEnd - start
    }
  }
  return new Via(text.slice(start, stop), scratch)
}

/** Reads `SIP/2.0/UDP` and the white space after it. @returns where sent-by begins, -1 when it is malformed */
function sentProtocolEnd(text: string, start: number, end: number): number {
  let at: number
  if (text.startsWith('SIP/2.0/', start)) at = start + 8
  else {
    at = start
    for (let part = 0; part < 2; part++) {
      const begin = at
      while (at < end && isNameCharacter(text.charCodeAt(at))) at++
      if (at === begin) return -1
      at = skipSpace(text, at, end)
      if (at >= end || text.charCodeAt(at) !== SLASH) return -1
      at = skipSpace(text, at + 1, end)
    }
  }
  at = skipSpace(text, at, end)
  const begin = at
  while (at < end && isNameCharacter(text.charCodeAt(at))) at++
  if (at === begin) return -1
  scratch.protocol = protocolText(text, begin, at)
  const sentBy = skipSpace(text, at, end)
  return sentBy === at ? -1 : sentBy
}

function protocolText(text: string, start: number, end: number): string {
  if (end - start === 3) {
    if (text.startsWith('UDP', start)) return 'UDP'
    if (text.startsWith('TCP', start)) return 'TCP'
  }
  return text.slice(start, end)
}

/** Reads `host:port`. @returns where parameters, a comma or the end come, -1 when it is malformed */
function sentByEnd(text: string, start: number, end: number): number {
  let at = start
  if (text.charCodeAt(at) === OPEN) {
    while (at < end && text.charCodeAt(at) !== CLOSE) {
      const code = text.charCodeAt(at)
      if (isBlank(code) || code === SEMICOLON || code === COMMA) return -1
      at++
    }
    if (at >= end || at === start + 1) return -1
    at++
  } else {
    while (at < end && isNameCharacter(text.charCodeAt(at))) at++
    if (at === start) return -1
  }
  scratch.host = text.slice(start, at)
  scratch.port = -1
  const hostEnd = at
  at = skipSpace(text, at, end)
  if (at >= end) return hostEnd
  if (text.charCodeAt(at) === COLON) {
    at = skipSpace(text, at + 1, end)
    let port = 0
    const begin = at
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 0x30
      if (digit < 0 || digit > 9) break
      port = port * 10 + digit
      if (port > 65535) return -1
    }
    if (at === begin) return -1
    scratch.port = port
    const portEnd = at
    at = skipSpace(text, at, end)
    if (at >= end) return portEnd
  }
  const code = text.charCodeAt(at)
  return code === SEMICOLON || code === COMMA ? at : -1
}

/** Characters of a token (RFC 3261 section 25.1) that hosts and protocol names are made of, and the other ones of a token. */
function isNameCharacter(code: number): boolean {
  if (code > 0x60) return code < 0x7b || code === 0x7e
  if (code > 0x40) return code < 0x5b || code === 0x5f || code === 0x60
  if (code > 0x2f) return code < 0x3a
  return (
    code === 0x2d ||
    code === 0x2e ||
    code === 0x21 ||
    code === 0x25 ||
    code === 0x27 ||
    code === 0x2a ||
    code === 0x2b
  )
}
