// The kemix module: what a request says, as functions of KEMI (Kamailio's kemix, `KSR.kx`). All but a few are pseudo-variables by
// another name, and are made of them.

import type { RouteContext } from '../core/context.ts'
import { defineKemiFunction, defineModule, type KemiFunction } from '../core/module.ts'
import type { PvValue } from '../core/pseudovariables.ts'
import { NULL_TEXT } from '../core/templates.ts'
import { RequestContext } from '../tm/request-context.ts'
import { SCRIPT } from './app-jsdt/running-script.ts'

type Read = (ctx: RouteContext) => PvValue

function reads(doc: string, read: Read): KemiFunction {
  return defineKemiFunction({ parameters: [], returns: 'value', doc, call: read })
}

function variable(source: string): Read {
  return (ctx) => ctx.runtime.templates.bytes(source).only?.get(ctx) ?? null
}

function ofRequest(read: (ctx: RequestContext) => PvValue | undefined): Read {
  return (ctx) => (ctx instanceof RequestContext ? (read(ctx) ?? null) : null)
}

/** get_NAME: null for what is not there. */
function one(name: string, doc: string, read: Read): Record<string, KemiFunction> {
  return { [`get_${name}`]: reads(`${doc}; null when there is none.`, read) }
}

/** get_NAME, gete_NAME and getw_NAME. */
function three(name: string, doc: string, read: Read): Record<string, KemiFunction> {
  return {
    ...one(name, doc, read),
    [`gete_${name}`]: reads(`${doc}; an empty text when there is none.`, (ctx) => read(ctx) ?? ''),
    [`getw_${name}`]: reads(
      `${doc}; the text \`<null>\` when there is none.`,
      (ctx) => read(ctx) ?? NULL_TEXT,
    ),
  }
}

function number(doc: string, read: (ctx: RouteContext) => number): KemiFunction {
  return defineKemiFunction({ parameters: [], returns: 'integer', doc, call: read })
}

/** `udp:127.0.0.1:5060` */
function socket(protocol: string, address: string, port: number): string | undefined {
  if (protocol === 'none') return undefined
  return `${protocol}:${address.includes(':') ? `[${address}]` : address}:${port}`
}

const sourceUri = ofRequest(({ origin: { protocol, sourceAddress, sourcePort } }) => {
  const address = socket(protocol, sourceAddress, sourcePort)?.slice(protocol.length + 1)
  if (address === undefined) return undefined
  return `sip:${address}${protocol === 'udp' ? '' : `;transport=${protocol}`}`
})

/** The user name of the credentials that came with the request (RFC 3261 section 22.2). */
const userName = ofRequest(({ request }) => {
  const credentials = request.header('authorization') ?? request.header('proxy-authorization')
  return /^digest\s(?:.*[\s,])?username\s*=\s*"([^"\\]*)"/is.exec(credentials ?? '')?.[1]
})

const destination = variable('$du')
const requestUri = variable('$ru')
const body = ofRequest(({ request }) => (request.body === '' ? undefined : request.body))

const PROTOCOL_IDS: Readonly<Record<string, number>> = { udp: 1, tcp: 2 }

const DEFINED = { name: 'dname', type: 'string' } as const
const VARIABLE = { name: 'vname', type: 'string' } as const

function defined(ctx: RouteContext, name: string): string | undefined {
  return ctx.runtime.state(SCRIPT).engine?.defines.get(name)
}

function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : 0
}

