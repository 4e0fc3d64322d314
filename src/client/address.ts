/**
 * Addresses as people write them: `127.0.0.1:8448`, `[::1]:8448`, `bus.example`, `unix:/run/evapid.sock`. Only the
 * text: names are resolved when connecting.
 */
import { isIPv6 } from 'node:net'
import { InvalidAddressError } from './errors.ts'

/** Where to connect to: TCP, or a Unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** The port of an address that names none (EVAPI guide: bind_addr). */
export const DEFAULT_PORT = 8448

/** The address used when none is given. */
export const DEFAULT_ADDRESS = `127.0.0.1:${DEFAULT_PORT}`

/** sockaddr_un has room for 108 bytes, the last of which is a NUL. */
const MAX_PATH_BYTES = 107

const EXPECTED = 'expected HOST:PORT, HOST, [IPV6]:PORT or unix:/path'

/**
 * Reads an address.
 *
 * @throws InvalidAddressError with what was expected instead.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith('unix:')) return parsePath(text)
  if (text.startsWith('[')) return parseIPv6(text)
  if (isIPv6(text)) throw new InvalidAddressError(text, `write an IPv6 address in brackets: [${text}]:PORT`)
  if (text.includes('/')) {
    throw new InvalidAddressError(text, `${EXPECTED} (a Unix socket is written unix:${text})`)
  }

  const match = /^(?<host>[^\s:[\]]+)(?::(?<port>.*))?$/s.exec(text)
  const host = match?.groups?.['host']
  if (host === undefined) throw new InvalidAddressError(text, EXPECTED)
  // The resolver would take a bare number for an IPv4 address (8448 is 0.0.33.0), which nobody means.
  if (/^\d+$/.test(host)) throw new InvalidAddressError(text, EXPECTED)
  return { host, port: parsePort(text, match?.groups?.['port']) }
}

/** The inverse of {@link parseAddress}, for messages and logs; the port is always named. */
export function formatAddress(address: Address): string {
  if ('path' in address) return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

function parsePath(text: string): Address {
  const path = text.slice('unix:'.length)
  if (path === '') throw new InvalidAddressError(text, 'expected a path behind unix:')
  if (path.includes('\0')) throw new InvalidAddressError(text, 'a path cannot contain NUL')
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new InvalidAddressError(text, `the path of a Unix socket has at most ${MAX_PATH_BYTES} bytes`)
  }
  return { path }
}

function parseIPv6(text: string): Address {
  const match = /^\[(?<host>[^\]]*)\](?::(?<port>.*))?$/s.exec(text)
  const host = match?.groups?.['host']
  if (host === undefined || !isIPv6(host)) {
    throw new InvalidAddressError(text, 'expected an IPv6 address in brackets: [IPV6]:PORT')
  }
  return { host, port: parsePort(text, match?.groups?.['port']) }
}

function parsePort(text: string, port: string | undefined): number {
  if (port === undefined) return DEFAULT_PORT
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0
  if (number < 1 || number > 65535) throw new InvalidAddressError(text, 'a port is a number from 1 to 65535')
  return number
}
