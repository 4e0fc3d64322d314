// The siputils module: questions about requests, URIs and numbers (Kamailio's siputils). Not here: what needs credentials of the auth module, and
// what prepares a request to be sent on.

import type { RouteContext } from '../core/context.ts'
import { defineFunction, defineKemiFunction, defineModule, type ModuleFunction } from '../core/module.ts'
import { HeaderName } from '../sip/header-names.ts'
import type { SipUri } from '../sip/uri.ts'
import { RequestContext } from '../tm/request-context.ts'
import { addParam, currentUri, removeParam } from './pv/request-uri.ts'
import { compareAddresses, compareUris, knownUri, paramAsWritten } from './siputils/comparison.ts'

const HIDDEN = { hidden: true } as const
const TEXT = { name: 'text', type: 'string' } as const

function asking(doc: string, answer: (ctx: RequestContext) => boolean): ModuleFunction {
  return defineFunction({
    parameters: [],
    doc,
    call: (ctx) => (ctx instanceof RequestContext && answer(ctx) ? 1 : -1),
  })
}

/** A function that asks for the form of a text: -2 where it is not that. */
function form(doc: string, expression: RegExp, otherwise = -2): ModuleFunction {
  return defineFunction({
    parameters: [TEXT],
    doc,
    call: (_, text) => (expression.test(text) ? 1 : text === '' ? -2 : otherwise),
  })
}

function comparing(doc: string, compare: (one: string, other: string) => number): ModuleFunction {
  return defineFunction({
    parameters: [
      { name: 'one', type: 'string' },
      { name: 'other', type: 'string' },
    ],
    doc,
    call: (_, one, other) => compare(one, other),
  })
}

/** An international number, as E.164 has them. */
const E164 = /^\+\d{2,15}$/

/** What gruu() returns for a URI. */
function gruu(uri: SipUri | undefined): number {
  const value = uri?.param('gr')
  if (value === undefined) return -1
  return value === '' ? 2 : 1
}

/** A tel: URI as a sip: one: visual separators go, parameters belong to the user. */
function sipOfTel(text: string, host: string): string {
  const rest = text.slice(text.indexOf(':') + 1)
  const semicolon = rest.indexOf(';')
  const number = semicolon < 0 ? rest : rest.slice(0, semicolon)
  const params = semicolon < 0 ? '' : rest.slice(semicolon)
  return `sip:${number.replace(/[-.()]/g, '')}${params}@${host};user=phone`
}

