// One WebSocket that is a client of the bus: what it sends, and what waits to be read or taken. What goes to many at once is
// websocket-clients.ts's.

import type { Client, CloseReason } from '../dispatcher.ts'
import type { Backlog, Watched } from './websocket-backlog.ts'
import type { Session, Socket } from './websocket-endpoint.ts'

/** Why a WebSocket is closed, in numbers of RFC 6455, section 7.4.1, and of its registry at IANA (1013). */
const CODES = { normal: 1000, goingAway: 1001, policy: 1008, tooLarge: 1009, tryAgainLater: 1013 } as const

/** What one needs of all of them. */
export interface Bus {
  readonly backlog: Backlog
  readonly maxMessageSize: number
  /** Bytes of one client's messages that may wait here while it is not to be read. */
  readonly queueLimit: number
  /** @returns false when no more clients are taken */
  arrive(arriving: WebSocketClient): boolean
  /** @returns false when it is not to be read now */
  receive(client: Client, message: Uint8Array): boolean
  end(client: Client, reason: 'peer' | 'reset'): void
  slow(which: WebSocketClient, client: Client, waiting: number): void
  caughtUp(client: Client, dropped: number): void
  /** How many messages have been published to a topic until now. */
  publishedTo(topic: string): number
  count(what: 'too_large' | 'queue_full' | 'not_allowed'): void
}

export class WebSocketClient implements Session, Watched {
  readonly address: string
  /** Not known: uWebSockets.js does not tell. */
  readonly port = 0
  /** Of its connection index; set when it has one. */
  generation = 0
  /** What it asked for with ?tag=. */
  readonly tag: string
  /** Messages of one that may only read close it. */
  private readonly mayPublish: boolean
  private readonly bus: Bus
  /** Undefined when it is open no longer. */
  private socket: Socket | undefined = undefined
  private client: Client | undefined = undefined
  private admitted = false
  /** What goes to these reaches it; while it is slow under the policy `drop` it is not subscribed, and the value is what had been published by then. */
  private readonly topics = new Map<string, number>()
  private dropping = false
  private dropped = 0
  private queue: Uint8Array[] = []
  private queued = 0
  private ended: 'peer' | 'reset' | undefined = undefined
  stuckSince: number | undefined = undefined
  isSlow = false

  constructor(bus: Bus, origin: { address: string; tag: string; mayPublish: boolean }) {
    this.bus = bus
    this.address = origin.address
    this.tag = origin.tag
    this.mayPublish = origin.mayPublish
  }

  // --- the socket's side

  opened(socket: Socket): void {
    this.socket = socket
    if (!this.bus.arrive(this)) this.shut(CODES.tryAgainLater, 'no more clients are taken')
  }

  received(data: ArrayBuffer): void {
    const { client, bus } = this
    if (!client || this.ended) return
    if (!this.mayPublish) {
      bus.count('not_allowed')
      this.leave(CODES.policy, 'a token of scope publish is needed to send')
      return
    }
    if (data.byteLength > bus.maxMessageSize) {
      bus.count('too_large')
      this.leave(CODES.tooLarge, `a message has at most ${bus.maxMessageSize} bytes`)
      return
    }
    const message = new Uint8Array(data)
    if (this.queue.length === 0 && bus.receive(client, message)) return
    if (!this.client) return
    if (this.queued + message.length > bus.queueLimit) {
      bus.count('queue_full')
      this.leave(CODES.tryAgainLater, 'more was sent than is read now')
      return
    }
    // Theirs only until this returns.
    this.queue.push(message.slice())
    this.queued += message.length
  }

  drained(): void {
    const { socket, client } = this
    if (!socket || !client) return
    const waiting = socket.getBufferedAmount()
    this.stuckSince = waiting > 0 ? performance.now() : undefined
    if (waiting > 0 || !this.isSlow) return
    this.isSlow = false
    if (this.dropping) this.dropNoMore(socket)
    this.bus.caughtUp(client, this.dropped)
    this.dropped = 0
  }

  closed(code: number): void {
    this.socket = undefined
    this.bus.backlog.forget(this)
    if (this.client) this.finish(code === 1006 ? 'reset' : 'peer')
  }

  // --- the bus's side

  /** It has a connection index. Its connection-new may have closed it already. */
  isTaken(client: Client): void {
    if (this.socket) this.client = client
  }

  /** What goes to everybody reaches it from here on; perhaps told before `isTaken`. */
  isAdmitted(everybody: string): void {
    this.admitted = true
    this.subscribe(everybody)
  }

  /** Nothing reaches it from here on. */
  isClosed(reason: CloseReason): void {
    this.client = undefined
    this.queue = []
    if (reason === 'shutdown') this.shut(CODES.goingAway, 'the server closes')
    else if (reason === 'slow') this.breakOff()
    else if (!this.admitted) this.shut(CODES.policy, 'rejected')
    else this.shut(CODES.normal, 'closed')
  }

  subscribe(topic: string): void {
    this.topics.set(topic, this.bus.publishedTo(topic))
    if (!this.dropping) this.socket?.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    if (this.dropping) this.dropped += this.missed(topic)
    this.topics.delete(topic)
    this.socket?.unsubscribe(topic)
  }

  send(message: Uint8Array, isBinary: boolean): void {
    if (this.dropping) this.dropped++
    else this.socket?.send(message, isBinary)
  }

  /** It may be read again. */
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

  /** For who asks the dispatcher how much waits. */
  tellWaiting(door: { waits(client: Client, bytes: number): void }): void {
    if (this.client) door.waits(this.client, this.waiting)
  }

  /** The policy is to drop what is relayed to it until it has taken what waits. */
  drop(): void {
    this.dropping = true
    for (const topic of this.topics.keys()) {
      this.topics.set(topic, this.bus.publishedTo(topic))
      this.socket?.unsubscribe(topic)
    }
  }

  private dropNoMore(socket: Socket): void {
    this.dropping = false
    for (const topic of this.topics.keys()) {
      this.dropped += this.missed(topic)
      socket.subscribe(topic)
    }
  }

  private missed(topic: string): number {
    return this.bus.publishedTo(topic) - (this.topics.get(topic) ?? 0)
  }

  // --- ends

  /** It has done what it must not. */
  private leave(code: number, why: string): void {
    const { client } = this
    this.queue = []
    if (client) this.bus.end(client, 'reset')
    this.client = undefined
    this.shut(code, why)
  }

  /** It sends nothing more: what it has sent is handled before it is gone. */
  private finish(reason: 'peer' | 'reset'): void {
    const { client } = this
    this.ended = reason
    if (this.queue.length > 0 || !client) return
    this.client = undefined
    this.bus.end(client, reason)
  }

  private shut(code: number, why: string): void {
    const { socket } = this
    this.socket = undefined
    socket?.end(code, why)
  }

  /** A word of farewell would wait behind all the rest. */
  private breakOff(): void {
    const { socket } = this
    this.socket = undefined
    socket?.close()
  }
}
