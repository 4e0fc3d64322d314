// The connection to the daemon: JSON-RPC 2.0 over the WebSocket `live`, made again for as long as it takes when it goes away.

import type { Notifications, Results } from './messages.ts'

/** Milliseconds: between tries, at first and at most; without a sign of life; for a reply. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 8000
const SILENCE = 6000
const PATIENCE = 15_000

const TOKEN = 'evapid.token'

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `again`: when it is tried again. */
  | { readonly kind: 'away'; readonly since: number; readonly again: number }
  /** A token is missing, or is not the right one. */
  | { readonly kind: 'refused'; readonly status: number; readonly hadToken: boolean }

/** A reply that is an error, or none. */
export class CallError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

interface Pending {
  readonly resolve: (result: never) => void
  readonly reject: (error: CallError) => void
  readonly timer: number
}

type Listener<Name extends keyof Notifications> = (params: Notifications[Name]) => void

interface Incoming {
  readonly id?: number | null
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

export class Connection {
  private readonly changed: (state: ConnectionState) => void
  private readonly listeners = new Map<string, (params: never) => void>()
  private socket: WebSocket | undefined
  private readonly pending = new Map<number, Pending>()
  private nextId = 1
  private pause = FIRST_PAUSE
  private timer: number | undefined
  private heard = 0
  private awaySince: number | undefined
  private state: ConnectionState = { kind: 'connecting' }

  constructor(changed: (state: ConnectionState) => void) {
    this.changed = changed
    // The network is there again: it may be worth a try at once.
    window.addEventListener('online', () => this.tryNow())
    window.setInterval(() => this.listen(), 1000)
  }

  on<Name extends keyof Notifications>(method: Name, listener: Listener<Name>): void {
    this.listeners.set(method, listener)
  }

  open(): void {
    clearTimeout(this.timer)
    const address = new URL('live', document.baseURI)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    const token = savedToken()
    const protocols = ['evapid.live', ...(token === '' ? [] : [`${TOKEN}.${base64url(token)}`])]
    let opened = false
    const socket = new WebSocket(address, protocols)
    this.socket = socket
    this.heard = performance.now()
    socket.addEventListener('open', () => {
      opened = true
      this.heard = performance.now()
      this.pause = FIRST_PAUSE
      this.awaySince = undefined
      this.become({ kind: 'live' })
    })
    socket.addEventListener('message', ({ data }) => this.receive(String(data)))
    socket.addEventListener('close', () => {
      if (this.socket !== socket) return
      this.socket = undefined
      this.failAll()
      this.awaySince ??= Date.now()
      // A browser does not say why it was not let in.
      if (opened) this.away()
      else void this.askWhy(token)
    })
  }

  /** Calls a method. @throws CallError */
  call<Name extends keyof Results>(
    method: Name,
    params: readonly unknown[] | Readonly<Record<string, unknown>> = [],
  ): Promise<Results[Name]> {
    const { socket } = this
    if (!socket || this.state.kind !== 'live') {
      return Promise.reject(new CallError(0, 'there is no connection to the daemon'))
    }
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.pending.delete(id)
        reject(new CallError(0, 'no reply in time'))
      }, PATIENCE)
      this.pending.set(id, { resolve, reject, timer })
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    })
  }

  tryNow(): void {
    if (this.state.kind !== 'away') return
    this.pause = FIRST_PAUSE
    this.open()
  }

  useToken(token: string): void {
    try {
      sessionStorage.setItem(TOKEN, token)
    } catch {
      // Then it cannot be kept, and is asked for with the next connection.
    }
    sessionToken = token
    this.become({ kind: 'connecting' })
    this.open()
  }

  private receive(text: string): void {
    this.heard = performance.now()
    const message = JSON.parse(text) as Incoming
    if (message.method !== undefined) {
      this.listeners.get(message.method)?.(message.params as never)
      return
    }
    const pending = typeof message.id === 'number' ? this.pending.get(message.id) : undefined
    if (!pending || typeof message.id !== 'number') return
    this.pending.delete(message.id)
    clearTimeout(pending.timer)
    if (message.error) pending.reject(new CallError(message.error.code, message.error.message))
    else pending.resolve(message.result as never)
  }

  /** A sample comes each second: a connection that says nothing is none, whatever the browser thinks of it. */
  private listen(): void {
    const { socket } = this
    if (!socket || performance.now() - this.heard < SILENCE) return
    this.socket = undefined
    socket.close()
    this.failAll()
    this.awaySince ??= Date.now()
    this.away()
  }

  private async askWhy(token: string): Promise<void> {
    // What no header can carry is no token (RFC 6750 section 2.1).
    if (!/^[\x21-\x7e]*$/.test(token)) {
      this.become({ kind: 'refused', status: 401, hadToken: true })
      return
    }
    const headers: HeadersInit = token === '' ? {} : { authorization: `Bearer ${token}` }
    try {
      const { status } = await fetch(new URL('live', document.baseURI), { headers, cache: 'no-store' })
      if (status === 401 || status === 403) {
        this.become({ kind: 'refused', status, hadToken: token !== '' })
        return
      }
    } catch {
      // It is not there at all.
    }
    if (!this.socket) this.away()
  }

  private away(): void {
    // Not all pages of a daemon that comes back at the same moment.
    const pause = this.pause * (0.8 + 0.4 * Math.random())
    this.pause = Math.min(LONGEST_PAUSE, this.pause * 1.7)
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => this.open(), pause)
    this.become({ kind: 'away', since: this.awaySince ?? Date.now(), again: Date.now() + pause })
  }

  private failAll(): void {
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer)
      reject(new CallError(0, 'the connection to the daemon went away'))
    }
    this.pending.clear()
  }

  private become(state: ConnectionState): void {
    this.state = state
    this.changed(state)
  }
}

let sessionToken = ''

function savedToken(): string {
  try {
    return sessionStorage.getItem(TOKEN) ?? sessionToken
  } catch {
    return sessionToken
  }
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
