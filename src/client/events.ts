/**
 * What a client tells the program: its events and its states. Types only.
 */
import type { ClientError } from './errors.ts'
import type { Message } from './message.ts'

/** What is about to happen when a connection failed or was lost. */
export interface Reconnecting {
  /** 1 for the first attempt after the connection was lost or could not be made. */
  readonly attempt: number
  /** Milliseconds until the attempt. */
  readonly delay: number
  /** Why; undefined when the peer closed the connection in order. */
  readonly error: ClientError | undefined
}

/** The events of a client, each with the arguments its listeners get. */
export interface ClientEvents {
  /** A connection was made: the first, or one more. */
  connect: []
  /** A message came. */
  message: [message: Message]
  /** A connection that had been made ended. Without an error when it was closed in order, by either side. */
  disconnect: [error: ClientError | undefined]
  /** The client will try again. */
  reconnecting: [info: Reconnecting]
  /**
   * The client has failed for good; `close` follows. Thrown, as by any EventEmitter, when there is no listener, but
   * only if nobody else is told: no pending ready(), send(), flush() or close(), no loop over the messages.
   */
  error: [error: ClientError]
  /** The last event, once. With the error the client failed with, if it did. */
  close: [error: ClientError | undefined]
  /** Node's own: a listener is about to be added. */
  newListener: [event: string | symbol, listener: (...args: never[]) => void]
}

/**
 * - `connecting`: an attempt is under way;
 * - `connected`;
 * - `waiting`: for the next attempt;
 * - `closing`: close() was called, or the end has come and is being announced;
 * - `closed`: for good.
 */
export type ClientState = 'connecting' | 'connected' | 'waiting' | 'closing' | 'closed'
