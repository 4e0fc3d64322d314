// The live feed over one WebSocket: JSON-RPC 2.0 both ways. The peer calls the methods of modules that its scope allows, and those of its
// own (`live.*`); it is told a sample each second, and events once it has asked for the tail. It knows nothing of whose WebSocket it is.

import { formatAddress } from '../core/address.ts'
import { textOfBytes } from '../core/bytestring.ts'
import { textOfFailure } from '../core/log.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Scope } from '../core/scopes.ts'
import { packageVersion } from '../core/version.ts'
import type { ClientInfo } from '../dispatcher.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'
import type { Transaction } from '../tm/transaction.ts'
import { CLIENT_ORDERS, type ClientOrder } from './client-census.ts'
import { firstOf } from './largest.ts'
import { LIVE_FEED, type LiveFeed, type LiveListener } from './live-feed.ts'
import { DEFAULT_RATE, isTailKind, MAX_RATE, TailFilter } from './live-filter.ts'
import { TAIL_KINDS, type TailEvent } from './live-tail.ts'
import { answerRpc } from './rpc.ts'

/** Calls that may be under way, or wait for the peer to take what it was sent. */
const MAX_CALLS = 32

/** Rows of a table that may be asked for. */
const MAX_ROWS = 500
const DEFAULT_ROWS = 100

const INVALID_PARAMS = -32602

type Parameters = Readonly<Record<string, unknown>>
type Method = (parameters: Parameters) => unknown

/** A call whose parameters are not what they must be. */
class ParameterError extends Error {}

interface LiveCall {
  readonly id: unknown
  readonly method: string
  readonly parameters: Parameters
}

export class LiveSession implements LiveListener {
  private readonly runtime: Runtime
  private readonly scope: Scope
  private readonly send: (text: string) => boolean
  private readonly feed: LiveFeed
  private readonly methods: ReadonlyMap<string, Method>
  private filter: TailFilter | undefined
  private unseen = 0
  /** It has not taken what it was sent. */
  private stalled = false
  private waiting: string[] = []
  private underWay = 0
  private ended = false

  /**
   * @param scope what the peer may do
   * @param send takes a text for the peer. @returns false when what was sent has not all left: nothing that can be spared is sent before
   * drained() says that it has
   */
  constructor(runtime: Runtime, scope: Scope, send: (text: string) => boolean) {
    this.runtime = runtime
    this.scope = scope
    this.send = send
    this.feed = runtime.state(LIVE_FEED)
    this.methods = new Map<string, Method>([
      ['live.hello', () => this.hello()],
      ['live.clients', (parameters) => this.clients(parameters)],
      ['live.transactions', (parameters) => this.transactions(parameters)],
      ['live.tail', (parameters) => this.follow(parameters)],
      ['live.untail', () => this.unfollow()],
    ])
    this.feed.join(this)
  }

  /** The peer has sent a text. @returns false when it asks faster than it listens: it is not to be served any more */
  receive(text: string): boolean {
    if (this.ended) return false
    if (this.underWay + this.waiting.length >= MAX_CALLS) return false
    if (this.stalled) this.waiting.push(text)
    else void this.serve(text)
    return true
  }

  /** The peer has taken what waited. */
  drained(): void {
    this.stalled = false
    // What was left out meanwhile, if anything was.
    this.events([], 0)
    while (!this.stalled && !this.ended) {
      const text = this.waiting.shift()
      if (text === undefined) return
      void this.serve(text)
    }
  }

