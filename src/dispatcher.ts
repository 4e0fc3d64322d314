// The typed face of the addon: clients, messages, events in, relays out. Nothing else loads the addon, and nothing in here
// knows a route. See native/dispatcher.h for what a turn is.

import {
  addon,
  COMMAND,
  EVENT,
  EVENT_WORDS,
  type Listening,
  type NativeDispatcher,
  type Peer,
  STATE,
} from './dispatcher/addon.ts'
import { Client } from './dispatcher/client.ts'
import { CommandWriter } from './dispatcher/command-writer.ts'
import type { DatagramPeer } from './dispatcher/datagram-peer.ts'
import { DatagramSocket, MAX_DATAGRAM, MAX_PEERS } from './dispatcher/datagram-socket.ts'
import { ForeignDoor, type ForeignHandler } from './dispatcher/foreign.ts'
import { Message, type MessageSource } from './dispatcher/message.ts'
import { changeTags, nativeOptions } from './dispatcher/native-options.ts'
import { type Sighting, sightingOf } from './dispatcher/sighting.ts'
import { getSystemErrorMessage, getSystemErrorName } from './dispatcher/system-errors.ts'
import { MAX_TAG, Tags } from './dispatcher/tags.ts'
import {
  BAD_FRAME_REASONS,
  type BoundAddress,
  CLIENT_STATES,
  CLOSE_REASONS,
  type ClientInfo,
  type ClientState,
  type CloseReason,
  type Data,
  type DatagramHandler,
  type DispatcherHandler,
  type DispatcherOptions,
  type DispatcherPlans,
  type DispatcherStats,
  type Encoding,
  type EventHandlers,
  type ListenAddress,
  type Notice,
  SLOW_CLIENT_POLICIES,
  type SlowClientPolicy,
} from './dispatcher/types.ts'

export { ForeignDoor, type ForeignHandler } from './dispatcher/foreign.ts'
export {
  type Jump,
  type PlanPart,
  type PlanProgram,
  type PlanTemplate,
  PlanWriter,
} from './dispatcher/plan-program.ts'
export type { SeenClient, Sighting } from './dispatcher/sighting.ts'
export type {
  BoundAddress,
  ClientInfo,
  ClientState,
  CloseReason,
  Data,
  DatagramHandler,
  DispatcherHandler,
  DispatcherOptions,
  DispatcherPlans,
  DispatcherStats,
  Encoding,
  EventHandlers,
  ListenAddress,
  Notice,
  SlowClientPolicy,
} from './dispatcher/types.ts'
export { Client, type DatagramPeer, DatagramSocket, MAX_DATAGRAM, MAX_PEERS, MAX_TAG, Message }

/** Tells systemd about this service; false when there is nobody to tell (NOTIFY_SOCKET is not set) or it did not work. */
export function systemdNotify(state: string): boolean {
  const path = process.env['NOTIFY_SOCKET']
  return path ? addon.notify(path, state) : false
}

/** What is wrong with a network of `allow` (`10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`), as the end of a sentence; undefined: nothing. */
export function networkMistake(text: string): string | undefined {
  return addon.networkMistake(text)
}

/**
 * What a server needs beside one descriptor a client: as many lingering sockets as there may be (native/lingerer.h), and
 * what Node, the log and the listeners have open.
 */
const SPARE_DESCRIPTORS = 1024 + 64

/** What a server of `maxClients` may need, and what this process may have. */
export interface DescriptorLimit {
  readonly needed: number
  readonly limit: number
}

/**
 * Raises this process's limit of descriptors to what `maxClients` clients need: the soft one, and where privileged the
 * hard one. 0 clients stand for as many as the hard limit allows.
 */
export function raiseDescriptorLimit(maxClients: number): DescriptorLimit {
  const needed = maxClients === 0 ? 0 : maxClients + SPARE_DESCRIPTORS
  return { needed, limit: addon.raiseDescriptorLimit(needed) }
}

