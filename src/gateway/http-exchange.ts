// One request and its reply: the body is taken in within limits, the endpoint runs within its time, the reply is written. Who is asked,
// and whether they may ask, the server has decided.

import { STATUS_CODES } from 'node:http'
import { type Log, textOfFailure } from '../core/log.ts'
import { type HttpReply, problem, type Sink } from './http-reply.ts'
import type { RequestHead } from './http-request.ts'
import type { UwsResponse } from './uws.ts'

/** Limits of one request. */
export interface ExchangeLimits {
  /** Bytes of the largest body. */
  readonly maxBody: number
  /** Milliseconds in which a body must have come, and again those in which the reply must begin. */
  readonly timeout: number
}

/** What every reply says unless it says otherwise. */
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

export class Exchange {
  private readonly response: UwsResponse
  private readonly head: RequestHead
  private readonly limits: ExchangeLimits
  private readonly log: Log
  private readonly gone = new AbortController()
  private readonly onEnd: (exchange: Exchange, status: number) => void
  private timer: NodeJS.Timeout | undefined
  private replied = false
  private bodyIsHere: boolean
  private stopStream: (() => void) | undefined

  constructor(
    response: UwsResponse,
    head: RequestHead,
    limits: ExchangeLimits,
    log: Log,
    onEnd: (exchange: Exchange, status: number) => void,
  ) {
    this.response = response
    this.head = head
    this.limits = limits
    this.log = log
    this.onEnd = onEnd
    const length = head.headers.get('content-length') ?? '0'
    this.bodyIsHere = length === '0' && !head.headers.has('transfer-encoding')
    response.onAborted(() => this.aborted())
  }

  /** Aborted when nobody waits for the reply any more. */
  get signal(): AbortSignal {
    return this.gone.signal
  }

  /** Replies, once what is left of a small body has come: a reply before that may be lost with the connection. */
  refuse(reply: HttpReply): void {
    this.withBody(() => this.reply(reply))
  }

  /** Takes the body in, and replies with what is made of it. */
  answer(handle: (body: Uint8Array) => HttpReply | Promise<HttpReply>): void {
    this.withBody((body) => void this.run(handle, body))
  }

  /** The server closes: who has had no reply gets one, and streams end. */
  close(): void {
    this.reply(problem(503, 'closing', 'the server closes'))
    this.stopStream?.()
    this.stopStream = undefined
  }

  private async run(
    handle: (body: Uint8Array) => HttpReply | Promise<HttpReply>,
    body: Uint8Array,
  ): Promise<void> {
    this.arm(504, 'timeout', `no reply within ${this.limits.timeout} ms`)
    try {
      const reply = handle(body)
      this.reply(reply instanceof Promise ? await reply : reply)
    } catch (error) {
      const { method, path } = this.head
      this.log.error({ err: error, method, path }, `${method} ${path} failed: ${textOfFailure(error)}`)
      this.reply(problem(500, 'internal_error', 'this failed; the log of the server says why'))
    }
  }

  private withBody(then: (body: Uint8Array) => void): void {
    if (this.bodyIsHere) {
      then(new Uint8Array(0))
      return
    }
    const { maxBody, timeout } = this.limits
    const length = Number(this.head.headers.get('content-length') ?? 0)
    if (length > maxBody) {
      this.tooLarge()
      return
    }
    this.arm(408, 'timeout', `the body did not come within ${timeout} ms`)
    const chunks: Uint8Array[] = []
    let size = 0
    this.response.onData((chunk, isLast) => {
      if (this.replied) return
      size += chunk.byteLength
      if (size > maxBody) {
        this.tooLarge()
        return
      }
      // Theirs only until this returns.
      if (chunk.byteLength > 0) chunks.push(new Uint8Array(chunk.slice(0)))
      if (!isLast) return
      this.bodyIsHere = true
      clearTimeout(this.timer)
      then(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size))
    })
  }

  private tooLarge(): void {
    const { maxBody } = this.limits
    this.reply(problem(413, 'too_large', `a body has at most ${maxBody} bytes (max_message_size)`))
  }

  private arm(status: number, code: string, message: string): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.reply(problem(status, code, message))
      this.gone.abort()
    }, this.limits.timeout)
  }

  private aborted(): void {
    if (this.replied && !this.stopStream) return
    const status = this.replied ? 200 : 499
    this.replied = true
    clearTimeout(this.timer)
    this.gone.abort()
    this.stopStream?.()
    this.stopStream = undefined
    this.onEnd(this, status)
  }

  /** Writes the reply; the first one counts. */
  private reply({ status, headers = {}, body = '' }: HttpReply): void {
    if (this.replied) return
    this.replied = true
    clearTimeout(this.timer)
    const { response, head } = this
    // Whatever else of the body comes would be taken for the next request.
    const closes = !this.bodyIsHere
    response.cork(() => {
      response.writeStatus(`${status} ${STATUS_CODES[status] ?? 'Unknown'}`)
      for (const [name, value] of Object.entries({ ...HEADERS, ...headers }))
        response.writeHeader(name, value)
      if (typeof body === 'function') {
        if (head.method === 'HEAD') response.endWithoutBody(0, closes)
      } else if (head.method === 'HEAD' || status === 204 || status === 304) {
        response.endWithoutBody(status === 204 || status === 304 ? 0 : Buffer.byteLength(body), closes)
      } else response.end(body, closes)
    })
    if (typeof body === 'function' && head.method !== 'HEAD') this.stream(body)
    else this.onEnd(this, status)
  }

  private stream(body: (sink: Sink) => () => void): void {
    const { response } = this
    let waiting = 0
    let closed = false
    const end = () => {
      if (closed) return
      closed = true
      response.end()
      this.stopStream = undefined
      this.onEnd(this, 200)
    }
    response.onWritable(() => {
      waiting = 0
      return true
    })
    const sink: Sink = {
      write(chunk) {
        if (closed) return false
        let taken = false
        response.cork(() => {
          taken = response.write(chunk)
        })
        // It is told that all of it has gone, never how much.
        if (!taken) waiting += chunk.length
        return taken
      },
      get waiting() {
        return waiting
      },
      get closed() {
        return closed
      },
      end,
    }
    this.stopStream = () => {}
    const stop = body(sink)
    if (closed) {
      stop()
      return
    }
    this.stopStream = () => {
      stop()
      if (this.gone.signal.aborted) closed = true
      else end()
    }
  }
}