export const kemix = defineModule({
  name: 'kemix',
  kemiName: 'kx',
  kemi: {
    ...one('ruri', 'The Request-URI, as routes have changed it', requestUri),
    ...three('ruser', 'The user in the Request-URI', variable('$rU')),
    ...three('rhost', 'The host in the Request-URI', variable('$rd')),
    ...one('ouri', 'The Request-URI as it came', variable('$ou')),
    ...one('furi', 'The URI in From', variable('$fu')),
    ...three('fuser', 'The user in From', variable('$fU')),
    ...three('fhost', 'The host in From', variable('$fd')),
    ...one('turi', 'The URI in To', variable('$tu')),
    ...three('tuser', 'The user in To', variable('$tU')),
    ...three('thost', 'The host in To', variable('$td')),
    ...three('duri', 'The destination that stands over the Request-URI', destination),
    ...three(
      'cturi',
      'The URI in the first Contact',
      ofRequest(({ request }) => request.contact?.uri),
    ),
    ...one(
      'nhuri',
      'The next hop: the destination if there is one, else the Request-URI',
      (ctx) => destination(ctx) ?? requestUri(ctx),
    ),
    ...three('ua', 'User-Agent', variable('$ua')),
    ...three('au', 'The user name in Authorization or Proxy-Authorization', userName),
    ...three('body', 'The body', body),
    ...one('srcip', 'The address that the request came from', variable('$si')),
    ...one('srcport', 'The port that the request came from', variable('$sp')),
    ...one('srcuri', 'Where the request came from, as a URI', sourceUri),
    ...one(
      'srcaddr_sock',
      'Where the request came from, as `udp:127.0.0.1:5060`',
      ofRequest(({ origin }) => socket(origin.protocol, origin.sourceAddress, origin.sourcePort)),
    ),
    ...one('rcvip', 'The address that received the request', variable('$Ri')),
    ...one('rcvport', 'The port that received the request', variable('$Rp')),
    ...one('rcvadvip', 'The address that received the request: none other is advertised', variable('$Ri')),
    ...one('rcvadvport', 'The port that received the request: none other is advertised', variable('$Rp')),
    ...one(
      'rcvaddr_sock',
      'What received the request, as `udp:127.0.0.1:5060`',
      ofRequest(({ origin }) => socket(origin.protocol, origin.localAddress, origin.localPort)),
    ),
    ...one('proto', '`udp` or `tcp`', variable('$pr')),
    ...one('method', 'The method', variable('$rm')),
    ...one('callid', 'Call-ID', variable('$ci')),
    ...one('msgbuf', 'The whole request', variable('$mb')),
    get_protoid: number('1 for UDP, 2 for TCP, 0 for neither.', (ctx) =>
      ctx instanceof RequestContext ? (PROTOCOL_IDS[ctx.origin.protocol] ?? 0) : 0,
    ),
    get_bodylen: number('How many bytes the body has.', (ctx) => String(body(ctx) ?? '').length),
    get_msglen: number('How many bytes the request has.', (ctx) =>
      ctx instanceof RequestContext ? ctx.request.text.length : 0,
    ),
    get_msgtype: number('1 for a request; 0 when there is none.', (ctx) =>
      ctx instanceof RequestContext ? 1 : 0,
    ),
    get_timestamp: number('The time in seconds since 1970.', () => Math.floor(Date.now() / 1000)),
    get_def: defineKemiFunction({
      parameters: [DEFINED],
      returns: 'value',
      doc: 'What #!define in the kamailio.cfg that loads the script, or -A on the command line, says of a name; an empty text when nothing does.',
      call: (ctx, name) => defined(ctx, name) ?? '',
    }),
    get_defn: defineKemiFunction({
      parameters: [DEFINED],
      returns: 'integer',
      doc: 'As get_def(), as a number; 0 when it is none.',
      call: (ctx, name) => wholeNumber(defined(ctx, name)),
    }),
    ifdef: defineKemiFunction({
      parameters: [DEFINED],
      returns: 'boolean',
      doc: 'Whether a name is defined.',
      call: (ctx, name) => defined(ctx, name) !== undefined,
    }),
    ifndef: defineKemiFunction({
      parameters: [DEFINED],
      returns: 'boolean',
      doc: 'Whether a name is not defined.',
      call: (ctx, name) => defined(ctx, name) === undefined,
    }),
    get_env: defineKemiFunction({
      parameters: [VARIABLE],
      returns: 'value',
      doc: 'A variable of the environment; an empty text when there is none.',
      call: (_, name) => Buffer.from(process.env[name] ?? '').toString('latin1'),
    }),
    get_envn: defineKemiFunction({
      parameters: [VARIABLE],
      returns: 'integer',
      doc: 'A variable of the environment as a number; 0 when it is none.',
      call: (_, name) => wholeNumber(process.env[name]),
    }),
  },
})
