// Addresses as `listen` writes them: `udp:127.0.0.1:5060`. From text to parts and back. Names are resolved by whoever listens.

import { isIPv6 } from 'node:net'
import { SIP_PORT } from './reply.ts'

/** Where SIP is taken. `host` may be a name; port 0 picks a free one. */
export interface ListenSip {
  readonly protocol: 'udp' | 'tcp'
  readonly host: string
  readonly port: number
}

/** What an address may look like, for error messages. */
export const LISTEN_FORMS =
  'udp:IPV4:PORT, udp:[IPV6]:PORT, udp:HOST:PORT, udp:HOST (port 5060), or the same with tcp:'

/** Parses an address of `listen`; undefined when it is none. */
export function parseListen(text: string): ListenSip | undefined {
  const match = /^(udp|tcp):(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const [, protocol, ipv6, name, portText] = match
  const port = portText === undefined ? SIP_PORT : Number(portText)
  if (port > 65535) return undefined
  const host = ipv6 ?? name ?? ''
  // A resolver takes a bare number for an IPv4 address, which nobody means.
  if (ipv6 === undefined ? /^\d+$/.test(host) : !isIPv6(ipv6)) return undefined
  return { protocol: protocol === 'udp' ? 'udp' : 'tcp', host, port }
}

/** As `listen` would write it. */
export function formatListen({ protocol, host, port }: ListenSip): string {
  return `${protocol}:${host.includes(':') ? `[${host}]` : host}:${port}`
}
