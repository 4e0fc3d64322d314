/**
 * `evapid/client`: a client of the bus, in TypeScript, on node:net alone. It needs nothing of the daemon's own code and
 * speaks to any EVAPI server. This file is its face; docs/client.md explains it with examples.
 */
import { Client } from './client.ts'
import { type ClientOptions, resolveOptions } from './options.ts'

export { type Address, DEFAULT_ADDRESS, DEFAULT_PORT, formatAddress, parseAddress } from './address.ts'
export type { ReconnectOptions } from './backoff.ts'
export type { Client } from './client.ts'
export { NetstringDecoder } from './decoder.ts'
export { type Data, encodeNetstring } from './encoder.ts'
export {
  AbortedError,
  type AnyClientError,
  BadFrameError,
  type BadFrameReason,
  ClientError,
  type ClientErrorCode,
  ClosedError,
  CloseTimeoutError,
  ConnectError,
  ConnectionLostError,
  InvalidAddressError,
  InvalidOptionError,
  IterationError,
  MessageTooLargeError,
  ReconnectError,
  SendBufferFullError,
} from './errors.ts'
export type { ClientEvents, ClientState, Reconnecting } from './events.ts'
export { Message } from './message.ts'
export type { ClientOptions } from './options.ts'

/**
 * Makes a client and starts to connect. Returns at once: `await client.ready()`, the event 'connect' or simply the
 * first `await client.send()` tell when there is a connection.
 *
 * ```ts
 * const client = connect('127.0.0.1:8448')
 * await client.send('hello')
 * for await (const message of client) console.log(message.text)
 * ```
 *
 * @param address `HOST:PORT`, `HOST` (port 8448), `[IPV6]:PORT` or `unix:/path`; default `127.0.0.1:8448`.
 * @throws InvalidAddressError, InvalidOptionError. Everything that goes wrong later comes as an event or a rejection.
 */
export function connect(address?: string, options?: ClientOptions): Client
export function connect(options: ClientOptions): Client
export function connect(address?: string | ClientOptions, options: ClientOptions = {}): Client {
  return new Client(resolveOptions(typeof address === 'object' ? address : { ...options, ...given(address) }))
}

function given(address: string | undefined): ClientOptions {
  return address === undefined ? {} : { address }
}
