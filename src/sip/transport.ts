// Where SIP is listened for: listen addresses in the form that a configuration writes them, and what every listener has. The sockets are
// udp.ts's and tcp.ts's; names are resolved by the server.

import { isIPv6 } from 'node:net'
import type { Mistake } from '../core/errors.ts'
import { SIP_PORT } from './reply.ts'

/** A socket that takes SIP. */
export interface SipListener {
  readonly protocol: 'udp' | 'tcp'
  /** The IP literal it is bound to, without brackets. */
  readonly address: string
  readonly port: number
  /** Takes no new connections and reads nothing more; replies still go out. */
  stopReading(): void
  /** Delivers what is on its way, for a short time, and closes. */
  close(): Promise<void> | void
}

/** A parsed listen address. `host` may be a name; port 0 picks a free one. */
export interface SipAddress {
  readonly protocol: 'udp' | 'tcp'
  readonly host: string
  readonly port: number
}

/** What a listen address may look like, for error messages. */
export const LISTEN_FORMS =
  'udp:IPV4:PORT, udp:[IPV6]:PORT, udp:HOST:PORT or udp:HOST (port 5060), or the same with tcp:'

/**
 * Parses `udp:127.0.0.1:5060`, `tcp:[::1]:5060`, `udp:sip.example.net`.
 * @param path where it stands in the configuration, for the mistake
 * @returns the address, or what is wrong with it
 */
export function parseListen(text: string, path: string): SipAddress | Mistake {
  const wrong = (problem: string): Mistake => ({ path, problem, expected: LISTEN_FORMS })
  const quoted = JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
  const [, protocolText = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(text) ?? []
  const protocol = protocolText.toLowerCase()
  if (protocol === 'tls' || protocol === 'ws' || protocol === 'wss' || protocol === 'sctp') {
    return wrong(`${quoted}: ${protocol} is not supported`)
  }
  if (protocol !== 'udp' && protocol !== 'tcp') return wrong(`${quoted} does not begin with udp: or tcp:`)
  const match = /^(?:\[([^\]]*)\]|([\w.-]+))(?::(\d+))?$/.exec(rest)
  if (!match) {
    const bare = isIPv6(rest) || isIPv6(rest.replace(/:\d+$/, ''))
    return wrong(bare ? `${quoted}: an IPv6 address needs brackets` : `${quoted} is not valid`)
  }
  const [, ipv6, name, portText] = match
  const port = portText === undefined ? SIP_PORT : Number(portText)
  if (port > 65535) return wrong(`${quoted}: there is no port ${portText}`)
  if (ipv6 !== undefined) {
    return isIPv6(ipv6) ? { protocol, host: ipv6, port } : wrong(`${quoted}: ${ipv6} is no IPv6 address`)
  }
  // A resolver takes a bare number for an IPv4 address (5060 is 0.0.19.196), which nobody means.
  if (name === undefined || /^\d+$/.test(name)) return wrong(`${quoted} names no host`)
  return { protocol, host: name, port }
}

/** A bound listener as a configuration would write it: `udp:127.0.0.1:5060`, `tcp:[::1]:5060`. */
export function formatListen({
  protocol,
  address,
  port,
}: Pick<SipListener, 'protocol' | 'address' | 'port'>): string {
  return isIPv6(address) ? `${protocol}:[${address}]:${port}` : `${protocol}:${address}:${port}`
}
