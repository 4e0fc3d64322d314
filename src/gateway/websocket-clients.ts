// WebSocket clients of the bus: their WebSockets are uWebSockets.js's, everything else about them the dispatcher's. What goes to everybody or to a group is
// published once, to a topic, however many of them there are; the dispatcher says who belongs to which in the same order in which it hands over what was relayed.

import { isUtf8 } from 'node:buffer'
import { includes, type Scope } from '../core/scopes.ts'
import {
  type Client,
  type CloseReason,
  type Dispatcher,
  type ForeignDoor,
  type ForeignHandler,
  MAX_TAG,
} from '../dispatcher.ts'
import { type HttpReply, problem } from './http-reply.ts'
import type { RequestHead } from './http-request.ts'
import { Backlog } from './websocket-backlog.ts'
import { type Bus, WebSocketClient } from './websocket-client.ts'
import type { Session, WebSocketEndpoint } from './websocket-endpoint.ts'

const EVERYBODY = '*'
/** The header in front of each message has at most so many bytes: RFC 6455, section 5.2. */
const FRAME_HEADER = 10
/** How often all are asked how much waits for them, in milliseconds, at least. */
const LOOK = 1000
/** uWebSockets.js has the limit as an int. */
const MAX_INT = 0x7fffffff
const COLON = 0x3a
const ZERO = 0x30

/** Sends a message to all WebSockets that have subscribed to a topic. */
export type Publish = (topic: string, message: Uint8Array, isBinary: boolean) => void

export interface WebSocketClientsOptions {
  /** Seconds without a sign of life; 0: never. */
  readonly idleTimeout: number
  /** Bytes of one client's messages that may wait while it is not to be read. */
  readonly queueLimit: number
  /** Whether ?tag= gives a client its tag. */
  readonly tags: boolean
}

export class WebSocketClients implements ForeignHandler, Bus, WebSocketEndpoint {
  readonly path = '/ws'
  readonly protocol = 'evapi'
  readonly scope = 'read'
  readonly maxMessage: number
  readonly idleTimeout: number
  readonly backlog: Backlog
  private readonly dispatcher: Dispatcher
  private options: WebSocketClientsOptions
  private readonly publish: Publish
  private readonly door: ForeignDoor
  /** By connection index. */
  private readonly clients = new Map<number, WebSocketClient>()
  /** Messages by topic: who drops what is published counts by them. */
  private readonly published = new Map<string, number>()
  /** Its connection-new has begun, and its index is not known yet. */
  private arriving: WebSocketClient | undefined
  /** Deliveries are being handed over: the dispatcher must not be called. */
  private handing = false
  private later: (() => void)[] = []
  /** Bytes that were published since the last two turns of Node's loop, which sockets may not show yet. */
  private thisTurn = 0
  private lastTurn = 0
  private turning = false
  private timer: NodeJS.Timeout | undefined
  private readonly counts = { too_large: 0, queue_full: 0, not_allowed: 0 }

  constructor(dispatcher: Dispatcher, options: WebSocketClientsOptions, publish: Publish) {
    this.dispatcher = dispatcher
    this.options = options
    this.publish = publish
    this.idleTimeout = options.idleTimeout
    // Twice the limit, so that who is a little over it is told why it is closed.
    this.maxMessage = Math.min(2 * dispatcher.options.maxMessageSize, MAX_INT)
    this.door = dispatcher.openDoor(this)
    this.backlog = new Backlog(
      () => this.clients.values(),
      () => ({ bytes: dispatcher.options.sendBufferLimit, time: dispatcher.options.sendDataTimeout / 1000 }),
    )
  }

  /** Other options; the idle timeout is as it was. */
  change(options: Pick<WebSocketClientsOptions, 'queueLimit' | 'tags'>): void {
    this.options = { ...this.options, ...options }
  }

  /** Counters and gauges. */
  stats(): Readonly<Record<'clients' | 'too_large' | 'queue_full' | 'not_allowed', number>> {
    return { ...this.counts, clients: this.clients.size }
  }

  accept({ address, query }: RequestHead, scope: Scope): Session | HttpReply {
    if (!this.dispatcher.accepting) return problem(503, 'closing', 'the server closes')
    const tag = this.options.tags ? (query.get('tag') ?? '') : ''
    if (Buffer.byteLength(tag) > MAX_TAG) return problem(400, 'bad_tag', `a tag has at most ${MAX_TAG} bytes`)
    return new WebSocketClient(this, { address, tag, mayPublish: includes(scope, 'publish') })
  }

  // --- for one client

  get maxMessageSize(): number {
    return this.dispatcher.options.maxMessageSize
  }

  get queueLimit(): number {
    return this.options.queueLimit
  }

  arrive(arriving: WebSocketClient): boolean {
    this.arriving = arriving
    const client = this.door.add(arriving.address, arriving.port)
    if (client && this.arriving === arriving) this.know(client.index, client.generation, arriving)
    this.arriving = undefined
    if (!client) return false
    arriving.isTaken(client)
    // A tag that its connection-new has given it stays.
    if (arriving.tag !== '' && client.tag === '') this.dispatcher.setTag(client, arriving.tag)
    return true
  }

