/**
 * How long to wait before the next attempt to connect: exponential, with jitter. Only the arithmetic; the client owns
 * the timer.
 */

/** When to try again after a connection failed or was lost. */
export interface ReconnectOptions {
  /** Upper end of the first delay, in milliseconds. Default 100. */
  readonly min?: number
  /** Upper end of every delay, in milliseconds. Default 10,000. */
  readonly max?: number
  /** What the upper end is multiplied by after each attempt. Default 2. */
  readonly factor?: number
  /** Attempts in a row before the client gives up. Default Infinity. */
  readonly retries?: number
}

/** Counts attempts and says how long to wait before each. */
export class Backoff {
  readonly #options: Required<ReconnectOptions>
  readonly #random: () => number
  #attempt = 0

  /** @param random uniform in [0, 1), as Math.random. */
  constructor(options: Required<ReconnectOptions>, random: () => number = Math.random) {
    this.#options = options
    this.#random = random
  }

  /** Attempts since the last reset. */
  get attempt(): number {
    return this.#attempt
  }

  /**
   * Milliseconds to wait before the next attempt, or undefined when there is none left. Between half of the upper end
   * and the whole of it: never at once, and a thousand clients that lost the same server do not come back together.
   */
  next(): number | undefined {
    const { min, max, factor, retries } = this.#options
    if (this.#attempt >= retries) return undefined
    const upper = Math.min(max, min * factor ** this.#attempt)
    this.#attempt += 1
    return (upper / 2) * (1 + this.#random())
  }

  /**
   * Told how long a connection lived, in milliseconds. One that lived for `max` starts the series anew; one that did
   * not has proved nothing: a server that accepts and closes at once (it is full) must not be asked ten times a second.
   */
  lived(milliseconds: number): void {
    if (milliseconds >= this.#options.max) this.#attempt = 0
  }
}
