// One stream of server-sent events, a client of the bus that only receives; and how a message looks as an event (HTML Standard, section 9.2). What goes
// to many at once is event-streams.ts's.

import type { Client, CloseReason } from '../dispatcher.ts'
import type { BusClient, BusClients } from './bus-clients.ts'
import type { Sink } from './http-reply.ts'
import { Subscriptions, type Topic } from './subscriptions.ts'

/**
 * A message as an event, a byte string. What a line of data cannot carry as it is comes in base64, as an event `binary`: bytes that are not
 * UTF-8, and a carriage return, which would be read as the end of a line.
 */
export function eventOf(id: number, message: Uint8Array, isBinary: boolean): string {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
  if (isBinary || bytes.includes(CARRIAGE_RETURN)) {
    return `id: ${id}\nevent: binary\ndata: ${bytes.toString('base64')}\n\n`
  }
  const text = bytes.toString('latin1')
  return `id: ${id}\ndata: ${bytes.includes(LINE_FEED) ? text.replaceAll('\n', '\ndata: ') : text}\n\n`
}

const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a

/** How it begins: the head of the reply goes out with it. `retry` is for browsers, in milliseconds. */
const BEGINNING = 'retry: 2000\n\n'

/** What a stream needs of all of them. */
export interface Streams {
  /** The number of an event that only this stream gets. */
  nextId(): number
  /** What is published to the topic is written to the stream. */
  join(topic: string, stream: EventStream): void
  part(topic: string, stream: EventStream): void
  /** It has begun. */
  add(stream: EventStream): void
  /** It is over. @param behind something still waited for its peer */
  forget(stream: EventStream, behind: boolean): void
}

/** What becomes of a stream before it has begun. */
export type Outcome = 'admitted' | 'rejected' | 'closing'

export class EventStream implements BusClient {
  readonly address: string
  readonly port = 0
  readonly tag: string
  generation = 0
  stuckSince: number | undefined = undefined
  isSlow = false
  private readonly bus: BusClients
  private readonly streams: Streams
  private readonly subscriptions: Subscriptions
  private client: Client | undefined = undefined
  private sink: Sink | undefined = undefined
  /** What it is to get, and has no reply to write to yet. */
  private early: (string | Uint8Array)[] = []
  /** Messages it has missed of which the dispatcher knows and it does not. */
  private lost = 0
  private over = false
  private readonly decided: (outcome: Outcome) => void

  /** @param decided is called when it is known whether there will be a stream */
  constructor(
    bus: BusClients,
    streams: Streams,
    origin: { readonly address: string; readonly tag: string },
    decided: (outcome: Outcome) => void,
  ) {
    this.bus = bus
    this.streams = streams
    this.address = origin.address
    this.tag = origin.tag
    this.decided = decided
    this.subscriptions = new Subscriptions({
      subscribe: (topic) => streams.join(topic, this),
      unsubscribe: (topic) => streams.part(topic, this),
    })
  }

  // --- the reply's side

  /** There is a reply to write to. @returns what is to be called when its peer has gone */
  begin(sink: Sink): () => void {
    this.sink = sink
    if (!this.over) this.streams.add(this)
    sink.onProgress = () => this.progress(sink)
    sink.write(BEGINNING, ...this.early)
    this.early = []
    if (this.over) sink.end()
    return () => this.gone()
  }

  /** The peer has gone. */
  gone(): void {
    const { client } = this
    this.client = undefined
    this.leave()
    if (!client) return
    this.bus.waits(client, 0, this.subscriptions.takeMissed())
    this.bus.end(client, 'peer')
  }

  /** Whether it is alive would not be seen otherwise. */
  beat(): void {
    if (this.waiting === 0) this.sink?.write(':\n\n')
  }

  write(event: string | Uint8Array): void {
    if (this.sink) this.sink.write(event)
    else if (!this.over) this.early.push(event)
  }

  // --- the bus's side

  isTaken(client: Client): void {
    if (this.over) return
    this.client = client
    this.decided('admitted')
  }

  get isOpen(): boolean {
    return this.client !== undefined
  }

  isClosed(reason: CloseReason): void {
    const { client, sink, over } = this
    this.client = undefined
    if (!over && reason !== 'slow') this.write(`event: closed\ndata: ${reason}\n\n`)
    this.leave()
    const missed = this.subscriptions.takeMissed()
    if (client && missed > 0) this.bus.waits(client, 0, missed)
    this.decided(reason === 'shutdown' ? 'closing' : 'rejected')
    if (reason === 'slow') sink?.abort()
    else sink?.end()
  }

  subscribe(topic: Topic): void {
    this.subscriptions.add(topic)
  }

  unsubscribe(topic: Topic): void {
    this.subscriptions.remove(topic)
  }

  send(message: Uint8Array, isBinary: boolean): void {
    if (this.subscriptions.isDropping) this.subscriptions.dropOne()
    else this.write(Buffer.from(eventOf(this.streams.nextId(), message, isBinary), 'latin1'))
  }

  /** It sends nothing. */
  resume(): void {}

  // --- what waits

  get waiting(): number {
    return this.sink?.waiting ?? 0
  }

  becomeSlow(waiting: number): void {
    if (!this.client) return
    this.isSlow = true
    this.bus.slow(this, this.client, waiting)
  }

  drop(): void {
    this.subscriptions.drop()
  }

  catchUp(): void {
    if (!this.isSlow || !this.client) return
    this.isSlow = false
    const dropped = this.dropNoMore()
    this.bus.caughtUp(this.client, dropped)
  }

  forgive(): void {
    this.isSlow = false
    const dropped = this.dropNoMore()
    if (this.client && dropped > 0) this.bus.waits(this.client, this.waiting, dropped)
  }

  tellWaiting(): void {
    if (!this.client) return
    const missed = this.subscriptions.takeMissed()
    this.lost += missed
    this.bus.waits(this.client, this.waiting, missed)
  }

  /** It gets everything again, and is told how much it has not got. @returns what the dispatcher does not know of yet */
  private dropNoMore(): number {
    this.subscriptions.dropNoMore()
    const dropped = this.subscriptions.takeMissed()
    const lost = this.lost + dropped
    this.lost = 0
    if (lost > 0) this.write(`event: dropped\ndata: ${lost}\n\n`)
    return dropped
  }

  private leave(): void {
    if (this.over) return
    this.over = true
    this.bus.backlog.forget(this)
    this.subscriptions.clear()
    this.streams.forget(this, this.waiting > 0)
  }

  private progress(sink: Sink): void {
    const { waiting } = sink
    this.stuckSince = waiting > 0 ? performance.now() : undefined
    if (waiting === 0) this.catchUp()
  }
}
