// One WebSocket that is a client of the bus: what it sends, what waits to be read or taken, and how it ends. What goes to many at once is
// websocket-clients.ts's.

import type { Client, CloseReason } from '../dispatcher.ts'
import type { BusClient, BusClients, EndReason } from './bus-clients.ts'
import { Subscriptions, type Topic } from './subscriptions.ts'
import type { Session, Socket } from './websocket-endpoint.ts'

/** Why a WebSocket is closed, in numbers of RFC 6455, section 7.4.1, and of its registry at IANA (1013). */
const CODES = { normal: 1000, goingAway: 1001, policy: 1008, tooLarge: 1009, tryAgainLater: 1013 } as const

/** How a WebSocket is closed. */
interface Farewell {
  readonly code: number
  readonly why: string
}

/** Why a client is closed that has done what it must not. */
export type Offence = 'too_large' | 'queue_full' | 'not_allowed'

/**
 * To this one every socket is subscribed as long as it is open, and nothing is ever published: uWebSockets.js forgets what it has not sent yet to
 * a socket that leaves its last topic.
 */
const FOOTHOLD = ''

/** What one needs of all of them. */
export interface SocketLimits {
  readonly maxMessageSize: number
  /** Bytes of one client's messages that may wait here while it is not to be read. */
  readonly queueLimit: number
  /** Milliseconds that what waits for one that is closed may still be taken. */
  readonly drainTimeout: number
  offended(client: Client, how: Offence, why: string): void
  /** One more is connected, or one less. */
  countOpen(change: 1 | -1): void
  /** It is no client any more: `farewell` is to be called when sockets show what has become of what was published to it. */
  leaves(which: WebSocketClient): void
  /** It is connected no longer. */
  hasLeft(which: WebSocketClient): void
}

export class WebSocketClient implements Session, BusClient {
  readonly address: string
  /** Not known: uWebSockets.js does not tell. */
  readonly port = 0
  /** Of its connection index; 0 until it has one. */
  generation = 0
  /** What it asked for with ?tag=. */
  readonly tag: string
  /** Messages of one that may only read close it. */
  private readonly mayPublish: boolean
  private readonly bus: BusClients
  private readonly limits: SocketLimits
  private readonly subscriptions: Subscriptions
  /** Undefined when it is open no longer. */
  private socket: Socket | undefined = undefined
  /** Undefined when it is no client yet, or no longer. */
  private client: Client | undefined = undefined
  private queue: Uint8Array[] = []
  private queued = 0
  private ended: EndReason | undefined = undefined
  private endIsTold = false
  private parting: Farewell | undefined = undefined
  private isParting = false
  private late: NodeJS.Timeout | undefined = undefined
  stuckSince: number | undefined = undefined
  isSlow = false

  constructor(
    bus: BusClients,
    limits: SocketLimits,
    origin: { address: string; tag: string; mayPublish: boolean },
  ) {
    this.bus = bus
    this.limits = limits
    this.subscriptions = new Subscriptions({
      subscribe: (topic) => void this.socket?.subscribe(topic),
      unsubscribe: (topic) => void this.socket?.unsubscribe(topic),
    })
    this.address = origin.address
    this.tag = origin.tag
    this.mayPublish = origin.mayPublish
  }

  // --- the socket's side

  opened(socket: Socket): void {
    this.socket = socket
    this.limits.countOpen(1)
    socket.subscribe(FOOTHOLD)
    if (this.bus.arrive(this)) return
    socket.end(CODES.tryAgainLater, 'no more clients are taken')
  }

  received(data: ArrayBuffer): void {
    const { client, bus, limits } = this
    if (!client || this.ended) return
    if (!this.mayPublish) {
      this.offend(client, 'not_allowed', CODES.policy, 'a token of scope publish is needed to send')
      return
    }
    if (data.byteLength > limits.maxMessageSize) {
      const why = `a message has at most ${limits.maxMessageSize} bytes`
      this.offend(client, 'too_large', CODES.tooLarge, why)
      return
    }
    const message = new Uint8Array(data)
    if (this.queue.length === 0 && bus.receive(client, message)) return
    if (!this.client) return
    if (this.queued + message.length > limits.queueLimit) {
      this.offend(client, 'queue_full', CODES.tryAgainLater, 'more was sent than is read now')
      return
    }
    // Theirs only until this returns.
    this.queue.push(message.slice())
    this.queued += message.length
  }

