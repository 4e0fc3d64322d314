// WebSockets that are clients of the bus: who may be one, and what goes to many of them at once. One of them is websocket-client.ts's; what all clients that come
// through the gateway have in common is bus-clients.ts's.

import type { Log } from '../core/log.ts'
import { includes, type Scope } from '../core/scopes.ts'
import { type Client, MAX_TAG } from '../dispatcher.ts'
import type { BusClients, Publisher } from './bus-clients.ts'
import { type HttpReply, problem } from './http-reply.ts'
import type { RequestHead } from './http-request.ts'
import { type Offence, type SocketLimits, WebSocketClient } from './websocket-client.ts'
import type { Session, WebSocketEndpoint } from './websocket-endpoint.ts'

/** uWebSockets.js has the limit as an int. */
const MAX_INT = 0x7fffffff

/** Sends a message to all WebSockets that have subscribed to a topic. */
export type Publish = Publisher['publish']

export interface WebSocketClientsOptions {
  /** Seconds without a sign of life; 0: never. */
  readonly idleTimeout: number
  /** Bytes of one client's messages that may wait while it is not to be read. */
  readonly queueLimit: number
  /** Whether ?tag= gives a client its tag. */
  readonly tags: boolean
}

export class WebSocketClients implements WebSocketEndpoint, SocketLimits {
  readonly path = '/ws'
  readonly protocol = 'evapi'
  readonly scope = 'read'
  readonly maxMessage: number
  readonly idleTimeout: number
  private readonly bus: BusClients
  private options: WebSocketClientsOptions
  private readonly log: Log
  private open = 0
  /** They are no clients any more, and something waits for them. */
  private readonly leaving = new Set<WebSocketClient>()
  private whenNoneLeaves: (() => void) | undefined
  private readonly counts = { published: 0, too_large: 0, queue_full: 0, not_allowed: 0 }

  constructor(bus: BusClients, options: WebSocketClientsOptions, publish: Publish, log: Log) {
    this.bus = bus
    this.log = log
    this.options = options
    this.idleTimeout = options.idleTimeout
    // Twice the limit, so that who is a little over it is told why it is closed.
    this.maxMessage = Math.min(2 * bus.dispatcher.options.maxMessageSize, MAX_INT)
    // uWebSockets.js keeps what is published until Node's loop turns.
    bus.addPublisher({
      publish: (topic, message, isBinary) => {
        this.counts.published++
        publish(topic, message, isBinary)
      },
      published: () => {},
    })
  }

  /** Other options are in effect, the dispatcher's, too; the idle timeout is as it was, and so is `maxMessage`. */
  change(options: Pick<WebSocketClientsOptions, 'queueLimit' | 'tags'>): void {
    this.options = { ...this.options, ...options }
    const { maxMessage, maxMessageSize } = this
    if (maxMessageSize <= maxMessage) return
    this.log.warn(
      { max_message_size: maxMessageSize, limit: maxMessage },
      `a message of more than ${maxMessage} bytes breaks its WebSocket until a restart: twice max_message_size as it was when the gateway started`,
    )
  }

  /** Resolves when those that were closed have taken what waited for them, or have had their time for it. */
  async settled(): Promise<void> {
    if (this.leaving.size === 0) return
    await new Promise<void>((resolve) => {
      this.whenNoneLeaves = resolve
    })
  }

  /** Counters and gauges. */
  stats(): Readonly<Record<'clients' | 'published' | 'too_large' | 'queue_full' | 'not_allowed', number>> {
    return { ...this.counts, clients: this.open }
  }

  accept({ address, query }: RequestHead, scope: Scope): Session | HttpReply {
    const { dispatcher } = this.bus
    if (!dispatcher.accepting) return problem(503, 'closing', 'the server closes')
    const tag = this.options.tags ? (query.get('tag') ?? '') : ''
    if (Buffer.byteLength(tag) > MAX_TAG) return problem(400, 'bad_tag', `a tag has at most ${MAX_TAG} bytes`)
    return new WebSocketClient(this.bus, this, { address, tag, mayPublish: includes(scope, 'publish') })
  }

  // --- for one client

  get maxMessageSize(): number {
    return this.bus.dispatcher.options.maxMessageSize
  }

  get queueLimit(): number {
    return this.options.queueLimit
  }

  get drainTimeout(): number {
    return this.bus.dispatcher.options.drainTimeout / 1000
  }

  offended({ index, address }: Client, how: Offence, why: string): void {
    this.counts[how]++
    this.log.warn(
      { client: { address, port: 0, index }, reason: how },
      `a WebSocket client is closed: ${why}`,
    )
  }

  leaves(which: WebSocketClient): void {
    this.leaving.add(which)
    this.bus.whenShown(() => which.farewell())
  }

  hasLeft(which: WebSocketClient): void {
    if (this.leaving.delete(which) && this.leaving.size === 0) this.whenNoneLeaves?.()
  }

  countOpen(change: 1 | -1): void {
    this.open += change
  }
}