  /** The peer is gone. */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.waiting = []
    this.feed.leave(this)
  }

  // --- what it is told

  sample(notification: string): void {
    if (!this.stalled) this.write(notification)
  }

  events(events: readonly TailEvent[], unseen: number): void {
    const { filter } = this
    if (!filter) return
    this.unseen += unseen
    const passed = filter.pass(events)
    if (this.stalled) {
      filter.leaveOut(passed.length)
      return
    }
    const leftOut = filter.takeLeftOut()
    if (passed.length === 0 && leftOut === 0 && this.unseen === 0) return
    const params = { events: passed, left_out: leftOut, unseen: this.unseen }
    this.unseen = 0
    this.write(JSON.stringify({ jsonrpc: '2.0', method: 'live.event', params }))
  }

  private write(text: string): void {
    if (!this.ended && !this.send(text)) this.stalled = true
  }

  // --- what it asks for

  private async serve(text: string): Promise<void> {
    this.underWay++
    try {
      const call = readCall(text)
      const method = call && this.methods.get(call.method)
      if (call && method) await this.serveOwn(call, method)
      else {
        const { body } = await answerRpc(this.runtime.current, Buffer.from(text), this.scope)
        if (body) this.write(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
      }
    } finally {
      this.underWay--
    }
  }

  private async serveOwn({ id, method, parameters }: LiveCall, call: Method): Promise<void> {
    try {
      const result = await call(parameters)
      if (id !== undefined) this.write(JSON.stringify({ jsonrpc: '2.0', result, id }))
    } catch (error) {
      const wrong = error instanceof ParameterError
      if (!wrong)
        this.runtime.log.error({ err: error, method }, `the method ${method} failed: ${textOfFailure(error)}`)
      if (id === undefined) return
      const told = {
        code: wrong ? INVALID_PARAMS : -32603,
        message: wrong ? error.message : 'Internal error',
      }
      this.write(JSON.stringify({ jsonrpc: '2.0', error: told, id }))
    }
  }

  private hello() {
    const { begun } = this.runtime
    const evapi = this.runtime.current.parametersOf('evapi')
    return {
      version: packageVersion(),
      node: process.versions.node,
      pid: process.pid,
      begun: begun.getTime(),
      scope: this.scope,
      addresses: this.runtime.dispatcher.addresses.map(formatAddress),
      max_clients: evapi['maxClients'],
      slow_client: evapi['slowClient'],
    }
  }

  private async clients(parameters: Parameters) {
    const order = word(parameters, 'order', 'index')
    if (!isOrder(order)) throw new ParameterError(`order is none of ${CLIENT_ORDERS.join(', ')}`)
    const { clients, total, matched, again } = await this.feed.census.ask({
      order,
      descending: parameters['descending'] === true,
      text: word(parameters, 'text', ''),
      count: whole(parameters, 'count', DEFAULT_ROWS, MAX_ROWS),
    })
    return { clients: clients.map(described), total, matched, again }
  }

  private async transactions(parameters: Parameters) {
    const count = whole(parameters, 'count', DEFAULT_ROWS, MAX_ROWS)
    const { layer } = this.runtime.state(REQUEST_ROUTES)
    const { items, matched } = await firstOf(
      layer.waiting(),
      count,
      (one, other) => other.suspendedFor - one.suspendedFor,
      ({ suspended }) => suspended,
    )
    // It may have ended meanwhile.
    return { transactions: items.filter(({ suspended }) => suspended).map(suspension), total: matched }
  }

  private follow(parameters: Parameters) {
    const kinds = parameters['kinds'] ?? TAIL_KINDS
    if (!Array.isArray(kinds) || !kinds.every(isTailKind)) {
      throw new ParameterError(`kinds is no list of ${TAIL_KINDS.join(', ')}`)
    }
    const rate = whole(parameters, 'rate', DEFAULT_RATE, MAX_RATE)
    this.filter = new TailFilter({ kinds: new Set(kinds), text: word(parameters, 'text', ''), rate })
    this.unseen = 0
    this.feed.follow(this, kinds.includes('message'))
    return { kinds, rate }
  }

  private unfollow() {
    this.filter = undefined
    this.feed.unfollow(this)
    return {}
  }
}

/** @returns undefined for what is no single call: JSON-RPC's own answers to that are rpc.ts's */
function readCall(text: string): LiveCall | undefined {
  // Most are not ours.
  if (!text.includes('"live.')) return undefined
  let request: unknown
  try {
    request = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(request) || typeof request['method'] !== 'string') return undefined
  const { params = {} } = request
  if (!isRecord(params)) return undefined
  return { id: request['id'], method: request['method'], parameters: params }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isOrder(text: string): text is ClientOrder {
  return CLIENT_ORDERS.some((order) => order === text)
}

function word(parameters: Parameters, name: string, otherwise: string): string {
  const value = parameters[name] ?? otherwise
  if (typeof value === 'string' && value.length <= 256) return value
  throw new ParameterError(`${name} is no text of at most 256 chars`)
}

function whole(parameters: Parameters, name: string, otherwise: number, most: number): number {
  const value = parameters[name] ?? otherwise
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new ParameterError(`${name} is no whole number from 1 to ${most}`)
}

function described(info: ClientInfo) {
  const { client } = info
  return {
    index: client.index,
    generation: client.generation,
    address: client.address,
    port: client.port,
    tag: client.tag,
    kind: info.foreign ? 'websocket' : client.address.startsWith('unix:') ? 'unix' : 'tcp',
    state: info.state,
    slow: info.slow,
    age: Math.round(info.age / 1000),
    messages_in: info.messagesIn,
    bytes_in: info.bytesIn,
    messages_out: info.messagesOut,
    bytes_out: info.bytesOut,
    waiting: info.waiting,
    dropped: info.dropped,
  }
}

function suspension(transaction: Transaction) {
  const { index, label, request, suspendedFor } = transaction
  return {
    index,
    label,
    method: textOfBytes(request.method),
    from: textOfBytes(request.from?.uri ?? ''),
    to: textOfBytes(request.to?.uri ?? ''),
    call_id: textOfBytes(request.callId),
    age: Math.round(suspendedFor) / 1000,
  }
}
