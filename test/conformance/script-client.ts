// The client of the bus that has cases run and collects what they relay. Cases run one after the other, as the server takes the
// messages; they are sent many at a time, since a server that has Nagle on takes 40 ms for each that it is asked for alone.
import { netstring, WireClient } from '../support/wire-client.ts'
import { FENCE, NOTHING } from './script-topics.ts'
import { HOST } from './server-under-test.ts'

/** Kamailio takes what it reads at once for whole messages: what is sent at once must fit. */
const BURST = 4096

export class ScriptClient {
  readonly #wire: WireClient
  /** How much of what was received has been looked at. */
  #read = 0

  private constructor(wire: WireClient) {
    this.#wire = wire
  }

  static async connect(port: number): Promise<ScriptClient> {
    return new ScriptClient(await WireClient.connect({ host: HOST, port }))
  }

  /** Has each route run; @returns what each relayed */
  async run(routes: readonly string[]): Promise<readonly (readonly string[])[]> {
    const outcomes: (readonly string[])[] = []
    for (let next = 0; next < routes.length; ) {
      const messages: string[] = []
      for (let length = 0; next < routes.length && length < BURST; next++) {
        const route = routes[next] ?? ''
        messages.push(route, FENCE)
        length += route.length + FENCE.length
      }
      await this.#wire.write(Buffer.concat(messages.map(netstring)))
      for (let fence = 0; fence < messages.length; fence += 2) outcomes.push(await this.untilFence())
    }
    return outcomes
  }

  /**
   * What is relayed until the fence comes. A message `ECHO x` is answered with `x`; its numbers are not the same in two servers, and are
   * shown as `#`.
   */
  async untilFence(): Promise<readonly string[]> {
    const lines: string[] = []
    for (;;) {
      const message = await this.next()
      if (message === FENCE) return lines
      const echo = /^ECHO (.*)$/s.exec(message)?.[1]
      if (echo === undefined) {
        lines.push(message)
        await this.send(NOTHING)
      } else {
        if (echo !== FENCE) lines.push(message.replace(/\d+/g, '#'))
        await this.send(echo)
      }
    }
  }

  /** Sends a message. */
  async send(message: string): Promise<void> {
    await this.#wire.send(message)
  }

  /** The next message. */
  async next(): Promise<string> {
    let message: string | undefined
    await this.#wire.until('a message', () => {
      message = this.#take()
      return message !== undefined
    })
    return message ?? ''
  }

  /** Resolves once the server has ended the connection. */
  async untilEnd(): Promise<void> {
    await this.#wire.untilEnd()
  }

  close(): void {
    this.#wire.close()
  }

  /** The next message, if it is there as a whole. */
  #take(): string | undefined {
    const { received } = this.#wire
    const colon = received.indexOf(':', this.#read)
    if (colon === -1) return undefined
    const header = received.toString('latin1', this.#read, colon)
    const end = colon + 1 + Number(header)
    if (!/^\d+$/.test(header)) throw new Error(`no netstring: ${header}`)
    if (received.length <= end) return undefined
    if (received[end] !== 0x2c) throw new Error(`no whole message of ${header} bytes`)
    this.#read = end + 1
    return received.toString('latin1', colon + 1, end)
  }
}
