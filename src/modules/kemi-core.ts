// What stands directly behind `KSR.` and has no name in a kamailio.cfg, or another one: the log, and questions about the request (the core of
// Kamailio has these for KEMI alone).

import { isIPv4, isIPv6 } from 'node:net'
import { textOfBytes } from '../core/bytestring.ts'
import type { RouteContext } from '../core/context.ts'
import type { Log } from '../core/log.ts'
import { defineKemiFunction, defineModule, type KemiFunction } from '../core/module.ts'
import { OWN_ADDRESSES } from '../sip/own-addresses.ts'
import { RequestContext } from '../tm/request-context.ts'
import { isMyself } from './core/myself.ts'

type Level = keyof Pick<Log, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>

/** The functions that log, and the level of evapid's log that each is. */
const LEVELS = {
  dbg: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  err: 'error',
  crit: 'fatal',
} as const satisfies Record<string, Level>

const TEXT = { name: 'txt', type: 'string' } as const

function write(ctx: RouteContext, level: Level, text: string): void {
  // A line of the log ends by itself.
  ctx.log[level](textOfBytes(text.replace(/\n$/, '')))
}

function logs(level: Level): KemiFunction {
  return defineKemiFunction({
    parameters: [TEXT],
    returns: 'nothing',
    doc: `Writes a line to the log at level ${level}, as it is: no pseudo-variable in it is expanded.`,
    call: (ctx, text) => write(ctx, level, text),
  })
}

/** Methods by the letters of is_method_in(). */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['I', 'INVITE'],
  ['A', 'ACK'],
  ['B', 'BYE'],
  ['C', 'CANCEL'],
  ['R', 'REGISTER'],
  ['M', 'MESSAGE'],
  ['O', 'OPTIONS'],
  ['S', 'SUBSCRIBE'],
  ['P', 'PUBLISH'],
  ['N', 'NOTIFY'],
  ['U', 'UPDATE'],
  ['K', 'KDMQ'],
  ['G', 'GET'],
  ['T', 'POST'],
  ['V', 'PUT'],
  ['D', 'DELETE'],
  ['E', 'PRACK'],
  ['F', 'REFER'],
])

/** Methods that have a function of their own, is_INVITE() and so on. */
const METHODS = [...LETTERS.values(), 'INFO']

/** Protocols by what is_proto() takes: names, or letters. */
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['u', 'udp'],
  ['t', 'tcp'],
  ['s', 'tls'],
  ['w', 'ws'],
])

function method(ctx: RouteContext): string | undefined {
  return ctx instanceof RequestContext ? ctx.method : undefined
}

function asks(doc: string, ask: (ctx: RequestContext) => boolean): KemiFunction {
  return defineKemiFunction({
    parameters: [],
    returns: 'boolean',
    doc,
    call: (ctx) => ctx instanceof RequestContext && ask(ctx),
  })
}

function isOwnSource({ origin, runtime }: RequestContext, port: number | undefined): boolean {
  if (origin.protocol === 'none') return false
  const own = runtime.state(OWN_ADDRESSES)
  return port === undefined ? own.hasHost(origin.sourceAddress) : own.hasUri(origin.sourceAddress, port)
}

function variableIsMyself(source: string): (ctx: RequestContext) => boolean {
  return (ctx) => {
    const value = ctx.runtime.templates.bytes(source).only?.get(ctx)
    return typeof value === 'string' && isMyself(ctx, value)
  }
}

const rUriIsMyself = variableIsMyself('$ru')
const dUriIsMyself = variableIsMyself('$du')

const URI = { name: 'uri', type: 'string' } as const

