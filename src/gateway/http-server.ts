// The HTTP server: listens, asks the guard, finds the endpoint, and has it answered. What endpoints do is theirs, how a reply is written
// http-exchange.ts's.

import type { Log } from '../core/log.ts'
import { includes } from '../core/scopes.ts'
import { type Endpoint, EndpointTable } from './endpoint.ts'
import { type Guard, preflightHeaders } from './guard.ts'
import { HttpApp } from './http-app.ts'
import { Exchange, type ExchangeKeeper, type ExchangeLimits } from './http-exchange.ts'
import { type HttpReply, problem } from './http-reply.ts'
import { addressText, type RequestHead, readHead } from './http-request.ts'
import type { Certificate } from './tls.ts'
import type { UwsLibrary, UwsRequest, UwsResponse } from './uws.ts'
import { behaviorOf, forbidden, unauthorized, type WebSocketEndpoint } from './websocket-endpoint.ts'

/** Limits of a server and of each of its requests. */
export interface HttpLimits extends ExchangeLimits {
  /** Requests that may wait for their reply at a time; 0: no limit. */
  readonly maxRequests: number
}

export interface HttpServerParts {
  readonly library: UwsLibrary
  readonly certificate: Certificate | undefined
  readonly endpoints: Iterable<Endpoint>
  readonly sockets: readonly WebSocketEndpoint[]
  /** Asked for each request: another one may have come with a reload. */
  readonly guard: () => Guard
  readonly limits: () => HttpLimits
  readonly log: Log
}

/** So many refusals wait for what is left of a body; others are told at once, and may lose it with the connection. */
const MAX_DECLINED = 1024

const BUSY = problem(503, 'busy', 'as many requests wait for their replies as may (max_requests)', {
  'retry-after': '1',
})

export class HttpServer implements ExchangeKeeper {
  private readonly parts: HttpServerParts
  private readonly table: EndpointTable
  /** Those that wait for a body, or for a reply. */
  private readonly exchanges = new Set<Exchange>()
  private readonly streams = new Set<Exchange>()
  /** Those that are refused, and wait for the rest of a body. */
  private readonly declined = new Set<Exchange>()
  /** The one that listens. */
  private app: HttpApp
  /** Those with earlier certificates that WebSockets are still connected to. */
  private earlier: readonly HttpApp[] = []
  private host = ''
  private port = 0
  private readonly counts = { requests: 0, refused: 0, failed: 0, busy: 0 }

  constructor(parts: HttpServerParts) {
    this.parts = parts
    this.table = new EndpointTable([...parts.endpoints, ...parts.sockets.map(noUpgrade)])
    this.app = this.makeApp(parts.certificate)
  }

  /** All that it answers to, WebSockets included. */
  get endpoints(): Iterable<Endpoint> {
    return this.table.all
  }

  /** What it presents now. */
  get certificate(): Certificate | undefined {
    return this.app.certificate
  }

  /**
   * @param host an IP literal
   * @returns the port
   * @throws ListenError
   */
  listen(host: string, port: number): number {
    this.host = host
    this.port = this.app.listen(host, port)
    return this.port
  }

  /**
   * Whoever connects from now on gets this certificate; none: no TLS. Nobody who is connected notices.
   * @throws ListenError, or what uWebSockets.js says; then all is as it was
   */
  renew(certificate: Certificate | undefined): void {
    const before = this.app
    const next = this.makeApp(certificate)
    before.stopListening()
    try {
      next.listen(this.host, this.port)
    } catch (error) {
      before.listen(this.host, this.port)
      throw error
    }
    this.app = next
    this.earlier = [...this.earlier, before].filter((app) => app.webSockets > 0)
  }

  /** To all WebSockets that have subscribed to the topic. */
  publish(topic: string, message: Uint8Array, isBinary: boolean): void {
    this.app.publish(topic, message, isBinary)
    for (const app of this.earlier) app.publish(topic, message, isBinary)
  }

  /** Counters and gauges. */
  stats(): Readonly<Record<'requests' | 'refused' | 'failed' | 'busy' | 'pending' | 'streams', number>> {
    return { ...this.counts, pending: this.exchanges.size, streams: this.streams.size }
  }

  /** Takes no new connection; those that are there go on. */
  stopListening(): void {
    this.app.stopListening()
  }

  /** Ends what is under way, and every connection. */
  close(): void {
    this.stopListening()
    for (const exchange of [...this.exchanges, ...this.streams, ...this.declined]) exchange.close()
    for (const app of [this.app, ...this.earlier]) app.close()
  }

