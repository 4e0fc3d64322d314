// Cuts a stream of bytes into SIP messages by their Content-Length (RFC 3261 section 18.3), however the stream was cut on its way.
// Not for what the messages say.

import { CONTENT_LENGTH } from './header-names.ts'
import { parseDigits, scanHead } from './message.ts'
import type { MessageLimits } from './parse.ts'

/** Whom a decoder tells. May stop the decoder. */
export interface StreamHandler {
  /** A whole message, as a byte string. */
  message(text: string): void
  /** CRLF CRLF between messages: the peer asks for a CRLF (RFC 5626 section 3.5.1). */
  ping(): void
  /** The stream cannot be cut any further; nothing follows. `text` is the message, or as much of it as has come. */
  broken(text: string, code: number, reason: string): void
}

const LF = 0x0a
const CR = 0x0d

/** Enough for nearly every message that a segment cuts. */
const FIRST_CAPACITY = 2048

/** A connection between messages keeps no buffer larger than this. */
const KEPT_CAPACITY = 16_384

export class StreamDecoder {
  private readonly limits: MessageLimits
  private readonly handler: StreamHandler
  /** The message that has begun to come, in the first `held` bytes. Empty between messages. */
  private buffer = Buffer.alloc(0)
  private held = 0
  /** Where the line that is being looked at begins, from the beginning of the message. */
  private lineStart = 0
  /** How far the head has been looked through. */
  private seen = 0
  /** Bytes of the whole message; 0 while its head is not complete. */
  private needed = 0
  /** How much of CR LF CR LF has come between messages. */
  private pinged = 0
  private stopped = false

  constructor(limits: MessageLimits, handler: StreamHandler) {
    this.limits = limits
    this.handler = handler
  }

  /** Bytes that wait for the rest of their message. */
  get waiting(): number {
    return this.held
  }

  /** Takes no more and forgets what it has. */
  stop(): void {
    this.stopped = true
    this.buffer = Buffer.alloc(0)
    this.held = 0
  }

  /** Takes the next bytes of the stream. They are not kept. */
  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && !this.stopped) {
      if (this.held > 0) {
        // A message that was cut: it gets what it needs, or, while nobody knows that, everything, and gives back the rest.
        const before = this.held
        this.hold(
          bytes,
          at,
          this.needed > 0 ? Math.min(bytes.length, at + this.needed - before) : bytes.length,
        )
        const used = this.take(this.buffer, 0, this.held)
        if (used === 0) return
        this.held = 0
        if (this.buffer.length > KEPT_CAPACITY) this.buffer = Buffer.alloc(0)
        at += used - before
        continue
      }
      at = this.skipLineEnds(bytes, at)
      if (at === bytes.length || this.stopped) return
      if (isForeign(bytes[at] as number)) {
        this.fail(bytes.toString('latin1', at, bytes.length), 400, 'no SIP message')
        return
      }
      const used = this.take(bytes, at, bytes.length)
      if (used === 0) {
        if (!this.stopped) this.hold(bytes, at, bytes.length)
        return
      }
      at += used
    }
  }

  /**
   * Looks for a whole message that begins at `begin`, going on where the last look ended.
   * @returns its length when it was there and has been handed over; 0 when more has to come, or the decoder has stopped
   */
  private take(bytes: Buffer, begin: number, end: number): number {
    if (this.needed === 0) {
      const headLength = this.findHead(bytes, begin, end)
      if (headLength === 0) {
        if (end - begin > this.limits.maxMessageSize) this.tooLarge(bytes.toString('latin1', begin, end))
        return 0
      }
      if (!this.measure(bytes.toString('latin1', begin, begin + headLength))) return 0
    }
    const { needed } = this
    if (end - begin < needed) return 0
    this.lineStart = 0
    this.seen = 0
    this.needed = 0
    this.handler.message(bytes.toString('latin1', begin, begin + needed))
    return needed
  }

  /** @returns the length of the head, its empty line included; 0 when that has not come yet */
  private findHead(bytes: Buffer, begin: number, end: number): number {
    let lineStart = begin + this.lineStart
    for (let i = begin + this.seen; i < end; i++) {
      if (bytes[i] !== LF) continue
      if (i === lineStart || (i === lineStart + 1 && bytes[lineStart] === CR)) return i + 1 - begin
      lineStart = i + 1
    }
    this.lineStart = lineStart - begin
    this.seen = end - begin
    return 0
  }

  /** Reads how long the message with this head is. @returns false when that cannot be known, or is too much */
  private measure(head: string): boolean {
    const table = scanHead(head, head.indexOf('\n') + 1, this.limits.maxHeaders)
    const bit = 1 << CONTENT_LENGTH
    if (table.overfull) return this.fail(head, 400, 'Too Many Headers')
    if ((table.present & bit) === 0) return this.fail(head, 400, 'Missing Content-Length Header')
    if ((table.repeated & bit) !== 0) return this.fail(head, 400, 'Repeated Content-Length Header')
    const line = table.first(CONTENT_LENGTH)
    const length = parseDigits(head, table.valueStart(line), table.valueEnd(line))
    if (length < 0) return this.fail(head, 400, 'Malformed Content-Length Header')
    if (head.length + length > this.limits.maxMessageSize) return this.tooLarge(head)
    this.needed = head.length + length
    return true
  }

  private tooLarge(text: string): false {
    return this.fail(text, 513, 'Message Too Large')
  }

  private fail(text: string, code: number, reason: string): false {
    this.stop()
    this.handler.broken(text, code, reason)
    return false
  }

  /** Passes over line ends between messages. @returns where the next message begins */
  private skipLineEnds(bytes: Buffer, start: number): number {
    let at = start
    for (; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === CR) this.pinged = this.pinged === 2 ? 3 : 1
      else if (byte !== LF) {
        this.pinged = 0
        break
      } else if (this.pinged === 3) {
        this.pinged = 0
        this.handler.ping()
        if (this.stopped) break
      } else this.pinged = this.pinged === 1 ? 2 : 0
    }
    return at
  }

  /** Keeps bytes of a message that is not complete. */
  private hold(bytes: Buffer, start: number, end: number): void {
    const size = this.held + end - start
    if (size > this.buffer.length) {
      // Grows with what has really come, not with what a Content-Length announces.
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, this.buffer.length * 2, size))
      this.buffer.copy(larger, 0, 0, this.held)
      this.buffer = larger
    }
    bytes.copy(this.buffer, this.held, start, end)
    this.held = size
  }
}

/** Whether no SIP message begins with that byte. What speaks TLS or HTTP/2 to this port is told at once. */
function isForeign(byte: number): boolean {
  return byte <= 0x20 || byte >= 0x7f
}
