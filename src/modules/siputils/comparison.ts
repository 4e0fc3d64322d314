// Whether two URIs are the same, as Kamailio's cmp_uri and cmp_aor say (RFC 3261 section 19.1.4, but headers do not count).

import { lowerCase } from '../../sip/header-names.ts'
import { Params } from '../../sip/params.ts'
import { parseUri, type SipUri } from '../../sip/uri.ts'

/** Schemes of URIs that are looked into. */
const SCHEMES: ReadonlySet<string> = new Set(['sip', 'sips', 'tel', 'tels', 'urn'])

/** A URI in parts; undefined when it is none that Kamailio knows. */
export function knownUri(text: string): SipUri | undefined {
  const uri = parseUri(text)
  return uri !== undefined && SCHEMES.has(uri.scheme) ? uri : undefined
}

/** Parameters that must be in both URIs or in none. */
const TELLING: ReadonlySet<string> = new Set(['user', 'ttl', 'method', 'maddr'])

/** @returns 1 equal, -1 different, -2 where one is no URI */
export function compareUris(one: string, other: string): number {
  const first = knownUri(one)
  const second = knownUri(other)
  if (first === undefined || second === undefined) return -2
  return first.scheme === second.scheme &&
    first.user === second.user &&
    first.password === second.password &&
    lowerCase(first.host) === lowerCase(second.host) &&
    first.port === second.port &&
    hasParamsOf(first, second) &&
    hasParamsOf(second, first)
    ? 1
    : -1
}

/** The address alone: user, host, and port, where none is 5060. */
export function compareAddresses(one: string, other: string): number {
  const first = knownUri(one)
  const second = knownUri(other)
  if (first === undefined || second === undefined) return -2
  return first.user === second.user &&
    lowerCase(first.host) === lowerCase(second.host) &&
    (first.port ?? 5060) === (second.port ?? 5060)
    ? 1
    : -1
}

/** Whether what one says in its parameters is no other than what the other says in those that both have. */
function hasParamsOf(one: SipUri, other: SipUri): boolean {
  return names(one.params).every((name) => {
    const value = other.param(name)
    if (value === undefined) return !TELLING.has(lowerCase(name))
    return lowerCase(value) === lowerCase(one.param(name) ?? '')
  })
}

function names(params: string): readonly string[] {
  return params
    .split(';')
    .map((param) => param.split('=', 1)[0]?.trim() ?? '')
    .filter((name) => name !== '')
}

/** A parameter with the letters of its name as they are written. @returns undefined when it is absent */
export function paramAsWritten({ params }: SipUri, name: string): string | undefined {
  return names(params).includes(name) ? new Params(`;${params}`).get(name) : undefined
}
