// A LiveSession with a peer that keeps what it is told, on a bus in this process. The peer may stop taking.

import type { Runtime } from '../../src/core/runtime.ts'
import type { Scope } from '../../src/core/scopes.ts'
import { LiveSession } from '../../src/gateway/live.ts'
import { Bus, type BusConfig } from '../support/bus.ts'
import { PATIENCE } from '../support/wire-client.ts'

export type Told = Readonly<Record<string, unknown>> & {
  readonly method?: string
  readonly id?: number
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/** One event of the tail, as it is told. */
export type ToldEvent = Readonly<Record<string, unknown>> & {
  readonly client?: { readonly index: number; readonly address: string; readonly tag: string }
}

export class LivePeer {
  readonly session: LiveSession
  readonly told: Told[] = []
  /** What send() says: whether all has left. */
  takes = true
  private waiting: (() => void)[] = []
  private nextId = 1

  constructor(runtime: Runtime, scope: Scope) {
    this.session = new LiveSession(runtime, scope, (text) => {
      this.told.push(JSON.parse(text) as Told)
      for (const wake of this.waiting.splice(0)) wake()
      return this.takes
    })
  }

  /** The first thing told that fits, now or later. */
  async until(what: string, fits: (told: Told) => boolean): Promise<Told> {
    const deadline = performance.now() + PATIENCE
    for (;;) {
      const found = this.told.find(fits)
      if (found) return found
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`waited ${PATIENCE} ms for ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  async call(method: string, params: unknown = {}): Promise<Told> {
    const id = this.nextId++
    this.session.receive(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return this.until(`the reply to ${method}`, (told) => told.id === id)
  }

  get events(): readonly ToldEvent[] {
    return this.told
      .filter(({ method }) => method === 'live.event')
      .flatMap(({ params }) => params?.['events'] as ToldEvent[])
  }

  async event(what: string): Promise<ToldEvent> {
    const fits = (event: ToldEvent) => event['what'] === what
    await this.until(`the event ${what}`, () => this.events.some(fits))
    return this.events.find(fits) as ToldEvent
  }

  /** Sum of what the tail says of events that are not there. */
  missing(which: 'left_out' | 'unseen'): number {
    return this.told
      .filter(({ method }) => method === 'live.event')
      .reduce((sum, { params }) => sum + Number(params?.[which]), 0)
  }
}

/** A bus, and sessions that look at it. */
export class WatchedBus implements AsyncDisposable {
  readonly bus: Bus
  readonly runtime: Runtime
  private readonly peers: LivePeer[] = []

  private constructor(bus: Bus, runtime: Runtime) {
    this.bus = bus
    this.runtime = runtime
  }

  static async start(
    config: BusConfig = {},
    transport: 'start' | 'startUnix' = 'start',
  ): Promise<WatchedBus> {
    const runtimes: Runtime[] = []
    const begin = (ctx: { readonly runtime: Runtime }) => {
      runtimes.push(ctx.runtime)
    }
    const bus = await Bus[transport]({
      ...config,
      routes: { ...config.routes, ['core:worker-one-init' as string]: begin },
    })
    const [runtime] = runtimes
    if (!runtime) throw new Error('there is no runtime')
    return new WatchedBus(bus, runtime)
  }

  look(scope: Scope = 'admin'): LivePeer {
    const peer = new LivePeer(this.runtime, scope)
    this.peers.push(peer)
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.peers) session.end()
    await this.bus[Symbol.asyncDispose]()
  }
}
