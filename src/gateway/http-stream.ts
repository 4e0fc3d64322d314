// A reply without an end: what is written waits here, and not in uWebSockets.js, from the moment on at which the peer does not take it. So it is
// known how much waits, and what waits for many is there once.

import type { Sink } from './http-reply.ts'
import type { UwsResponse } from './uws.ts'

/**
 * Bytes that are given to uWebSockets.js in one go. It keeps what the kernel does not take, and does not tell how much that is; what it may
 * keep is one of these for each time that the kernel has taken something.
 */
const PIECE = 16_384

export class HttpStream implements Sink {
  onProgress: (() => void) | undefined = undefined
  private readonly response: UwsResponse
  private readonly onEnd: () => void
  private queue: Uint8Array[] = []
  private queued = 0
  /** The last piece of which not all was taken. */
  private held = 0
  private over = false

  constructor(response: UwsResponse, onEnd: () => void) {
    this.response = response
    this.onEnd = onEnd
    response.onWritable(() => {
      this.held = 0
      this.pump()
      this.onProgress?.()
      return true
    })
  }

  get waiting(): number {
    return this.queued + this.held
  }

  get closed(): boolean {
    return this.over
  }

  write(...chunks: readonly (string | Uint8Array)[]): boolean {
    if (this.over) return false
    for (const chunk of chunks) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      if (bytes.length === 0) continue
      this.queue.push(bytes)
      this.queued += bytes.length
    }
    if (this.held === 0) this.pump()
    return this.waiting === 0
  }

  end(): void {
    if (this.over) return
    this.over = true
    const { response, queue } = this
    response.cork(() => {
      for (const chunk of queue) response.write(chunk)
      response.end()
    })
    this.queue = []
    this.onEnd()
  }

  abort(): void {
    // The exchange is told as it is told of a peer that has gone.
    if (!this.over) this.response.close()
  }

  /** The peer has gone. */
  lost(): void {
    this.over = true
    this.queue = []
  }

  private pump(): void {
    const { queue, response } = this
    let done = 0
    response.cork(() => {
      for (const chunk of queue) {
        if (this.held > 0) return
        const rest = this.pumpOne(chunk)
        if (rest) {
          queue[done] = rest
          return
        }
        done++
      }
    })
    if (done > 0) queue.splice(0, done)
  }

  /** @returns what is left of it */
  private pumpOne(chunk: Uint8Array): Uint8Array | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.held > 0) return chunk.subarray(at)
      const piece = chunk.subarray(at, at + PIECE)
      at += piece.length
      this.queued -= piece.length
      if (!this.response.write(piece)) this.held = piece.length
    }
    return undefined
  }
}
