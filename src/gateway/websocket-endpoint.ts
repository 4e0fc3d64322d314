// What answers WebSockets on a path: the part of it that uWebSockets.js calls, the same for all. An endpoint makes a session for each.

import { includes, type Scope } from '../core/scopes.ts'
import type { Guard } from './guard.ts'
import { type HttpReply, problem } from './http-reply.ts'
import { addressText, type RequestHead, readHead } from './http-request.ts'
import type { UwsBehavior, UwsContext, UwsResponse, UwsWebSocket } from './uws.ts'

/** A WebSocket as its session has it. Of no use once `closed` was called: it throws then. */
export type Socket = UwsWebSocket<SocketData>

interface SocketData {
  readonly session: Session
}

/** One WebSocket, from the side of the server. */
export interface Session {
  opened(socket: Socket): void
  /** @param data good until this returns */
  received(data: ArrayBuffer, isBinary: boolean): void
  /** Some of what waited has gone. */
  drained(): void
  /** @param code 1006 when it broke */
  closed(code: number): void
}

export interface WebSocketEndpoint {
  readonly path: string
  /** The subprotocol. A client that asks for others only is refused; one that asks for none is taken. */
  readonly protocol: string
  readonly scope: Scope
  /** Bytes of the largest message that uWebSockets.js takes in: it breaks the connection for a larger one, without a word. */
  readonly maxMessage: number
  /** Seconds without a sign of life, of which uWebSockets.js asks for one in time, after which it is closed; 0: never. */
  readonly idleTimeout: number
  /** @returns a session, or why there will be none */
  accept(head: RequestHead, scope: Scope): Session | HttpReply
}

/** Behind it, in base64url, a token: a browser can name subprotocols, and no header. */
const TOKEN_PROTOCOL = 'evapid.token.'

/** Why there will be no WebSocket, and headers that the reply has beside its own. */
interface Refusal {
  readonly reply: HttpReply
  readonly headers: Readonly<Record<string, string>>
}

/** What uWebSockets.js is to do on that path. `refuse` writes a reply in place of a WebSocket. */
export function behaviorOf(
  endpoint: WebSocketEndpoint,
  guard: () => Guard,
  secure: boolean,
  refuse: (response: UwsResponse, reply: HttpReply, headers: Readonly<Record<string, string>>) => void,
): UwsBehavior<SocketData> {
  return {
    maxPayloadLength: endpoint.maxMessage,
    // How much may wait is decided here, where it can be counted (websocket-backlog.ts).
    maxBackpressure: 0,
    idleTimeout: endpoint.idleTimeout,
    // Without a limit it would ask all the same, and close who does not answer.
    sendPingsAutomatically: endpoint.idleTimeout > 0,
    upgrade(response, request, context) {
      const head = readHead(request, addressText(response.getRemoteAddress()), secure)
      const refusal = upgrade(endpoint, guard(), head, response, context)
      if (refusal) refuse(response, refusal.reply, refusal.headers)
    },
    open: (socket) => socket.getUserData().session.opened(socket),
    message: (socket, data, isBinary) => socket.getUserData().session.received(data, isBinary),
    drain: (socket) => socket.getUserData().session.drained(),
    close: (socket, code) => socket.getUserData().session.closed(code),
  }
}

/** @returns why not, when not */
function upgrade(
  endpoint: WebSocketEndpoint,
  guard: Guard,
  head: RequestHead,
  response: UwsResponse,
  context: UwsContext,
): Refusal | undefined {
  const asked = (head.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim())
  const token = asked.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length)
  const verdict = guard.examine(
    head,
    token === undefined ? undefined : Buffer.from(token, 'base64url').toString(),
  )
  const { headers } = verdict
  if ('refusal' in verdict) return { reply: verdict.refusal, headers }
  const { scope } = verdict
  if (scope === undefined) return { reply: unauthorized(), headers }
  if (!includes(scope, endpoint.scope)) return { reply: forbidden(endpoint.scope), headers }
  const names = asked.filter((name) => name !== '' && !name.startsWith(TOKEN_PROTOCOL))
  const protocol = names.includes(endpoint.protocol) ? endpoint.protocol : ''
  if (names.length > 0 && protocol === '') {
    const reply = problem(
      400,
      'unknown_subprotocol',
      `the subprotocol here is ${endpoint.protocol}, or none; not ${names.join(', ')}`,
    )
    return { reply, headers }
  }
  const session = endpoint.accept(head, scope)
  if ('status' in session) return { reply: session, headers }
  response.upgrade<SocketData>(
    { session },
    head.headers.get('sec-websocket-key') ?? '',
    protocol,
    head.headers.get('sec-websocket-extensions') ?? '',
    context,
  )
  return undefined
}

/** No token, where one is needed. */
export function unauthorized(): HttpReply {
  return problem(401, 'unauthorized', 'a token is needed: Authorization: Bearer TOKEN', {
    'www-authenticate': 'Bearer realm="evapid"',
  })
}

/** A token that is not enough. */
export function forbidden(needed: Scope): HttpReply {
  return problem(403, 'forbidden', `this needs a token of scope ${needed}`)
}
