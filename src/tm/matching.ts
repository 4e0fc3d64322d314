// By what a request is known again: RFC 3261 section 17.2.3. A transaction is found by one short string; this file makes it. Not for
// what is found (table.ts).

import type { SipRequest } from '../sip/request.ts'

/** What every branch that says something begins with (RFC 3261 section 8.1.1.7). */
const COOKIE = 'z9hG4bK'

/**
 * The string that the server transaction of a request has in common with nothing else: branch, sent-by and method of the
 * top Via. For an ACK or a CANCEL that of the INVITE is meant: ask with `INVITE`.
 *
 * A branch without the cookie, or with nothing after it, comes from a client of RFC 2543, whose requests are known by
 * Request-URI, From tag, Call-ID, CSeq and the whole top Via.
 * @returns undefined for a request without a usable Via: it can be matched by nothing
 */
export function matchingKey(request: SipRequest, method: string): string | undefined {
  const { via } = request
  if (via === undefined) return undefined
  const { branch, host, port } = via
  if (branch.length > COOKIE.length && branch.startsWith(COOKIE)) {
    return flat(`${method} ${branch} ${host}:${port ?? 0}`)
  }
  const { cseq, from, callId, uri } = request
  return flat(`${method} ${uri} ${from?.tag ?? ''} ${callId} ${cseq?.number ?? -1} ${via.text}`)
}

/**
 * What an INVITE has in common with its ACK and its CANCEL, besides the branch: who guesses a branch must know this too.
 */
export function callIdentity(request: SipRequest): string {
  return flat(`${request.cseq?.number ?? -1} ${request.from?.tag ?? ''} ${request.callId}`)
}

/** By what the ACK of a 2xx is known, which has a branch of its own (RFC 3261 section 13.2.2.4). */
export function acknowledgementKey(identity: string, toTag: string): string {
  return flat(`${identity} ${toTag}`)
}

/**
 * The same string in one piece. One that was put together, or cut out, may refer to the text it came from; kept as a key for
 * seconds, it would keep all of the request with it. Reading a character makes the engine join the pieces.
 */
function flat(text: string): string {
  text.charCodeAt(0)
  return text
}
