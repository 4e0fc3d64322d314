// The parameters of the gateway.

import { isIP } from 'node:net'
import { flag, integer, type ParameterValues, string, strings } from '../core/parameters.ts'
import { DEFAULT_ROUTE_SAMPLING } from '../core/route-meter.ts'
import { ANY_ORIGIN, isHostName, isOrigin } from './site.ts'

const ADDRESS = 'IPV4:PORT, [IPV6]:PORT or HOST:PORT'

/** Where HTTP is taken when nobody has said where: EVAPI's port and 32 more. */
export const DEFAULT_HTTP = '127.0.0.1:8480'

/** A value of rpc_socket: at the usual place, if it is free. */
export const USUAL_PLACE = 'auto'

export const GATEWAY_PARAMETERS = {
  listen: string({
    default: '',
    expected: ADDRESS,
    check: (text) => text === '' || parseHttpAddress(text) !== undefined,
    doc: `Where to take HTTP and WebSockets: ${ADDRESS}. Port 0 picks a free one. Empty: nowhere.`,
  }),
  optional: flag({
    default: false,
    doc: 'When HTTP cannot be taken there, say so in the log and go on without.',
  }),
  token_file: string({
    default: '',
    live: true,
    doc: 'A file of bearer tokens: a line each, SCOPE TOKEN [NAME], where SCOPE is read, publish or admin. Nobody else on the machine may read it.',
  }),
  insecure: flag({
    default: false,
    doc: 'Take HTTP beyond loopback without any token, from whoever comes.',
  }),
  origins: strings({
    expected: `an origin, e.g. https://example.com:8443, or "${ANY_ORIGIN}"`,
    check: isOrigin,
    live: true,
    doc: `Web sites beside the gateway's own whose pages may send requests: https://example.com, or "${ANY_ORIGIN}".`,
  }),
  hosts: strings({
    expected: 'the name of a host, without a port',
    check: isHostName,
    live: true,
    doc: 'Names that the gateway is called by, beside addresses and localhost, where it listens on loopback or some are listed.',
  }),
  cert: string({
    default: '',
    live: true,
    doc: 'TLS: a PEM file with the certificate and those of its chain. A reload takes what is in it then.',
  }),
  key: string({ default: '', live: true, doc: 'TLS: the PEM file of the key of that certificate.' }),
  passphrase: string({ default: '', live: true, doc: 'TLS: what the key is encrypted with.' }),
  max_requests: integer({
    default: 1024,
    live: true,
    doc: 'Requests that may wait for their reply at a time; one more is answered with 503. Streams of events do not count. 0: no limit.',
  }),
  rpc_socket: string({
    default: '',
    expected: 'the path of a Unix socket, at most 107 bytes, auto, or an empty text',
    check: (text) => !text.includes('\0') && Buffer.byteLength(text) <= 107,
    doc: 'Where to take calls (JSON-RPC) over a Unix socket, for the user that this runs as. auto: at the usual place, or nowhere when somebody else has that. Empty: nowhere.',
  }),
  request_timeout: integer({
    default: 30_000,
    min: 1,
    live: true,
    doc: 'Milliseconds in which the body of a request must have come, and again those in which its reply must begin.',
  }),
  websocket_idle_timeout: integer({
    default: 120,
    max: 960,
    doc: 'Seconds without a sign of life, of which one is asked for in time, after which a WebSocket is closed. 0: never; else at least 8.',
  }),
  websocket_queue_limit: integer({
    default: 4_194_304,
    live: true,
    doc: 'Bytes of the messages of one WebSocket that may wait while it is not to be read; with more it is closed (1013).',
  }),
  metrics_route_sampling: integer({
    default: DEFAULT_ROUTE_SAMPLING,
    max: 1_000_000,
    doc: 'For metrics, one in so many runs of a busy route is timed; of one that runs less than a thousand times a second, all. 0: routes are neither timed nor counted.',
  }),
  websocket_tags: flag({
    default: true,
    live: true,
    doc: 'A client may choose its tag: /ws?tag=NAME, /events?tag=NAME. A tag that connection-new gives it goes first.',
  }),
}

export type GatewayParameters = ParameterValues<typeof GATEWAY_PARAMETERS>

/** Parses `HOST:PORT`; undefined when it is none. */
export function parseHttpAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, ipv6, name, digits] = /^(?:\[([^\]]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? []
  const host = ipv6 ?? name ?? ''
  const port = Number(digits)
  if (!(port <= 65535) || (ipv6 !== undefined && isIP(ipv6) !== 6)) return undefined
  return host === '' ? undefined : { host, port }
}
