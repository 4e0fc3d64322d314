// The clients of the bus that come through the gateway, of whatever kind their sockets are: who knows them by their connection index, and what the dispatcher hands
// over for them goes. There is one door for a dispatcher, and this has it. What goes to everybody or to a group is published once to each kind,
// however many of them there are; the dispatcher says who belongs to which in the same order in which it hands over what was relayed.

import { isUtf8 } from 'node:buffer'
import type { Client, CloseReason, Dispatcher, ForeignDoor, ForeignHandler } from '../dispatcher.ts'
import { Backlog, type Watched } from './backlog.ts'

const EVERYBODY = '*'
/** The header in front of each message has at most so many bytes: RFC 6455, section 5.2. */
const FRAME_HEADER = 10
/** How often all are asked how much waits for them, in milliseconds, at least. */
const LOOK = 1000
const COLON = 0x3a
const ZERO = 0x30

/** A client of the bus as the bus sees it. */
export interface BusClient extends Watched {
  /** Of its peer, an IP literal. */
  readonly address: string
  readonly port: number
  /** What it asked for; `''`: none. */
  readonly tag: string
  /** Of its connection index; set when it has one. */
  generation: number
  /** It has a connection index. Its connection-new may have closed it already. */
  isTaken(client: Client): void
  /** What goes to everybody, and so to that topic, reaches it from here on; perhaps told before `isTaken`. */
  isAdmitted(everybody: string): void
  /** Nothing reaches it from here on. */
  isClosed(reason: CloseReason): void
  /** What is published to the topic reaches it from here on. */
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** A message for it alone; good until this returns. */
  send(message: Uint8Array, isBinary: boolean): void
  /** It may be read again. */
  resume(): void
  /** The policy is to drop what is relayed to it until it has taken what waits. */
  drop(): void
  /** For who asks the dispatcher how much waits. */
  tellWaiting(door: { waits(client: Client, bytes: number): void }): void
}

/** Sends to all clients of one kind that have subscribed to a topic. */
export interface Publisher {
  /** @param message good until this returns */
  publish(topic: string, message: Uint8Array, isBinary: boolean): void
  /** For the topic there is nothing more now. */
  published(topic: string): void
}

export class BusClients implements ForeignHandler {
  readonly backlog: Backlog
  readonly dispatcher: Dispatcher
  private readonly door: ForeignDoor
  private readonly publishers: Publisher[] = []
  /** By connection index. */
  private readonly clients = new Map<number, BusClient>()
  /** Messages by topic: who drops what is published counts by them. */
  private readonly counts = new Map<string, number>()
  /** The topic of the group that a client is in, and how many are in it. */
  private readonly groups = new Map<BusClient, string>()
  private readonly members = new Map<string, number>()
  /** Its connection-new has begun, and its index is not known yet. */
  private arriving: BusClient | undefined
  /** Deliveries are being handed over: the dispatcher must not be called. */
  private handing = false
  private later: (() => void)[] = []
  /** Bytes that were published since the last two turns of Node's loop, which sockets may not show yet. */
  private thisTurn = 0
  private lastTurn = 0
  private turning = false
  private timer: NodeJS.Timeout | undefined

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher
    this.door = dispatcher.openDoor(this)
    this.backlog = new Backlog(
      () => this.clients.values(),
      () => ({ bytes: dispatcher.options.sendBufferLimit, time: dispatcher.options.sendDataTimeout / 1000 }),
    )
  }

  /** What is published goes there too. */
  addPublisher(publisher: Publisher): void {
    this.publishers.push(publisher)
  }

  // --- for one client

  /** @returns false when no more clients are taken */
  arrive(arriving: BusClient): boolean {
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

  /** @returns false when it is not to be read now */
  receive(client: Client, message: Uint8Array): boolean {
    return this.door.receive(client, message)
  }

  end(client: Client, reason: 'peer' | 'reset'): void {
    this.whenHanded(() => this.door.end(client, reason))
  }

  slow(which: BusClient, client: Client, waiting: number): void {
    if (this.dispatcher.options.slowClient === 'drop') which.drop()
    this.whenHanded(() => this.door.slow(client, waiting))
  }

  caughtUp(client: Client, dropped: number): void {
    this.whenHanded(() => this.door.caughtUp(client, dropped))
  }

  publishedTo(topic: string): number {
    return this.counts.get(topic) ?? 0
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
    if (known) {
      this.clients.delete(index)
      this.leaveGroup(known)
    }
    if (this.clients.size === 0) this.lookNoMore()
    const closed = known ?? this.arriving
    closed?.isClosed(reason)
  }

  joined(index: number, generation: number, group: number): void {
    this.handing = true
    const known = this.find(index, generation)
    if (!known) return
    const topic = String(group)
    this.groups.set(known, topic)
    this.members.set(topic, (this.members.get(topic) ?? 0) + 1)
    known.subscribe(topic)
  }

  left(index: number, generation: number): void {
    this.handing = true
    const known = this.find(index, generation)
    if (known) this.leaveGroup(known)
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

  private leaveGroup(client: BusClient): void {
    const topic = this.groups.get(client)
    if (topic === undefined) return
    this.groups.delete(client)
    client.unsubscribe(topic)
    const members = (this.members.get(topic) ?? 0) - 1
    if (members > 0) this.members.set(topic, members)
    else {
      // A group has another number when it comes again.
      this.members.delete(topic)
      this.counts.delete(topic)
    }
  }

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
      const isBinary = !isUtf8(message)
      for (const publisher of this.publishers) publisher.publish(topic, message, isBinary)
      count++
    })
    for (const publisher of this.publishers) publisher.published(topic)
    this.counts.set(topic, this.publishedTo(topic) + count)
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

  private find(index: number, generation: number): BusClient | undefined {
    const known = this.clients.get(index)
    return known?.generation === generation ? known : undefined
  }

  private know(index: number, generation: number, client: BusClient): void {
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
