/**
 * Every error the client makes, each a class with a stable `code`. Match on `code` (or `instanceof`), not on the
 * message: messages are for people and may change. Nothing else in this folder constructs a bare `Error`.
 */
import { getSystemErrorMap } from 'node:util'

/** What all errors of the client have in common. To tell them apart in a `switch`, use {@link AnyClientError}. */
export abstract class ClientError extends Error {
  abstract readonly code: string

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The address given to `connect` cannot be understood. Thrown by `connect` itself. */
export class InvalidAddressError extends ClientError {
  readonly code = 'ERR_INVALID_ADDRESS'
  /** The text that was given. */
  readonly address: string

  constructor(address: string, expected: string) {
    super(`bad address '${address}': ${expected}`)
    this.address = address
  }
}

/** An option has a wrong type or is out of range. Thrown by `connect` itself. */
export class InvalidOptionError extends ClientError {
  readonly code = 'ERR_INVALID_OPTION'
  /** Name of the option, for example `reconnect.min`. */
  readonly option: string

  constructor(option: string, expected: string) {
    super(`bad option ${option}: expected ${expected}`)
    this.option = option
  }
}

/** A connection could not be made: refused, unknown host, no such socket, timed out. The system's error is `cause`. */
export class ConnectError extends ClientError {
  readonly code = 'ERR_CONNECT'
  readonly address: string

  constructor(address: string, cause: unknown) {
    super(`cannot connect to ${address}: ${describe(cause)}`, { cause })
    this.address = address
  }
}

/** An established connection broke: reset, or closed by the peer while something was still to be sent. */
export class ConnectionLostError extends ClientError {
  readonly code = 'ERR_CONNECTION_LOST'
  readonly address: string

  constructor(address: string, cause?: unknown) {
    super(
      `connection to ${address} lost: ${cause === undefined ? 'closed by the peer' : describe(cause)}`,
      cause === undefined ? undefined : { cause },
    )
    this.address = address
  }
}

/** All attempts allowed by `reconnect.retries` failed; what the last one met is `cause`. */
export class ReconnectError extends ClientError {
  readonly code = 'ERR_RECONNECT'
  /** How many times it was tried again, without the first time. */
  readonly attempts: number

  constructor(attempts: number, cause: ClientError) {
    super(`gave up after ${attempts} ${attempts === 1 ? 'retry' : 'retries'}: ${cause.message}`, { cause })
    this.attempts = attempts
  }
}

/** Why a frame could not be decoded. */
export type BadFrameReason =
  | 'length' // no digit where a length must start
  | 'colon' // something else than a digit or ':' in the length
  | 'digits' // a length of more than 9 digits
  | 'size' // a length above maxMessageSize
  | 'comma' // no ',' behind the payload
  | 'truncated' // the peer ended inside a frame

const BAD_FRAME: Readonly<Record<BadFrameReason, string>> = {
  length: 'expected a digit of a length',
  colon: "expected a digit or ':'",
  digits: 'the length has more than 9 digits',
  size: 'the message is larger than maxMessageSize',
  comma: "expected ',' behind the payload",
  truncated: 'the peer ended inside a frame',
}

/** The peer sent something that is not a netstring. The connection is closed: there is no way to find the next frame. */
export class BadFrameError extends ClientError {
  readonly code = 'ERR_BAD_FRAME'
  readonly reason: BadFrameReason
  /** Which byte was wrong, in bytes since the connection was made, from 0. */
  readonly offset: number

  constructor(reason: BadFrameReason, offset: number) {
    super(`bad frame at byte ${offset}: ${BAD_FRAME[reason]}`)
    this.reason = reason
    this.offset = offset
  }
}

/** A message to be sent is larger than `maxMessageSize`. Nothing was sent of it. */
export class MessageTooLargeError extends ClientError {
  readonly code = 'ERR_MESSAGE_TOO_LARGE'
  /** Bytes. */
  readonly size: number
  /** Bytes. */
  readonly limit: number

  constructor(size: number, limit: number) {
    super(`a message of ${size} bytes is larger than maxMessageSize (${limit})`)
    this.size = size
    this.limit = limit
  }
}

/** Too much is waiting to be sent already (`sendQueueLimit`). Nothing was sent of the message; try again later. */
export class SendBufferFullError extends ClientError {
  readonly code = 'ERR_SEND_BUFFER_FULL'
  /** Bytes. */
  readonly limit: number

  constructor(limit: number) {
    super(`send queue is full (sendQueueLimit ${limit} bytes): await send() or slow down`)
    this.limit = limit
  }
}

/** The client is closed, or was closed before what was asked for could happen. */
export class ClosedError extends ClientError {
  readonly code = 'ERR_CLOSED'

  constructor() {
    super('the client is closed')
  }
}

/** `close()` could not write everything within `closeTimeout`; what was left is lost. */
export class CloseTimeoutError extends ClientError {
  readonly code = 'ERR_CLOSE_TIMEOUT'

  constructor(milliseconds: number) {
    super(`not everything could be sent within ${milliseconds} ms of close()`)
  }
}

/** The `signal` was aborted; its reason is `cause`. */
export class AbortedError extends ClientError {
  readonly code = 'ERR_ABORTED'

  constructor(reason: unknown) {
    super('aborted', { cause: reason })
    // What every other API with an AbortSignal calls it, so that one check serves all.
    this.name = 'AbortError'
  }
}

/** The client cannot be iterated: another loop is reading from it, or it was made with `receive: false`. */
export class IterationError extends ClientError {
  readonly code = 'ERR_ITERATION'
}

/** All of them, for an exhaustive `switch (error.code)`. */
export type AnyClientError =
  | InvalidAddressError
  | InvalidOptionError
  | ConnectError
  | ConnectionLostError
  | ReconnectError
  | BadFrameError
  | MessageTooLargeError
  | SendBufferFullError
  | ClosedError
  | CloseTimeoutError
  | AbortedError
  | IterationError

/** The stable codes. */
export type ClientErrorCode = AnyClientError['code']

/** "connection refused" for a system error; Node's own text is "connect ECONNREFUSED 1.2.3.4:5", or nothing at all. */
function describe(cause: unknown): string {
  // A host name with several addresses fails with one error for each; the first speaks for all.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  if (!(first instanceof Error)) return String(first)
  const errno = 'errno' in first && typeof first.errno === 'number' ? first.errno : undefined
  const system = errno === undefined ? undefined : getSystemErrorMap().get(errno)
  return system?.[1] ?? first.message
}
