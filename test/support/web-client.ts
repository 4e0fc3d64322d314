// A WebSocket client seen from outside, on a bare socket: it writes what a test wants written, right or wrong, and keeps what came. It is light enough for a
// thousand of them in the test's own process, and strict: a frame that RFC 6455 does not allow a server is a failure.
import { createHash, randomBytes } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'
import { loadUws } from '../../src/gateway/uws.ts'
import { netstring, PATIENCE, type WireEnd } from './wire-client.ts'

/** Why no WebSocket can be served on this Node; false when it can. For `skip`. */
export const noWebSockets: string | false = (() => {
  try {
    loadUws()
    return false
  } catch (error) {
    return String(error)
  }
})()

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface WebMessage {
  readonly data: Buffer
  readonly isBinary: boolean
}

export interface WebClientOptions {
  /** With the query. Default `/ws`. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Is given each message, which is then not kept. */
  readonly take?: (data: Buffer, isBinary: boolean) => void
}

/** A frame as clients send it, masked. With a mask of zeros the payload stands in it as it is. */
export function frame(
  opcode: number,
  payload: string | Uint8Array,
  { fin = true, mask = true } = {},
): Buffer {
  const body = Buffer.from(payload)
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | opcode
  head[1] = (mask ? 0x80 : 0) | (head.length === 2 ? body.length : head.length === 4 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(body.length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2)
  if (!mask) return Buffer.concat([head, body])
  const key = randomBytes(4)
  for (let at = 0; at < body.length; at += 1) body[at] = (body[at] as number) ^ (key[at & 3] as number)
  return Buffer.concat([head, key, body])
}

export class WebClient {
  /** Of the reply to the upgrade: 101, or why not. */
  status = 0
  /** Of the reply, by name in lower case. */
  readonly headers = new Map<string, string>()
  /** Of a refusal. */
  body = ''
  readonly messages: WebMessage[] = []
  readonly pongs: string[] = []
  /** Of the server's close frame; 1005 when it said none, undefined when there was no close frame. */
  code: number | undefined
  reason = ''
  end: WireEnd = 'open'
  readonly #socket: Socket
  readonly #key = randomBytes(16).toString('base64')
  readonly #take: ((data: Buffer, isBinary: boolean) => void) | undefined
  #rest: Buffer = Buffer.alloc(0)
  #waiting: (() => void)[] = []
  #failure: Error | undefined
  #closeSent = false

  private constructor(socket: Socket, take: WebClientOptions['take']) {
    this.#socket = socket
    this.#take = take
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('end', () => this.#finish('closed'))
    socket.on('error', () => this.#finish('reset'))
    socket.on('close', () => this.#finish('closed'))
  }

  /** @param address `127.0.0.1:8480` */
  static async connect(address: string, options: WebClientOptions = {}): Promise<WebClient> {
    const at = address.lastIndexOf(':')
    const host = address.slice(0, at).replace(/^\[|\]$/g, '')
    const socket = createConnection({ host, port: Number(address.slice(at + 1)), noDelay: true })
    const client = new WebClient(socket, options.take)
    const headers = {
      host: address,
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': client.#key,
      'sec-websocket-version': '13',
      ...options.headers,
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET ${options.path ?? '/ws'} HTTP/1.1\r\n${lines.join('')}\r\n`)
    await client.#until('the reply to the upgrade', () => client.status !== 0)
    return client
  }

  /** All messages as netstrings, as a TCP client would have received them; without framing, their bytes. */
  receivedAs(netstrings: boolean): Buffer {
    return Buffer.concat(this.messages.map(({ data }) => (netstrings ? netstring(data) : data)))
  }

  /** The messages as latin1 text, one character per byte. */
  get texts(): string[] {
    return this.messages.map(({ data }) => data.toString('latin1'))
  }

  /** A string goes as text, bytes as a binary message. */
  async send(...messages: (string | Uint8Array)[]): Promise<void> {
    const frames = messages.map((one) => frame(typeof one === 'string' ? OPCODE.text : OPCODE.binary, one))
    await this.write(Buffer.concat(frames))
  }

  /** Bytes as they are; resolves when the kernel has them, or the connection has ended. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.write(bytes, () => resolve())
    })
  }

  /** Says that it closes, and goes on reading. */
  async close(code = 1000): Promise<void> {
    this.#closeSent = true
    await this.write(frame(OPCODE.close, Buffer.from([code >> 8, code & 0xff])))
  }

  /** Stops and restarts reading. */
  pause(): void {
    this.#socket.pause()
  }
  resume(): void {
    this.#socket.resume()
  }

  /** Without a word. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Resolves once `done()` holds; it is asked after each arrival. The end, or PATIENCE, is a failure. */
  async until(what: string, done: () => boolean): Promise<void> {
    await this.#until(what, () => {
      if (done()) return true
      if (this.end !== 'open') throw new Error(`the connection ended before ${what}; ${this.#describe()}`)
      return false
    })
  }

  async untilMessages(count: number): Promise<void> {
    await this.until(`${count} messages`, () => this.messages.length >= count)
  }

  /** Resolves with the server's close code once it has ended the connection. */
  async untilEnd(): Promise<number | undefined> {
    await this.#until('the end', () => this.end !== 'open')
    return this.code
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      this.#wake()
    }, PATIENCE)
    try {
      for (;;) {
        if (this.#failure) throw this.#failure
        if (done()) return
        if (expired) throw new Error(`waited ${PATIENCE} ms for ${what}; ${this.#describe()}`)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #describe(): string {
    const last = this.messages.at(-1)?.data.toString('latin1', 0, 80)
    return `${this.messages.length} messages (the last: ${JSON.stringify(last)}), ${this.end}, code ${this.code}, status ${this.status}`
  }

  #received(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    try {
      if (this.status !== 101) bytes = this.#readReply(bytes)
      if (this.status === 101) bytes = this.#readFrames(bytes)
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
    this.#rest = bytes
    this.#wake()
  }

  #readReply(bytes: Buffer): Buffer {
    if (this.status !== 0) {
      this.body += bytes.toString()
      return Buffer.alloc(0)
    }
    const end = bytes.indexOf('\r\n\r\n')
    if (end === -1) return bytes
    const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
    for (const line of lines) {
      const colon = line.indexOf(':')
      this.headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    this.status = Number(first.split(' ')[1])
    const rest = bytes.subarray(end + 4)
    if (this.status !== 101) {
      this.body = rest.toString()
      return Buffer.alloc(0)
    }
    const accept = createHash('sha1')
      .update(`${this.#key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    if (this.headers.get('sec-websocket-accept') !== accept) throw new Error('a wrong sec-websocket-accept')
    return rest
  }

  #readFrames(bytes: Buffer): Buffer {
    let at = 0
    while (bytes.length - at >= 2) {
      const [first, second] = [bytes[at] as number, bytes[at + 1] as number]
      const head = second < 126 ? 2 : second === 126 ? 4 : 10
      if (bytes.length - at < head) break
      const length =
        head === 2 ? second : head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      if (bytes.length - at - head < length) break
      const payload = bytes.subarray(at + head, at + head + length)
      at += head + length
      // Whole, without extensions and unmasked: all that the server has reason to send.
      if ((first & 0xf0) !== 0x80 || second > 127)
        throw new Error(`a frame that begins with ${first} ${second}`)
      this.#frame(first & 0x0f, payload)
    }
    return bytes.subarray(at)
  }

  #frame(opcode: number, payload: Buffer): void {
    if (this.code !== undefined) throw new Error('a frame after the close frame')
    if (opcode === OPCODE.text || opcode === OPCODE.binary) {
      const isBinary = opcode === OPCODE.binary
      if (this.#take) this.#take(payload, isBinary)
      // A view would keep all that came with it.
      else this.messages.push({ data: Buffer.from(payload), isBinary })
    } else if (opcode === OPCODE.close) {
      this.code = payload.length < 2 ? 1005 : payload.readUInt16BE(0)
      this.reason = payload.toString('utf8', 2)
      if (!this.#closeSent) this.#socket.end(frame(OPCODE.close, payload.subarray(0, 2)))
    } else if (opcode === OPCODE.ping) {
      this.#socket.write(frame(OPCODE.pong, payload))
    } else if (opcode === OPCODE.pong) {
      this.pongs.push(payload.toString())
    } else throw new Error(`a frame of opcode ${opcode}`)
  }

  #finish(how: WireEnd): void {
    if (this.end === 'open') this.end = how
    if (this.status === 0) this.status = -1
    this.#socket.destroy()
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
