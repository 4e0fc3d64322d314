// More of what the request says: Via by Via, headers by value, lengths, identities, and what variables of other files say in another form.

import type { RouteContext } from '../../core/context.ts'
import {
  indexNow,
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
  type PvIndex,
  type PvValue,
} from '../../core/pseudovariables.ts'
import { type NameAddress, parseNameAddress } from '../../sip/name-address.ts'
import { SIP_PORT } from '../../sip/reply.ts'
import type { SipUri } from '../../sip/uri.ts'
import { parseVia, type Via } from '../../sip/via.ts'
import type { RequestContext } from '../../tm/request-context.ts'
import { nameMissing, nameNow } from './names.ts'
import { orNull, requestVariable, singles } from './request.ts'
import { currentText, currentUri, destinationOf } from './request-uri.ts'
import { UriParser } from './uris.ts'

const uris = new UriParser()
const destinations = new UriParser()
const identities = new UriParser()

/** A class whose brackets hold a header's name, written out or said by a variable. */
function headerClass(
  className: string,
  indexed: boolean,
  read: (ctx: RequestContext, name: string, index: number | '*') => PvValue,
): PseudoVariableClass {
  const variable = (name: string | PseudoVariable, index: PvIndex | undefined) =>
    requestVariable((ctx) => {
      const named = typeof name === 'string' ? name : nameNow(name, ctx)
      const number = indexNow(index, ctx)
      return named === null || number === null ? null : read(ctx, `${named}`, number)
    })
  return {
    indexed,
    parse(inner, index, nested) {
      if (!inner) return nameMissing(className)
      if (inner.startsWith('$')) return variable(nested(inner), index)
      if (!/^[-A-Za-z0-9.!%*_+`'~]+[ \t]*$/.test(inner)) {
        return `${JSON.stringify(inner)} in $${className} is not the name of a header`
      }
      return variable(inner.trim(), index)
    },
  }
}

/** Headers that are no lists although commas may stand in them; Kamailio's $hfl splits none but those that it knows to be lists. */
const LISTS: ReadonlySet<string> = new Set([
  'via',
  'v',
  'route',
  'record-route',
  'contact',
  'm',
  'p-asserted-identity',
  'p-preferred-identity',
  'diversion',
])

function lineOrValue({ request }: RequestContext, name: string, index: number | '*'): PvValue {
  const all = LISTS.has(name.toLowerCase()) ? request.values(name) : request.headers(name)
  if (index !== '*') return all.at(index) ?? null
  return all.length === 0 ? null : all.join(',')
}

/** The Via with that number among all values, from 0; from the end if negative. */
function via({ request }: RequestContext, number: number): Via | undefined {
  if (number === 0) return request.via
  const value = request.values('via').at(number)
  return value === undefined ? undefined : parseVia(value, 0, value.length)
}

/** The numbers of protocols, as $K(...) has them. */
const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = { UDP: 1, TCP: 2, TLS: 3, SCTP: 4, WS: 5, WSS: 6 }

function viaClass(className: string, number: number): PseudoVariableClass {
  const of = (read: (via: Via) => PvValue) =>
    requestVariable((ctx) => {
      const found = via(ctx, number)
      return found === undefined ? null : read(found)
    })
  return namedPseudoVariables(className, {
    host: of(({ host }) => host),
    port: of(({ port }) => port ?? 0),
    proto: of(({ protocol }) => protocol),
    protoid: of(({ protocol }) => PROTOCOL_NUMBERS[protocol.toUpperCase()] ?? 0),
    branch: of(({ branch }) => orNull(branch)),
    rport: of((found) => orNull(found.param('rport'))),
    received: of((found) => orNull(found.param('received'))),
    i: of((found) => orNull(found.param('i'))),
  })
}

const wholeHead = ({ request }: RequestContext) => request.text.slice(0, request.headLength)

/** The lines of the head, without the first and without the empty one. */
function headerText(ctx: RequestContext): string {
  const head = wholeHead(ctx)
  return head.slice(head.indexOf('\n') + 1).replace(/\r?\n\r?\n$/, '')
}

const firstLine = ({ request }: RequestContext) => /^[^\r\n]*/.exec(request.text)?.[0] ?? ''

const msg = namedPseudoVariables('msg', {
  buf: requestVariable(({ request }) => request.text),
  len: requestVariable(({ request }) => request.text.length),
  body: requestVariable(({ request }) => orNull(request.body)),
  body_len: requestVariable(({ request }) => request.body.length),
  hdrs: requestVariable(headerText),
  hdrs_len: requestVariable((ctx) => headerText(ctx).length),
  fline: requestVariable(firstLine),
  fpart: requestVariable((ctx) => wholeHead(ctx).replace(/\r?\n\r?\n$/, '')),
  lpart: requestVariable((ctx) => {
    const { text } = ctx.request
    return text.slice(text.indexOf('\n') + 1)
  }),
})

const TLS = /^tls$/i

function portOf(uri: SipUri): number {
  return uri.port ?? (TLS.test(uri.param('transport') ?? '') ? SIP_PORT + 1 : SIP_PORT)
}

const transportOf = (uri: SipUri) => uri.param('transport')?.toLowerCase() ?? 'udp'

/** Where the request would go next: what was assigned to $du, else the Request-URI. */
function nextHop(ctx: RequestContext): SipUri | undefined {
  const destination = destinationOf(ctx)
  return destination === null ? currentUri(ctx) : destinations.parse(destination)
}

function ofNextHop(read: (uri: SipUri) => PvValue): PseudoVariable {
  return requestVariable((ctx) => {
    const uri = nextHop(ctx)
    return uri === undefined ? null : read(uri)
  })
}

const nh = namedPseudoVariables('nh', {
  u: requestVariable((ctx) => destinationOf(ctx) ?? currentText(ctx)),
  U: ofNextHop(({ user }) => orNull(user)),
  d: ofNextHop(({ host }) => orNull(host)),
  p: ofNextHop(portOf),
  P: ofNextHop(transportOf),
})

/** The address in a header such as P-Asserted-Identity. */
function identity({ request }: RequestContext, header: string): NameAddress | undefined {
  const value = request.header(header)
  return value === undefined ? undefined : parseNameAddress(value, 0, value.length, false)
}

function identityUri(ctx: RouteContext & RequestContext, header: string): SipUri | undefined {
  const uri = identity(ctx, header)?.uri
  return uri === undefined ? undefined : identities.parse(uri)
}

const lengthOf = (user: string | undefined) => user?.length ?? 0

function sourceUri({ origin }: RequestContext, transport: boolean): PvValue {
  if (origin.protocol === 'none') return null
  return addressUri(origin.sourceAddress, origin.sourcePort, transport ? origin.protocol : '')
}

function localUri({ origin }: RequestContext, transport: boolean): PvValue {
  if (origin.protocol === 'none') return null
  return addressUri(origin.localAddress, origin.localPort, transport ? origin.protocol : '')
}

function addressUri(address: string, port: number, transport: string): string {
  const host = address.includes(':') ? `[${address}]` : address
  return `sip:${host}:${port}${transport === '' ? '' : `;transport=${transport}`}`
}

export const messageVariables: Readonly<Record<string, PseudoVariableClass>> = {
  hdrc: headerClass('hdrc', false, ({ request }, name) => request.headers(name).length),
  hfl: headerClass('hfl', true, lineOrValue),
  via0: viaClass('via0', 0),
  via1: viaClass('via1', 1),
  viaZ: viaClass('viaZ', -1),
  msg,
  nh,
  ...singles({
    mt: () => 1,
    rv: ({ request }) => request.version,
    csb: ({ request }) => (request.cseq ? `${request.cseq.number} ${request.cseq.method}` : null),

    rP: (ctx) => ofCurrent(ctx, transportOf),
    rz: (ctx) => ofCurrent(ctx, ({ scheme }) => scheme),
    op: (ctx) => ofOriginal(ctx, portOf),
    oP: (ctx) => ofOriginal(ctx, transportOf),
    dp: (ctx) => ofDestination(ctx, portOf),
    dP: (ctx) => ofDestination(ctx, transportOf),

    rUl: (ctx) => lengthOf(currentUri(ctx)?.user),
    oUl: ({ request }) => lengthOf(uris.parse(request.uri)?.user),
    fUl: ({ request: { from } }) => lengthOf(from && uris.parse(from.uri)?.user),
    tUl: ({ request: { to } }) => lengthOf(to && uris.parse(to.uri)?.user),

    ai: (ctx) => identity(ctx, 'p-asserted-identity')?.uri ?? null,
    pu: (ctx) => identity(ctx, 'p-preferred-identity')?.uri ?? null,
    pU: (ctx) => orNull(identityUri(ctx, 'p-preferred-identity')?.user),
    pd: (ctx) => orNull(identityUri(ctx, 'p-preferred-identity')?.host),
    pn: (ctx) => orNull(identity(ctx, 'p-preferred-identity')?.rawDisplay),
    re: ({ request }) => request.header('remote-party-id') ?? null,
    di: (ctx) => identity(ctx, 'diversion')?.uri ?? null,
    dir: (ctx) => orNull(identity(ctx, 'diversion')?.param('reason')),
    dip: (ctx) => orNull(identity(ctx, 'diversion')?.param('privacy')),

    src_ip: ({ origin }) => orNull(origin.sourceAddress),
    prid: ({ origin }) =>
      origin.protocol === 'none' ? null : (PROTOCOL_NUMBERS[origin.protocol.toUpperCase()] ?? 0),
    su: (ctx) => sourceUri(ctx, false),
    sut: (ctx) => sourceUri(ctx, true),
    sas: ({ origin }) =>
      origin.protocol === 'none' ? null : socketOf(origin.protocol, origin.sourceAddress, origin.sourcePort),
    Ru: (ctx) => localUri(ctx, false),
    Rut: (ctx) => localUri(ctx, true),
    // Nothing is advertised here but what is listened on.
    RAi: ({ origin }) => orNull(origin.localAddress),
    RAp: ({ origin }) => (origin.protocol === 'none' ? null : origin.localPort),
    RAu: (ctx) => localUri(ctx, false),
    RAut: (ctx) => localUri(ctx, true),
  }),
}

function socketOf(protocol: string, address: string, port: number): string {
  return `${protocol}:${address.includes(':') ? `[${address}]` : address}:${port}`
}

function ofCurrent(ctx: RequestContext, read: (uri: SipUri) => PvValue): PvValue {
  const uri = currentUri(ctx)
  return uri === undefined ? null : read(uri)
}

function ofOriginal({ request }: RequestContext, read: (uri: SipUri) => PvValue): PvValue {
  const uri = uris.parse(request.uri)
  return uri === undefined ? null : read(uri)
}

function ofDestination(ctx: RequestContext, read: (uri: SipUri) => PvValue): PvValue {
  const text = destinationOf(ctx)
  const uri = text === null ? undefined : destinations.parse(text)
  return uri === undefined ? null : read(uri)
}
