// Addresses as bind_addr writes them: from text to parts and back. Not for name resolution, which the server does.

import { isIPv6 } from 'node:net'
import type { BoundAddress } from '../dispatcher.ts'

/** The port of EVAPI (EVAPI guide, section evapi.p.bind_addr). */
export const DEFAULT_PORT = 8448

/** A parsed address. `host` may be a name; port 0 picks a free one. */
export type Address =
  | { readonly family: 'tcp'; readonly host: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string }

/** Bytes that fit into sockaddr_un.sun_path beside its closing NUL (unix(7)). */
const UNIX_PATH_LIMIT = 107

/** What an address may look like, for error messages. */
export const ADDRESS_FORMS = 'IPV4:PORT, [IPV6]:PORT, HOST:PORT, HOST (port 8448) or unix:/path'

/** Parses `IPV4:PORT`, `[IPV6]:PORT`, `HOST:PORT`, `HOST` or `unix:/path`; undefined when it is none of them. */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    const fits = path.length > 0 && Buffer.byteLength(path) <= UNIX_PATH_LIMIT && !path.includes('\0')
    return fits ? { family: 'unix', path } : undefined
  }
  const match = /^(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const [, ipv6, name, portText] = match
  const port = portText === undefined ? DEFAULT_PORT : Number(portText)
  if (port > 65535) return undefined
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { family: 'tcp', host: ipv6, port } : undefined
  // A resolver takes a bare number for an IPv4 address (8448 is 0.0.33.0), which nobody means.
  if (name === undefined || /^\d+$/.test(name)) return undefined
  return { family: 'tcp', host: name, port }
}

/** A bound address as bind_addr would write it: `127.0.0.1:8448`, `[::1]:8448`, `unix:/run/evapid.sock`. */
export function formatAddress(bound: BoundAddress): string {
  if (bound.family === 'unix') return `unix:${bound.path}`
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`
}