export const kemiCore = defineModule({
  name: 'kemi_core',
  kemiName: '',
  kemi: {
    ...Object.fromEntries(Object.entries(LEVELS).map(([name, level]) => [name, logs(level)])),
    log: defineKemiFunction({
      parameters: [{ name: 'level', type: 'string' }, TEXT],
      returns: 'nothing',
      doc: 'Writes a line to the log. level: dbg, info, notice, warn, crit; any other is err.',
      call: (ctx, level, text) =>
        write(ctx, Object.hasOwn(LEVELS, level) ? LEVELS[level as keyof typeof LEVELS] : 'error', text),
    }),
    is_method_in: defineKemiFunction({
      parameters: [{ name: 'vmethod', type: 'string' }],
      returns: 'boolean',
      doc: `Whether the method of the request is one of those that the letters say: ${[...LETTERS].map((pair) => pair.join(' ')).join(', ')}.`,
      call(ctx, letters) {
        const now = method(ctx)
        return now !== undefined && [...letters.toUpperCase()].some((letter) => LETTERS.get(letter) === now)
      },
    }),
    ...Object.fromEntries(
      METHODS.map((name) => [
        `is_${name}`,
        asks(`Whether the method of the request is ${name}.`, (ctx) => ctx.method === name),
      ]),
    ),
    is_UDP: asks('Whether the request came over UDP.', ({ origin }) => origin.protocol === 'udp'),
    is_TCP: asks('Whether the request came over TCP.', ({ origin }) => origin.protocol === 'tcp'),
    is_TLS: asks('Whether the request came over TLS: never here.', () => false),
    is_WS: asks('Whether the request came over WebSocket: never here.', () => false),
    is_WSS: asks('Whether the request came over WebSocket and TLS: never here.', () => false),
    is_WSX: asks('Whether the request came over WebSocket, with or without TLS: never here.', () => false),
    is_SCTP: asks('Whether the request came over SCTP: never here.', () => false),
    is_proto: defineKemiFunction({
      parameters: [{ name: 'sproto', type: 'string' }],
      returns: 'boolean',
      doc: 'Whether the request came over one of the protocols that the letters say: u UDP, t TCP, s TLS, w WebSocket.',
      call: (ctx, protocols) =>
        ctx instanceof RequestContext &&
        [...protocols.toLowerCase()].some((letter) => PROTOCOLS.get(letter) === ctx.origin.protocol),
    }),
    is_IPv4: asks('Whether the request came over IPv4.', ({ origin }) => isIPv4(origin.sourceAddress)),
    is_IPv6: asks('Whether the request came over IPv6.', ({ origin }) => isIPv6(origin.sourceAddress)),
    is_src_port: defineKemiFunction({
      parameters: [{ name: 'vport', type: 'integer' }],
      returns: 'boolean',
      doc: 'Whether the request came from this port.',
      call: (ctx, port) => ctx instanceof RequestContext && ctx.origin.sourcePort === port,
    }),
    is_dst_port: defineKemiFunction({
      parameters: [{ name: 'vport', type: 'integer' }],
      returns: 'boolean',
      doc: 'Whether the request was received at this port.',
      call: (ctx, port) => ctx instanceof RequestContext && ctx.origin.localPort === port,
    }),
    is_myself: defineKemiFunction({
      parameters: [URI],
      returns: 'boolean',
      doc: 'Whether a URI, or a host with or without a port, names an address that SIP is listened on, or an alias.',
      call: isMyself,
    }),
    is_myself_ruri: asks('is_myself() of the Request-URI.', rUriIsMyself),
    is_myself_duri: asks('is_myself() of the destination.', dUriIsMyself),
    is_myself_nhuri: asks(
      'is_myself() of the destination, or of the Request-URI when there is none.',
      (ctx) => (ctx.pv('$du') === null ? rUriIsMyself(ctx) : dUriIsMyself(ctx)),
    ),
    is_myself_furi: asks('is_myself() of the URI in From.', variableIsMyself('$fu')),
    is_myself_turi: asks('is_myself() of the URI in To.', variableIsMyself('$tu')),
    is_myself_suri: asks('is_myself() of the address and port that the request came from.', (ctx) =>
      isOwnSource(ctx, ctx.origin.sourcePort),
    ),
    is_myself_srcip: asks('is_myself() of the address that the request came from.', (ctx) =>
      isOwnSource(ctx, undefined),
    ),
    set_drop: defineKemiFunction({
      parameters: [],
      returns: 'nothing',
      doc: 'As in Kamailio, where it keeps a message from being forwarded once the route ends; none is here. The route goes on.',
      call: () => {},
    }),
  },
})
