// Replies: what one that came looks like, and how one to a request is made (RFC 3261 section 8.2.6). Not for when to reply.

import { CALL_ID, CSEQ, FROM, RECORD_ROUTE, TIMESTAMP, TO, VIA } from './header-names.ts'
import { KeyedHash } from './keyed-hash.ts'
import { SipMessage } from './message.ts'
import type { Origin } from './origin.ts'
import type { SipRequest } from './request.ts'
import type { Via } from './via.ts'

/** The port of SIP (RFC 3261 section 18.1.1). */
export const SIP_PORT = 5060

/** A reply as it came. */
export class SipReply extends SipMessage {
  readonly code: number
  readonly reason: string

  /** For parseMessage(), which has just scanned the head. */
  constructor(text: string, headStart: number, code: number, reason: string) {
    super(text, headStart)
    this.code = code
    this.reason = reason
  }
}

/**
 * Builds a reply: the headers that RFC 3261 wants copied, then `lines`, then Content-Length and the body.
 *
 * @param origin where the request came from: its top Via tells the client how its address looks from here
 * @param toTag goes to To when that has no tag and `code` is over 100
 * @param lines headers beside those, each with its line end
 * @param body a byte string
 */
export function buildReply(
  request: SipRequest,
  origin: Origin,
  code: number,
  reason: string,
  toTag: string,
  lines = '',
  body = '',
): string {
  let reply = `SIP/2.0 ${code} ${reason}\r\n`
  if (request.has(VIA)) reply += `Via: ${topVia(request, origin)}\r\n`
  if (request.viaLines > 1) {
    const vias = request.headers('via')
    for (let i = 1; i < vias.length; i++) reply += `Via: ${vias[i]}\r\n`
  }
  // As Kamailio does, whatever the method: only a request that makes a dialog has anything to record.
  if (code > 100 && code < 300 && request.has(RECORD_ROUTE)) {
    for (const value of request.headers('record-route')) reply += `Record-Route: ${value}\r\n`
  }
  if (request.has(FROM)) reply += `From: ${request.rawValue(FROM)}\r\n`
  if (request.has(TO)) reply += `To: ${request.rawValue(TO)}${tagFor(request, code, toTag)}\r\n`
  if (request.has(CALL_ID)) reply += `Call-ID: ${request.callId}\r\n`
  if (request.has(CSEQ)) reply += `CSeq: ${request.rawValue(CSEQ)}\r\n`
  if (code === 100 && request.has(TIMESTAMP)) reply += `Timestamp: ${request.header('timestamp')}\r\n`
  return `${reply}${lines}Content-Length: ${body.length}\r\n\r\n${body}`
}

/**
 * The port that a reply over UDP goes to: the one the request came from if the client asked for that (RFC 3581 section 4) or a route
 * wants it so, else the one
 * its Via names. Its `maddr`, which RFC 3261 section 18.2.2 would follow, is ignored on purpose: a datagram's sender can be forged,
 * and must not be able to choose somebody else who gets the answer.
 */
export function replyPort(request: SipRequest, origin: Origin): number {
  const { via } = request
  if (via === undefined || via.rport || request.symmetric || origin.protocol !== 'udp')
    return origin.sourcePort
  return via.port === undefined || via.port === 0 ? SIP_PORT : via.port
}

function tagFor(request: SipRequest, code: number, toTag: string): string {
  if (code <= 100 || toTag === '') return ''
  const { to } = request
  // A To that cannot be read goes back as it came; another tag would not make it better.
  return to === undefined || to.tag !== '' ? '' : `;tag=${toTag}`
}

/** The first Via line, its first value with `received` and `rport` (RFC 3261 section 18.2.1, RFC 3581 section 4). */
function topVia(request: SipRequest, origin: Origin): string {
  const value = request.rawValue(VIA)
  const { via } = request
  if (via === undefined || origin.protocol === 'none') return value
  const { text } = via
  const asked = via.rport || request.symmetric
  const received = asked || !isHost(via.host, origin.sourceAddress)
  if (!asked && !received && via.receivedStart < 0) return value
  // What the client itself says it was received from counts for nothing.
  let edited: string
  if (via.receivedStart < 0) {
    edited = via.rport
      ? `${text.slice(0, via.rportStart)}rport=${origin.sourcePort}${text.slice(via.rportEnd)}`
      : text
  } else edited = withoutReceived(via, origin)
  const added = request.symmetric && !via.rport ? `;rport=${origin.sourcePort}` : ''
  return `${edited}${added}${received ? `;received=${origin.sourceAddress}` : ''}${value.slice(text.length)}`
}

/** A Via that brings a `received` of its own: without it, and with `rport` filled in if it is asked for. */
function withoutReceived(via: Via, origin: Origin): string {
  const { text, receivedStart, receivedEnd, rportStart, rportEnd } = via
  if (!via.rport) return text.slice(0, receivedStart) + text.slice(receivedEnd)
  const rport = `rport=${origin.sourcePort}`
  return rportStart < receivedStart
    ? text.slice(0, rportStart) + rport + text.slice(rportEnd, receivedStart) + text.slice(receivedEnd)
    : text.slice(0, receivedStart) + text.slice(receivedEnd, rportStart) + rport + text.slice(rportEnd)
}

/** Whether a sent-by host is that address. Other ways to write the same IPv6 address only cost a `received`. */
function isHost(host: string, address: string): boolean {
  if (host.length === address.length) return host === address || host.toLowerCase() === address.toLowerCase()
  return host.length === address.length + 2 && host.toLowerCase() === `[${address.toLowerCase()}]`
}

const TAGS = new KeyedHash()

/**
 * A To-tag that needs no memory: the same for each retransmission of a request and for the ACK of its reply, whose branch may be
 * another, and for nobody else's. Differs from process to process, so that nobody can foretell it.
 */
export function steadyTag({ from, callId, cseq }: SipRequest): string {
  return TAGS.digest(cseq?.number ?? -1, from?.tag, callId)
}
