// WebSocket clients of the bus: their WebSockets are uWebSockets.js's, everything else about them the dispatcher's. What goes to everybody or to a group is
// published once, to a topic, however many of them there are; the dispatcher says who belongs to which in the same order in which it hands over what was relayed.

import { isUtf8 } from 'node:buffer'
import type { Log } from '../core/log.ts'
import {
  type Client,
  type CloseReason,
  type Dispatcher,
  type ForeignDoor,
  type ForeignHandler,
  MAX_TAG,
  type SlowClientPolicy,
} from '../dispatcher.ts'
import { type HttpReply, problem } from './http-reply.ts'
import type { RequestHead } from './http-request.ts'
import { includes, type Scope } from './scopes.ts'
import { Backlog } from './websocket-backlog.ts'
import { type Bus, type Offence, Topic, WebSocketClient } from './websocket-client.ts'
import type { Session, WebSocketEndpoint } from './websocket-endpoint.ts'

/** The header in front of each message has at most so many bytes: RFC 6455, section 5.2. */
const FRAME_HEADER = 10
/** How often all are asked how much waits for them, in milliseconds, at least. */
const LOOK = 1000
/** uWebSockets.js has the limit as an int. */
const MAX_INT = 0x7fffffff
/** Of the block that a client is read into: who is slow under the policy `block` may have so many of them more, as in native/sender.cc. */
const CHUNK = 256 * 1024
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
  private policy: SlowClientPolicy
  private readonly publish: Publish
  private readonly log: Log
  private readonly door: ForeignDoor
  /** By connection index. */
  private readonly clients = new Map<number, WebSocketClient>()
  private readonly everybody = new Topic('*')
  /** By number, as long as one of ours is in it. */
  private readonly groups = new Map<number, Topic>()
  /** Its connection-new has begun, and its index may not be known yet. */
  private arriving: WebSocketClient | undefined
  /** Deliveries are being handed over: the dispatcher must not be called. */
  private handing = false
  private later: (() => void)[] = []
  /** Bytes that were published since the last two turns of Node's loop, which sockets may not show yet. */
  private thisTurn = 0
  private lastTurn = 0
  private turning = false
  /** Clients that are to be closed when sockets show what has become of what was published to them; and those of the turn before. */
  private leavingNow: WebSocketClient[] = []
  private leavingNext: WebSocketClient[] = []
  /** They are no clients any more, and their sockets are still open. */
  private readonly parting = new Set<WebSocketClient>()
  private whenAllHaveGone: (() => void) | undefined
  private timer: NodeJS.Timeout | undefined
  private readonly counts = { published: 0, too_large: 0, queue_full: 0, not_allowed: 0 }

  constructor(dispatcher: Dispatcher, options: WebSocketClientsOptions, publish: Publish, log: Log) {
    this.dispatcher = dispatcher
    this.options = options
    this.publish = publish
    this.log = log
    this.idleTimeout = options.idleTimeout
    // Twice the limit, so that who is a little over it is told why it is closed.
    this.maxMessage = Math.min(2 * dispatcher.options.maxMessageSize, MAX_INT)
    this.door = dispatcher.openDoor(this)
    this.backlog = new Backlog(
      () => this.clients.values(),
      () => {
        const { sendBufferLimit, maxMessageSize, sendDataTimeout } = dispatcher.options
        const hard = 4 * (sendBufferLimit + maxMessageSize + 4 * CHUNK)
        return { bytes: sendBufferLimit, hard, time: sendDataTimeout / 1000 }
      },
    )
    this.policy = dispatcher.options.slowClient
  }

  /** Other options are in effect, the dispatcher's, too; the idle timeout is as it was, and so is `maxMessage`. */
  change(options: Pick<WebSocketClientsOptions, 'queueLimit' | 'tags'>): void {
    const { slowClient, maxMessageSize } = this.dispatcher.options
    this.options = { ...this.options, ...options }
    if (this.timer) {
      this.lookNoMore()
      this.timer = this.lookFromNowOn()
    }
    if (maxMessageSize > this.maxMessage) {
      this.log.warn(
        { max_message_size: maxMessageSize, limit: this.maxMessage },
        `a message of more than ${this.maxMessage} bytes breaks its WebSocket until a restart: max_message_size was half of that when the gateway started`,
      )
    }
    if (slowClient === this.policy) return
    this.policy = slowClient
    // As the dispatcher does it with its own: what the old policy has done with them, the new one has not.
    for (const each of this.clients.values()) each.forgive()
  }

  /** Resolves when those that were closed have taken what waited for them, or have had their time for it. */
  async settled(): Promise<void> {
    if (this.parting.size === 0) return
    await new Promise<void>((resolve) => {
      this.whenAllHaveGone = resolve
    })
  }

  /** Counters and gauges. */
  stats(): Readonly<Record<'clients' | 'published' | 'too_large' | 'queue_full' | 'not_allowed', number>> {
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

  get drainTimeout(): number {
    return this.dispatcher.options.drainTimeout / 1000
  }

  arrive(arriving: WebSocketClient): boolean {
    this.arriving = arriving
    const client = this.door.add(arriving.address, arriving.port)
    this.arriving = undefined
    if (!client) return false
    arriving.isTaken(client)
    // Its connection-new has closed it.
    if (!arriving.isOpen) return true
    if (arriving.generation === 0) this.know(client.index, client.generation, arriving)
    // A tag that its connection-new has given it stays.
    if (arriving.tag !== '' && client.tag === '') this.dispatcher.setTag(client, arriving.tag)
    return true
  }

  receive(client: Client, message: Uint8Array): boolean {
    return this.door.receive(client, message)
  }

  end(client: Client, reason: 'peer' | 'reset' | 'bad-frame'): void {
    this.whenHanded(() => this.door.end(client, reason))
  }

  slow(which: WebSocketClient, client: Client, waiting: number): void {
    if (this.dispatcher.options.slowClient === 'drop') which.drop()
    this.whenHanded(() => this.door.slow(client, waiting))
  }

  caughtUp(client: Client, dropped: number): void {
    this.whenHanded(() => this.door.caughtUp(client, dropped))
  }

  waits(client: Client, bytes: number, dropped: number): void {
    this.whenHanded(() => this.door.waits(client, bytes, dropped))
  }

  takesLeave(which: WebSocketClient): void {
    this.parting.add(which)
    this.leavingNow.push(which)
  }

  isGone(which: WebSocketClient): void {
    this.backlog.forget(which)
    if (this.parting.delete(which) && this.parting.size === 0) this.whenAllHaveGone?.()
  }

  offended({ address }: WebSocketClient, { index }: Client, how: Offence, why: string): void {
    this.counts[how]++
    this.log.warn({ client: index, address, reason: how }, `a WebSocket client is closed: ${why}`)
  }

  // --- what the dispatcher tells

  admitted(index: number, generation: number): void {
    this.handing = true
    const admitted = this.find(index, generation) ?? this.newcomer()
    if (!admitted) return
    if (admitted.generation === 0) this.know(index, generation, admitted)
    admitted.subscribe(this.everybody)
  }

  closed(index: number, generation: number, reason: CloseReason, rejected: boolean): void {
    this.handing = true
    const known = this.find(index, generation)
    if (known) this.clients.delete(index)
    if (this.clients.size === 0) this.lookNoMore()
    const closed = known ?? this.newcomer()
    closed?.isClosed(reason, rejected)
  }

  joined(index: number, generation: number, group: number): void {
    this.handing = true
    const topic = this.groups.get(group) ?? new Topic(String(group))
    this.groups.set(group, topic)
    this.find(index, generation)?.subscribe(topic)
  }

  left(index: number, generation: number, group: number): void {
    this.handing = true
    const topic = this.groups.get(group)
    if (!topic) return
    this.find(index, generation)?.unsubscribe(topic)
    if (topic.members === 0) this.groups.delete(group)
  }

  toAll(frames: Uint8Array): void {
    this.publishAll(this.everybody, frames)
  }

  toGroup(group: number, frames: Uint8Array): void {
    const topic = this.groups.get(group)
    if (topic) this.publishAll(topic, frames)
  }

  toOne(index: number, generation: number, frames: Uint8Array): void {
    this.handing = true
    const known = this.find(index, generation)
    if (known) this.eachMessage(frames, (message, isBinary) => known.send(message, isBinary))
  }

  handedOver(): void {
    this.handing = false
    if (!this.turning && (this.thisTurn > 0 || this.leavingNow.length > 0)) {
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
    const leaving = this.leavingNext
    this.lastTurn = this.thisTurn
    this.leavingNext = this.leavingNow
    this.thisTurn = 0
    this.leavingNow = []
    this.turning = this.lastTurn > 0 || this.leavingNext.length > 0
    if (this.turning) setImmediate(this.turned)
    for (const each of leaving) each.farewell()
    if (shown > 0) this.backlog.grew(shown)
  }

  private publishAll(topic: Topic, frames: Uint8Array): void {
    this.handing = true
    this.eachMessage(frames, (message, isBinary) => {
      this.publish(topic.name, message, isBinary)
      this.counts.published++
      topic.published++
    })
  }

  /** Cuts frames into messages. Without netstrings there are none to be seen. */
  private eachMessage(frames: Uint8Array, take: (message: Uint8Array, isBinary: boolean) => void): void {
    this.thisTurn += frames.length
    // What stands between messages is ASCII: all together are UTF-8 when each is.
    const isText = isUtf8(frames)
    if (!this.dispatcher.options.netstringFormat) {
      take(frames, !isText)
      return
    }
    let at = 0
    while (at < frames.length) {
      let length = 0
      for (let digit = frames[at++]; digit !== undefined && digit !== COLON; digit = frames[at++]) {
        length = length * 10 + digit - ZERO
      }
      const message = frames.subarray(at, at + length)
      take(message, !isText && !isUtf8(message))
      at += length + 1
      this.thisTurn += FRAME_HEADER
    }
  }

  private find(index: number, generation: number): WebSocketClient | undefined {
    const known = this.clients.get(index)
    return known?.generation === generation ? known : undefined
  }

  /** The one that is arriving, while it has no index. */
  private newcomer(): WebSocketClient | undefined {
    return this.arriving?.generation === 0 ? this.arriving : undefined
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
    for (const each of this.clients.values()) each.tellWaiting()
  }
}
