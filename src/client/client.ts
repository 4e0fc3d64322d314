/**
 * The client: one bus, whatever number of connections it takes. It decides when to connect again, who gets a message,
 * and when a send is accepted; a single connection and its frames are connection.ts.
 */
import { EventEmitter } from 'node:events'
import { Backoff } from './backoff.ts'
import { Connection } from './connection.ts'
import { type Deferred, deferred } from './deferred.ts'
import { byteLength, type Data, encodeNetstring, encodeRaw } from './encoder.ts'
import {
  AbortedError,
  type ClientError,
  ClosedError,
  CloseTimeoutError,
  ConnectionLostError,
  IterationError,
  MessageTooLargeError,
  ReconnectError,
} from './errors.ts'
import type { ClientEvents, ClientState } from './events.ts'
import { Inbox } from './inbox.ts'
import { Message } from './message.ts'
import type { Settings } from './options.ts'
import { Outbox } from './outbox.ts'

/** A client of the bus; made by `connect`. */
export class Client extends EventEmitter<ClientEvents> implements AsyncIterable<Message>, AsyncDisposable {
  readonly #settings: Settings
  readonly #backoff: Backoff | undefined
  readonly #inbox = new Inbox()
  readonly #outbox: Outbox
  readonly #readyWaiters = new Set<Deferred>()
  readonly #flushWaiters = new Set<Deferred>()
  #state: ClientState = 'connecting'
  #connection: Connection | undefined
  #failure: ClientError | undefined
  #closing: Deferred | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #closeTimer: NodeJS.Timeout | undefined
  #pumpScheduled = false
  #destroyed = false
  #paused = false
  #iterating = false
  #wakeIterator: (() => void) | undefined

