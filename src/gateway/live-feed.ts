// The live feed of a server: what is made once for all who look, while there is somebody. What one of them asks for is live.ts's.

import { type Runtime, StateKey } from '../core/runtime.ts'
import { ClientCensus } from './client-census.ts'
import { Sampler } from './live-sample.ts'
import { Tail, type TailEvent } from './live-tail.ts'

/** Milliseconds between two samples, and between two looks at what has happened. */
const SAMPLE_EVERY = 1000
const CATCH_EVERY = 200

/** One who looks. Must not throw. */
export interface LiveListener {
  /** @param notification the whole text of it, the same for all */
  sample(notification: string): void
  /** Of the tail; called for those only who follow it. @param unseen events that nobody looked at */
  events(events: readonly TailEvent[], unseen: number): void
}

export class LiveFeed {
  readonly census: ClientCensus
  private readonly runtime: Runtime
  private readonly listeners = new Set<LiveListener>()
  /** Those who follow the tail, and whether they want messages. */
  private readonly followers = new Map<LiveListener, boolean>()
  private sampler: Sampler | undefined
  private tail: Tail | undefined
  private sampling: NodeJS.Timeout | undefined
  private catching: NodeJS.Timeout | undefined

  constructor(runtime: Runtime) {
    this.runtime = runtime
    this.census = new ClientCensus(runtime.dispatcher)
  }

  join(listener: LiveListener): void {
    this.listeners.add(listener)
    if (this.sampling) return
    this.sampler = new Sampler(this.runtime)
    this.sampling = setInterval(() => this.sample(), SAMPLE_EVERY).unref()
  }

  leave(listener: LiveListener): void {
    this.unfollow(listener)
    this.listeners.delete(listener)
    if (this.listeners.size > 0) return
    clearInterval(this.sampling)
    this.sampling = undefined
    this.sampler?.stop()
    this.sampler = undefined
    this.census.clear()
  }

  /** Tells it of the tail from now on. */
  follow(listener: LiveListener, wantsMessages: boolean): void {
    // What the others have not been told yet is not for this one.
    this.catch()
    this.followers.set(listener, wantsMessages)
    this.tail ??= new Tail(this.runtime, this.wantsMessages)
    this.catch()
    this.catching ??= setInterval(() => this.catch(), CATCH_EVERY).unref()
  }

  unfollow(listener: LiveListener): void {
    this.followers.delete(listener)
    if (this.followers.size > 0) return
    clearInterval(this.catching)
    this.catching = undefined
    this.tail?.stop()
    this.tail = undefined
  }

  private get wantsMessages(): boolean {
    return [...this.followers.values()].includes(true)
  }

  private sample(): void {
    const { sampler } = this
    if (!sampler) return
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'live.sample', params: sampler.take() })
    for (const listener of this.listeners) listener.sample(text)
  }

  private catch(): void {
    const { tail } = this
    if (!tail) return
    const { events, unseen } = tail.catch(this.wantsMessages)
    if (events.length === 0 && unseen === 0) return
    for (const [listener, wantsMessages] of this.followers) {
      listener.events(events, wantsMessages ? unseen : 0)
    }
  }
}

/** The feed of a server. It outlives a reload. */
export const LIVE_FEED = new StateKey((runtime) => new LiveFeed(runtime))
