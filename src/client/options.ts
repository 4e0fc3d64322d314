/**
 * The options of `connect`, checked and filled with defaults before anything starts.
 */
import { type Address, DEFAULT_ADDRESS, formatAddress, parseAddress } from './address.ts'
import type { ReconnectOptions } from './backoff.ts'
import { LARGEST_LENGTH } from './decoder.ts'
import { InvalidOptionError } from './errors.ts'

/** Options of `connect`. Sizes are bytes, times milliseconds. */
export interface ClientOptions {
  /** Where the bus is: text as `connect` takes it, or an object. Default `127.0.0.1:8448`. */
  readonly address?: string | Address
  /** Messages are netstrings (true, default), or bare bytes: whatever one read returns is one message (false). */
  readonly netstring?: boolean
  /** Largest message taken or sent. Default 1 MiB, as the daemon's. */
  readonly maxMessageSize?: number
  /**
   * How much may be buffered in each direction: received and not yet taken by the program (above it the socket is not
   * read), accepted by send() and not yet taken by the system (above it send() waits). Default 256 KiB.
   */
  readonly highWaterMark?: number
  /** How much may wait in sends that are not accepted yet; one more is rejected. Default 8 MiB. */
  readonly sendQueueLimit?: number
  /** False for a program that only sends: whatever arrives is thrown away, unread. Default true. */
  readonly receive?: boolean
  /** Connect again when a connection fails or is lost. Default true; an object sets the back-off. */
  readonly reconnect?: boolean | ReconnectOptions
  /** How long one attempt to connect may take. Default 10,000. */
  readonly connectTimeout?: number
  /** How long close() may take to write what is left and to see the peer close. Default 5,000. */
  readonly closeTimeout?: number
  /** Aborting it ends the client at once, without sending what is left. */
  readonly signal?: AbortSignal
}

/** Options with nothing left open. */
export interface Settings {
  readonly address: Address
  /** The address as text, for messages. */
  readonly name: string
  readonly netstring: boolean
  readonly maxMessageSize: number
  readonly highWaterMark: number
  readonly sendQueueLimit: number
  readonly receive: boolean
  readonly reconnect: Required<ReconnectOptions> | undefined
  readonly connectTimeout: number
  readonly closeTimeout: number
  readonly signal: AbortSignal | undefined
}

/** Longest delay a Node timer can wait for; a longer one would fire at once. */
const MAX_DELAY = 2_147_483_647

/** @throws InvalidAddressError, InvalidOptionError */
export function resolveOptions(options: ClientOptions): Settings {
  const address = resolveAddress(options.address ?? DEFAULT_ADDRESS)
  return {
    address,
    name: formatAddress(address),
    netstring: options.netstring ?? true,
    maxMessageSize: integer('maxMessageSize', options.maxMessageSize ?? 1024 * 1024, LARGEST_LENGTH),
    highWaterMark: integer('highWaterMark', options.highWaterMark ?? 256 * 1024),
    sendQueueLimit: integer('sendQueueLimit', options.sendQueueLimit ?? 8 * 1024 * 1024),
    receive: options.receive ?? true,
    reconnect: resolveReconnect(options.reconnect ?? true),
    connectTimeout: integer('connectTimeout', options.connectTimeout ?? 10_000, MAX_DELAY),
    closeTimeout: integer('closeTimeout', options.closeTimeout ?? 5_000, MAX_DELAY),
    signal: options.signal,
  }
}

function resolveAddress(address: string | Address): Address {
  // An object takes the way of the text too: one set of rules.
  return parseAddress(typeof address === 'string' ? address : formatAddress(address))
}

function resolveReconnect(reconnect: boolean | ReconnectOptions): Required<ReconnectOptions> | undefined {
  if (reconnect === false) return undefined
  const { min = 100, max = 10_000, factor = 2, retries = Infinity } = reconnect === true ? {} : reconnect
  number('reconnect.min', min, 1, MAX_DELAY)
  number('reconnect.max', max, min, MAX_DELAY)
  number('reconnect.factor', factor, 1, 1000)
  number('reconnect.retries', retries, 0, Infinity)
  return { min, max, factor, retries }
}

function integer(option: string, value: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value)) throw new InvalidOptionError(option, 'a whole number')
  number(option, value, 1, max)
  return value
}

function number(option: string, value: number, min: number, max: number): void {
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new InvalidOptionError(option, `a number from ${min} to ${max}, got ${String(value)}`)
  }
}
