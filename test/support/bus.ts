// An evapid server in this process, on a free port or a Unix socket of its own, with the raw clients of a test. Disposing
// of it closes all of them, whatever the test has come to.
import { mkdtempSync, rmSync } from 'node:fs'
import type { NetConnectOpts } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, createServer, type Server } from '../../src/index.ts'
import { Logbook } from '../core/logbook.ts'
import { eventually } from './eventually.ts'
import { SipPhone } from './sip-phone.ts'
import { WebClient, type WebClientOptions } from './web-client.ts'
import { WireClient } from './wire-client.ts'

/** What a test says of its server; address and log are the bus's, unless it says otherwise. */
export type BusConfig = Pick<
  Config,
  'evapi' | 'routes' | 'plans' | 'tm' | 'sip' | 'listen' | 'statistics' | 'http' | 'gateway'
>

export class Bus implements AsyncDisposable {
  readonly server: Server
  readonly logbook: Logbook
  readonly #clients: WireClient[] = []
  readonly #phones: SipPhone[] = []
  readonly #webClients: WebClient[] = []
  #directory: string | undefined

  private constructor(server: Server, logbook: Logbook, directory: string | undefined) {
    this.server = server
    this.logbook = logbook
    this.#directory = directory
  }

  /** A bus on 127.0.0.1, or on `evapi.bindAddr`. */
  static async start(config: BusConfig = {}): Promise<Bus> {
    return Bus.#listen({ ...config, evapi: { bindAddr: '127.0.0.1:0', ...config.evapi } })
  }

  /**
   * A bus on a Unix socket, where the kernel keeps some 200 KiB for a client that does not read; of TCP it keeps
   * megabytes, and how many is the kernel's mood.
   */
  static async startUnix(config: BusConfig = {}): Promise<Bus> {
    const directory = mkdtempSync(join(tmpdir(), 'evapid-bus-'))
    return Bus.#listen(
      { ...config, evapi: { ...config.evapi, bindAddr: `unix:${join(directory, 'bus.sock')}` } },
      directory,
    )
  }

  static async #listen(config: Config, directory?: string): Promise<Bus> {
    const logbook = new Logbook()
    const server = createServer({ ...config, log: logbook.log })
    await server.listen()
    return new Bus(server, logbook, directory)
  }

  /** One of the server's counters. */
  stat(name: string): number {
    const value = this.server.stats()[name]
    if (value === undefined) throw new Error(`no counter ${name}`)
    return value
  }

  /** A SIP client of the server's first SIP address, which must be UDP. */
  async phone(): Promise<SipPhone> {
    const [bound] = this.server.sipAddresses
    if (!bound) throw new Error('the server takes no SIP')
    const phone = await SipPhone.open(bound)
    this.#phones.push(phone)
    return phone
  }

  /** A client that the server has accepted. */
  async join(to?: NetConnectOpts): Promise<WireClient> {
    const before = this.stat('accepted')
    const client = await this.connect(to)
    await eventually('the client was accepted', () => this.stat('accepted') > before)
    return client
  }

  /** A client that the kernel has connected; the server need not have seen it. */
  async connect(to: NetConnectOpts = this.#where()): Promise<WireClient> {
    const client = await WireClient.connect(to)
    this.#clients.push(client)
    return client
  }

  /** A WebSocket client, or why there is none (`status`). The configuration must have `http`. */
  async webSocket(options: WebClientOptions = {}): Promise<WebClient> {
    const client = await WebClient.connect(this.server.httpAddress, options)
    this.#webClients.push(client)
    return client
  }

  #where(): NetConnectOpts {
    const [bound] = this.server.addresses
    if (!bound) throw new Error('the server does not listen')
    return bound.family === 'unix' ? { path: bound.path } : { host: bound.address, port: bound.port }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First the clients: a server owes nothing to those that are gone, and so closes at once.
    for (const client of this.#clients) client.close()
    for (const client of this.#webClients) client.destroy()
    for (const phone of this.#phones) await phone[Symbol.asyncDispose]()
    await this.server.close()
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true })
    this.#directory = undefined
  }
}
