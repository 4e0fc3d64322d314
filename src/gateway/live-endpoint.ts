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

/** Of RFC 6455 section 7.4.1: what it sent is against the rules here. */
const POLICY_VIOLATION = 1008
const UNSUPPORTED = 1003

/** For the server. */
export function liveEndpoint(runtime: Runtime): WebSocketEndpoint {
  return {
    path: '/live',
    protocol: 'evapid.live',
    scope: 'read',
    maxMessage: MAX_CALL,
    idleTimeout: 60,
    accept: (_head: RequestHead, scope: Scope) => new LiveSocket(runtime, scope),
  }
}

class LiveSocket implements Session {
  private readonly runtime: Runtime
  private readonly scope: Scope
  private session: LiveSession | undefined
  private socket: Socket | undefined

  constructor(runtime: Runtime, scope: Scope) {
    this.runtime = runtime
    this.scope = scope
  }

  opened(socket: Socket): void {
    this.socket = socket
    this.session = new LiveSession(this.runtime, this.scope, (text) => {
      socket.send(text, false)
      return socket.getBufferedAmount() < ENOUGH
    })
  }

  received(data: ArrayBuffer, isBinary: boolean): void {
    if (isBinary) this.socket?.end(UNSUPPORTED, 'calls are text')
    else if (!this.session?.receive(Buffer.from(data).toString()))
      this.socket?.end(POLICY_VIOLATION, 'more calls than are answered')
  }

  drained(): void {
    if (this.socket && this.socket.getBufferedAmount() < ENOUGH) this.session?.drained()
  }

  closed(): void {
    this.session?.end()
    this.socket = undefined
  }
}