  drained(): void {
    const { socket } = this
    if (!socket) return
    const waiting = socket.getBufferedAmount()
    this.stuckSince = waiting > 0 ? performance.now() : undefined
    if (waiting > 0) return
    if (this.isParting) this.shut(socket)
    else this.catchUp()
  }

  closed(code: number): void {
    this.socket = undefined
    clearTimeout(this.late)
    this.bus.backlog.forget(this)
    this.limits.countOpen(-1)
    this.limits.hasLeft(this)
    if (this.client) this.finish(code === 1006 ? 'reset' : 'peer')
  }

  // --- the bus's side

  isTaken(client: Client): void {
    if (!this.parting) this.client = client
  }

  get isOpen(): boolean {
    return this.client !== undefined
  }

  isClosed(reason: CloseReason, rejected: boolean): void {
    const { client, socket } = this
    this.subscriptions.clear()
    const missed = this.subscriptions.takeMissed()
    if (client && missed > 0) this.bus.waits(client, 0, missed)
    this.client = undefined
    this.queue = []
    if (reason === 'shutdown') this.parting = { code: CODES.goingAway, why: 'the server closes' }
    else if (rejected) this.parting = { code: CODES.policy, why: 'rejected' }
    else this.parting ??= { code: CODES.normal, why: 'closed' }
    if (!socket) return
    if (reason === 'slow') this.breakOff()
    else this.limits.leaves(this)
  }

  subscribe(topic: Topic): void {
    this.subscriptions.add(topic)
  }

  unsubscribe(topic: Topic): void {
    this.subscriptions.remove(topic)
  }

  send(message: Uint8Array, isBinary: boolean): void {
    if (this.subscriptions.isDropping) this.subscriptions.dropOne()
    else this.socket?.send(message, isBinary)
  }

  resume(): void {
    const { client, queue } = this
    if (!client) return
    let taken = 0
    for (const message of queue) {
      if (!this.bus.receive(client, message)) break
      taken++
      this.queued -= message.length
    }
    queue.splice(0, taken)
    if (this.ended && queue.length === 0) this.finish(this.ended)
  }

  // --- what waits

  get waiting(): number {
    return this.socket?.getBufferedAmount() ?? 0
  }

  becomeSlow(waiting: number): void {
    if (!this.client) return
    this.isSlow = true
    this.bus.slow(this, this.client, waiting)
  }

  catchUp(): void {
    if (!this.isSlow || !this.client) return
    this.forgive()
    this.bus.caughtUp(this.client, this.subscriptions.takeMissed())
  }

  forgive(): void {
    this.isSlow = false
    this.subscriptions.dropNoMore()
  }

  tellWaiting(): void {
    if (this.client) this.bus.waits(this.client, this.waiting, this.subscriptions.takeMissed())
  }

  drop(): void {
    this.subscriptions.drop()
  }

  // --- ends

  /** It has done what it must not: what it has sent before is handled, as of who sends a bad frame, and then it is closed. */
  private offend(client: Client, how: Offence, code: number, why: string): void {
    this.limits.offended(client, how, why)
    this.parting = { code, why }
    this.finish('bad-frame')
  }

  /** It sends nothing more: what it has sent is handled before it is gone. */
  private finish(reason: EndReason): void {
    const { client } = this
    this.ended ??= reason
    if (!client || this.queue.length > 0 || this.endIsTold) return
    this.endIsTold = true
    this.bus.end(client, this.ended)
  }

  /** What was relayed to it has gone out, as far as it has taken it: what waits has its time, and then it is told why it is closed. */
  farewell(): void {
    const { socket } = this
    if (!socket) return
    this.isParting = true
    if (socket.getBufferedAmount() === 0) this.shut(socket)
    else this.late = setTimeout(() => this.breakOff(), this.limits.drainTimeout)
  }

  /** A word of farewell would wait behind all the rest. */
  private breakOff(): void {
    this.socket?.close()
  }

  private shut(socket: Socket): void {
    const { code, why } = this.parting ?? { code: CODES.normal, why: '' }
    socket.end(code, why)
  }
}
