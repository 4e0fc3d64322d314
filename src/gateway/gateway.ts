// The gateway: HTTP and WebSockets in front of the bus, off its hot path. The module `gateway`, and what it starts and stops.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { EvapidError, ListenError } from '../core/errors.ts'
import { defineModule } from '../core/module.ts'
import { type Runtime, StateKey } from '../core/runtime.ts'
import { packageVersion } from '../core/version.ts'
import { BusClients } from './bus-clients.ts'
import { EventStreams } from './event-streams.ts'
import { AccessGuard } from './guard.ts'
import { healthEndpoints } from './health.ts'
import { HttpServer } from './http-server.ts'
import { LiveEndpoint } from './live-endpoint.ts'
import { Metrics } from './metrics.ts'
import { metricsEndpoint } from './metrics-endpoint.ts'
import { openApiEndpoint } from './openapi.ts'
import { pageEndpoints, readPage } from './page-files.ts'
import { GATEWAY_PARAMETERS, type GatewayParameters, parseHttpAddress, USUAL_PLACE } from './parameters.ts'
import { publishEndpoints } from './publish.ts'
import { requestEndpoint } from './requests.ts'
import { rpcEndpoint } from './rpc-endpoint.ts'
import { defaultRpcPlace } from './rpc-place.ts'
import { RpcSocket } from './rpc-socket.ts'
import { type Place, readPolicy, warningsOf } from './security.ts'
import { type Certificate, readCertificate, warningOf } from './tls.ts'
import { loadUws } from './uws.ts'
import { WebSocketClients } from './websocket-clients.ts'

/** How often it is looked whether the certificate ends soon, in milliseconds. */
const DAY = 86_400_000

/** What a gateway is to its server. */
export interface Gateway {
  /** `127.0.0.1:8480`; `''` while it takes no HTTP. */
  readonly address: string
  /** The path of the Unix socket for calls; `''` while there is none. */
  readonly rpcSocket: string
}

class RunningGateway implements Gateway {
  address = ''
  private parameters: GatewayParameters
  private readonly runtime: Runtime
  private server: HttpServer | undefined
  private guard: AccessGuard | undefined
  private place: Place = { address: '', text: '' }
  private daily: NodeJS.Timeout | undefined
  private clients: WebSocketClients | undefined
  private bus: BusClients | undefined
  private streams: EventStreams | undefined
  private live: LiveEndpoint | undefined
  private metrics: Metrics | undefined
  private calls: RpcSocket | undefined

  constructor(runtime: Runtime) {
    this.runtime = runtime
    this.parameters = runtime.parametersOf('gateway', GATEWAY_PARAMETERS)
  }

  /** @throws GatewayError, ListenError */
  async start(): Promise<void> {
    await this.openRpcSocket()
    const { listen } = this.parameters
    const address = parseHttpAddress(listen)
    if (!address) return
    const literal = await literalOf(address.host, listen).catch((error: unknown) => this.doWithout(error))
    if (literal === undefined) return
    const place = { address: literal, text: listen }
    // Whoever wrote that means it: to do without is for an address that is in use.
    const policy = readPolicy(this.parameters, place)
    const certificate = readCertificate(this.parameters)
    this.place = place
    this.guard = new AccessGuard(policy, (address, why, more) => this.tellRefused(address, why, more))
    try {
      this.open(address.port, this.guard, certificate)
    } catch (error) {
      this.closeHttp()
      this.doWithout(error)
      return
    }
    for (const line of warningsOf(policy, certificate !== undefined, place)) this.runtime.log.warn(line)
    this.warnOfCertificate()
    this.daily = setInterval(() => this.warnOfCertificate(), DAY).unref()
  }

  /** @throws the error, where it is not said to be optional */
  private doWithout(error: unknown): undefined {
    if (!this.parameters.optional || !(error instanceof EvapidError)) throw error
    this.runtime.log.warn({ code: error.code }, `no HTTP: ${error.message}`)
    return undefined
  }

