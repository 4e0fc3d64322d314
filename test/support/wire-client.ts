// A client of the bus seen from outside: a socket that keeps every byte it was sent, and says when a thing came.
// It knows nothing of evapid's own client library, so that a fault in one cannot hide a fault in the other.
import { createConnection, type NetConnectOpts, type Socket } from 'node:net'

/** How long any wait of a test may take before it is a failure, in ms. */
export const PATIENCE = 5000

/** `data` as a netstring. Text is taken as latin1: one character, one byte. */
export function netstring(data: string | Uint8Array): Buffer {
  const body = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  return Buffer.concat([Buffer.from(`${body.length}:`, 'latin1'), body, Buffer.from(',', 'latin1')])
}

/** What is known of the connection's end: still open, ended by the server (FIN), or reset by it. */
export type WireEnd = 'open' | 'closed' | 'reset'

/** A raw socket to the server under test. */
export class WireClient {
  /** The port on our side, which is the server's `$evapi(srcport)`; 0 on a Unix socket. */
  readonly port: number
  readonly #socket: Socket
  readonly #chunks: Buffer[] = []
  #length = 0
  #end: WireEnd = 'open'
  /** Called, and emptied, whenever a byte or the end arrives. */
  #waiting: (() => void)[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.localPort ?? 0
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      this.#wake()
    })
    socket.on('end', () => this.#finish('closed'))
    // A reset is one way for a server to close a client that still had something to say; it is an end, not a fault.
    socket.on('error', () => this.#finish('reset'))
    socket.on('close', () => this.#finish('closed'))
  }

  /** Connects; resolves once the kernel has, which may be before the server accepted. */
  static async connect(options: NetConnectOpts): Promise<WireClient> {
    const socket = createConnection({ ...options, allowHalfOpen: true, noDelay: true } as NetConnectOpts)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve()
      })
      socket.once('error', reject)
    })
    return new WireClient(socket)
  }

  /** How the connection stands. */
  get end(): WireEnd {
    return this.#end
  }

  /** Bytes received so far. */
  get length(): number {
    return this.#length
  }

  /** Everything received so far. */
  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks.splice(0, this.#chunks.length, Buffer.concat(this.#chunks))
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  /** Writes bytes as they are; resolves when the kernel has them. Text is latin1. */
  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    await new Promise<void>((resolve) => {
      // Writing to a client the server has closed fails; what the scenario looks at is that end, not this error.
      this.#socket.write(bytes, () => resolve())
    })
  }

  /** Writes each of `messages` as a netstring, all in one write. */
  async send(...messages: (string | Uint8Array)[]): Promise<void> {
    await this.write(Buffer.concat(messages.map(netstring)))
  }

  /** Stops and restarts reading: a client that does not read. */
  pause(): void {
    this.#socket.pause()
  }
  resume(): void {
    this.#socket.resume()
  }

  /** Sends FIN and goes on reading. */
  halfClose(): void {
    this.#socket.end()
  }

  /** Closes both ways; unread data or `reset` makes the kernel send RST. */
  close(how: 'close' | 'reset' = 'close'): void {
    if (how === 'reset') this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  /** Resolves once `done()` holds; it is asked after each arrival. The connection's end, or PATIENCE, is a failure. */
  async until(what: string, done: () => boolean): Promise<void> {
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      this.#wake()
    }, PATIENCE)
    try {
      while (!done()) {
        if (expired) throw new Error(`waited ${PATIENCE} ms for ${what}; ${this.#describe()}`)
        if (this.#end !== 'open') throw new Error(`the connection ended before ${what}; ${this.#describe()}`)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resolves once `bytes` are among what was received. */
  async untilReceived(bytes: string | Uint8Array, from = 0): Promise<void> {
    const wanted = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    await this.until(`${wanted.length} bytes`, () => this.received.indexOf(wanted, from) !== -1)
  }

  /** Resolves once the server has ended the connection. */
  async untilEnd(): Promise<void> {
    await this.until('the end', () => this.#end !== 'open')
  }

  #describe(): string {
    return `received ${this.#length} bytes (${JSON.stringify(this.received.subarray(-80).toString('latin1'))}), ${this.#end}`
  }

  #finish(how: WireEnd): void {
    if (this.#end === 'open') this.#end = how
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
