// The Request-URI: as it came ($ou, $oU, $od), as routes have changed it ($ru, $rU, $rd, $rp), and where the request is to go instead ($du, $dd).
// Changes are the context's: the request stays as it came.

import { ContextKey } from '../../core/context.ts'
import type { PseudoVariableClass, PvValue } from '../../core/pseudovariables.ts'
import type { SipUri } from '../../sip/uri.ts'
import type { RequestContext } from '../../tm/request-context.ts'
import { orNull, requestVariable, single, singles } from './request.ts'
import { UriParser } from './uris.ts'

/** What routes have made of it. Made with the first change. */
interface Target {
  /** Any text: one that is no URI makes $ru and its parts null, as in Kamailio. */
  uri: string
  destination: string | null
}

const TARGET = new ContextKey<Target>((ctx) => ({
  uri: (ctx as RequestContext).request.uri,
  destination: null,
}))

const current = new UriParser()
const original = new UriParser()
const destination = new UriParser()

function currentText(ctx: RequestContext): string {
  return ctx.stateIfMade(TARGET)?.uri ?? ctx.request.uri
}

function currentUri(ctx: RequestContext): SipUri | undefined {
  return current.parse(currentText(ctx))
}

function originalUri(ctx: RequestContext): SipUri | undefined {
  return original.parse(ctx.request.uri)
}

const TLS = /^tls$/i

/** A port that is not written is the one of the transport. */
function portOf(uri: SipUri): number {
  return uri.port ?? (TLS.test(uri.param('transport') ?? '') ? 5061 : 5060)
}

/** Assigns text, or nothing: numbers are refused, as Kamailio refuses them. */
function setUri(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value !== 'string') return false
  ctx.state(TARGET).uri = value
  return true
}

/** What stands in a URI: user and password, host, port. */
interface Parts {
  readonly user: string
  readonly password: string
  readonly host: string
  readonly port: string
}

/** Changes parts of a sip: or sips: URI. */
function change(ctx: RequestContext, changed: (uri: SipUri) => Partial<Parts>): boolean {
  const uri = currentUri(ctx)
  if (!uri || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return false
  const text = currentText(ctx)
  const parts = { user: uri.user, password: uri.password, host: uri.host, port: `${uri.port ?? ''}` }
  const { user, password, host, port }: Parts = { ...parts, ...changed(uri) }
  const secret = password === '' ? '' : `:${password}`
  const at = user === '' ? '' : `${user}${secret}@`
  const params = uri.params === '' ? '' : `;${uri.params}`
  const headers = uri.headers === '' ? '' : `?${uri.headers}`
  // The scheme as it was written: it may be in capitals.
  const scheme = text.slice(0, uri.scheme.length + 1)
  ctx.state(TARGET).uri = `${scheme}${at}${host}${port === '' ? '' : `:${port}`}${params}${headers}`
  return true
}

function setUser(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value === 'number') return false
  const uri = currentUri(ctx)
  if (uri?.scheme === 'tel') {
    ctx.state(TARGET).uri = `tel:${value ?? ''}${uri.params === '' ? '' : `;${uri.params}`}`
    return true
  }
  const user = value ?? ''
  return change(ctx, () => (user === '' ? { user, password: '' } : { user }))
}

function setHost(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value !== 'string') return false
  const uri = currentUri(ctx)
  if (uri?.scheme === 'tel') {
    const params = uri.params === '' ? '' : `;${uri.params}`
    ctx.state(TARGET).uri = `sip:${uri.user}${params}@${value};user=phone`
    return true
  }
  return change(ctx, () => ({ host: value }))
}

function setPort(ctx: RequestContext, value: PvValue): boolean {
  return change(ctx, () => ({ port: `${value ?? ''}` }))
}

function setDestination(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value === 'number') return false
  ctx.state(TARGET).destination = value === '' ? null : value
  return true
}

const ru = requestVariable((ctx) => (currentUri(ctx) ? currentText(ctx) : null), setUri)
const rU = requestVariable((ctx) => orNull(currentUri(ctx)?.user), setUser)
const rd = requestVariable((ctx) => orNull(currentUri(ctx)?.host), setHost)
const rp = requestVariable((ctx) => {
  const uri = currentUri(ctx)
  return uri ? portOf(uri) : null
}, setPort)
const du = requestVariable((ctx) => ctx.stateIfMade(TARGET)?.destination ?? null, setDestination)

export const requestUriVariables: Readonly<Record<string, PseudoVariableClass>> = {
  ru: single('ru', ru),
  rU: single('rU', rU),
  rd: single('rd', rd),
  rp: single('rp', rp),
  du: single('du', du),
  ...singles({
    ou: (ctx) => ctx.request.uri,
    oU: (ctx) => orNull(originalUri(ctx)?.user),
    od: (ctx) => orNull(originalUri(ctx)?.host),
    dd: (ctx) => {
      const text = ctx.stateIfMade(TARGET)?.destination
      return text == null ? null : orNull(destination.parse(text)?.host)
    },
  }),
}
