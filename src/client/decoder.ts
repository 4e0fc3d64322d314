/**
 * Netstrings in: bytes, cut anywhere, to payloads. The mirror of encoder.ts. One decoder belongs to one connection and
 * is of no use after it has thrown: a stream that has lost its framing cannot be trusted again.
 */
import { BadFrameError } from './errors.ts'

/** Lengths have at most 9 digits, leading zeros included, as the daemon has it; so no length above this one. */
export const LARGEST_LENGTH = 999_999_999
const MAX_DIGITS = 9

const COLON = 0x3a
const COMMA = 0x2c
const DIGIT_0 = 0x30

/** Decodes a stream of netstrings that comes in pieces of any size. */
export class NetstringDecoder {
  readonly #maxMessageSize: number
  /** Bytes of the stream before the chunk at hand: what makes offsets count from the start of the connection. */
  #streamOffset = 0
  #state: 'length' | 'payload' | 'comma' = 'length'
  /** Digits of the length seen; 0 means between two frames. */
  #digits = 0
  #length = 0
  /** A payload cut by the end of a chunk: allocated whole once, filled as pieces come, so each byte is moved once. */
  #partial: Buffer | undefined
  #filled = 0

  /** @param maxMessageSize largest payload taken, in bytes. */
  constructor(maxMessageSize: number) {
    this.#maxMessageSize = maxMessageSize
  }

  /** True from the first digit of a frame to its comma. */
  get insideFrame(): boolean {
    return this.#digits > 0
  }

  /**
   * Takes the next piece and calls `onPayload` for every payload that is complete with it, in order. A payload that
   * lies within one piece is a view of it, not a copy; only one that was cut is assembled.
   *
   * @throws BadFrameError when the stream is no netstring; payloads that were whole before it have been handed over.
   */
  decode(chunk: Buffer, onPayload: (payload: Buffer) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#state === 'length') at = this.#readLength(chunk, at)
      else if (this.#state === 'payload') at = this.#readPayload(chunk, at, onPayload)
      else at = this.#readComma(chunk, at, onPayload)
    }
    this.#streamOffset += chunk.length
  }

  /** To be called when the peer has ended: @throws BadFrameError if that was inside a frame. */
  end(): void {
    if (this.insideFrame) throw new BadFrameError('truncated', this.#streamOffset)
  }

  #readLength(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length) {
      const byte = chunk[at] as number
      const digit = byte - DIGIT_0
      if (digit >= 0 && digit <= 9) {
        if (this.#digits === MAX_DIGITS) this.#fail('digits', at)
        this.#digits += 1
        this.#length = this.#length * 10 + digit
      } else if (this.#digits === 0) {
        if (!isSpace(byte)) this.#fail('length', at)
      } else if (byte === COLON) {
        if (this.#length > this.#maxMessageSize) this.#fail('size', at)
        this.#state = 'payload'
        return at + 1
      } else {
        this.#fail('colon', at)
      }
      at += 1
    }
    return at
  }

  #readPayload(chunk: Buffer, from: number, onPayload: (payload: Buffer) => void): number {
    const end = from + this.#length
    if (this.#partial === undefined && end < chunk.length) {
      if (chunk[end] !== COMMA) this.#fail('comma', end)
      this.#nextFrame()
      onPayload(chunk.subarray(from, end))
      return end + 1
    }

    this.#partial ??= Buffer.allocUnsafe(this.#length)
    const taken = Math.min(this.#length - this.#filled, chunk.length - from)
    chunk.copy(this.#partial, this.#filled, from, from + taken)
    this.#filled += taken
    if (this.#filled === this.#length) this.#state = 'comma'
    return from + taken
  }

  #readComma(chunk: Buffer, at: number, onPayload: (payload: Buffer) => void): number {
    if (chunk[at] !== COMMA) this.#fail('comma', at)
    const payload = this.#partial ?? Buffer.alloc(0)
    this.#nextFrame()
    onPayload(payload)
    return at + 1
  }

  #nextFrame(): void {
    this.#state = 'length'
    this.#digits = 0
    this.#length = 0
    this.#partial = undefined
    this.#filled = 0
  }

  #fail(reason: 'length' | 'colon' | 'digits' | 'size' | 'comma', at: number): never {
    throw new BadFrameError(reason, this.#streamOffset + at)
  }
}

/** Space, tab, CR and LF may stand before a frame, so that a person with `nc` can press Enter (EVAPI guide). */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a
}
