// What has happened between two looks at a bus, in a second.

import type { ClientRow, Snapshot } from './snapshot.ts'

/** Undefined where there was no look before. */
export interface ClientRates {
  readonly client: ClientRow
  readonly messagesIn: number | undefined
  readonly bytesIn: number | undefined
  readonly messagesOut: number | undefined
  readonly bytesOut: number | undefined
}

export class Rates {
  readonly now: Snapshot
  readonly clients: readonly ClientRates[]
  private readonly before: Snapshot | undefined
  /** Seconds in between. */
  private readonly elapsed: number

  constructor(before: Snapshot | undefined, now: Snapshot) {
    // Another daemon than before has counted from 0.
    const same = before !== undefined && now.uptime >= before.uptime
    this.before = same ? before : undefined
    this.now = now
    this.elapsed = same ? Math.max((now.at - before.at) / 1000, 0.001) : 0
    const known = new Map(this.before?.clients.map((client) => [keyOf(client), client]))
    this.clients = now.clients.map((client) => this.ratesOf(client, known.get(keyOf(client))))
  }

  /** A counter of the bus. */
  count(name: string): number {
    return this.now.counts.get(name) ?? 0
  }

  /** How much a counter of the bus grows in a second. */
  rate(name: string): number | undefined {
    return this.before && (this.count(name) - (this.before.counts.get(name) ?? 0)) / this.elapsed
  }

  private ratesOf(client: ClientRow, before: ClientRow | undefined): ClientRates {
    // Who was not there before has sent and got everything since, unless it was only not among those that were looked at.
    const isNew = before === undefined && this.before !== undefined && client.age <= this.elapsed
    const rate = (read: (row: ClientRow) => number) => {
      if (before) return Math.max(read(client) - read(before), 0) / this.elapsed
      return isNew ? read(client) / this.elapsed : undefined
    }
    return {
      client,
      messagesIn: rate((row) => row.messages_in),
      bytesIn: rate((row) => row.bytes_in),
      messagesOut: rate((row) => row.messages_out),
      bytesOut: rate((row) => row.bytes_out),
    }
  }
}

function keyOf({ index, generation }: ClientRow): string {
  return `${index}:${generation}`
}
