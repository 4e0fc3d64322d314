// The gateway: HTTP and WebSockets in front of the bus, off its hot path. The module `gateway`, and what it starts and stops.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { EvapidError, ListenError } from '../core/errors.ts'
import { defineModule } from '../core/module.ts'
import { type Runtime, StateKey } from '../core/runtime.ts'
import { OPEN_GUARD } from './guard.ts'
import { healthEndpoints } from './health.ts'
import { HttpServer } from './http-server.ts'
import { GATEWAY_PARAMETERS, type GatewayParameters, parseHttpAddress } from './parameters.ts'
import { loadUws } from './uws.ts'
import { WebSocketClients } from './websocket-clients.ts'

/** What a gateway is to its server. */
export interface Gateway {
  /** `127.0.0.1:8480`; `''` while it takes no HTTP. */
  readonly address: string
}

class RunningGateway implements Gateway {
  address = ''
  private parameters: GatewayParameters
  private readonly runtime: Runtime
  private server: HttpServer | undefined
  private clients: WebSocketClients | undefined

  constructor(runtime: Runtime) {
    this.runtime = runtime
    this.parameters = runtime.parametersOf('gateway', GATEWAY_PARAMETERS)
  }

  /** @throws GatewayError, ListenError */
  async start(): Promise<void> {
    const { listen, optional } = this.parameters
    const address = parseHttpAddress(listen)
    if (!address) return
    try {
      await this.open(address, listen)
    } catch (error) {
      this.close()
      if (!optional || !(error instanceof EvapidError)) throw error
      this.runtime.log.warn({ code: error.code }, `no HTTP: ${error.message}`)
    }
  }

  /** The dispatcher has closed its clients: their WebSockets have their time to take what waits for them. */
  async stop(): Promise<void> {
    this.server?.stopListening()
    await this.clients?.settled()
    this.close()
  }

  close(): void {
    this.server?.close()
    this.server = undefined
    this.address = ''
  }

  /** A reload has come into effect. */
  change(runtime: Runtime): void {
    this.parameters = runtime.parametersOf('gateway', GATEWAY_PARAMETERS)
    this.clients?.change({
      tags: this.parameters.websocketTags,
      queueLimit: this.parameters.websocketQueueLimit,
    })
  }

  stats(): Readonly<Record<string, number>> {
    const http = this.server?.stats()
    const websocket = this.clients?.stats()
    return {
      gateway_requests: http?.requests ?? 0,
      gateway_requests_refused: http?.refused ?? 0,
      gateway_requests_failed: http?.failed ?? 0,
      gateway_requests_pending: http?.pending ?? 0,
      gateway_websocket_clients: websocket?.clients ?? 0,
      gateway_websocket_published: websocket?.published ?? 0,
      gateway_websocket_too_large: websocket?.too_large ?? 0,
      gateway_websocket_queue_full: websocket?.queue_full ?? 0,
      gateway_websocket_not_allowed: websocket?.not_allowed ?? 0,
    }
  }

  private async open({ host, port }: { host: string; port: number }, text: string): Promise<void> {
    const { runtime, parameters } = this
    const library = loadUws()
    const literal = await literalOf(host, text)
    const {
      websocketIdleTimeout: idleTimeout,
      websocketQueueLimit: queueLimit,
      websocketTags: tags,
    } = parameters
    const clients = new WebSocketClients(
      runtime.dispatcher,
      { idleTimeout, queueLimit, tags },
      (topic, message, isBinary) => this.server?.publish(topic, message, isBinary),
      runtime.log,
    )
    const server = new HttpServer({
      library,
      endpoints: [...healthEndpoints(runtime)],
      sockets: [clients],
      guard: () => OPEN_GUARD,
      limits: () => ({
        maxBody: runtime.dispatcher.options.maxMessageSize,
        timeout: this.parameters.requestTimeout,
      }),
      log: runtime.log,
    })
    this.server = server
    this.clients = clients
    const bound = server.listen(literal, port)
    this.address = isIP(literal) === 6 ? `[${literal}]:${bound}` : `${literal}:${bound}`
    runtime.log.info({ http: this.address }, `HTTP is taken on http://${this.address}`)
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
  stop: (runtime) => runtime.state(GATEWAY).stop(),
  stats: (runtime) => runtime.state(GATEWAY).stats(),
})
