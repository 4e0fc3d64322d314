// The server: puts the parts together (configuration, modules, routes, dispatcher) and is what an embedding program
// holds. Signals, files and the command line are the command's.

import { adopt, bind, resolve } from './binding.ts'
import { type Changes, changesOf } from './changes.ts'
import { type Config, type ResolvedConfig, resolveConfig } from './config.ts'
import { formatAddress } from './core/address.ts'
import { CallError, EvapidError, ListenError } from './core/errors.ts'
import { listenError } from './core/listen-error.ts'
import { createLog, type Log, textOfFailure, WatchedLog } from './core/log.ts'
import type { Module } from './core/module.ts'
import { RELOAD_SOURCE, type ReloadSource } from './core/reload.ts'
import { RouteSet, RouteTable } from './core/routes.ts'
import { Runtime } from './core/runtime.ts'
import { removeSocketFile, socketInode } from './core/socket-file.ts'
import { type BoundAddress, type Data, Dispatcher, raiseDescriptorLimit } from './dispatcher.ts'
import { gatewayOf } from './gateway/gateway.ts'
import { dispatcherOptions, eventHandlers } from './modules/evapi.ts'
import { logNotice } from './notices.ts'
import { SIP_PARAMETERS } from './sip/limits.ts'
import { SipListeners } from './sip/listeners.ts'
import { OWN_ADDRESSES } from './sip/own-addresses.ts'
import { formatListen, type SipListener } from './sip/transport.ts'
import { StartedModules } from './started-modules.ts'
import { type Reply, type RequestInit, requestLocally } from './tm/local-request.ts'
import { TRANSACTION_PARAMETERS } from './tm/options.ts'
import { REQUEST_ROUTES, type RequestRoutes } from './tm/request-routes.ts'
import { idPart } from './tm/transaction-id.ts'

/** Options of Server.listen(). */
export interface ListenOptions {
  /** Descriptors of listening sockets to take over instead of binding `bindAddr`, as systemd hands them over. */
  readonly adopt?: readonly number[]
}

interface Listener {
  readonly bound: BoundAddress
  /** Of the socket file this server made, if it made one. */
  readonly inode: number | undefined
}

/** What a reload has come to. */
export interface Reload {
  /** What has changed and needs a restart, as modparam names it: `evapi.bind_addr`; also `listen` and `log`. */
  readonly needRestart: readonly string[]
}

type State = 'new' | 'starting' | 'listening' | 'closed'

/**
 * An event bus. Made by createServer().
 *
 * @example
 * ```ts
 * await using server = createServer({ evapi: { bindAddr: '127.0.0.1:0' } })
 * await server.listen()
 * server.relay('hello')
 * ```
 */
export class Server implements AsyncDisposable {
  /** Where the server writes its log. */
  readonly log: Log

  private config: ResolvedConfig
  private readonly routes: RouteTable
  private readonly modules = new StartedModules()
  private state: State = 'new'
  private dispatcher: Dispatcher | undefined
  private runtime: Runtime | undefined
  private requests: RequestRoutes | undefined
  private listeners: readonly Listener[] = []
  private sip: SipListeners | undefined
  private closing: Promise<void> | undefined
  private strayFailures = 0
  /** The last reload that was asked for. */
  private reloading: Promise<unknown> = Promise.resolve()
  private reloadSource: ReloadSource | undefined
  private reloads = 0
  private reloadFailures = 0
  /** performance.now() when the configuration came into effect. */
  private configuredAt = performance.now()

  constructor(config: ResolvedConfig) {
    this.config = config
    this.log = new WatchedLog(createLog(config.log))
    this.routes = new RouteTable(this.log, new RouteSet(config.routes))
  }

  /**
   * Starts the modules and listens. A server listens once in its life.
   * @returns what it listens on; one address, or one for each adopted descriptor
   * @throws ListenError when it cannot; the server is then closed
   */
  async listen(options: ListenOptions = {}): Promise<readonly BoundAddress[]> {
    if (this.state !== 'new') {
      const { bindAddr } = this.config.evapi
      throw new ListenError(
        bindAddr,
        'EALREADY',
        'a server listens once in its life; make a new one to listen again',
      )
    }
    this.state = 'starting'
    try {
      const runtime = this.assemble()
      const { registry, parameters } = this.config
      await this.modules.start(registry.modules.values(), runtime, parameters)
      runtime.runEvent('core:worker-one-init')
      this.raiseDescriptorLimit(runtime)
      this.listeners = await this.openListeners(runtime.dispatcher, options.adopt ?? [])
      await this.openSip(runtime)
    } catch (error) {
      await this.close()
      // One that was still starting when the server was closed.
      await this.modules.stop()
      throw error
    }
    this.state = 'listening'
    const { workers } = this.config.evapi
    if (workers > 1)
      this.log.warn({ workers }, 'this release runs all routes on one thread; workers has no effect')
    return this.addresses
  }

