// From a datagram, or a message cut from a stream, to a request or a reply: start line, header lines, body. What headers say is
// read later, whether they may say it is checks.ts's.

import type { HeadTable } from './head.ts'
import { CONTENT_LENGTH } from './header-names.ts'
import { methodOf, parseDigits, scanHead } from './message.ts'
import { SipReply } from './reply.ts'
import { SipRequest } from './request.ts'

/** How large a message may be. */
export interface MessageLimits {
  /** Header lines. */
  readonly maxHeaders: number
  /** Bytes of the whole message. */
  readonly maxMessageSize: number
}

export const DEFAULT_LIMITS: MessageLimits = { maxHeaders: 256, maxMessageSize: 65_535 }

/** What a message turned out to be. */
export type Parsed =
  | { readonly kind: 'request'; readonly request: SipRequest }
  | { readonly kind: 'reply'; readonly reply: SipReply }
  /** Nothing but line ends or NULs: what clients send to keep a NAT's binding. */
  | { readonly kind: 'keepalive' }
  /** `request` is there when there is enough of one to be answered with `code`. */
  | {
      readonly kind: 'bad'
      readonly reason: string
      readonly code: number
      readonly request?: SipRequest
    }

/**
 * Parses one message. Never throws; the time it takes is linear in the text's length.
 * @param framing a datagram ends where it ends; a stream's messages need a Content-Length (RFC 3261 section 18.3)
 */
export function parseMessage(
  text: string,
  framing: 'datagram' | 'stream',
  limits: MessageLimits = DEFAULT_LIMITS,
): Parsed {
  const first = text.charCodeAt(0)
  if (!(first > 0x20)) return parseAfterBlanks(text, framing, limits)
  let lineEnd = text.indexOf('\n')
  if (lineEnd < 0) return NOISE
  const headStart = lineEnd + 1
  if (text.charCodeAt(lineEnd - 1) === 0x0d) lineEnd -= 1
  if (text.startsWith('SIP/')) return parseReply(text, lineEnd, headStart, limits)

  const methodEnd = text.indexOf(' ')
  if (methodEnd < 0 || methodEnd >= lineEnd) return NOISE
  let uriEnd = lineEnd - VERSION.length
  let version = 'SIP/2.0'
  let trailing = false
  if (uriEnd <= methodEnd || !text.startsWith(VERSION, uriEnd)) {
    const match = /[ \t](SIP\/\d+\.\d+)([ \t]*)$/i.exec(text.slice(methodEnd, lineEnd))
    if (!match) return NOISE
    uriEnd = methodEnd + match.index
    version = (match[1] as string).toUpperCase()
    trailing = match[2] !== ''
  }
  const head = scanHead(text, headStart, limits.maxHeaders)
  const body = findBody(text, head, framing, limits)
  const whole = cut(text, 0, body.end)
  const method = methodOf(whole, 0, methodEnd)
  const uri = uriEnd > methodEnd ? whole.slice(methodEnd + 1, uriEnd) : ''
  const request = new SipRequest(whole, headStart, method, uri, version)
  if (body.problem !== undefined) return { kind: 'bad', reason: body.problem, code: body.code, request }
  if (trailing) return { kind: 'bad', reason: 'Spaces at the End of the Request Line', code: 400, request }
  return { kind: 'request', request }
}

const VERSION = ' SIP/2.0'
const NOISE: Parsed = { kind: 'bad', reason: 'no SIP message', code: 400 }

/** What does not begin with a start line: line ends may come first (RFC 3261 section 7.5), and keep-alives are nothing else. */
function parseAfterBlanks(text: string, framing: 'datagram' | 'stream', limits: MessageLimits): Parsed {
  let start = 0
  while (start < text.length && isFiller(text.charCodeAt(start))) start++
  if (start === text.length) return { kind: 'keepalive' }
  // NULs may keep a binding alive, but nothing follows them; other controls begin no message.
  if (text.charCodeAt(start) <= 0x20 || text.charCodeAt(0) === 0) return NOISE
  return parseMessage(cut(text, start, text.length), framing, limits)
}

function isFiller(code: number): boolean {
  return code === 0x0d || code === 0x0a || code === 0x00
}

function parseReply(text: string, lineEnd: number, headStart: number, limits: MessageLimits): Parsed {
  const match = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/s.exec(text.slice(0, lineEnd))
  if (!match) return { kind: 'bad', reason: 'malformed status line', code: 400 }
  const head = scanHead(text, headStart, limits.maxHeaders)
  const body = findBody(text, head, 'datagram', limits)
  if (body.problem !== undefined) return { kind: 'bad', reason: `reply: ${body.problem}`, code: body.code }
  const reply = new SipReply(cut(text, 0, body.end), headStart, Number(match[1]), match[2] ?? '')
  return { kind: 'reply', reply }
}

/** Where the body ends; and why the message cannot be taken, if it cannot, with the code that says so. */
interface Body {
  readonly end: number
  readonly problem?: string
  readonly code: number
}

function findBody(
  text: string,
  head: HeadTable,
  framing: 'datagram' | 'stream',
  limits: MessageLimits,
): Body {
  const { end } = head
  if (text.length > limits.maxMessageSize) return { end, problem: 'Message Too Large', code: 513 }
  if (head.overfull) return { end, problem: 'Too Many Headers', code: 400 }
  if (!head.complete) return { end, problem: 'No Empty Line after the Headers', code: 400 }
  if ((head.present & (1 << CONTENT_LENGTH)) === 0) {
    if (framing === 'datagram') return { end: text.length, code: 0 }
    return { end, problem: 'Missing Content-Length Header', code: 400 }
  }
  if ((head.repeated & (1 << CONTENT_LENGTH)) !== 0) {
    return { end, problem: 'Repeated Content-Length Header', code: 400 }
  }
  const line = head.first(CONTENT_LENGTH)
  const length = parseDigits(text, head.valueStart(line), head.valueEnd(line))
  if (length < 0) return { end, problem: 'Malformed Content-Length Header', code: 400 }
  if (end + length > text.length) return { end, problem: 'Content-Length Larger than the Message', code: 400 }
  return { end: end + length, code: 0 }
}

/**
 * A part of a text that keeps no more than itself alive. A plain slice would hold on to the whole, and a request is kept as long
 * as its transaction: padding must not be able to make that larger.
 */
function cut(text: string, start: number, end: number): string {
  if (start === 0 && end === text.length) return text
  return Buffer.from(text.slice(start, end), 'latin1').toString('latin1')
}