/** The bus: listens, tells its handler what comes in, and sends what it is asked to. */
export class Dispatcher implements MessageSource {
  #options: DispatcherOptions
  readonly #notice: DispatcherHandler['notice']
  /** Is told each notice too, and calls `tell`, which tells the handler. For people who watch the bus. */
  noticeWatcher: ((notice: Notice, tell: () => void) => void) | undefined
  #handlers: EventHandlers
  readonly #native: NativeDispatcher
  readonly #state: Uint32Array
  readonly #rings: readonly [Uint32Array, Uint32Array]
  readonly #commands: CommandWriter
  readonly #clients: (Client | undefined)[] = []
  readonly #tags = new Tags()
  /** Then the addon must be asked about tags: plans change them, or once did, and JavaScript hears nothing of it. */
  #plansChangeTags: boolean
  /** JavaScript is told of the end of clients: from the start, or since an exchange. */
  #hearsOfEnds: boolean
  /** What is asked for and not in effect yet. */
  #exchanges: Exchange[] = []
  readonly #datagramSockets = new Map<number, DatagramSocket>()
  readonly #chunks: (Buffer | undefined)[] = []
  #door: ForeignDoor | undefined
  /** Clients whose connection-new runs, or goes on as a promise: to close one is to reject it. */
  readonly #admitting = new Set<Client>()
  #entered = false
  /** Where the handling of a ring goes on, should a handler be ended from outside: then the addon calls again for the rest. */
  #next = 0
  #unixPath = ''
  readonly #addresses: BoundAddress[] = []
  #over = false
  #accepting = true
  #refused = 0
  #whenEmpty: (() => void) | undefined

