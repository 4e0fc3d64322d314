// The sanity module: whether a request is well-formed (Kamailio's sanity). What makes a request unusable has been refused before any route saw it
// (src/sip/checks.ts); here is what Kamailio looks at beyond that. Who fails has been answered, and the script is over.

import { ContextKey } from '../core/context.ts'
import { defineFunction, defineKemiFunction, defineModule } from '../core/module.ts'
import { flag, integer, string } from '../core/parameters.ts'
import { StateKey } from '../core/runtime.ts'
import { lowerCase } from '../sip/header-names.ts'
import { splitList } from '../sip/message.ts'
import { parseNameAddress } from '../sip/name-address.ts'
import type { SipRequest } from '../sip/request.ts'
import { parseUri } from '../sip/uri.ts'
import { RequestContext } from '../tm/request-context.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'

const parameters = {
  default_checks: integer({
    default: 999,
    doc: 'What is checked when the script does not say: a sum of bits.',
  }),
  uri_checks: integer({
    default: 7,
    doc: 'Which URIs are checked when the script does not say: 1 Request-URI, 2 From, 4 To, 8 Contact.',
  }),
  proxy_require: string({
    default: '',
    doc: 'Extensions that Proxy-Require may ask for, with commas between them.',
  }),
  autodrop: flag({ default: true, doc: 'Who fails ends the script; else sanity_check() is false.' }),
  noreply: flag({ default: false, doc: 'sanity_check() does not reply; sanity_reply() does.' }),
}

const OPTIONS = new StateKey((runtime) => {
  const values = runtime.parametersOf('sanity', parameters)
  return { ...values, supported: new Set(splitList(values.proxyRequire).map(lowerCase)) }
})

/** Checks by bit. Those that are not here are of what every request has been asked before. */
const CHECK = {
  requestUri: 2,
  expires: 256,
  proxyRequire: 512,
  uris: 1024,
  digest: 2048,
  tags: 4096,
} as const

const URI = { request: 1, from: 2, to: 4, contact: 8 } as const

interface Refusal {
  readonly code: number
  readonly reason: string
  readonly lines?: string
}

const bad = (reason: string): Refusal => ({ code: 400, reason })

const MAX_EXPIRES = 0xffff_ffff

/** Schemes of URIs that are looked into. */
const SCHEMES: ReadonlySet<string> = new Set(['sip', 'sips', 'tel', 'tels', 'urn'])

function isUri(text: string | undefined): boolean {
  if (text === undefined) return false
  const uri = parseUri(text)
  return uri !== undefined && SCHEMES.has(uri.scheme)
}

function areContacts(request: SipRequest): boolean {
  return request.values('contact').every((value) => {
    const contact = parseNameAddress(value, 0, value.length, true)
    return contact !== undefined && (contact.uri === '*' || isUri(contact.uri))
  })
}