  get rpcSocket(): string {
    return this.calls?.path ?? ''
  }

  /** The dispatcher has closed its clients: their WebSockets have their time to take what waits for them. */
  async close(): Promise<void> {
    this.server?.stopListening()
    await this.clients?.settled()
    this.closeHttp()
    await this.calls?.close()
    this.calls = undefined
  }

  private closeHttp(): void {
    clearInterval(this.daily)
    this.live?.close()
    this.live = undefined
    this.server?.close()
    this.server = undefined
    this.metrics?.stop()
    this.metrics = undefined
    this.address = ''
  }

  /** A reload has come into effect. */
  change(runtime: Runtime): void {
    this.parameters = runtime.parametersOf('gateway', GATEWAY_PARAMETERS)
    this.bus?.change()
    this.clients?.change({
      tags: this.parameters.websocketTags,
      queueLimit: this.parameters.websocketQueueLimit,
    })
    this.streams?.change(this.parameters.websocketTags)
    const { server, guard } = this
    if (!server || !guard) return
    this.attempt('tokens and sites', () => guard.change(readPolicy(this.parameters, this.place)))
    this.attempt('certificate', () => this.renew(server))
  }

  stats(): Readonly<Record<string, number>> {
    const http = this.server?.stats()
    const websocket = this.clients?.stats()
    const streams = this.streams?.stats()
    const refused = this.guard?.stats()
    return {
      gateway_requests: http?.requests ?? 0,
      gateway_requests_refused: http?.refused ?? 0,
      gateway_requests_failed: http?.failed ?? 0,
      gateway_requests_pending: http?.pending ?? 0,
      gateway_requests_busy: http?.busy ?? 0,
      gateway_event_streams: streams?.clients ?? 0,
      gateway_event_streams_lost_behind: streams?.lost_behind ?? 0,
      gateway_refused_tokens: (refused?.tokens ?? 0) + (refused?.schemes ?? 0) + (refused?.queries ?? 0),
      gateway_refused_origins: refused?.origins ?? 0,
      gateway_refused_hosts: refused?.hosts ?? 0,
      // Unix time, as Prometheus has times; 0 without TLS.
      gateway_certificate_expires_seconds: Math.floor((this.server?.certificate?.expires ?? 0) / 1000),
      gateway_websocket_clients: websocket?.clients ?? 0,
      gateway_websocket_published: websocket?.published ?? 0,
      gateway_websocket_too_large: websocket?.too_large ?? 0,
      gateway_websocket_queue_full: websocket?.queue_full ?? 0,
      gateway_websocket_not_allowed: websocket?.not_allowed ?? 0,
    }
  }

  /** @throws ListenError for a place that somebody has named */
  private async openRpcSocket(): Promise<void> {
    const { rpcSocket } = this.parameters
    if (rpcSocket === '') return
    const { log } = this.runtime
    const isUsual = rpcSocket === USUAL_PLACE
    const path = isUsual ? defaultRpcPlace(process.env, process.getuid?.() ?? 0).path : rpcSocket
    try {
      this.calls = await RpcSocket.open(this.runtime, path)
    } catch (error) {
      if (!isUsual || !(error instanceof ListenError)) throw error
      const why = error.reason === 'EADDRINUSE' ? `another evapid takes calls at ${path}` : error.message
      log.warn(
        { code: error.code, path },
        `no calls over a Unix socket: ${why}; --rpc-socket PATH names another place`,
      )
      return
    }
    log.info({ rpcSocket: this.calls.path }, `calls are taken on unix:${this.calls.path}`)
  }