  /** Use `connect`. */
  constructor(settings: Settings) {
    super()
    this.#settings = settings
    this.#backoff = settings.reconnect && new Backoff(settings.reconnect)
    this.#outbox = new Outbox(settings.sendQueueLimit)
    // Messages wait for their first listener; it gets them after the current code has run, so that a second listener
    // added on the next line gets them too.
    this.on('newListener', (event) => {
      if (event === 'message') queueMicrotask(() => this.#flow())
    })
    settings.signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (settings.signal?.aborted) this.#onAbort()
    else this.#connect()
  }

  /** Where the bus is, as text. */
  get address(): string {
    return this.#settings.name
  }

  get state(): ClientState {
    return this.#state
  }

  /** True while there is a connection that can be used. */
  get connected(): boolean {
    return this.#state === 'connected'
  }

  /** Bytes accepted for sending that the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#connection?.buffered ?? 0
  }

  /**
   * Resolves when there is a connection: at once, or when the next one is made.
   *
   * @throws what the client failed with; ClosedError when it was closed.
   */
  async ready(): Promise<void> {
    if (this.#state === 'connected') return
    this.#assertUsable()
    await this.#wait(this.#readyWaiters)
  }

  /**
   * Sends one message to the bus. Resolves when it is accepted: there is a connection and less than `highWaterMark`
   * bytes are buffered for it. Otherwise it waits, behind those called before it; also while there is no connection.
   * The data is copied: the caller may use its buffer again at once.
   *
   * Accepted is not delivered: what is in a buffer, ours or the system's, when a connection breaks, is lost and not
   * sent again (it might arrive twice).
   *
   * @param data text (sent as UTF-8) or bytes. Without netstrings, an empty message leaves no trace on the wire.
   * @param options.signal aborting it takes the message back if it is still waiting.
   * @throws MessageTooLargeError; SendBufferFullError when more than `sendQueueLimit` bytes wait already;
   *   ClosedError; AbortedError; what the client failed with while it waited.
   */
  async send(data: Data, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const frame = this.#encode(data)
    this.#assertUsable()
    if (options.signal?.aborted) throw new AbortedError(options.signal.reason)
    if (this.#canWrite()) this.#connection?.write(frame)
    else await this.#outbox.add(frame, options.signal)
  }

  /**
   * Sends one message if it is accepted at once, see {@link send}.
   *
   * @returns false if it was not: no connection, buffer full, sends waiting, or closed.
   * @throws MessageTooLargeError
   */
  trySend(data: Data): boolean {
    const frame = this.#encode(data)
    if (this.#state !== 'connected' || !this.#canWrite()) return false
    this.#connection?.write(frame)
    return true
  }

  /**
   * Resolves when everything sent so far, waiting sends included, was taken by the system.
   *
   * @throws ConnectionLostError when the connection ended before; what the client failed with; ClosedError.
   */
  async flush(): Promise<void> {
    this.#assertUsable()
    if (!this.#isFlushed()) await this.#wait(this.#flushWaiters)
  }

  /** Stops 'message' events; the bus is read on until `highWaterMark` is held. A loop over the messages ignores it. */
  pause(): void {
    this.#paused = true
  }

  /** Undoes {@link pause}: what was held is emitted, later. */
  resume(): void {
    this.#paused = false
    queueMicrotask(() => this.#flow())
  }

  /**
   * Closes for good: sends what was sent and is still waiting, ends, and waits for the peer to close. Messages not yet
   * taken are dropped, and loops over them end. Without a connection nothing can be sent: waiting sends are rejected
   * (an attempt to connect that is under way is awaited for them). Calling it again gives the same promise.
   *
   * @throws CloseTimeoutError when not everything could be written within `closeTimeout`; ConnectionLostError when
   *   the connection broke before. The client is closed all the same. When all was written and only the peer does not
   *   close, it is no error.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = deferred()
      if (this.#state === 'closed') this.#closing.resolve()
      // The end has come by itself and is being announced: #finish() will settle the promise.
      else if (this.#state !== 'closing') this.#startClosing()
    }
    return this.#closing.promise
  }

  /** Closes for good and at once: what was not taken by the system is lost, waiting sends are rejected. */
  destroy(): void {
    this.#destroy(undefined)
  }

  /** For `await using client = connect(...)`: the same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /**
   * The messages, one at a time, over any number of connections; ends when the client is closed, throws what it failed
   * with. While the loop's body runs no more than `highWaterMark` bytes are held; then the socket is not read, and the
   * bus sees a slow client. Leaving the loop closes nothing: what comes afterwards is held for the next one.
   *
   * Only one loop at a time. Listeners of 'message' get the same messages, each just before the loop does: the loop
   * sets the pace.
   *
   * @throws IterationError when another loop runs, or with `receive: false`.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    if (!this.#settings.receive) throw new IterationError('a client with receive: false gets no messages')
    if (this.#iterating) throw new IterationError('another loop is reading the messages of this client')
    this.#iterating = true
    try {
      while (true) {
        const message = this.#inbox.shift()
        if (message !== undefined) {
          this.#updateReading()
          this.emit('message', message)
          yield message
        } else if (this.#state === 'closed' || this.#closing !== undefined) {
          if (this.#failure !== undefined) throw this.#failure
          return
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeIterator = resolve
          })
        }
      }
    } finally {
      this.#iterating = false
      queueMicrotask(() => this.#flow())
    }
  }

  // --- connections

  #connect(): void {
    this.#state = 'connecting'
    this.#connection = new Connection(this.#settings, {
      opened: () => this.#onOpened(),
      payload: (bytes) => this.#inbox.push(new Message(bytes, Date.now())),
      received: () => this.#onReceived(),
      written: () => this.#onWritten(),
      closed: (error) => this.#onClosed(error),
    })
  }

  #onOpened(): void {
    if (this.#state === 'closing') {
      this.#pump()
      return
    }
    this.#state = 'connected'
    this.#updateReading()
    for (const waiter of this.#readyWaiters) waiter.resolve()
    this.#readyWaiters.clear()
    this.#pump()
    this.emit('connect')
  }

  #onClosed(error: ClientError | undefined): void {
    const connection = this.#connection
    this.#connection = undefined
    if (connection?.opened) this.#backoff?.lived(connection.age)

    // State first, listeners last: they may call close(), and they may throw.
    const wasClosing = this.#state === 'closing'
    const delay = wasClosing ? undefined : this.#backoff?.next()
    if (delay === undefined) this.#state = 'closing'
    else this.#waitToReconnect(delay, error)
    try {
      if (connection?.opened) this.emit('disconnect', error)
      if (delay !== undefined && this.#state === 'waiting') {
        this.emit('reconnecting', { attempt: this.#backoff?.attempt ?? 0, delay, error })
      }
    } finally {
      if (delay === undefined) this.#finish(this.#verdict(error, wasClosing))
    }
  }

  #waitToReconnect(delay: number, error: ClientError | undefined): void {
    this.#state = 'waiting'
    this.#rejectFlushes(error ?? new ConnectionLostError(this.#settings.name))
    this.#retryTimer = setTimeout(() => this.#connect(), delay)
  }

  /** What the end of the last connection means for the client as a whole. */
  #verdict(error: ClientError | undefined, wasClosing: boolean): ClientError | undefined {
    // The program did not want to wait for the connection's own end, so that cannot be a failure any more.
    if (this.#destroyed) return this.#failure
    if (wasClosing) {
      // A close() that left something unsent must not look like one that did not.
      return error ?? (this.#outbox.size > 0 ? new ConnectionLostError(this.#settings.name) : undefined)
    }
    if (this.#backoff === undefined) return error
    return new ReconnectError(this.#backoff.attempt, error ?? new ConnectionLostError(this.#settings.name))
  }

  // --- sending

  #encode(data: Data): Buffer {
    const size = byteLength(data)
    const { maxMessageSize, netstring } = this.#settings
    if (size > maxMessageSize) throw new MessageTooLargeError(size, maxMessageSize)
    return netstring ? encodeNetstring(data) : encodeRaw(data)
  }

  /** Sends that wait go first: order is kept. */
  #canWrite(): boolean {
    return this.#outbox.size === 0 && this.#connection !== undefined && this.#connection.hasRoom
  }

  /** Writes what waits, as far as there is room. */
  #pump(): void {
    const connection = this.#connection
    while (connection?.hasRoom) {
      const frame = this.#outbox.take()
      if (frame === undefined) break
      connection.write(frame)
    }
    if (this.#state === 'closing' && connection?.opened && this.#outbox.size === 0) connection.end()
    this.#settleFlushes()
  }

  #onWritten(): void {
    this.#settleFlushes()
    if (this.#outbox.size === 0 || this.#pumpScheduled) return
    // Not at once: a fast peer and a loop of `await send()` would keep Node from its other events for good.
    this.#pumpScheduled = true
    setImmediate(() => {
      this.#pumpScheduled = false
      this.#pump()
    })
  }

  #isFlushed(): boolean {
    return this.#outbox.size === 0 && (this.#connection?.flushed ?? true)
  }

  #settleFlushes(): void {
    if (this.#flushWaiters.size === 0 || !this.#isFlushed()) return
    for (const waiter of this.#flushWaiters) waiter.resolve()
    this.#flushWaiters.clear()
  }

  #rejectFlushes(error: ClientError): void {
    for (const waiter of this.#flushWaiters) waiter.reject(error)
    this.#flushWaiters.clear()
  }

  // --- receiving

  #onReceived(): void {
    this.#wakeIterator?.()
    this.#flow()
  }

  /** Gives held messages to the listeners, unless a loop takes them. */
  #flow(): void {
    try {
      while (!this.#iterating && !this.#paused && this.listenerCount('message') > 0) {
        const message = this.#inbox.shift()
        if (message === undefined) break
        this.emit('message', message)
      }
      this.#updateReading()
    } catch (error) {
      // A listener threw. That is the program's to handle; if it goes on, so do the messages behind.
      queueMicrotask(() => this.#flow())
      throw error
    }
  }

  #updateReading(): void {
    this.#connection?.setReading(this.#inbox.weight < this.#settings.highWaterMark)
  }

  // --- the end

  #startClosing(): void {
    const wasWaiting = this.#state === 'waiting'
    this.#state = 'closing'
    this.#inbox.clear()
    this.#wakeIterator?.()
    if (wasWaiting) {
      this.#finishLater(undefined)
      return
    }
    this.#closeTimer = setTimeout(() => this.#onCloseTimeout(), this.#settings.closeTimeout)
    this.#connection?.discard()
    if (this.#connection?.opened) this.#pump()
    else if (this.#outbox.size === 0) this.#connection?.destroy()
  }

  #onCloseTimeout(): void {
    const flushed = this.#connection?.opened && this.#isFlushed()
    this.#connection?.destroy(flushed ? undefined : new CloseTimeoutError(this.#settings.closeTimeout))
  }

  readonly #onAbort = (): void => {
    this.#destroy(new AbortedError(this.#settings.signal?.reason))
  }

  #destroy(error: ClientError | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    this.#destroyed = true
    this.#failure ??= error
    this.#inbox.clear()
    if (this.#connection === undefined) this.#finishLater(error)
    else this.#connection.destroy(error)
  }

  /** No event comes out of a call of ours: the caller may add its listeners on the next line. */
  #finishLater(error: ClientError | undefined): void {
    clearTimeout(this.#retryTimer)
    process.nextTick(() => this.#finish(error))
  }

  #finish(failure: ClientError | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#failure = failure
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#closeTimer)
    this.#settings.signal?.removeEventListener('abort', this.#onAbort)

    const reason = failure ?? new ClosedError()
    const waiters = this.#outbox.size + this.#readyWaiters.size + this.#flushWaiters.size
    const told = this.#iterating || this.#closing !== undefined || waiters > 0
    this.#outbox.rejectAll(reason)
    this.#rejectFlushes(reason)
    for (const waiter of this.#readyWaiters) waiter.reject(reason)
    this.#readyWaiters.clear()
    if (failure === undefined) this.#closing?.resolve()
    else this.#closing?.reject(failure)
    this.#wakeIterator?.()
    try {
      // An abort is what the program asked for.
      const isError = failure !== undefined && !(failure instanceof AbortedError)
      if (isError && (!told || this.listenerCount('error') > 0)) this.emit('error', failure)
    } finally {
      this.emit('close', failure)
    }
  }

  #assertUsable(): void {
    if (this.#state === 'closed' || this.#state === 'closing') throw this.#failure ?? new ClosedError()
  }

  async #wait(waiters: Set<Deferred>): Promise<void> {
    const waiter = deferred()
    waiters.add(waiter)
    await waiter.promise
  }
}
