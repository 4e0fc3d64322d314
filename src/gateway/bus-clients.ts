// The clients of the bus that come through the gateway, of whatever kind their sockets are: who knows them by their connection index, and what the dispatcher hands
// over for them goes. There is one door for a dispatcher, and this has it. What goes to everybody or to a group is published once to each kind,
// however many of them there are; the dispatcher says who belongs to which in the same order in which it hands over what was relayed.

import { isUtf8 } from 'node:buffer'
import type {
  Client,
  CloseReason,
  Dispatcher,
  ForeignDoor,
  ForeignHandler,
  SlowClientPolicy,
} from '../dispatcher.ts'
import { Backlog, type Watched } from './backlog.ts'
import { Topic } from './subscriptions.ts'

/** The header in front of each message has at most so many bytes: RFC 6455, section 5.2. */
const FRAME_HEADER = 10
/** How often all are asked how much waits for them, in milliseconds, at least. */
const LOOK = 1000
const COLON = 0x3a
const ZERO = 0x30
/** Of the block that a client is read into: who is slow under the policy `block` may have so many of them more, as in native/sender.cc. */
const CHUNK = 256 * 1024

/** Why a client ends by itself. */
export type EndReason = 'peer' | 'reset' | 'bad-frame'

/** A client of the bus as the bus sees it. */
export interface BusClient extends Watched {
  /** Of its peer, an IP literal. */
  readonly address: string
  readonly port: number
  /** What it asked for; `''`: none. */
  readonly tag: string
  /** Of its connection index; 0 until it has one. */
  generation: number
  /** It is a client now, unless `isClosed` was called before: its connection-new may have closed it. */
  isTaken(client: Client): void
  /** Nothing reaches it from here on. @param rejected by its connection-new */
  isClosed(reason: CloseReason, rejected: boolean): void
  /** `isTaken`, and not `isClosed`. */
  readonly isOpen: boolean
  /** What is published to the topic reaches it from here on; told of everybody's perhaps before `isTaken`. */
  subscribe(topic: Topic): void
  unsubscribe(topic: Topic): void
  /** A message for it alone; good until this returns. */
  send(message: Uint8Array, isBinary: boolean): void
  /** It may be read again. */
  resume(): void
  /** The policy is to drop what is relayed to it until it has taken what waits. */
  drop(): void
  /** What it is to be slow has changed: it is so no longer, and may become it again. */
  forgive(): void
  /** For who asks the dispatcher how much waits. */
  tellWaiting(): void
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
  private readonly everybody = new Topic('*', () => {})
  /** By number, as long as one of ours is in it. */
  private readonly groups = new Map<number, Topic>()
  private policy: SlowClientPolicy
  /** Its connection-new has begun, and its index may not be known yet. */
  private arriving: BusClient | undefined
  /** Deliveries are being handed over: the dispatcher must not be called. */
  private handing = false
  private later: (() => void)[] = []
  /** Bytes that were published since the last two turns of Node's loop, which sockets may not show yet. */
  private thisTurn = 0
  private lastTurn = 0
  private turning = false
  /** What is to be called when sockets show what was published until now; and until the turn before. */
  private thisTurnShown: (() => void)[] = []
  private lastTurnShown: (() => void)[] = []
  private timer: NodeJS.Timeout | undefined

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher
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

  /** The dispatcher has other options. */
  change(): void {
    const { slowClient } = this.dispatcher.options
    if (this.timer) {
      this.lookNoMore()
      this.timer = this.lookFromNowOn()
    }
    if (slowClient === this.policy) return
    this.policy = slowClient
    // As the dispatcher does it with its own: what the old policy has done with them, the new one has not.
    for (const each of this.clients.values()) each.forgive()
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

  /** @returns false when it is not to be read now */
  receive(client: Client, message: Uint8Array): boolean {
    return this.door.receive(client, message)
  }

  end(client: Client, reason: EndReason): void {
    this.whenHanded(() => this.door.end(client, reason))
  }

  slow(which: BusClient, client: Client, waiting: number): void {
    if (this.dispatcher.options.slowClient === 'drop') which.drop()
    this.whenHanded(() => this.door.slow(client, waiting))
  }

  caughtUp(client: Client, dropped: number): void {
    this.whenHanded(() => this.door.caughtUp(client, dropped))
  }

  waits(client: Client, bytes: number, dropped: number): void {
    this.whenHanded(() => this.door.waits(client, bytes, dropped))
  }

  /** Calls when sockets show what has become of all that was published until now. */
  whenShown(call: () => void): void {
    this.thisTurnShown.push(call)
    this.turn()
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
    this.find(index, generation)?.subscribe(this.groups.get(group) ?? this.newGroup(group))
  }

  left(index: number, generation: number, group: number): void {
    this.handing = true
    const topic = this.groups.get(group)
    if (topic) this.find(index, generation)?.unsubscribe(topic)
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
    if (this.thisTurn > 0) this.turn()
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

  private newGroup(number: number): Topic {
    const group = new Topic(String(number), () => this.groups.delete(number))
    this.groups.set(number, group)
    return group
  }

  /** uWebSockets.js sends what was published when Node's loop turns, which it does at once for this, and not when something else happens. */
  private turn(): void {
    if (this.turning) return
    this.turning = true
    setImmediate(this.turned)
  }

  private readonly turned = () => {
    const shown = this.lastTurn
    const calls = this.lastTurnShown
    this.lastTurn = this.thisTurn
    this.lastTurnShown = this.thisTurnShown
    this.thisTurn = 0
    if (this.thisTurnShown.length > 0) this.thisTurnShown = []
    this.turning = false
    if (this.lastTurn > 0 || this.lastTurnShown.length > 0) this.turn()
    for (const call of calls) call()
    if (shown > 0) this.backlog.grew(shown)
  }

  private publishAll(topic: Topic, frames: Uint8Array): void {
    this.handing = true
    const { publishers } = this
    const { name } = topic
    this.eachMessage(frames, (message, isBinary) => {
      for (const publisher of publishers) publisher.publish(name, message, isBinary)
      topic.published++
    })
    for (const publisher of publishers) publisher.published(name)
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

  private find(index: number, generation: number): BusClient | undefined {
    const known = this.clients.get(index)
    return known?.generation === generation ? known : undefined
  }

  /** The one that is arriving, while it has no index. */
  private newcomer(): BusClient | undefined {
    return this.arriving?.generation === 0 ? this.arriving : undefined
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
    for (const each of this.clients.values()) each.tellWaiting()
  }
}
