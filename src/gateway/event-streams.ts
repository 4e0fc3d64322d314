// `GET /events`: streams of server-sent events, and what goes to many of them at once, which is made once and kept once. One stream is event-stream.ts's.

import { MAX_TAG } from '../dispatcher.ts'
import type { BusClients, Publisher } from './bus-clients.ts'
import type { Endpoint } from './endpoint.ts'
import { EventStream, eventOf, type Outcome, type Streams } from './event-stream.ts'
import { type HttpReply, problem } from './http-reply.ts'
import type { HttpRequest } from './http-request.ts'

/** How often a stream says that it is alive, in milliseconds. */
const HEARTBEAT = 15_000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // nginx collects a reply otherwise.
  'x-accel-buffering': 'no',
}

const NO_ROOM = problem(503, 'no_room', 'no more clients are taken (max_clients)', { 'retry-after': '1' })
const REFUSED: Readonly<Record<Exclude<Outcome, 'admitted'>, HttpReply>> = {
  rejected: problem(403, 'rejected', 'the route connection-new has rejected this client'),
  closing: problem(503, 'closing', 'the server closes'),
}

export class EventStreams implements Publisher, Streams {
  private readonly bus: BusClients
  private tags: boolean
  private readonly topics = new Map<string, Set<EventStream>>()
  private readonly all = new Set<EventStream>()
  /** Events of the topic that is being published, when somebody gets them. */
  private made = ''
  private lastId = 0
  private lostBehind = 0
  private heart: NodeJS.Timeout | undefined

  /** @param tags whether ?tag= gives a stream its tag */
  constructor(bus: BusClients, tags: boolean) {
    this.bus = bus
    this.tags = tags
    bus.addPublisher(this)
  }

  /** For who comes from now on. */
  change(tags: boolean): void {
    this.tags = tags
  }

  /** `lost_behind`: those that ended while something still waited for their peer, because it was slow or went. */
  stats(): Readonly<Record<'clients' | 'lost_behind', number>> {
    return { clients: this.all.size, lost_behind: this.lostBehind }
  }

  get endpoint(): Endpoint {
    return {
      method: 'GET',
      path: '/events',
      scope: 'read',
      doc: {
        summary:
          'A stream of server-sent events, which is a client of the bus that only receives: an event for each message that goes to it.',
        parameters: [
          {
            name: 'tag',
            in: 'query',
            doc: `The tag of the client, of at most ${MAX_TAG} bytes: it gets what goes to it, too.`,
          },
        ],
        responses: {
          200: { doc: 'The stream, until it is closed.', type: 'text/event-stream' },
          400: { doc: 'The tag is too long.' },
          403: { doc: 'The route connection-new has rejected the client.' },
          503: { doc: 'No more clients are taken (max_clients), or the server closes.' },
        },
      },
      handle: (request) => this.open(request),
    }
  }

  // --- for one stream

  nextId(): number {
    return ++this.lastId
  }

  join(topic: string, stream: EventStream): void {
    const known = this.topics.get(topic)
    if (known) known.add(stream)
    else this.topics.set(topic, new Set([stream]))
  }

  part(topic: string, stream: EventStream): void {
    const known = this.topics.get(topic)
    known?.delete(stream)
    if (known?.size === 0) this.topics.delete(topic)
  }

  add(stream: EventStream): void {
    this.all.add(stream)
    this.heart ??= setInterval(() => this.beat(), HEARTBEAT).unref()
  }

  forget(stream: EventStream, behind: boolean): void {
    if (!this.all.delete(stream)) return
    if (behind) this.lostBehind++
    if (this.all.size > 0) return
    clearInterval(this.heart)
    this.heart = undefined
  }

  // --- for all

  publish(topic: string, message: Uint8Array, isBinary: boolean): void {
    if (this.topics.has(topic)) this.made += eventOf(this.nextId(), message, isBinary)
  }

  published(topic: string): void {
    if (this.made === '') return
    const events = Buffer.from(this.made, 'latin1')
    this.made = ''
    for (const stream of this.topics.get(topic) ?? []) stream.write(events)
  }

  private open({ method, address, query, signal }: HttpRequest): HttpReply | Promise<HttpReply> {
    if (!this.bus.dispatcher.accepting) return REFUSED.closing
    const tag = this.tags ? (query.get('tag') ?? '') : ''
    if (Buffer.byteLength(tag) > MAX_TAG) return problem(400, 'bad_tag', `a tag has at most ${MAX_TAG} bytes`)
    if (method === 'HEAD') return { status: 200, headers: HEADERS }
    return new Promise((resolve) => {
      const stream = new EventStream(this.bus, this, { address, tag }, (outcome) => {
        resolve(outcome === 'admitted' ? this.replyOf(stream) : REFUSED[outcome])
      })
      // Before its reply begins, nobody else says that the peer has gone.
      signal.addEventListener('abort', () => stream.gone(), { once: true })
      if (!this.bus.arrive(stream)) resolve(NO_ROOM)
    })
  }

  private replyOf(stream: EventStream): HttpReply {
    return { status: 200, headers: HEADERS, body: (sink) => stream.begin(sink) }
  }

  private beat(): void {
    for (const stream of this.all) stream.beat()
  }
}
