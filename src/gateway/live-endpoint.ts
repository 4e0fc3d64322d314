// The WebSocket `/live`: a LiveSession for each.

import type { Runtime } from '../core/runtime.ts'
import type { Scope } from '../core/scopes.ts'
import type { RequestHead } from './http-request.ts'
import { LiveSession } from './live.ts'
import type { Session, Socket, WebSocketEndpoint } from './websocket-endpoint.ts'

/** Bytes that may wait for a browser before it is sent no more of what can be spared. */
const ENOUGH = 64 * 1024

/** Bytes of the largest call: a message by hand, and what JSON makes of it. */
const MAX_CALL = 2 * 1024 * 1024

/** RFC 6455 section 7.4.1. */
const GOING_AWAY = 1001
const UNSUPPORTED = 1003
const POLICY_VIOLATION = 1008

export class LiveEndpoint implements WebSocketEndpoint {
  readonly path = '/live'
  readonly protocol = 'evapid.live'
  readonly scope = 'read'
  readonly maxMessage = MAX_CALL
  readonly idleTimeout = 60
  private readonly runtime: Runtime
  private readonly sockets = new Set<LiveSocket>()

  constructor(runtime: Runtime) {
    this.runtime = runtime
  }

  accept(_head: RequestHead, scope: Scope): Session {
    return new LiveSocket(this.runtime, scope, this.sockets)
  }

  /** Ends all of them: who looks is told at once that there is nothing to be seen any more. */
  close(): void {
    for (const socket of [...this.sockets]) socket.end(GOING_AWAY, 'the server closes')
  }
}

class LiveSocket implements Session {
  private readonly runtime: Runtime
  private readonly scope: Scope
  private readonly all: Set<LiveSocket>
  private session: LiveSession | undefined
  private socket: Socket | undefined

  constructor(runtime: Runtime, scope: Scope, all: Set<LiveSocket>) {
    this.runtime = runtime
    this.scope = scope
    this.all = all
  }

  opened(socket: Socket): void {
    this.socket = socket
    this.all.add(this)
    this.session = new LiveSession(this.runtime, this.scope, (text) => {
      socket.send(text, false)
      return socket.getBufferedAmount() < ENOUGH
    })
  }

  received(data: ArrayBuffer, isBinary: boolean): void {
    if (isBinary) this.end(UNSUPPORTED, 'calls are text')
    else if (!this.session?.receive(Buffer.from(data).toString()))
      this.end(POLICY_VIOLATION, 'more calls than are answered')
  }

  end(code: number, why: string): void {
    this.session?.end()
    this.socket?.end(code, why)
  }

  drained(): void {
    if (this.socket && this.socket.getBufferedAmount() < ENOUGH) this.session?.drained()
  }

  closed(): void {
    this.session?.end()
    this.socket = undefined
    this.all.delete(this)
  }
}
