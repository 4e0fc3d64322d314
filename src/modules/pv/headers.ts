// Variables that say what the request says: its first line, headers and body. Nothing is read before it is asked for.

import {
  indexNow,
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
  type PvIndex,
  type PvValue,
} from '../../core/pseudovariables.ts'
import { CSEQ } from '../../sip/header-names.ts'
import { parseNameAddress } from '../../sip/name-address.ts'
import type { SipRequest } from '../../sip/request.ts'
import type { RequestContext } from '../../tm/request-context.ts'
import { nameMissing, nameNow } from './names.ts'
import { orNull, requestVariable, singles } from './request.ts'
import { UriParser } from './uris.ts'

const fromUri = new UriParser()
const toUri = new UriParser()

/** A token (RFC 3261 section 25.1), with spaces after it, as may stand before a header's colon. */
const HEADER_NAME = /^[-A-Za-z0-9.!%*_+`'~]+[ \t]*$/

/** `$hdr(N)` and `$(hdr(N)[i])`: the value of a header line, by position among those of that name. */
const hdr: PseudoVariableClass = {
  indexed: true,
  parse(inner, index, nested) {
    if (!inner) return nameMissing('hdr')
    if (inner.startsWith('$')) return headerVariable(nested(inner), index)
    if (!HEADER_NAME.test(inner)) return `${JSON.stringify(inner)} in $hdr is not the name of a header`
    return headerVariable(inner.trim(), index)
  },
}

function headerVariable(name: string | PseudoVariable, index: PvIndex | undefined): PseudoVariable {
  return requestVariable((ctx) => {
    const named = typeof name === 'string' ? name : nameNow(name, ctx)
    const number = indexNow(index, ctx)
    if (named === null || number === null) return null
    return headerLine(ctx.request, `${named}`, number)
  })
}

function headerLine(request: SipRequest, name: string, index: number | '*'): string | null {
  if (index === 0) return request.header(name) ?? null
  const lines = request.headers(name)
  if (index !== '*') return lines.at(index) ?? null
  return lines.length === 0 ? null : lines.join(',')
}

const DIGITS = /^\d+$/

/** A whole number as it stands in a header; null when it is absent or something else stands there. */
function numberIn(text: string | undefined): number | null {
  return text !== undefined && DIGITS.test(text) ? Number(text) : null
}

const MAX_EXPIRES = 0xffff_ffff

/** Every time that Expires and the Contacts say, in seconds; null where one cannot be read. */
function expiresOf({ request }: RequestContext): number[] | null {
  const all: number[] = []
  const header = request.header('expires')
  // Kamailio takes the digits it finds, and 0 for what has none or is too large.
  if (header === '') return null
  if (header !== undefined) {
    const seconds = Number(/^\d+/.exec(header)?.[0] ?? 0)
    all.push(seconds > MAX_EXPIRES ? 0 : seconds)
  }
  for (const line of request.headers('contact')) {
    if (line === '') return null
  }
  for (const value of request.values('contact')) {
    const contact = parseNameAddress(value, 0, value.length, true)
    if (!contact) return null
    const text = contact.param('expires')
    if (text === undefined || text === '') continue
    const seconds = numberIn(text)
    if (seconds === null || seconds > MAX_EXPIRES) return null
    all.push(seconds)
  }
  return all
}

function expires(choose: (...all: number[]) => number): PseudoVariable {
  return requestVariable((ctx) => {
    const all = expiresOf(ctx)
    return all === null || all.length === 0 ? null : choose(...all)
  })
}

/** The number of CSeq as it was written: it may begin with zeros. */
function cseqNumber({ request }: RequestContext): PvValue {
  if (request.cseq === undefined) return null
  return /^\d+/.exec(request.rawValue(CSEQ).trimStart())?.[0] ?? null
}

export const headerVariables: Readonly<Record<string, PseudoVariableClass>> = {
  hdr,
  expires: namedPseudoVariables('expires', { min: expires(Math.min), max: expires(Math.max) }),
  ...singles({
    rm: ({ request }) => request.method,
    mb: ({ request }) => request.text,
    ml: ({ request }) => request.text.length,
    rb: ({ request }) => request.body,
    bs: ({ request }) => request.text.length - request.headLength,

    fu: ({ request }) => request.from?.uri ?? null,
    fU: ({ request: { from } }) => (from ? orNull(fromUri.parse(from.uri)?.user) : null),
    fd: ({ request: { from } }) => (from ? orNull(fromUri.parse(from.uri)?.host) : null),
    fn: ({ request }) => orNull(request.from?.rawDisplay),
    ft: ({ request }) => orNull(request.from?.tag),
    tu: ({ request }) => request.to?.uri ?? null,
    tU: ({ request: { to } }) => (to ? orNull(toUri.parse(to.uri)?.user) : null),
    td: ({ request: { to } }) => (to ? orNull(toUri.parse(to.uri)?.host) : null),
    tn: ({ request }) => orNull(request.to?.rawDisplay),
    tt: ({ request }) => orNull(request.to?.tag),

    ci: ({ request }) => orNull(request.callId),
    cs: cseqNumber,
    ct: ({ request }) => orNull(request.header('contact')),
    ua: ({ request }) => request.header('user-agent') ?? null,
    cT: ({ request }) => request.header('content-type') ?? null,
    cl: ({ request }) => numberIn(request.header('content-length')),

    // What a reply says: here, only requests have routes.
    rs: () => null,
    rr: () => null,
  }),
}