export const siputils = defineModule({
  name: 'siputils',
  functions: {
    has_totag: asking('Whether the request belongs to a dialog: whether its To has a tag.', ({ request }) => {
      return request.to !== undefined && request.to.tag !== ''
    }),
    is_request: asking('Whether it is a request: always, where there is one.', () => true),
    is_reply: asking('Whether it is a reply: never here.', () => false),
    is_first_hop: defineFunction({
      parameters: [{ name: 'mode', type: 'integer', optional: true }],
      doc: 'Whether the request came straight from who made it: whether it has one Via. What mode asks beyond that is of replies.',
      call: (ctx) => (ctx instanceof RequestContext && ctx.request.values('via').length === 1 ? 1 : -1),
    }),

    is_uri: defineFunction({
      parameters: [TEXT],
      doc: 'Whether a text is a URI: sip, sips, tel, tels or urn.',
      call: (_, text) => (knownUri(text) ? 1 : -1),
    }),
    cmp_uri: comparing(
      'Whether two URIs are the same (RFC 3261): 1, -1, or -2 where one is no URI.',
      compareUris,
    ),
    cmp_aor: comparing('Whether two URIs are the same address: user, host and port.', compareAddresses),
    cmp_hdr_name: comparing(
      'Whether two names are of the same header, long or compact, in any case.',
      (one, other) => (HeaderName.of(one).is(other, 0, other.length) ? 1 : -2),
    ),
    is_gruu: defineFunction({
      parameters: [{ name: 'uri', type: 'string', optional: true }],
      kemi: HIDDEN,
      doc: 'Whether a URI, or the Request-URI, is a GRUU: 1 a public one, 2 a temporary one.',
      call(ctx, text) {
        if (text !== undefined) return gruu(knownUri(text))
        return ctx instanceof RequestContext ? gruu(currentUri(ctx)) : -1
      },
    }),

    uri_param: defineFunction({
      parameters: [
        { name: 'name', type: 'literal' },
        { name: 'value', type: 'string', optional: true },
      ],
      kemi: HIDDEN,
      doc: 'Whether the Request-URI has a parameter without a value, or with this one.',
      call: (ctx, name, value = '') => hasParam(ctx, name, value),
    }),
    uri_param_any: defineFunction({
      parameters: [{ name: 'name', type: 'string' }],
      doc: 'Whether the Request-URI has a parameter, whatever its value.',
      call: (ctx, name) =>
        ctx instanceof RequestContext && currentUri(ctx)?.param(name) !== undefined ? 1 : -1,
    }),
    add_uri_param: defineFunction({
      parameters: [{ name: 'param', type: 'string' }],
      doc: 'Appends a parameter to the Request-URI.',
      call(ctx, param) {
        if (!(ctx instanceof RequestContext)) return -1
        return param === '' || addParam(ctx, param) ? 1 : -1
      },
    }),
    uri_param_rm: defineFunction({
      parameters: [{ name: 'name', type: 'string' }],
      doc: 'Removes a parameter from the Request-URI.',
      call: (ctx, name) => (ctx instanceof RequestContext && removeParam(ctx, name) ? 1 : -1),
    }),
    get_uri_param: defineFunction({
      parameters: [
        { name: 'name', type: 'literal' },
        { name: 'variable', type: 'variable', assigned: true },
      ],
      kemi: HIDDEN,
      doc: 'Assigns the value of a parameter of the Request-URI. False when there is none.',
      call(ctx, name, variable) {
        const value = ctx instanceof RequestContext ? currentUri(ctx)?.param(name) : undefined
        return value !== undefined && variable.set?.(ctx, value) ? 1 : -1
      },
    }),

    tel2sip: defineFunction({
      parameters: [
        { name: 'uri', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'variable', type: 'variable', assigned: true },
      ],
      kemi: HIDDEN,
      doc: 'Assigns the sip: URI that a tel: URI means at a host. 2, and nothing assigned, for any other URI.',
      call(ctx, text, host, variable) {
        if (!/^tel:/i.test(text)) return 2
        return variable.set?.(ctx, sipOfTel(text, host)) ? 1 : -1
      },
    }),
    is_tel_number: form(
      'Whether a text is a telephone number: digits, with or without a + before them.',
      /^\+?\d+$/,
    ),
    is_numeric: form('Whether a text is digits alone.', /^\d+$/),
    is_alphanum: form('Whether a text is ASCII letters and digits alone.', /^[A-Za-z0-9]+$/, -3),
    is_alphanumex: defineFunction({
      parameters: [TEXT, { name: 'extra', type: 'string' }],
      doc: 'Whether a text is ASCII letters, digits and these characters alone.',
      call(_, text, extra) {
        if (text === '') return -2
        return [...text].every((char) => /[A-Za-z0-9]/.test(char) || extra.includes(char)) ? 1 : -3
      },
    }),
    is_e164: defineFunction({
      parameters: [{ name: 'variable', type: 'variable' }],
      kemi: HIDDEN,
      doc: 'Whether the value of a pseudo-variable is an international number, + and 2 to 15 digits.',
      call: (ctx, variable) => (E164.test(`${variable.get(ctx) ?? ''}`) ? 1 : -1),
    }),
    is_uri_user_e164: defineFunction({
      parameters: [{ name: 'variable', type: 'variable' }],
      kemi: HIDDEN,
      doc: 'Whether the user of the URI that a pseudo-variable holds is an international number.',
      call: (ctx, variable) => (E164.test(knownUri(`${variable.get(ctx) ?? ''}`)?.user ?? '') ? 1 : -1),
    }),
  },
  kemi: {
    is_gruu: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: 'Whether the Request-URI is a GRUU: 1 a public one, 2 a temporary one.',
      call: (ctx) => (ctx instanceof RequestContext ? gruu(currentUri(ctx)) : -1),
    }),
    uri_param: defineKemiFunction({
      parameters: [{ name: 'name', type: 'string' }],
      returns: 'integer',
      doc: 'Whether the Request-URI has a parameter without a value.',
      call: (ctx, name) => hasParam(ctx, name, ''),
    }),
    uri_param_value: defineKemiFunction({
      parameters: [
        { name: 'name', type: 'string' },
        { name: 'value', type: 'string' },
      ],
      returns: 'integer',
      doc: 'Whether the Request-URI has a parameter with this value.',
      call: hasParam,
    }),
  },
})

function hasParam(ctx: RouteContext, name: string, value: string): number {
  const uri = ctx instanceof RequestContext ? currentUri(ctx) : undefined
  return uri !== undefined && paramAsWritten(uri, name) === value ? 1 : -1
}