  /**
   * Takes another configuration in place of the one that there is. No client notices: messages and requests that come from now on have the new routes,
   * those under way, also when they are suspended, end with the old ones. Modules of one's own are started anew, and the old ones stopped when the
   * old routes have ended; a module that is the same object goes on. What needs a restart (docs/operations.md) is as it was, and said so in the log.
   *
   * Reloads run one after the other. One that fails changes nothing, and the log says every mistake.
   *
   * @param config as createServer() takes it, or what makes it: then a failure of that is one of the reload
   * @throws ConfigError, what `config` throws, what a module's start() throws; CallError when the server does not listen
   */
  reload<const Modules extends readonly Module[] = readonly []>(
    config: Config<Modules> | (() => Config<Modules> | Promise<Config<Modules>>),
  ): Promise<Reload> {
    return this.reloadWith(async () => resolveConfig(typeof config === 'function' ? await config() : config))
  }

  /** As reload(), with a configuration that is checked already. For the command. */
  reloadWith(load: () => Promise<ResolvedConfig>): Promise<Reload> {
    const reload = this.reloading.then(() => this.loggedReload(load))
    this.reloading = reload.catch(() => {})
    return reload
  }

  /**
   * What `cfg.reload` of the remote procedure calls does. Without it there is nothing to reload by a call. For the command.
   * @param ask reloads with the configuration that the command line names
   */
  reloadWhenAsked(ask: ReloadSource): void {
    this.reloadSource = ask
    if (this.runtime) this.runtime.state(RELOAD_SOURCE).ask = ask
  }

  /** What the server listens on. */
  get addresses(): readonly BoundAddress[] {
    return this.listeners.map((listener) => listener.bound)
  }

  /** The first address as bind_addr would write it, e.g. `127.0.0.1:8448`; `''` while the server does not listen. */
  get address(): string {
    const first = this.listeners[0]
    return first ? formatAddress(first.bound) : ''
  }

  /** Where HTTP and WebSockets are taken, e.g. `127.0.0.1:8480`; `''`: nowhere. */
  get httpAddress(): string {
    return this.runtime && this.state !== 'closed' ? gatewayOf(this.runtime).address : ''
  }

  /** The path of the Unix socket for remote procedure calls; `''`: there is none. */
  get rpcSocket(): string {
    return this.runtime && this.state !== 'closed' ? gatewayOf(this.runtime).rpcSocket : ''
  }

  /** Where SIP requests are taken. */
  get sipAddresses(): readonly Pick<SipListener, 'protocol' | 'address' | 'port'>[] {
    const listeners = this.state === 'closed' ? [] : (this.sip?.listeners ?? [])
    return listeners.map(({ protocol, address, port }) => ({ protocol, address, port }))
  }

  /** How many clients are connected. */
  get clients(): number {
    return this.dispatcher?.clientCount ?? 0
  }

  /**
   * Sends to every client. A string goes out as UTF-8.
   * @returns false when data is empty, context_mlimit is reached, or the server does not listen
   * @throws RangeError over 999,999,999 bytes
   */
  relay(data: Data): boolean {
    return this.dispatcher?.relay(data) ?? false
  }

  /** Sends to every client whose tag equals `tag`. @returns as relay(); also false when no client has the tag */
  multicast(data: Data, tag: string): boolean {
    return this.dispatcher?.multicast(data, tag) ?? false
  }

  /** Sends to the client with that tag that has the lowest connection index. @returns as multicast() */
  unicast(data: Data, tag: string): boolean {
    return this.dispatcher?.unicast(data, tag) ?? false
  }

  /**
   * Runs the request route for a request of this program's own: the same kind of transaction, without SIP.
   *
   * @example const { code, body } = await server.request({ method: 'MESSAGE', uri: 'sip:alice@example.com', body: 'hi' })
   * @returns the final reply
   * @throws CallError when no request can be made of `init`, there is no request route, or the server does not listen
   */
  request(init: RequestInit): Promise<Reply> {
    if (!this.requests) return Promise.reject(new CallError('the server does not listen'))
    return requestLocally(this.requests, init)
  }

  /**
   * Continues a request that waits in `asyncRelay()` or `ask()`, which resolves with `answer`.
   * @returns false for an id that is unknown or that nothing waits for, and the second time
   */
  continue(index: number, label: number, answer?: unknown): boolean {
    return this.requests?.answer(idPart(index), idPart(label), answer) ?? false
  }

