/**
 * One connection to the bus, from the attempt to the end: frames out, payloads in. It never tries again and holds no
 * messages; both are the client's.
 */
import { connect, type Socket } from 'node:net'
import { NetstringDecoder } from './decoder.ts'
import { BadFrameError, type ClientError, ConnectError, ConnectionLostError } from './errors.ts'
import type { Settings } from './options.ts'

/** What a connection tells its owner. None is called before the constructor has returned. */
export interface ConnectionEvents {
  /** The connection was made. */
  opened(): void
  /** A message came. Called several times in a row, then {@link received} once. */
  payload(bytes: Buffer): void
  /** All messages of one read have been handed over. */
  received(): void
  /** The system took some of what was written. */
  written(): void
  /** The end, once: without an error when the peer, or we, closed in order. */
  closed(error: ClientError | undefined): void
}

export class Connection {
  readonly #settings: Settings
  readonly #events: ConnectionEvents
  readonly #socket: Socket
  readonly #decoder: NetstringDecoder | undefined
  readonly #timer: NodeJS.Timeout
  #openedAt: number | undefined
  #corked = false
  #peerEnded = false
  #discarding: boolean
  #error: ClientError | undefined

  constructor(settings: Settings, events: ConnectionEvents) {
    this.#settings = settings
    this.#events = events
    this.#discarding = !settings.receive
    this.#decoder = settings.netstring ? new NetstringDecoder(settings.maxMessageSize) : undefined
    this.#socket = connect({ ...settings.address, noDelay: true, keepAlive: true })
    this.#socket.on('connect', () => this.#onConnect())
    this.#socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    this.#socket.on('end', () => this.#onEnd())
    this.#socket.on('error', (error) => this.#onError(error))
    this.#socket.on('close', () => this.#onClose())
    this.#timer = setTimeout(() => {
      this.destroy(new ConnectError(settings.name, `no answer within ${settings.connectTimeout} ms`))
    }, settings.connectTimeout)
  }

  /** True once the connection was made, and ever after. */
  get opened(): boolean {
    return this.#openedAt !== undefined
  }

  /** Milliseconds since the connection was made. */
  get age(): number {
    return this.#openedAt === undefined ? 0 : performance.now() - this.#openedAt
  }

  /** Bytes written that the system has not taken yet. */
  get buffered(): number {
    return this.#socket.writableLength
  }

  /**
   * True when the system has taken everything that was written. Not so when the socket broke: Node then drops what is
   * buffered, and reports some of it as written.
   */
  get flushed(): boolean {
    return this.buffered === 0 && !this.#socket.destroyed
  }

  /** True when a frame may be written now: connected, not ending, and less than highWaterMark buffered. */
  get hasRoom(): boolean {
    return (
      this.opened && !this.#peerEnded && this.#socket.writable && this.buffered < this.#settings.highWaterMark
    )
  }

  /** Writes one frame; all that is written in one turn leaves in one system call. */
  write(frame: Buffer): void {
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(frame, this.#onWritten)
  }

  /** Says whether the owner can take more messages; while it cannot, the socket is not read. */
  setReading(reading: boolean): void {
    if (reading || this.#discarding) {
      if (this.#socket.isPaused()) this.#socket.resume()
    } else if (!this.#socket.isPaused()) {
      this.#socket.pause()
    }
  }

  /** Ends our side when all is written; the connection is closed when the peer has ended its side too. */
  end(): void {
    this.#socket.end()
  }

  /**
   * From now on throws away what comes. Whoever ends has to read on: a socket closed with unread data answers with a
   * reset, which can destroy what is still on its way out.
   */
  discard(): void {
    this.#discarding = true
    this.setReading(true)
  }

  /** Ends at once; what was not taken by the system is lost. `closed` is called with `error`, later. */
  destroy(error?: ClientError): void {
    this.#error ??= error
    this.#socket.destroy()
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (error == null) this.#events.written()
  }

  #onConnect(): void {
    clearTimeout(this.#timer)
    this.#openedAt = performance.now()
    this.#events.opened()
  }

  #onData(chunk: Buffer): void {
    if (this.#discarding) return
    try {
      if (this.#decoder === undefined) this.#events.payload(chunk)
      else this.#decoder.decode(chunk, (payload) => this.#events.payload(payload))
    } catch (error) {
      this.#onBadFrame(error)
    }
    this.#events.received()
  }

  #onEnd(): void {
    // Node is about to end our side too (allowHalfOpen is off), and takes a write until then for an error.
    this.#peerEnded = true
    try {
      if (!this.#discarding) this.#decoder?.end()
    } catch (error) {
      this.#onBadFrame(error)
    }
    // A peer that has ended and does not read would keep the socket open for good.
    const timer = setTimeout(() => this.#socket.destroy(), this.#settings.closeTimeout)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  #onBadFrame(error: unknown): void {
    if (!(error instanceof BadFrameError)) throw error
    this.#discarding = true
    this.destroy(error)
  }

  #onError(cause: Error): void {
    const { name } = this.#settings
    this.#error ??= this.opened ? new ConnectionLostError(name, cause) : new ConnectError(name, cause)
  }

  #onClose(): void {
    clearTimeout(this.#timer)
    this.#events.closed(this.#error)
  }
}
