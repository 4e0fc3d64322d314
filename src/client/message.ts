/**
 * One received message. Holds the bytes as they came; text and JSON are made only if somebody asks.
 */

/** A message from the bus. */
export class Message {
  /**
   * The payload, byte for byte. Usually a view of the piece it was read with: whoever keeps a small message for long
   * keeps up to 64 KiB alive with it, and should keep `text` or a copy instead.
   */
  readonly bytes: Buffer
  /** When it was read from the socket, in milliseconds since 1970 (as `Date.now()`). */
  readonly receivedAt: number
  #text: string | undefined

  constructor(bytes: Buffer, receivedAt: number) {
    this.bytes = bytes
    this.receivedAt = receivedAt
  }

  /** The payload as UTF-8 text; bytes that are no UTF-8 become U+FFFD. Decoded once, when first asked for. */
  get text(): string {
    this.#text ??= this.bytes.toString('utf8')
    return this.#text
  }

  /**
   * The payload parsed as JSON. Never cached: each call makes a new value.
   *
   * @throws SyntaxError when it is no JSON.
   */
  json(): unknown {
    return JSON.parse(this.text)
  }

  /** The text, so that a message can stand in a template string. */
  toString(): string {
    return this.text
  }
}