  /** Counters and gauges by snake_case name: the dispatcher's, those of the routes, of SIP and of transactions, and of modules. */
  stats(): Record<string, number> {
    return {
      ...this.modules.stats(),
      ...this.dispatcher?.stats(),
      ...this.sip?.stats(),
      ...this.requests?.layer.stats(),
      routes_running: this.routes.running,
      route_failures: this.routes.failures,
      stray_failures: this.strayFailures,
      reloads: this.reloads,
      reload_failures: this.reloadFailures,
      configuration_age_seconds: Math.floor((performance.now() - this.configuredAt) / 1000),
    }
  }

  /**
   * Logs and counts a failure that belongs to no route, e.g. a throw in a timer that a route armed. The command hands
   * every uncaught exception here, so that it harms nobody.
   */
  reportStray(error: unknown): void {
    this.strayFailures++
    this.log.error(
      { err: error },
      `failure outside of any route, perhaps in a callback of one: ${textOfFailure(error)}`,
    )
  }

  /**
   * Closes in order: accepts nobody new and reads nothing more, waits for the routes under way (at most drain_timeout), delivers what waits for
   * clients (at most drain_timeout), closes every client, runs their connection-closed. May be called more than once.
   */
  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private assemble(): Runtime {
    const { registry, evapi, plans, parameters } = this.config
    const dispatcher = new Dispatcher(dispatcherOptions(evapi, plans), {
      ...eventHandlers(this.routes.current, () => runtime),
      notice: (notice) => logNotice(this.log, notice),
    })
    const runtime = new Runtime({
      dispatcher,
      modules: registry,
      routes: this.routes,
      log: this.log,
      parameters,
      stats: () => this.stats(),
    })
    this.dispatcher = dispatcher
    this.runtime = runtime
    this.requests = runtime.state(REQUEST_ROUTES)
    runtime.state(RELOAD_SOURCE).ask = this.reloadSource
    return runtime
  }

  // --- reloading

  private async loggedReload(load: () => Promise<ResolvedConfig>): Promise<Reload> {
    try {
      const { needRestart } = await this.change(load)
      this.reloads++
      const plans = Object.keys(this.config.plans)
      this.log.info({ reloads: this.reloads, plans }, 'reloaded: what comes from now on has the new routes')
      if (needRestart.length > 0) {
        this.log.warn({ needRestart }, `not in effect before a restart: ${needRestart.join(', ')}`)
      }
      return { needRestart }
    } catch (error) {
      this.reloadFailures++
      const isOurs = error instanceof EvapidError
      if (isOurs) for (const line of error.lines) this.log.error({ code: error.code }, line)
      const why = isOurs ? '' : `: ${textOfFailure(error)}`
      this.log.error(isOurs ? {} : { err: error }, `not reloaded${why}; the configuration of before stays`)
      throw error
    }
  }

  private async change(load: () => Promise<ResolvedConfig>): Promise<Changes> {
    this.whileListening()
    const after = await load()
    const before = this.whileListening()
    const changes = changesOf(this.config, after)
    const { config, arriving, leaving } = changes
    const { registry, parameters } = config
    const routes = new RouteSet(config.routes)
    const runtime = before.next({ modules: registry, parameters }, routes)
    try {
      await this.modules.start(arriving, runtime, parameters)
      this.whileListening()
      await this.takeEffect(config, runtime)
    } catch (error) {
      await this.modules.stop(runtime)
      throw error
    }
    void this.retire(before.ownRoutes, leaving)
    return changes
  }

  /** Resolves when the configuration is in effect: for everything at once. @throws TypeError for a plan that the addon does not take */
  private takeEffect(config: ResolvedConfig, runtime: Runtime): Promise<void> {
    return new Promise((resolve) => {
      const handlers = eventHandlers(runtime.ownRoutes, () => runtime)
      runtime.dispatcher.exchange(dispatcherOptions(config.evapi, config.plans), handlers, () => {
        const { maxClients } = this.config.evapi
        this.routes.use(runtime.ownRoutes)
        this.runtime = runtime
        this.config = config
        this.configuredAt = performance.now()
        this.requests?.layer.change(runtime.parametersOf('tm', TRANSACTION_PARAMETERS))
        if (config.evapi.maxClients !== maxClients) this.raiseDescriptorLimit(runtime)
        this.modules.reconfigure(runtime)
        resolve()
      })
    })
  }

