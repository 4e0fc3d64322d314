// A client of the bus as the tests of this folder need it: messages one after another, as text or bytes.

import { type Client, connect, type Message } from '../../src/client/index.ts'

export class Peer implements AsyncDisposable {
  private readonly client: Client
  private readonly messages: AsyncIterator<Message>

  private constructor(client: Client) {
    this.client = client
    this.messages = client[Symbol.asyncIterator]()
  }

  /** @param address as Server.address has it */
  static async connect(address: string): Promise<Peer> {
    const client = connect(address, { reconnect: false })
    await client.ready()
    return new Peer(client)
  }

  async send(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    for (const message of messages) await this.client.send(message)
  }

  /** The next message; undefined when the bus has closed the connection. */
  async nextBytes(): Promise<Buffer | undefined> {
    const next = await this.messages.next()
    return next.done ? undefined : Buffer.from(next.value.bytes)
  }

  /** The next message as UTF-8 text; undefined when the bus has closed the connection. */
  async next(): Promise<string | undefined> {
    return (await this.nextBytes())?.toString()
  }

  /** Sends one message and waits for the next that arrives. */
  async ask(message: string | Uint8Array): Promise<string | undefined> {
    await this.send(message)
    return this.next()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
  }
}
