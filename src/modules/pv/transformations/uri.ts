// The classes uri and urialias: URIs taken apart, and written in the short form that a parameter `alias` has.

import { namedTransformations, textNow } from '../../../core/transformations.ts'
import { paramList, valueNamed } from './param-list.ts'
import { oneText, plain, type TransformationParser, textOf } from './text.ts'
import { type UriParts, uriParam, uriParts } from './uri-parts.ts'

function part(name: keyof UriParts): TransformationParser {
  return plain((text) => uriParts(text)?.[name] ?? null)
}

/** Of the parameters that SIP itself knows. */
function known(name: string): TransformationParser {
  return plain((text) => {
    const parts = uriParts(text)
    return parts ? uriParam(parts, name) : null
  })
}

/** A number, but nothing in a text when there is none. */
const port: TransformationParser = ({ written }) => {
  if (written !== undefined) return 'takes no argument'
  return {
    value(value) {
      const parts = uriParts(textOf(value))
      return parts ? Number(parts.port) : null
    },
    text: (value) => uriParts(textOf(value))?.port ?? null,
  }
}

/** `{uri.param,name}` */
const param: TransformationParser = (argument) => {
  const name = argument.written === undefined ? undefined : oneText(argument, argument.written)
  if (name === undefined) return 'takes the name of a parameter'
  return {
    value(value, ctx) {
      const parts = uriParts(textOf(value))
      const now = textNow(name, ctx)
      if (!parts || now === null) return null
      if (parts.params === '') return ''
      const list = paramList(parts.params, ';')
      return list ? valueNamed(list, now) : null
    },
  }
}

/** A URI made of parts of another. */
function made(make: (parts: UriParts) => string): TransformationParser {
  return plain((text) => {
    const parts = uriParts(text)
    return parts ? make(parts) : null
  })
}

const user = (parts: UriParts) => (parts.user === '' ? '' : `${parts.user}@`)
const portOf = (parts: UriParts) => (parts.port === '' ? '' : `:${parts.port}`)
function transport(parts: UriParts): string {
  const value = uriParam(parts, 'transport')
  return value === '' ? '' : `;transport=${value}`
}

const SOCKETS: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls', 'sctp', 'ws', 'wss'])

/** `proto:host:port`; nothing when no transport is written. */
function socket(parts: UriParts): string {
  const proto = uriParam(parts, 'transport').toLowerCase()
  return SOCKETS.has(proto) ? `${proto}:${parts.host}:${Number(parts.port) || 5060}` : ''
}

export const uris = namedTransformations('uri', {
  user: part('user'),
  passwd: part('password'),
  host: part('host'),
  port,
  params: part('params'),
  param,
  headers: part('headers'),
  scheme: part('scheme'),
  transport: known('transport'),
  ttl: known('ttl'),
  uparam: known('user'),
  maddr: known('maddr'),
  method: known('method'),
  lr: known('lr'),
  r2: known('r2'),
  tosocket: made(socket),
  duri: made((parts) => `${parts.scheme}:${parts.host}${portOf(parts)}${transport(parts)}`),
  saor: made((parts) => `${parts.scheme}:${user(parts)}${parts.host}`),
  suri: made((parts) => `${parts.scheme}:${user(parts)}${parts.host}${portOf(parts)}${transport(parts)}`),
})

/** Transports by the digit that stands for them. 1 is UDP, which a URI need not name. */
const BY_DIGIT: readonly (string | undefined)[] = ['', '', 'tcp', 'tls', 'sctp', 'ws', 'ws']
const DIGITS: Readonly<Record<string, string>> = { tcp: '2', tls: '3', sctp: '4', ws: '5' }

/** `host~port~digit`; nothing for what is no URI. */
function toAlias(text: string): string | null {
  if (text === '') return null
  const parts = uriParts(text)
  if (!parts) return ''
  const digit = DIGITS[uriParam(parts, 'transport').toLowerCase()] ?? '1'
  return `${parts.host}~${parts.port || 5060}~${digit}`
}

function fromAlias(text: string): string | null {
  if (text === '') return null
  const [, host, port, digit = ''] = /^([^~]*)~([^~]*)~(\d)/.exec(text) ?? []
  const transport = BY_DIGIT[Number(digit)]
  if (host === undefined || transport === undefined) return ''
  return `sip:${host}:${port}${transport === '' ? '' : `;transport=${transport}`}`
}

export const uriAliases = namedTransformations('urialias', {
  encode: plain(toAlias),
  decode: plain(fromAlias),
})