  receive(client: Client, message: Uint8Array): boolean {
    return this.door.receive(client, message)
  }

  end(client: Client, reason: 'peer' | 'reset'): void {
    this.whenHanded(() => this.door.end(client, reason))
  }

  slow(which: WebSocketClient, client: Client, waiting: number): void {
    if (this.dispatcher.options.slowClient === 'drop') which.drop()
    this.whenHanded(() => this.door.slow(client, waiting))
  }

  caughtUp(client: Client, dropped: number): void {
    this.whenHanded(() => this.door.caughtUp(client, dropped))
  }

  publishedTo(topic: string): number {
    return this.published.get(topic) ?? 0
  }

  count(what: 'too_large' | 'queue_full' | 'not_allowed'): void {
    this.counts[what]++
  }

  // --- what the dispatcher tells

  admitted(index: number, generation: number): void {
    this.handing = true
    const known = this.find(index, generation) ?? this.arriving
    if (!known) return
    if (known === this.arriving) this.know(index, generation, known)
    known.isAdmitted(EVERYBODY)
  }

  closed(index: number, generation: number, reason: CloseReason): void {
    this.handing = true
    const known = this.find(index, generation)
    if (known) this.clients.delete(index)
    if (this.clients.size === 0) this.lookNoMore()
    const closed = known ?? this.arriving
    closed?.isClosed(reason)
  }

  joined(index: number, generation: number, group: number): void {
    this.handing = true
    this.find(index, generation)?.subscribe(String(group))
  }

  left(index: number, generation: number, group: number): void {
    this.handing = true
    this.find(index, generation)?.unsubscribe(String(group))
  }

  toAll(frames: Uint8Array): void {
    this.publishAll(EVERYBODY, frames)
  }

  toGroup(group: number, frames: Uint8Array): void {
    this.publishAll(String(group), frames)
  }

  toOne(index: number, generation: number, frames: Uint8Array): void {
    this.handing = true
    const known = this.find(index, generation)
    if (known) this.eachMessage(frames, (message) => known.send(message, !isUtf8(message)))
  }

  handedOver(): void {
    this.handing = false
    if (this.thisTurn > 0 && !this.turning) {
      this.turning = true
      // uWebSockets.js sends what was published when Node's loop turns, which it does at once for this, and not when something else happens.
      setImmediate(this.turned)
    }
    if (this.later.length === 0) return
    // Perhaps we are in the middle of a command.
    const later = this.later
    this.later = []
    setImmediate(() => {
      for (const each of later) each()
    })
  }

  readable(client: Client): void {
    this.find(client.index, client.generation)?.resume()
  }

  // ---

  private readonly turned = () => {
    const shown = this.lastTurn
    this.lastTurn = this.thisTurn
    this.thisTurn = 0
    this.turning = this.lastTurn > 0
    if (this.turning) setImmediate(this.turned)
    if (shown > 0) this.backlog.grew(shown)
  }

  private publishAll(topic: string, frames: Uint8Array): void {
    this.handing = true
    let count = 0
    this.eachMessage(frames, (message) => {
      this.publish(topic, message, !isUtf8(message))
      count++
    })
    this.published.set(topic, this.publishedTo(topic) + count)
  }

  /** Cuts frames into messages. Without netstrings there are none to be seen. */
  private eachMessage(frames: Uint8Array, take: (message: Uint8Array) => void): void {
    this.thisTurn += frames.length
    if (!this.dispatcher.options.netstringFormat) {
      take(frames)
      return
    }
    let at = 0
    while (at < frames.length) {
      let length = 0
      for (let digit = frames[at++]; digit !== undefined && digit !== COLON; digit = frames[at++]) {
        length = length * 10 + digit - ZERO
      }
      take(frames.subarray(at, at + length))
      at += length + 1
      this.thisTurn += FRAME_HEADER
    }
  }

  private find(index: number, generation: number): WebSocketClient | undefined {
    const known = this.clients.get(index)
    return known?.generation === generation ? known : undefined
  }

  private know(index: number, generation: number, client: WebSocketClient): void {
    client.generation = generation
    this.clients.set(index, client)
    this.timer ??= this.lookFromNowOn()
  }

  private whenHanded(call: () => void): void {
    if (this.handing) this.later.push(call)
    else call()
  }

  // --- looking how much waits

  private lookFromNowOn(): NodeJS.Timeout {
    const { sendDataTimeout } = this.dispatcher.options
    const often = sendDataTimeout > 0 ? Math.max(sendDataTimeout / 4000, 10) : LOOK
    return setInterval(() => this.look(), Math.min(often, LOOK)).unref()
  }

  private lookNoMore(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  private look(): void {
    this.backlog.askAll()
    for (const each of this.clients.values()) each.tellWaiting(this.door)
  }
}