  constructor(options: DispatcherOptions, handler: DispatcherHandler) {
    this.#options = options
    this.#notice = (notice) => {
      if (this.noticeWatcher) this.noticeWatcher(notice, () => handler.notice(notice))
      else handler.notice(notice)
    }
    this.#handlers = handler
    this.#plansChangeTags = changeTags(options.plans)
    const native = nativeOptions(options, handler)
    this.#hearsOfEnds = native.tellConnectionClosed
    this.#native = new addon.NativeDispatcher(
      native,
      (ring, count) => this.#onEvents(ring, count),
      options.plans,
    )
    const shared = this.#native.shared()
    this.#state = shared.state
    this.#rings = shared.events
    this.#commands = new CommandWriter(this.#native, this, shared.state, shared.commands)
  }

  /** @throws Error with `code` (EADDRINUSE, EADDRNOTAVAIL, EACCES ...) */
  listen(address: ListenAddress): BoundAddress {
    if (address.family === 'unix') {
      return this.#listening(this.#native.listenUnix(address.path), `cannot listen on unix:${address.path}`)
    }
    const result = this.#native.listenTcp(address.host, address.port)
    return this.#listening(result, `cannot listen on ${hostAndPort(address)}`)
  }

  /** Takes over a socket that somebody else (systemd) has opened and that listens already. @throws Error with `code` */
  adopt(fd: number): BoundAddress {
    return this.#listening(this.#native.adopt(fd), `cannot use descriptor ${fd}`)
  }

  #listening(result: Listening, what: string): BoundAddress {
    if (result.errno !== 0) throw systemError(result.errno, what)
    if (result.unix) {
      this.#unixPath = result.address
      return this.#boundTo({ family: 'unix', path: result.address })
    }
    return this.#boundTo({
      family: result.ipv6 ? 'IPv6' : 'IPv4',
      address: result.address,
      port: result.port,
    })
  }

  #boundTo(address: BoundAddress): BoundAddress {
    this.#addresses.push(address)
    return address
  }

  /** What it has listened on since it was made. */
  get addresses(): readonly BoundAddress[] {
    return this.#addresses
  }

  /**
   * A UDP socket in this dispatcher's loop; `host` is a literal address. Its datagrams take part in the turns of the clients.
   * Keeps the process running until it is closed. @throws Error with `code`, as listen()
   */
  openDatagramSocket(address: { host: string; port: number }, handler: DatagramHandler): DatagramSocket {
    const opened = this.#native.openDatagramSocket(address.host, address.port)
    if (opened.errno !== 0) {
      throw systemError(opened.errno, `cannot open a datagram socket on ${hostAndPort(address)}`)
    }
    const closed = (socket: DatagramSocket) => void this.#datagramSockets.delete(socket.id)
    const block = this.chunk(opened.block)
    const socket = new DatagramSocket(this.#native, this.#commands, opened, block, handler, closed)
    this.#datagramSockets.set(opened.id, socket)
    return socket
  }

  /** What is in effect. */
  get options(): DispatcherOptions {
    return this.#options
  }

  /** Whether new clients are taken: false once it was told to stop listening. */
  get accepting(): boolean {
    return this.#accepting
  }

  /** Closes the listening sockets; clients stay. */
  stopListening(): void {
    this.#accepting = false
    this.#native.stopListening()
  }

  /** Reads nothing more from any client; what has been read is routed, and relays still go out. */
  stopReading(): void {
    this.#native.stopReading()
  }

  /**
   * Other options, those marked as fixed excepted, other plans and other handlers. They come into effect together, between two events: whatever was
   * read before is handled by the plans and handlers that there were. `inEffect` is called in that moment. Asked for again before it has come, the
   * last word counts.
   * @throws TypeError for a plan that makes no sense, or what is no network; nothing has changed then
   */
  exchange(options: DispatcherOptions, handlers: EventHandlers, inEffect: () => void): void {
    if (this.#over) return
    this.#native.exchange(nativeOptions(options, handlers), options.plans)
    // From now on: the plans may run before JavaScript hears of it.
    this.#plansChangeTags ||= changeTags(options.plans)
    this.#exchanges.push({ options, handlers, inEffect })
  }

  #exchanged(): void {
    const exchanges = this.#exchanges
    this.#exchanges = []
    const last = exchanges.at(-1)
    if (!last) return
    this.#options = last.options
    this.#handlers = last.handlers
    this.#hearsOfEnds ||= nativeOptions(last.options, last.handlers).tellConnectionClosed
    for (const { inEffect } of exchanges) inEffect()
  }

  /**
   * Stops listening and reading, delivers what waits (within `drainTimeout`), and closes every client, for each of which
   * connectionClosed runs, and every datagram socket. Resolves when the last one is gone. The dispatcher is of no use afterwards.
   */
  async shutdown(): Promise<void> {
    if (this.#over) return
    const owesEvents = this.#native.shutdown()
    for (const socket of [...this.#datagramSockets.values()]) socket.markClosed()
    if (owesEvents) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve
      })
    }
    this.#over = true
    this.#native.destroy()
  }

  /** Clients that are connected, those on their way out included. */
  get clientCount(): number {
    return this.#state[STATE.clients] as number
  }

  /** The events that are handled without entering JavaScript. */
  get plans(): DispatcherPlans {
    return this.#options.plans
  }

  stats(): DispatcherStats {
    const stats = this.#native.stats()
    return { ...stats, relays_refused: this.#refused + (stats['relays_refused'] ?? 0) }
  }

  /** Everybody who is connected, by connection index. For people who look at the bus; of many, clientsFrom() asks for a part. */
  clients(): readonly ClientInfo[] {
    return this.clientsFrom(0, Number.MAX_SAFE_INTEGER).clients
  }

  /** Those with one of `count` connection indexes from `first` on, and whether there may be others above these. Takes some 3 us each. */
  clientsFrom(
    first: number,
    count: number,
  ): { readonly clients: readonly ClientInfo[]; readonly more: boolean } {
    if (this.#over) return { clients: [], more: false }
    const { clients, more } = this.#native.clients(first, count)
    const infos = clients.map((info) => {
      // Who has come has its Client when its connection-new is handed over, or when somebody asks, as here.
      const client = this.#client(info.index, info.generation)
      return {
        client,
        state: CLIENT_STATES[info.state] as ClientState,
        slow: info.slow,
        rateLimited: info.rateLimited,
        foreign: info.foreign,
        age: info.age / 1000,
        messagesIn: info.messagesReceived,
        bytesIn: info.bytesReceived,
        messagesOut: info.messagesAddressed,
        bytesOut: info.bytesSent,
        waiting: info.waiting,
        dropped: info.dropped,
      }
    })
    return { clients: infos, more }
  }

  /**
   * What clients did since the last call, and how many came or went that there was no room to note: seen by whoever asks from time to
   * time, at no cost to the messages that are not noted.
   * @param messages so many of the next ones are noted, at most 256; undefined: nothing is any more
   */
  tap(messages?: number): { readonly sightings: readonly Sighting[]; readonly missed: number } {
    if (this.#over) return { sightings: [], missed: 0 }
    const { sightings, missed } = messages === undefined ? this.#native.tap() : this.#native.tap(messages)
    return { sightings: sightings.map(sightingOf), missed }
  }

  /**
   * Whether an address may use the bus (`allow`): for requests of those who are no clients. A refusal is counted, and noticed as that of a
   * client is.
   * @param address an IP literal; what is none is in no network
   */
  admits(address: string): boolean {
    return this.#native.admits(address)
  }

  /**
   * Whether one message more may come from the address now (`rateLimit`), and counts it: for requests of those who are no clients. A refusal is
   * counted.
   * @param address an IP literal
   */
  takeToken(address: string): boolean {
    return this.#native.takeToken(address)
  }

  /** A door for clients whose sockets are not ours. There is one for a dispatcher. */
  openDoor(handler: ForeignHandler): ForeignDoor {
    this.#door = new ForeignDoor(this.#native, this, handler, (index, generation) =>
      this.#client(index, generation),
    )
    return this.#door
  }

  // --- relaying

  /**
   * To every client. False when the data is empty or `contextMlimit` messages wait unflushed; true also when nobody is there.
   * @throws RangeError for more than 999999999 bytes
   */
  relay(data: Data, encoding: Encoding = 'utf8'): boolean {
    if (!this.#mayRelay(data)) return false
    this.#commands.relay(data, encoding)
    return true
  }

  /** The message to every client, as it came: an empty one, too. False when `contextMlimit` messages wait unflushed. */
  forward(message: Message): boolean {
    if (!this.#mayTake()) return false
    this.#commands.relay(message, 'latin1')
    return true
  }

  /** To every client with this tag, byte for byte. False as for relay(), and when no client has the tag. */
  multicast(data: Data, tag: string, encoding: Encoding = 'utf8'): boolean {
    return this.#relayTo('multicast', data, tag, encoding)
  }

  /** To the client with this tag that has the lowest connection index. False as for multicast(). */
  unicast(data: Data, tag: string, encoding: Encoding = 'utf8'): boolean {
    return this.#relayTo('unicast', data, tag, encoding)
  }

  /** Whether any open client has this tag. */
  reaches(tag: string, encoding: Encoding = 'utf8'): boolean {
    return this.#reaches(this.#tags.encode(tag, encoding))
  }

  /** How many clients a relay goes to now; with a tag, a multicast. A unicast goes to one of those. */
  audience(tag?: string, encoding: Encoding = 'utf8'): number {
    if (this.#over) return 0
    return tag === undefined
      ? this.#native.audience()
      : this.#native.audience(this.#tags.encode(tag, encoding))
  }

  #relayTo(to: 'multicast' | 'unicast', data: Data, tag: string, encoding: Encoding): boolean {
    const binary = this.#tags.encode(tag, encoding)
    if (!this.#reaches(binary) || !this.#mayRelay(data)) return false
    this.#commands.relayTo(to, data, binary, encoding)
    return true
  }

  /** Whether any open client has the tag. */
  #reaches(tag: string): boolean {
    return this.#plansChangeTags ? !this.#over && this.#native.reaches(tag) : this.#tags.has(tag)
  }

  #mayRelay(data: Data): boolean {
    return data.length > 0 && this.#mayTake()
  }

  #mayTake(): boolean {
    if (this.#over) return false
    if (!this.#full()) return true
    this.#refused += 1
    return false
  }

  #full(): boolean {
    const limit = this.#options.contextMlimit
    return limit > 0 && this.#commands.unflushed >= limit
  }

  // --- clients

  /** The client's tag from now on; '' clears it. False when it is longer than 63 bytes, or the client is closed. */
  setTag(client: Client, tag: string, encoding: Encoding = 'utf8'): boolean {
    const binary = this.#tags.encode(tag, encoding)
    if (!client.open || this.#over || binary.length > MAX_TAG) return false
    this.#commands.setTag(client, binary)
    if (!this.#hearsOfEnds) {
      // Somebody outside of all routes gives it, and is not told when it is gone with its client: from here on the addon is asked.
      this.#plansChangeTags = true
      client.markTag(binary)
      return true
    }
    this.#tags.remove(client.binaryTag)
    client.markTag(binary)
    this.#tags.add(binary)
    return true
  }

  /**
   * Closes a client: it gets what was relayed to it before, and nothing later; what it has sent and no handler has seen yet is
   * not handled. While its connectionNew runs this rejects it, and no connectionClosed follows. False when it is closed already.
   */
  close(client: Client): boolean {
    if (!client.open || this.#over) return false
    this.#markClosed(client)
    const rejected = this.#admitting.has(client)
    this.#commands.client(rejected ? COMMAND.reject : COMMAND.close, client)
    if (rejected) this.#forget(client)
    return true
  }

  #markClosed(client: Client): void {
    if (!client.open) return
    const tag = this.#tagOf(client)
    if (tag !== client.binaryTag) client.markTag(tag)
    client.markClosed()
    this.#tags.remove(client.binaryTag)
  }

  #forget(client: Client): void {
    if (this.#clients[client.index] === client) this.#clients[client.index] = undefined
  }

  /**
   * A handler of this client goes on after it has returned. Pair with leave(). With more than `maxRunningRoutes` of them the
   * client is not read; during connectionNew nothing is read, and closing is rejecting, until leave().
   */
  enter(client: Client): void {
    if (this.#over) return
    this.#commands.client(COMMAND.beginRoute, client)
    if (!this.#admitting.has(client)) return
    this.#entered = true
    this.#commands.client(COMMAND.holdReading, client)
  }

  leave(client: Client): void {
    if (this.#over) return
    this.#commands.client(COMMAND.endRoute, client)
    if (this.#admitting.delete(client)) this.#commands.client(COMMAND.releaseReading, client)
  }

  readonly #tagOf = (client: Client): string => {
    if (!this.#plansChangeTags || this.#over || !client.open) return client.binaryTag
    return this.#native.tag(client.index, client.generation) ?? ''
  }

  readonly #peerOf = (client: Client): Peer => {
    const peer = this.#native.peer(client.index, client.generation)
    if (!peer) return { address: '', port: 0 }
    return peer.address === '' ? { address: `unix:${this.#unixPath}`, port: 0 } : peer
  }

  #client(index: number, generation: number): Client {
    const known = this.#clients[index]
    if (known !== undefined && known.generation === generation) return known
    const client = new Client(index, generation, this.#peerOf, this.#tagOf)
    this.#clients[index] = client
    return client
  }

  // --- messages

  chunk(id: number): Buffer {
    const known = this.#chunks[id]
    // A freed chunk's memory is detached from what was seen of it, which leaves it empty; its id may name another one now.
    if (known !== undefined && known.length > 0) return known
    const memory = this.#native.chunk(id)
    if (!memory) throw new Error(`no chunk ${id}`)
    const view = Buffer.from(memory)
    this.#chunks[id] = view
    return view
  }

  // --- events

  // Runs once for each message: nothing in here may make an object.

  #onEvents(which: number, count: number): void {
    const ring = this.#rings[which] as Uint32Array
    for (let event = this.#next; event < count; event += 1) {
      this.#next = event + 1
      // Between two routes what was relayed may leave: only what one route relays in one go counts against the limit.
      if (this.#full()) this.#native.settle()
      try {
        this.#onEvent(ring, event)
      } catch (error) {
        raise(error)
      }
    }
    this.#next = 0
    if (this.#whenEmpty && this.clientCount === 0) this.#whenEmpty()
  }

  #onEvent(ring: Uint32Array, event: number): void {
    const at = event * EVENT_WORDS
    const kind = ring[at] as number
    const index = ring[at + 1] as number
    const generation = ring[at + 2] as number
    const a = ring[at + 3] as number
    const b = ring[at + 4] as number
    const c = ring[at + 5] as number
    if (kind === EVENT.message) {
      const client = this.#client(index, generation)
      // It may have been closed by the handler of an earlier message.
      if (client.open) this.#onMessage(client, event, a, b, c)
    } else if (kind === EVENT.datagram) {
      this.#datagramSockets.get(index)?.receive(b, c)
    } else if (kind === EVENT.connectionNew) {
      this.#onConnectionNew(this.#client(index, generation))
    } else if (kind === EVENT.connectionClosed) {
      const client = this.#client(index, generation)
      this.#markClosed(client)
      this.#forget(client)
      this.#handlers.connectionClosed?.(client, CLOSE_REASONS[a] as CloseReason)
    } else if (kind === EVENT.exchanged) {
      this.#exchanged()
    } else {
      this.#onNotice(kind, index, generation, a, b, c)
    }
  }

  #onMessage(client: Client, event: number, chunk: number, begin: number, length: number): void {
    const message = client.nextMessage(this)
    message.begin(event, chunk, begin, length)
    try {
      this.#handlers.messageReceived?.(client, message)
    } finally {
      if (!message.end()) client.partWithMessage()
    }
  }

  #onConnectionNew(client: Client): void {
    // Admitted first, so that what its own connection-new relays reaches it.
    this.#commands.client(COMMAND.admit, client)
    this.#admitting.add(client)
    this.#entered = false
    try {
      this.#handlers.connectionNew?.(client)
    } finally {
      if (!this.#entered) this.#admitting.delete(client)
    }
  }

  #onNotice(kind: number, index: number, generation: number, a: number, b: number, c: number): void {
    const { maxClients, maxClientsPerAddress, onBadFrame } = this.#options
    switch (kind) {
      case EVENT.badFrame: {
        const client = this.#client(index, generation)
        const reason = BAD_FRAME_REASONS[a] as string
        const offset = c * 2 ** 32 + b
        this.#notice({
          kind: 'bad-frame',
          client,
          reason,
          offset,
          discarded: onBadFrame === 'discard',
        })
        return
      }
      case EVENT.slow: {
        const client = this.#client(index, generation)
        const policy = SLOW_CLIENT_POLICIES[a] as SlowClientPolicy
        this.#notice({ kind: 'client-slow', client, policy, waiting: b })
        return
      }
      case EVENT.caughtUp: {
        const client = this.#client(index, generation)
        this.#notice({ kind: 'client-caught-up', client, dropped: b })
        return
      }
      case EVENT.readable:
        this.#door?.readable(this.#client(index, generation))
        return
      case EVENT.notAllowed:
      case EVENT.overAddressLimit: {
        const { address, count } = refused(index, generation, a, b, c)
        if (kind === EVENT.notAllowed) this.#notice({ kind: 'not-allowed', address, count })
        else this.#notice({ kind: 'address-limit', address, limit: maxClientsPerAddress, count })
        return
      }
      case EVENT.rejected:
        this.#notice({ kind: 'client-rejected', limit: maxClients, count: a })
        return
      case EVENT.datagramsDropped:
        this.#datagramSockets.get(index)?.handler.sendFailed?.(getSystemErrorMessage(a), b)
        return
      case EVENT.acceptFailed:
        this.#notice({ kind: 'accept-failed', error: getSystemErrorMessage(a), count: b })
    }
  }
}

interface Exchange {
  readonly options: DispatcherOptions
  readonly handlers: EventHandlers
  readonly inEffect: () => void
}

/** The words of EVENT.notAllowed: native/event_log.h */
function refused(word0: number, word1: number, a: number, word2: number, word3: number) {
  const ipv6 = a >= 2 ** 31
  return { address: addon.ipText(ipv6, word0, word1, word2, word3), count: a % 2 ** 31 }
}

function hostAndPort(address: { host: string; port: number }): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

function systemError(errno: number, what: string): Error {
  const code = getSystemErrorName(errno)
  return Object.assign(new Error(`${what}: ${getSystemErrorMessage(errno)} (${code})`), { code, errno })
}

/** A bug in a handler: nobody else's events may suffer from it. */
function raise(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