/** Whether credentials have what digests need. */
function isDigest(credentials: string): boolean {
  if (!/^digest\s/i.test(credentials)) return true
  return ['username', 'realm', 'nonce', 'uri', 'response'].every((name) =>
    new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*(?:"[^"]|[^"\\s,])`, 'i').test(credentials),
  )
}

function hasManyTags(line: string): boolean {
  const end = line.lastIndexOf('>')
  return (line.slice(end + 1).match(/;\s*tag\s*=/gi)?.length ?? 0) > 1
}

/** What is wrong with a request. */
function refusalOf(
  { request }: RequestContext,
  checks: number,
  uris: number,
  supported: ReadonlySet<string>,
): Refusal | undefined {
  const wants = (bit: number) => (checks & bit) !== 0
  const looksAt = (bit: number) => wants(CHECK.uris) && (uris & bit) !== 0
  if ((wants(CHECK.requestUri) || looksAt(URI.request)) && !isUri(request.uri)) return bad('Bad Request URI')
  if (wants(CHECK.expires)) {
    const expires = request.header('expires')
    if (expires !== undefined && !(/^\d+$/.test(expires) && Number(expires) <= MAX_EXPIRES)) {
      return bad('Expires value is illegal')
    }
  }
  if (wants(CHECK.proxyRequire)) {
    const unknown = request.values('proxy-require').filter((name) => !supported.has(lowerCase(name)))
    if (unknown.length > 0) {
      return {
        code: 420,
        reason: 'Bad Proxy Require Extension',
        lines: `Unsupported: ${unknown.join(', ')}\r\n`,
      }
    }
  }
  if (looksAt(URI.from) && !isUri(request.from?.uri)) return bad('Invalid From Header')
  if (looksAt(URI.to) && !isUri(request.to?.uri)) return bad('Invalid To Header')
  if (looksAt(URI.contact) && !areContacts(request)) return bad('Bad Contact URI')
  if (wants(CHECK.digest)) {
    const credentials = [...request.headers('authorization'), ...request.headers('proxy-authorization')]
    if (!credentials.every(isDigest)) return bad('Bad Auth Header')
  }
  if (wants(CHECK.tags)) {
    if (hasManyTags(request.header('from') ?? '')) return bad('Many From Tag Params')
    if (hasManyTags(request.header('to') ?? '')) return bad('Many To Tag Params')
  }
  return undefined
}

/** What sanity_check() found, for sanity_reply(). */
const FOUND: ContextKey<{ refusal: Refusal | undefined }> = new ContextKey(() => ({ refusal: undefined }))

function reply(ctx: RequestContext, { code, reason, lines = '' }: Refusal): boolean {
  // Nobody answers an ACK.
  return ctx.method !== 'ACK' && ctx.runtime.state(REQUEST_ROUTES).reply(ctx, code, reason, lines, '')
}

function check(ctx: RequestContext, checks: number | undefined, uris: number | undefined): number {
  const { defaultChecks, uriChecks, supported, autodrop, noreply } = ctx.runtime.state(OPTIONS)
  const refusal = refusalOf(ctx, checks ?? defaultChecks, uris ?? uriChecks, supported)
  if (refusal === undefined) return 1
  ctx.log.debug({ code: refusal.code }, `sanity check failed: ${refusal.reason}`)
  if (noreply) ctx.state(FOUND).refusal = refusal
  else reply(ctx, refusal)
  return autodrop ? 0 : -1
}

export const sanity = defineModule({
  name: 'sanity',
  parameters,
  functions: {
    sanity_check: defineFunction({
      parameters: [
        { name: 'msg_checks', type: 'integer', optional: true },
        { name: 'uri_checks', type: 'integer', optional: true },
      ],
      kemi: { hidden: true },
      doc: 'Whether the request is well-formed. One that is not gets 400 or 420, and the script ends, but for autodrop=0.',
      call: (ctx, checks, uris) => (ctx instanceof RequestContext ? check(ctx, checks, uris) : -1),
    }),
    sanity_reply: defineFunction({
      parameters: [],
      kemi: { name: 'sanity_reply' },
      doc: 'Sends the reply that sanity_check() found with noreply=1. False when there is none.',
      call(ctx) {
        if (!(ctx instanceof RequestContext)) return -1
        const refusal = ctx.stateIfMade(FOUND)?.refusal
        return refusal !== undefined && reply(ctx, refusal) ? 1 : -1
      },
    }),
  },
  kemi: {
    sanity_check: defineKemiFunction({
      parameters: [
        { name: 'msg_checks', type: 'integer' },
        { name: 'uri_checks', type: 'integer' },
      ],
      returns: 'integer',
      doc: 'Whether the request is well-formed; what is checked, and which URIs.',
      call: (ctx, checks, uris) => (ctx instanceof RequestContext ? check(ctx, checks, uris) : -1),
    }),
    sanity_check_defaults: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: 'Whether the request is well-formed, as default_checks and uri_checks say.',
      call: (ctx) => (ctx instanceof RequestContext ? check(ctx, undefined, undefined) : -1),
    }),
  },
})