  private open(port: number, guard: AccessGuard, certificate: Certificate | undefined): void {
    const {
      runtime,
      parameters,
      place: { address: literal },
    } = this
    const library = loadUws()
    const {
      websocketIdleTimeout: idleTimeout,
      websocketQueueLimit: queueLimit,
      websocketTags: tags,
    } = parameters
    const bus = new BusClients(runtime.dispatcher)
    const clients = new WebSocketClients(
      bus,
      { idleTimeout, queueLimit, tags },
      (topic, message, isBinary) => this.server?.publish(topic, message, isBinary),
      runtime.log,
    )
    const streams = new EventStreams(bus, tags)
    const live = new LiveEndpoint(runtime)
    const metrics = new Metrics(runtime, { routeSampling: parameters.metricsRouteSampling })
    this.metrics = metrics
    const server: HttpServer = new HttpServer({
      library,
      endpoints: [
        ...healthEndpoints(runtime),
        ...publishEndpoints(runtime.dispatcher),
        requestEndpoint(runtime),
        streams.endpoint,
        metricsEndpoint(metrics),
        rpcEndpoint(runtime),
        openApiEndpoint(() => server.endpoints, packageVersion()),
        ...pageEndpoints(readPage(runtime.log)),
      ],
      sockets: [clients, live],
      certificate,
      guard: () => guard,
      limits: () => ({
        maxBody: runtime.dispatcher.options.maxMessageSize,
        timeout: this.parameters.requestTimeout,
        maxRequests: this.parameters.maxRequests,
      }),
      log: runtime.log,
    })
    this.server = server
    this.bus = bus
    this.clients = clients
    this.streams = streams
    this.live = live
    const bound = server.listen(literal, port)
    this.address = isIP(literal) === 6 ? `[${literal}]:${bound}` : `${literal}:${bound}`
    const scheme = certificate ? 'https' : 'http'
    runtime.log.info({ http: this.address }, `HTTP is taken on ${scheme}://${this.address}`)
  }

  /** A reload does as much of it as can be done. */
  private attempt(what: string, change: () => void): void {
    try {
      change()
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const { log } = this.runtime
      for (const line of error instanceof EvapidError ? error.lines : [error.message]) log.error(line)
      log.error(`HTTP goes on with the ${what} that it had`)
    }
  }

  private renew(server: HttpServer): void {
    const certificate = readCertificate(this.parameters)
    if (certificate?.fingerprint === server.certificate?.fingerprint) return
    server.renew(certificate)
    const { log } = this.runtime
    if (certificate) {
      const expires = new Date(certificate.expires).toISOString()
      log.info(
        { expires },
        `who connects from now on gets the certificate in ${certificate.cert}, until ${expires}`,
      )
    } else log.warn('who connects from now on has no TLS: there is no certificate any more (cert, key)')
    this.warnOfCertificate()
  }

  private warnOfCertificate(): void {
    const certificate = this.server?.certificate
    const warning = certificate && warningOf(certificate)
    if (warning !== undefined) this.runtime.log.warn(warning)
  }

  private tellRefused(address: string, why: string, more: number): void {
    const others = more > 0 ? `, and ${more} more before` : ''
    this.runtime.log.warn({ address, more }, `refused a request from ${address}: ${why}${others}`)
  }
}

/** @throws ListenError for a name that cannot be resolved */
async function literalOf(host: string, text: string): Promise<string> {
  if (isIP(host)) return host
  try {
    return (await lookup(host, { verbatim: false })).address
  } catch (error) {
    throw new ListenError(
      text,
      'ENOTFOUND',
      `cannot listen for HTTP on ${text}: the host name cannot be resolved`,
      error,
    )
  }
}

const GATEWAY = new StateKey((runtime) => new RunningGateway(runtime))

/** The gateway of a server. */
export function gatewayOf(runtime: Runtime): Gateway {
  return runtime.state(GATEWAY)
}

export const gateway = defineModule({
  name: 'gateway',
  parameters: GATEWAY_PARAMETERS,
  start: (runtime) => runtime.state(GATEWAY).start(),
  reconfigure: (runtime) => runtime.state(GATEWAY).change(runtime),
  stop: (runtime) => runtime.state(GATEWAY).close(),
  stats: (runtime) => runtime.state(GATEWAY).stats(),
})
