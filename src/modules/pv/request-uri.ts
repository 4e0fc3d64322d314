// The Request-URI: as it came ($ou, $oU, $od), as routes have changed it ($ru, $rU, $rd, $rp), and where the request is to go instead ($du, $dd).
// Changes are the context's: the request stays as it came.

import { ContextKey } from '../../core/context.ts'
import type { PseudoVariableClass, PvValue } from '../../core/pseudovariables.ts'
import { lowerCase } from '../../sip/header-names.ts'
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

/** The Request-URI as routes have made it. */
export function currentText(ctx: RequestContext): string {
  return ctx.stateIfMade(TARGET)?.uri ?? ctx.request.uri
}

/** The same in parts; undefined when it is no URI. */
export function currentUri(ctx: RequestContext): SipUri | undefined {
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
export function setUri(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value !== 'string') return false
  ctx.state(TARGET).uri = value
  return true
}

/** What stands in a URI: user and password, host, port, parameters. */
interface Parts {
  readonly user: string
  readonly password: string
  readonly host: string
  readonly port: string
  readonly params: string
}

/** Changes parts of a sip: or sips: URI. */
function change(ctx: RequestContext, changed: (uri: SipUri) => Partial<Parts>): boolean {
  const uri = currentUri(ctx)
  if (!uri || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return false
  const text = currentText(ctx)
  const parts = { user: uri.user, password: uri.password, host: uri.host, port: `${uri.port ?? ''}` }
  const { user, password, host, port, params }: Parts = {
    ...parts,
    params: uri.params,
    ...changed(uri),
  }
  const secret = password === '' ? '' : `:${password}`
  const at = user === '' ? '' : `${user}${secret}@`
  const list = params === '' ? '' : `;${params}`
  const headers = uri.headers === '' ? '' : `?${uri.headers}`
  // The scheme as it was written: it may be in capitals.
  const scheme = text.slice(0, uri.scheme.length + 1)
  ctx.state(TARGET).uri = `${scheme}${at}${host}${port === '' ? '' : `:${port}`}${list}${headers}`
  return true
}

/** Assigns the user; `''` and null take the password along. @returns false when it cannot be assigned, as do the others */
export function setUser(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value === 'number') return false
  const uri = currentUri(ctx)
  if (uri?.scheme === 'tel') {
    ctx.state(TARGET).uri = `tel:${value ?? ''}${uri.params === '' ? '' : `;${uri.params}`}`
    return true
  }
  const user = value ?? ''
  return change(ctx, () => (user === '' ? { user, password: '' } : { user }))
}

/** Assigns the host; a tel: URI becomes a sip: one. */
export function setHost(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value !== 'string') return false
  const uri = currentUri(ctx)
  if (uri?.scheme === 'tel') {
    const params = uri.params === '' ? '' : `;${uri.params}`
    ctx.state(TARGET).uri = `sip:${uri.user}${params}@${value};user=phone`
    return true
  }
  return change(ctx, () => ({ host: value }))
}

/** Assigns the port; `''` and null remove it. */
export function setPort(ctx: RequestContext, value: PvValue): boolean {
  return change(ctx, () => ({ port: `${value ?? ''}` }))
}

/** Assigns the URI of the next hop; `''` and null remove it. */
export function setDestination(ctx: RequestContext, value: PvValue): boolean {
  if (typeof value === 'number') return false
  ctx.state(TARGET).destination = value === '' ? null : value
  return true
}

/** Assigns user and password, `alice:secret`; a user alone has none. */
export function setUserAndPassword(ctx: RequestContext, value: string): boolean {
  // Kept in one: where nothing stands after the colon it stays as it is.
  return change(ctx, () => ({ user: value, password: '' }))
}

/** Assigns host and port, as they are written; a host alone has none. */
export function setHostAndPort(ctx: RequestContext, value: string, withoutTransport = false): boolean {
  return change(ctx, (uri) => ({
    host: value,
    port: '',
    ...(withoutTransport ? { params: paramsWithout(uri.params, 'transport') } : {}),
  }))
}

/** Appends a parameter, `name` or `name=value`. */
export function addParam(ctx: RequestContext, param: string): boolean {
  return change(ctx, ({ params }) => ({ params: params === '' ? param : `${params};${param}` }))
}

/** Removes a parameter, whatever its value. */
export function removeParam(ctx: RequestContext, name: string): boolean {
  return change(ctx, ({ params }) => ({ params: paramsWithout(params, name) }))
}

function paramsWithout(params: string, name: string): string {
  return params
    .split(';')
    .filter((param) => lowerCase(param.split('=', 1)[0] ?? '').trim() !== lowerCase(name))
    .join(';')
}

/** The Request-URI is again the one that came. */
export function revertUri(ctx: RequestContext): void {
  const target = ctx.stateIfMade(TARGET)
  if (target) target.uri = ctx.request.uri
}

/** The URI of the next hop; null when none was assigned. */
export function destinationOf(ctx: RequestContext): string | null {
  return ctx.stateIfMade(TARGET)?.destination ?? null
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
