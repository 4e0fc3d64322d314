// Who is connected, for people who look: counted through in slices, so that ten thousand clients hold nobody up, and once for all who
// ask at about the same time.

import type { ClientInfo, Dispatcher } from '../dispatcher.ts'
import { firstOf, turn } from './largest.ts'

/** Connection indexes in one slice: some 0.3 ms. */
const SLICE = 128

/** Milliseconds for which a count is good enough for the next who asks. */
const FRESH = 900

/** Of the time, at most one part in so many is to be spent with counting. */
const SPARING = 40

/** Milliseconds until a page asks again, at least. */
const OFTEN = 2000

/** What clients can be ordered by. */
const KEYS = {
  index: ({ client }: ClientInfo) => client.index,
  address: ({ client }: ClientInfo) => client.address,
  tag: ({ client }: ClientInfo) => client.tag,
  state: (info: ClientInfo) => (info.slow ? 'slow' : info.state),
  age: (info: ClientInfo) => info.age,
  messages_in: (info: ClientInfo) => info.messagesIn,
  bytes_in: (info: ClientInfo) => info.bytesIn,
  messages_out: (info: ClientInfo) => info.messagesOut,
  bytes_out: (info: ClientInfo) => info.bytesOut,
  waiting: (info: ClientInfo) => info.waiting,
} as const satisfies Readonly<Record<string, (info: ClientInfo) => number | string>>

export type ClientOrder = keyof typeof KEYS

/** The names of the orders. */
export const CLIENT_ORDERS = Object.keys(KEYS) as readonly ClientOrder[]

export interface ClientQuery {
  readonly order: ClientOrder
  readonly descending: boolean
  /** Part of the address, port or tag, or the index; in any case. '' for all. */
  readonly text: string
  readonly count: number
}

export interface ClientPage {
  readonly clients: readonly ClientInfo[]
  /** How many there are, and how many of them the text fits. */
  readonly total: number
  readonly matched: number
  /** Milliseconds after which to ask again. */
  readonly again: number
}

interface Count {
  readonly infos: readonly ClientInfo[]
  readonly at: number
  readonly cost: number
}

export class ClientCensus {
  private readonly dispatcher: Dispatcher
  private last: Count | undefined
  private counting: Promise<Count> | undefined

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher
  }

  async ask({ order, descending, text, count }: ClientQuery): Promise<ClientPage> {
    const { infos, cost } = await this.fresh()
    const key: (info: ClientInfo) => number | string = KEYS[order]
    const sign = descending ? -1 : 1
    const compare = (one: ClientInfo, other: ClientInfo) => {
      const a = key(one)
      const b = key(other)
      return a < b ? -sign : a > b ? sign : one.client.index - other.client.index
    }
    const wanted = text.toLowerCase()
    const { items, matched } =
      wanted === ''
        ? await firstOf(infos, count, compare)
        : await firstOf(infos, count, compare, (info) => fits(info, wanted))
    return {
      clients: items,
      total: infos.length,
      matched,
      again: Math.max(OFTEN, Math.round(cost * SPARING)),
    }
  }

  /** Forgets the last count. */
  clear(): void {
    this.last = undefined
  }

  private fresh(): Promise<Count> {
    const { last } = this
    if (last && performance.now() - last.at < FRESH) return Promise.resolve(last)
    this.counting ??= this.count().finally(() => {
      this.counting = undefined
    })
    return this.counting
  }

  private async count(): Promise<Count> {
    const infos: ClientInfo[] = []
    let cost = 0
    for (let first = 0; ; first += SLICE) {
      const begun = performance.now()
      const { clients, more } = this.dispatcher.clientsFrom(first, SLICE)
      for (const info of clients) if (info.state !== 'closed') infos.push(info)
      cost += performance.now() - begun
      if (!more) break
      await turn()
    }
    this.last = { infos, at: performance.now(), cost }
    return this.last
  }
}

function fits({ client }: ClientInfo, wanted: string): boolean {
  return (
    `${client.address}:${client.port}`.toLowerCase().includes(wanted) ||
    client.tag.toLowerCase().includes(wanted) ||
    String(client.index) === wanted
  )
}
