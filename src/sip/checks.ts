// Whether a request is well-formed enough to be worked on (RFC 3261 sections 8.1.1, 8.2, 16.3), and if not, the reply that it deserves. Looks at
// what every request must have; other headers may say what they like (RFC 3261 section 8.2: those that are malformed and
// not needed are ignored).

import { CALL_ID, CONTACT, CSEQ, FROM, MAX_FORWARDS, TO, VIA } from './header-names.ts'
import { KNOWN_METHODS } from './message.ts'
import type { SipRequest } from './request.ts'
import { isRequestUri } from './uri.ts'

/** What is wrong with a request. */
export interface Refusal {
  /** The final reply that it deserves. */
  readonly code: number
  /** The reason phrase: says what is wrong. */
  readonly reason: string
  /** Headers that the reply needs, each with its line end. */
  readonly lines?: string
  /** It must not be answered: it is an ACK, or nobody could find the way back. */
  readonly drop: boolean
}

/** The largest CSeq number (RFC 3261 section 8.1.1.5). */
const CSEQ_MAX = 2 ** 31 - 1

/** The headers that every request has, beside Via. */
const MANDATORY = [
  [TO, 'To'],
  [FROM, 'From'],
  [CALL_ID, 'Call-ID'],
  [CSEQ, 'CSeq'],
] as const

const MANDATORY_BITS = (1 << TO) | (1 << FROM) | (1 << CALL_ID) | (1 << CSEQ)

const ALLOW = `Allow: ${KNOWN_METHODS.join(', ')}\r\n`

/**
 * Checks a request.
 * @param unknownMethods whether a method that is not known is refused (405) or left to the routes
 * @returns undefined when it is fine
 */
export function checkRequest(
  request: SipRequest,
  unknownMethods: 'reject' | 'route' = 'reject',
): Refusal | undefined {
  const { method, via } = request
  if (via === undefined) {
    return { code: 400, reason: request.has(VIA) ? 'Malformed Via Header' : 'Missing Via Header', drop: true }
  }
  const problem = problemOf(request)
  const drop = method === 'ACK'
  if (request.version !== 'SIP/2.0') return { code: 505, reason: 'Version Not Supported', drop }
  if (problem !== undefined) return { code: 400, reason: problem, drop }
  if (unknownMethods === 'reject' && !KNOWN_METHODS.includes(method)) {
    return { code: 405, reason: 'Method Not Allowed', lines: ALLOW, drop }
  }
  return undefined
}

/** What makes a request a bad one, as a reason phrase. */
function problemOf(request: SipRequest): string | undefined {
  const { method, text, cseq } = request
  if (method === '') return 'Malformed Method'
  const uriStart = method.length + 1
  if (!isRequestUri(text, uriStart, uriStart + request.uri.length)) return 'Malformed Request-URI'
  if (!request.hasOnce(MANDATORY_BITS)) return countProblem(request)
  if (request.to === undefined) return 'Malformed To Header'
  if (request.from === undefined) return 'Malformed From Header'
  if (!isCallId(request.callId)) return 'Malformed Call-ID Header'
  if (cseq === undefined || cseq.number > CSEQ_MAX) return 'Malformed CSeq Header'
  if (cseq.method !== method) return 'CSeq Method Does Not Match the Request'
  if (request.isRepeated(MAX_FORWARDS)) return 'Repeated Max-Forwards Header'
  const { maxForwards } = request
  if (maxForwards !== undefined && !(maxForwards >= 0 && maxForwards <= 255))
    return 'Malformed Max-Forwards Header'
  // Where a dialog's or binding's address is missing brackets, its parameters would be taken for the header's.
  if (request.has(CONTACT) && request.contact === undefined) return 'Malformed Contact Header'
  return undefined
}

/** Which mandatory header is missing or repeated. */
function countProblem(request: SipRequest): string | undefined {
  for (const [kind, name] of MANDATORY) {
    if (!request.has(kind)) return `Missing ${name} Header`
    if (request.isRepeated(kind)) return `Repeated ${name} Header`
  }
  return undefined
}

/** Whether it is one word (RFC 3261 section 25.1). What characters a word has is left open. */
function isCallId(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code <= 0x20 || code === 0x7f) return false
  }
  return value !== ''
}
