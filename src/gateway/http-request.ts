// A request as endpoints see it: all that matters is copied, since uWebSockets.js takes its own back when the handler returns.

import type { Scope } from '../core/scopes.ts'
import type { UwsRequest } from './uws.ts'

/** The head of a request. */
export interface RequestHead {
  /** In upper case. */
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** By name in lower case; of a header that is there twice, the last. */
  readonly headers: ReadonlyMap<string, string>
  /** The peer's, an IP literal. */
  readonly address: string
  /** Whether it came over TLS. */
  readonly secure: boolean
}

/** A whole request that is allowed to be here. */
export interface HttpRequest extends RequestHead {
  /** What stands for `{name}` in the endpoint's path, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** What its sender may do. */
  readonly scope: Scope
  readonly body: Uint8Array
  /** Aborted when the peer has gone, or the time for an answer is over. */
  readonly signal: AbortSignal
}

/** Copies the head of a request. */
export function readHead(request: UwsRequest, address: string, secure: boolean): RequestHead {
  const headers = new Map<string, string>()
  request.forEach((name, value) => void headers.set(name, value))
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    query: new URLSearchParams(request.getQuery() ?? ''),
    headers,
    address,
    secure,
  }
}

/** The peer's address from its 4 or 16 bytes: an IPv4 address that came over IPv6 is one of IPv4. */
export function addressText(binary: ArrayBuffer): string {
  const bytes = Buffer.from(binary)
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return ''
  if (bytes.subarray(0, 12).equals(MAPPED)) return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, position) => bytes.readUInt16BE(position * 2).toString(16))
  // A URL's host has the canonical form, between brackets.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')