  /** Stops modules that are there no longer, once the last of their routes has ended. close() may come first. */
  private async retire(routes: RouteSet, modules: readonly Module[]): Promise<void> {
    if (modules.length === 0) return
    const timer = setTimeout(() => {
      const { running } = routes
      const names = modules.map((module) => module.name)
      this.log.warn(
        { running, modules: names },
        `${running} routes of an earlier configuration are still under way; its modules are stopped when they have ended`,
      )
    }, this.config.evapi.drainTimeout / 1000)
    timer.unref()
    await routes.settled()
    clearTimeout(timer)
    try {
      await this.modules.stop(undefined, modules)
    } catch (error) {
      this.log.error(
        { err: error },
        `a module of an earlier configuration did not stop: ${textOfFailure(error)}`,
      )
    }
  }

  /** @throws CallError when the server does not listen, or is about to close */
  private whileListening(): Runtime {
    if (this.state === 'listening' && !this.closing && this.runtime) return this.runtime
    throw new CallError('the server does not listen')
  }

  /** Node has raised the soft limit to the hard one when it started; what that leaves to do is done or told here. */
  private raiseDescriptorLimit(runtime: Runtime): void {
    const { evapi, listen } = this.config
    const { maxClients } = evapi
    const sip = listen.some(({ protocol }) => protocol === 'tcp')
      ? runtime.parametersOf('sip', SIP_PARAMETERS)
      : undefined
    const { needed, limit } = raiseDescriptorLimit(
      maxClients === 0 ? 0 : maxClients + (sip?.tcpMaxConnections ?? 0),
    )
    if (limit >= needed) return
    const who = `max_clients=${maxClients}${sip ? ` and tcp_max_connections=${sip.tcpMaxConnections} need` : ' needs'}`
    this.log.warn(
      { maxClients, ...(sip ? { tcpMaxConnections: sip.tcpMaxConnections } : {}), needed, limit },
      `${who} up to ${needed} descriptors and the limit is ${limit}: clients beyond it will be closed; ` +
        `raise it (ulimit -n ${needed}; in a systemd unit LimitNOFILE=${needed}) or lower max_clients`,
    )
  }

  private async openListeners(
    dispatcher: Dispatcher,
    descriptors: readonly number[],
  ): Promise<readonly Listener[]> {
    if (descriptors.length > 0) {
      return descriptors.map((descriptor) => ({ bound: adopt(dispatcher, descriptor), inode: undefined }))
    }
    const { bindAddr } = this.config.evapi
    const address = await resolve(bindAddr)
    // close() may have been called while a module started or a name was resolved.
    if (this.closing) throw new ListenError(bindAddr, 'ECANCELED', 'the server was closed before it listened')
    const bound = bind(dispatcher, address, bindAddr)
    return [{ bound, inode: bound.family === 'unix' ? socketInode(bound.path) : undefined }]
  }

  private async openSip(runtime: Runtime): Promise<void> {
    const { listen } = this.config
    if (listen.length === 0) return
    const requests = runtime.state(REQUEST_ROUTES)
    const sip = new SipListeners({
      dispatcher: runtime.dispatcher,
      log: this.log,
      limits: runtime.parametersOf('sip', SIP_PARAMETERS),
      receive: (request, origin) => requests.receive(request, origin),
    })
    this.sip = sip
    for (const address of listen) {
      const { protocol, host, port } = address
      const text = formatListen({ protocol, address: host, port })
      await sip.open(address).catch((error: unknown) => Promise.reject(listenError(text, error)))
      const opened = sip.listeners.at(-1)
      if (opened) runtime.state(OWN_ADDRESSES).add(opened.address, opened.port)
      if (!this.closing) continue
      await sip.close()
      throw new ListenError(text, 'ECANCELED', 'the server was closed before it listened')
    }
  }

  private async shutDown(): Promise<void> {
    const { dispatcher, listeners } = this
    const limit = this.config.evapi.drainTimeout / 1000
    dispatcher?.stopListening()
    dispatcher?.stopReading()
    this.sip?.stopReading()
    for (const { bound, inode } of listeners) if (bound.family === 'unix') removeSocketFile(bound.path, inode)
    this.requests?.drain()
    if (!(await this.routes.settled(limit))) this.warnOfRoutes()
    this.requests?.close()
    await this.sip?.close()
    await dispatcher?.shutdown()
    // Routes that began meanwhile, connection-closed among them.
    if (!(await this.routes.settled(limit))) this.warnOfRoutes()
    this.state = 'closed'
    this.dispatcher = undefined
    this.listeners = []
    await this.modules.stop()
  }

  private warnOfRoutes(): void {
    const { running } = this.routes
    this.log.warn(
      { running },
      `${running} routes are still under way after drain_timeout; they are not waited for`,
    )
  }
}

/**
 * Makes a server. Without routes, and so without any configuration, it relays every message to every client.
 *
 * @throws ConfigError with every mistake in the configuration
 */
export function createServer<const Modules extends readonly Module[] = readonly []>(
  config?: Config<Modules>,
): Server {
  return new Server(resolveConfig(config))
}