  onStream(exchange: Exchange): void {
    this.exchanges.delete(exchange)
    this.streams.add(exchange)
  }

  onEnd(exchange: Exchange, status: number): void {
    this.exchanges.delete(exchange)
    this.streams.delete(exchange)
    this.declined.delete(exchange)
    if (status >= 500) this.counts.failed++
    else if (status >= 400) this.counts.refused++
  }

  private makeApp(certificate: Certificate | undefined): HttpApp {
    const { library, sockets, guard } = this.parts
    const app = new HttpApp(library, certificate)
    const secure = certificate !== undefined
    for (const endpoint of sockets) {
      app.serveSockets(
        endpoint.path,
        behaviorOf(endpoint, guard, secure, (response, reply, headers) =>
          this.refuse(response, reply, headers),
        ),
      )
    }
    app.serve((response, request) => this.serve(response, request, secure))
    return app
  }

  private serve(response: UwsResponse, request: UwsRequest, secure: boolean): void {
    const head = readHead(request, addressText(response.getRemoteAddress()), secure)
    const isBusy = this.isBusy
    const exchange = this.exchange(response, head)
    const verdict = this.parts.guard().examine(head)
    exchange.addHeaders(verdict.headers)
    if ('refusal' in verdict) {
      this.decline(exchange, verdict.refusal)
      return
    }
    const { method, path } = head
    const found = this.table.find(path)
    if (!found) {
      this.decline(
        exchange,
        problem(404, 'not_found', `there is nothing at ${path}; GET /openapi.json says what there is`),
      )
      return
    }
    const { endpoints, parameters } = found
    const allowed = allowedMethods(endpoints.keys())
    if (method === 'OPTIONS') {
      this.decline(exchange, {
        status: 204,
        headers: { allow: allowed, ...preflightHeaders(head, allowed, verdict) },
      })
      return
    }
    const endpoint = endpoints.get(method === 'HEAD' ? 'GET' : method)
    if (!endpoint) {
      this.decline(
        exchange,
        problem(405, 'method_not_allowed', `${path} takes ${allowed}`, { allow: allowed }),
      )
      return
    }
    const { scope: needed } = endpoint
    const { scope } = verdict
    if (needed !== undefined && scope === undefined) this.decline(exchange, unauthorized())
    else if (needed !== undefined && scope !== undefined && !includes(scope, needed))
      this.decline(exchange, forbidden(needed))
    else if (isBusy) {
      this.counts.busy++
      this.decline(exchange, BUSY)
    } else {
      exchange.answer((body) =>
        endpoint.handle({ ...head, parameters, scope: scope ?? 'read', body, signal: exchange.signal }),
      )
    }
  }

  /** Whoever is refused takes nobody's place, however slowly the rest of the body comes. */
  private decline(exchange: Exchange, reply: HttpReply): void {
    this.exchanges.delete(exchange)
    this.declined.add(exchange)
    exchange.refuse(reply, this.declined.size > MAX_DECLINED)
  }

  private get isBusy(): boolean {
    const { maxRequests } = this.parts.limits()
    return maxRequests > 0 && this.exchanges.size >= maxRequests
  }

  private exchange(response: UwsResponse, head: RequestHead): Exchange {
    this.counts.requests++
    const exchange = new Exchange(response, head, this.parts.limits(), this.parts.log, this)
    this.exchanges.add(exchange)
    return exchange
  }

  /** In place of a WebSocket. */
  private refuse(response: UwsResponse, reply: HttpReply, headers: Readonly<Record<string, string>>): void {
    const exchange = this.exchange(response, UPGRADE)
    exchange.addHeaders(headers)
    this.decline(exchange, reply)
  }
}

/** Of a request for a WebSocket all is over when it is refused. */
const UPGRADE: RequestHead = {
  method: 'GET',
  path: '',
  query: new URLSearchParams(),
  headers: new Map(),
  address: '',
  secure: false,
}

/** What answers who asks for a WebSocket in another way than by upgrading to one: also a page that wants to know why it was not let in. */
function noUpgrade({ path, scope }: WebSocketEndpoint): Endpoint {
  const reply = problem(426, 'upgrade_required', `${path} is for WebSockets`, { upgrade: 'websocket' })
  return {
    method: 'GET',
    path,
    scope,
    doc: {
      summary: 'For WebSockets: an upgrade (RFC 6455).',
      responses: {
        101: { doc: 'It is one from here on.' },
        426: { doc: 'It was asked for without an upgrade.' },
      },
    },
    handle: () => reply,
  }
}

function allowedMethods(methods: Iterable<string>): string {
  const all = [...methods].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return [...all, 'OPTIONS'].join(', ')
}
