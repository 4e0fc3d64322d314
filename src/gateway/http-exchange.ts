// One request and its reply: the body is taken in within limits, the endpoint runs within its time, the reply is written. Who is asked,
// and whether they may ask, the server has decided.

import { STATUS_CODES } from 'node:http'
import { type Log, textOfFailure } from '../core/log.ts'
import { type HttpReply, problem, type Sink } from './http-reply.ts'
import type { RequestHead } from './http-request.ts'
import { HttpStream } from './http-stream.ts'
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
  // Whatever a browser takes it for, it must run nothing of it, nor give it to another site.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

/** What whoever keeps exchanges is told of one. */
export interface ExchangeKeeper {
  /** Its reply has begun, and has no end yet. */
  onStream(exchange: Exchange): void
  onEnd(exchange: Exchange, status: number): void
}

export class Exchange {
  private readonly response: UwsResponse
  private readonly head: RequestHead
  private readonly limits: ExchangeLimits
  private readonly log: Log
  private readonly gone = new AbortController()
  private readonly keeper: ExchangeKeeper
  /** Every reply has these, a refusal too. */
  private headers: Readonly<Record<string, string>> = {}
  private timer: NodeJS.Timeout | undefined
  private replied = false
  private bodyIsHere: boolean
  private stopStream: (() => void) | undefined

  constructor(
    response: UwsResponse,
    head: RequestHead,
    limits: ExchangeLimits,
    log: Log,
    keeper: ExchangeKeeper,
  ) {
    this.response = response
    this.head = head
    this.limits = limits
    this.log = log
    this.keeper = keeper
    const length = head.headers.get('content-length') ?? '0'
    this.bodyIsHere = length === '0' && !head.headers.has('transfer-encoding')
    response.onAborted(() => this.aborted())
  }

  /** Headers that the reply has beside its own, whatever it is. */
  addHeaders(headers: Readonly<Record<string, string>>): void {
    this.headers = { ...this.headers, ...headers }
  }

  /** Aborted when nobody waits for the reply any more. */
  get signal(): AbortSignal {
    return this.gone.signal
  }

  /**
   * Replies, once what is left of a small body has come: a reply before that may be lost with the connection.
   * @param atOnce does not wait for the body
   */
  refuse(reply: HttpReply, atOnce = false): void {
    if (atOnce) this.reply(reply)
    else this.withBody(() => this.reply(reply), false)
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

  /** @param keep whether what comes is wanted */
  private withBody(then: (body: Uint8Array) => void, keep = true): void {
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
      if (keep && chunk.byteLength > 0) chunks.push(new Uint8Array(chunk.slice(0)))
      if (!isLast) return
      this.bodyIsHere = true
      clearTimeout(this.timer)
      then(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
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
    this.keeper.onEnd(this, status)
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
      for (const [name, value] of Object.entries({ ...HEADERS, ...this.headers, ...headers }))
        response.writeHeader(name, value)
      if (typeof body === 'function') {
        if (head.method === 'HEAD') response.endWithoutBody(0, closes)
      } else if (head.method === 'HEAD' || status === 204 || status === 304) {
        response.endWithoutBody(status === 204 || status === 304 ? 0 : Buffer.byteLength(body), closes)
      } else response.end(body, closes)
    })
    if (typeof body === 'function' && head.method !== 'HEAD') this.stream(body)
    else this.keeper.onEnd(this, status)
  }

  private stream(body: (sink: Sink) => () => void): void {
    const stream = new HttpStream(this.response, () => {
      this.stopStream = undefined
      this.keeper.onEnd(this, 200)
    })
    this.stopStream = () => {}
    this.keeper.onStream(this)
    const stop = body(stream)
    if (stream.closed) {
      stop()
      return
    }
    this.stopStream = () => {
      if (this.gone.signal.aborted) stream.lost()
      stop()
      stream.end()
    }
  }
}
