/**
 * The other end of a client under test: a server on node:net that accepts on an ephemeral port and lets the test say
 * what it sends, reads, ends and breaks. It knows nothing of netstrings. Everything is cleaned up when the test ends.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Client, ClientError } from '../../src/client/index.ts'

export class Peer {
  readonly #server: Server
  readonly #accepted: Accepted[] = []
  readonly #all = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#all.add(socket)
      this.#accepted.push(new Accepted(socket))
      server.emit('accepted')
    })
  }

  /** @param where a port (0: any free one), or the path of a Unix socket. */
  static async listen(t: TestContext, where: number | string = 0): Promise<Peer> {
    // Half-open, so that a test decides when the peer ends.
    const server = createServer({ allowHalfOpen: true })
    const peer = new Peer(server)
    if (typeof where === 'string') server.listen(where)
    else server.listen(where, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => peer.close())
    return peer
  }

  get address(): string {
    const address = this.#server.address() as AddressInfo | string
    return typeof address === 'string' ? `unix:${address}` : `127.0.0.1:${address.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The next connection, in the order they came. Nothing is read from it until the test asks. */
  async accept(): Promise<Accepted> {
    while (this.#accepted.length === 0) await once(this.#server, 'accepted')
    return this.#accepted.shift() as Accepted
  }

  /** Stops accepting and breaks what there is. */
  async close(): Promise<void> {
    for (const socket of this.#all) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** What a client's 'close' says; unlike events.once, it does not take an 'error' before it for its own. */
export function closeOf(client: Client): Promise<ClientError | undefined> {
  return new Promise((resolve) => client.once('close', resolve))
}

/** The peer's end of one connection. */
export class Accepted {
  readonly socket: Socket
  #received: Buffer[] = []
  #size = 0
  #ended = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk)
      this.#size += chunk.length
      socket.emit('progress')
    })
    socket.pause()
    socket.on('end', () => {
      this.#ended = true
      socket.emit('progress')
    })
    socket.on('error', () => socket.emit('progress'))
  }

  /** Reads until at least `size` bytes have come since the start, and gives all that came. */
  async read(size: number): Promise<Buffer> {
    this.socket.resume()
    while (this.#size < size) {
      if (this.#ended)
        throw new Error(`peer got ${this.#size} bytes of ${size}: ${this.#all().subarray(0, 200)}`)
      await once(this.socket, 'progress')
    }
    return this.#all()
  }

  /** Reads until the client has ended its side, and gives all that came. */
  async readToEnd(): Promise<Buffer> {
    this.socket.resume()
    while (!this.#ended) await once(this.socket, 'progress')
    return this.#all()
  }

  /** Resolves when what was written here has made no progress for many turns of the loop. */
  async standstill(): Promise<void> {
    let before = -1
    for (let idle = 0; idle < 200; idle++) {
      const taken = this.socket.bytesWritten - this.socket.writableLength
      if (taken !== before) idle = 0
      before = taken
      await new Promise(setImmediate)
    }
  }

  #all(): Buffer {
    return Buffer.concat(this.#received)
  }
}
