// The HTTP server: listens, asks the guard, finds the endpoint, and has it answered. What endpoints do is theirs, how a reply is written
// http-exchange.ts's.

import { ListenError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { includes } from '../core/scopes.ts'
import { type Endpoint, EndpointTable } from './endpoint.ts'
import type { Guard } from './guard.ts'
import { Exchange, type ExchangeLimits } from './http-exchange.ts'
import { type HttpReply, problem } from './http-reply.ts'
import { addressText, readHead } from './http-request.ts'
import {
  EXCLUSIVE_PORT,
  type UwsApp,
  type UwsLibrary,
  type UwsListenSocket,
  type UwsRequest,
  type UwsResponse,
} from './uws.ts'
import { behaviorOf, forbidden, unauthorized, type WebSocketEndpoint } from './websocket-endpoint.ts'

export interface HttpServerParts {
  readonly library: UwsLibrary
  readonly endpoints: Iterable<Endpoint>
  readonly sockets: readonly WebSocketEndpoint[]
  /** Asked for each request: another one may have come with a reload. */
  readonly guard: () => Guard
  readonly limits: () => ExchangeLimits
  readonly log: Log
}

export class HttpServer {
  private readonly parts: HttpServerParts
  private readonly table: EndpointTable
  private readonly exchanges = new Set<Exchange>()
  private readonly app: UwsApp
  private listening: UwsListenSocket | undefined
  private readonly counts = { requests: 0, refused: 0, failed: 0 }

  constructor(parts: HttpServerParts) {
    this.parts = parts
    this.table = new EndpointTable([...parts.endpoints, ...parts.sockets.map(noUpgrade)])
    this.app = parts.library.App()
    for (const endpoint of parts.sockets) {
      this.app.ws(
        endpoint.path,
        behaviorOf(endpoint, parts.guard, (response, reply) => this.refuse(response, reply)),
      )
    }
    this.app.any('/*', (response, request) => this.serve(response, request))
  }

  /**
   * @param host an IP literal
   * @returns the port
   * @throws ListenError
   */
  listen(host: string, port: number): number {
    const { library } = this.parts
    let opened: UwsListenSocket | false = false
    // The callback is called before listen() returns. The order of arguments with a host and options stands in no declaration.
    const took = (socket: UwsListenSocket | false) => {
      opened = socket
    }
    Reflect.apply(this.app.listen, this.app, [host, port, EXCLUSIVE_PORT, took])
    if (!opened) {
      const text = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      throw new ListenError(
        text,
        'EADDRINUSE',
        `cannot listen for HTTP on ${text}: the address is in use, or not one of this machine, or needs privileges`,
      )
    }
    this.listening = opened
    return library.us_socket_local_port(opened)
  }

  /** To all WebSockets that have subscribed to the topic. */
  publish(topic: string, message: Uint8Array, isBinary: boolean): void {
    this.app.publish(topic, message, isBinary)
  }

  /** Counters and gauges. */
  stats(): Readonly<Record<'requests' | 'refused' | 'failed' | 'pending', number>> {
    return { ...this.counts, pending: this.exchanges.size }
  }

  /** Takes no new connection; those that are there go on. */
  stopListening(): void {
    if (this.listening) this.parts.library.us_listen_socket_close(this.listening)
    this.listening = undefined
  }

  /** Ends what is under way, and every connection. */
  close(): void {
    this.stopListening()
    for (const exchange of [...this.exchanges]) exchange.close()
    const { app } = this
    // Not in all versions. Where it is not, connections that nobody uses end by themselves within seconds.
    const close: unknown = Reflect.get(app, 'close')
    if (typeof close === 'function') Reflect.apply(close, app, [])
  }

  private serve(response: UwsResponse, request: UwsRequest): void {
    const head = readHead(request, addressText(response.getRemoteAddress()))
    const exchange = this.exchange(response, head)
    const { guard } = this.parts
    const verdict = guard().examine(head)
    if ('refusal' in verdict) {
      exchange.refuse(verdict.refusal)
      return
    }
    const { method, path } = head
    const found = this.table.find(path)
    if (!found) {
      exchange.refuse(
        problem(404, 'not_found', `there is nothing at ${path}; GET /openapi.json says what there is`),
      )
      return
    }
    const { endpoints, parameters } = found
    const allowed = allowedMethods(endpoints.keys())
    if (method === 'OPTIONS') {
      exchange.refuse({ status: 204, headers: { allow: allowed } })
      return
    }
    const endpoint = endpoints.get(method === 'HEAD' ? 'GET' : method)
    if (!endpoint) {
      exchange.refuse(problem(405, 'method_not_allowed', `${path} takes ${allowed}`, { allow: allowed }))
      return
    }
    const { scope: needed } = endpoint
    const { scope } = verdict
    if (needed !== undefined && scope === undefined) exchange.refuse(unauthorized())
    else if (needed !== undefined && scope !== undefined && !includes(scope, needed))
      exchange.refuse(forbidden(needed))
    else {
      exchange.answer((body) =>
        endpoint.handle({ ...head, parameters, scope: scope ?? 'read', body, signal: exchange.signal }),
      )
    }
  }

  private exchange(response: UwsResponse, head: ReturnType<typeof readHead>): Exchange {
    this.counts.requests++
    const exchange = new Exchange(response, head, this.parts.limits(), this.parts.log, (ended, status) => {
      this.exchanges.delete(ended)
      if (status >= 500) this.counts.failed++
      else if (status >= 400) this.counts.refused++
    })
    this.exchanges.add(exchange)
    return exchange
  }

  /** In place of a WebSocket. */
  private refuse(response: UwsResponse, reply: HttpReply): void {
    const head = { method: 'GET', path: '', query: new URLSearchParams(), headers: new Map(), address: '' }
    this.exchange(response, head).refuse(reply)
  }
}

/** What answers who asks for a WebSocket in another way than by upgrading to one: also a page that wants to know why it was not let in. */
function noUpgrade({ path, scope }: WebSocketEndpoint): Endpoint {
  const reply = problem(426, 'upgrade_required', `${path} is for WebSockets`, { upgrade: 'websocket' })
  return { method: 'GET', path, scope, handle: () => reply }
}

function allowedMethods(methods: Iterable<string>): string {
  const all = [...methods].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return [...all, 'OPTIONS'].join(', ')
}
