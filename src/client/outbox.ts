/**
 * Sends that wait: for a connection, or for room in the socket's buffer. Bounded in bytes. It knows neither sockets nor
 * framing; the client takes from it when it can write.
 */
import { deferred } from './deferred.ts'
import { AbortedError, type ClientError, SendBufferFullError } from './errors.ts'

/** What a waiting send weighs beside its frame, so that millions of tiny ones are bounded too. */
const OVERHEAD = 256

interface WaitingSend {
  readonly frame: Buffer
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A bounded first-in, first-out queue of frames, each with the promise of the send() it came from. */
export class Outbox {
  readonly #limit: number
  /** A Set keeps the order, and an aborted send can leave from the middle at once. */
  readonly #waiting = new Set<WaitingSend>()
  #weight = 0

  /** @param limit in bytes; a single frame may exceed it when nothing else waits. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many sends wait. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Resolves when the frame was taken.
   *
   * @throws SendBufferFullError, AbortedError, or what was given to {@link rejectAll}.
   */
  async add(frame: Buffer, signal: AbortSignal | undefined): Promise<void> {
    const weight = frame.length + OVERHEAD
    if (this.#waiting.size > 0 && this.#weight + weight > this.#limit)
      throw new SendBufferFullError(this.#limit)

    const { promise, resolve, reject } = deferred()
    const send: WaitingSend = { frame, resolve, reject }
    const abort = () => {
      if (this.#remove(send)) reject(new AbortedError(signal?.reason))
    }
    this.#waiting.add(send)
    this.#weight += weight
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** The frame that has waited longest; its send() resolves. */
  take(): Buffer | undefined {
    for (const send of this.#waiting) {
      this.#remove(send)
      send.resolve()
      return send.frame
    }
    return undefined
  }

  rejectAll(error: ClientError): void {
    for (const send of this.#waiting) {
      this.#remove(send)
      send.reject(error)
    }
  }

  #remove(send: WaitingSend): boolean {
    if (!this.#waiting.delete(send)) return false
    this.#weight -= send.frame.length + OVERHEAD
    return true
  }
}
