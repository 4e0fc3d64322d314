// The stage a scenario plays on: its clients by name, the conductor who tells the routes what to do, and the outcome
// that is compared. It waits for events and never for time; "nothing more comes" is shown by a fence, a message that
// every client has seen and that is taken out of the outcome.
import { netstring, WireClient } from '../support/wire-client.ts'
import { type BusSettings, HOST, type ServerUnderTest } from './server-under-test.ts'
import { brief } from './trace.ts'

/** The name of the client that only conducts: the first to connect, so it has connection index 0. */
export const CONDUCTOR = 'conductor'

/** What a scenario came to: text is latin1, one character a byte. */
export interface Outcome {
  /** What each client received, from its connection to its end. */
  readonly received: Readonly<Record<string, string>>
  /** The clients whose connection the server ended. */
  readonly closed: readonly string[]
  /** What the routes saw and did: see trace.ts. */
  readonly routes: readonly string[]
}

export class Stage {
  readonly #server: ServerUnderTest
  readonly #settings: BusSettings
  readonly #clients = new Map<string, WireClient>()
  /** Clients that the scenario itself disconnected. */
  readonly #left = new Set<string>()
  readonly #fences: string[] = []
  #conductor: WireClient | undefined

  constructor(server: ServerUnderTest, settings: BusSettings) {
    this.#server = server
    this.#settings = settings
  }

  /** Connects a client, from an address of ours, and waits until connection-new has run for it. */
  async connect(name: string, from = HOST): Promise<WireClient> {
    const client = await this.dial(name, from)
    await this.#server.trace.untilEvent('new', name)
    return client
  }

  /** Connects a client, whatever the server then does with it. */
  async dial(name: string, from = HOST): Promise<WireClient> {
    const client = await this.#open(name, from)
    this.#clients.set(name, client)
    return client
  }

  /** Connects the conductor; a scenario that must be alone with the server does so after it has played. */
  async conduct(): Promise<void> {
    if (this.#conductor !== undefined) return
    this.#conductor = await this.#open(CONDUCTOR, HOST)
    await this.#server.trace.untilEvent('new', CONDUCTOR)
    await this.#say(`!tag~${CONDUCTOR}`)
  }

  /** What connection-new does from now on: see route-steps.ts. */
  async onNew(...steps: string[]): Promise<void> {
    await this.#say(`@new ${steps.join('|')}`)
    await this.settle()
  }

  /** What connection-closed does from now on. */
  async onClosed(...steps: string[]): Promise<void> {
    await this.#say(`@closed ${steps.join('|')}`)
    await this.settle()
  }

  /** Runs steps as the conductor, outside the trace. */
  async direct(...steps: string[]): Promise<void> {
    await this.#say(`!${steps.join('|')}`)
    await this.settle()
  }

  /** The server has read all that was written, and every client all that the server wrote. */
  async settle(): Promise<void> {
    await this.conduct()
    // One turn of the server's loop may handle the conductor before the others. A first fence, for the conductor alone
    // (or Kamailio's Nagle would hold the second one back for 40 ms), ends that turn; the second is behind them all.
    const fence = `#fence-${this.#fences.length}#`
    await this.#say(`!unicast~${fence}turn~${CONDUCTOR}`)
    await this.#conductor?.untilReceived(`${fence}turn`)
    this.#fences.push(fence)
    await this.#say(`!relay~${fence}`)
    // Kamailio's trace comes another way than its messages, and may be late.
    await this.#server.trace.untilMessage(`!relay~${fence}`)
    for (const client of this.#clients.values()) {
      await client.until(fence, () => client.end !== 'open' || client.received.includes(fence))
    }
  }

  /** Writes `pieces` so that the server reads each of them by itself. */
  async writeApart(client: WireClient, ...pieces: (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      await client.write(piece)
      await this.settle()
    }
  }

  /** Disconnects a client and waits until connection-closed has run for it. */
  async disconnect(name: string, how: 'close' | 'reset' = 'close'): Promise<void> {
    const client = this.#client(name)
    this.#left.add(name)
    client.close(how)
    await this.#server.trace.untilEvent('closed', name)
  }

  /** Waits until `count` lines of the trace start with `start`. */
  async seen(start: string, count = 1): Promise<void> {
    await this.#server.trace.untilLine(start, count)
  }

  /** Settles, and says what the scenario came to. */
  async outcome(): Promise<Outcome> {
    await this.settle()
    const received: Record<string, string> = {}
    const closed: string[] = []
    for (const [name, client] of this.#clients) {
      received[name] = brief(this.#withoutFences(client.received.toString('latin1')))
      if (client.end !== 'open' && !this.#left.has(name)) closed.push(name)
    }
    return { received, closed, routes: this.#server.trace.lines() }
  }

  /** Ends every connection. */
  clear(): void {
    for (const client of this.#clients.values()) client.close()
    this.#conductor?.close()
  }

  async #open(name: string, from: string): Promise<WireClient> {
    const client = await WireClient.connect({ host: HOST, port: this.#server.port, localAddress: from })
    this.#server.trace.name(from, client.port, name)
    return client
  }

  async #say(message: string): Promise<void> {
    await this.conduct()
    await this.#conductor?.write(this.#settings.netstringFormat === 1 ? netstring(message) : message)
  }

  /** The stream without fences, and with a port as its client's name: `12345` of A is `portA`. */
  #withoutFences(stream: string): string {
    let text = stream
    for (const fence of this.#fences) {
      text = text.replace(
        this.#settings.netstringFormat === 1 ? netstring(fence).toString('latin1') : fence,
        '',
      )
    }
    for (const [name, client] of this.#clients) text = text.replaceAll(`${client.port}`, `port${name}`)
    return text
  }

  #client(name: string): WireClient {
    const client = this.#clients.get(name)
    if (client === undefined) throw new Error(`the scenario has no client ${name}`)
    return client
  }
}
