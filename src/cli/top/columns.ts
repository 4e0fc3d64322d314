// The columns of the clients: what stands in each, how wide it is, and which there are on a terminal of some width.

import type { ClientRates } from './rates.ts'
import { duration, figure, safe } from './text.ts'

export interface Column {
  readonly name: string
  readonly side: 'left' | 'right'
  /** The least it needs. */
  readonly width: number
  /** The most that it makes use of; as `width` where it is not given. */
  readonly most?: number
  /** Those with the least are left out first. */
  readonly weight: number
  show(row: ClientRates): string
  /** What it is sorted by: a number, the largest first, or a text. Without one it cannot be. */
  readonly sort?: (row: ClientRates) => number | string
  /** What the bus is to order by, where it has more clients than are looked at. */
  readonly order?: string
}

/** Text with its padding on the right is `right`: `fit` takes the side of the filling. */
export const COLUMNS: readonly Column[] = [
  {
    name: 'INDEX',
    side: 'left',
    width: 6,
    weight: 10,
    show: ({ client }) => String(client.index),
    sort: ({ client }) => -client.index,
    order: 'index',
  },
  {
    name: 'ADDRESS',
    side: 'right',
    width: 15,
    most: 47,
    weight: 9,
    show: ({ client }) => addressOf(client),
  },
  {
    name: 'TAG',
    side: 'right',
    width: 6,
    most: 63,
    weight: 8,
    show: ({ client }) => safe(client.tag),
    sort: ({ client }) => client.tag,
  },
  {
    name: 'AGE',
    side: 'left',
    width: 6,
    weight: 5,
    show: ({ client }) => duration(client.age),
    sort: ({ client }) => client.age,
    order: 'age',
  },
  {
    name: 'IN/s',
    side: 'left',
    width: 5,
    weight: 6,
    show: ({ messagesIn }) => figure(messagesIn),
    sort: ({ messagesIn }) => messagesIn ?? 0,
    order: 'messages_in',
  },
  {
    name: 'IN B/s',
    side: 'left',
    width: 7,
    weight: 2,
    show: ({ bytesIn }) => figure(bytesIn),
    sort: ({ bytesIn }) => bytesIn ?? 0,
    order: 'bytes_in',
  },
  {
    name: 'OUT/s',
    side: 'left',
    width: 6,
    weight: 7,
    show: ({ messagesOut }) => figure(messagesOut),
    sort: ({ messagesOut }) => messagesOut ?? 0,
    order: 'messages_out',
  },
  {
    name: 'OUT B/s',
    side: 'left',
    width: 8,
    weight: 3,
    show: ({ bytesOut }) => figure(bytesOut),
    sort: ({ bytesOut }) => bytesOut ?? 0,
    order: 'bytes_out',
  },
  {
    name: 'WAITING',
    side: 'left',
    width: 8,
    weight: 9,
    show: ({ client }) => figure(client.waiting),
    sort: ({ client }) => client.waiting,
    order: 'waiting',
  },
  {
    name: 'DROPPED',
    side: 'left',
    width: 8,
    weight: 1,
    show: ({ client }) => figure(client.dropped),
    sort: ({ client }) => client.dropped,
    order: 'dropped',
  },
  {
    name: 'STATE',
    side: 'right',
    width: 7,
    weight: 4,
    show: ({ client }) => (client.slow === 'yes' ? 'slow' : client.state),
  },
]

/** What the table is sorted by at first: who is slow stands above. */
export const FIRST_SORT = COLUMNS.findIndex(({ name }) => name === 'WAITING')

/** The columns that fit, each with its width. One space stands between them. */
export function layOut(width: number): readonly { readonly column: Column; readonly width: number }[] {
  const chosen = new Set(COLUMNS)
  const needed = () => [...chosen].reduce((sum, column) => sum + column.width + 1, -1)
  for (const column of [...COLUMNS].sort((one, other) => one.weight - other.weight)) {
    if (needed() <= width) break
    if (chosen.size > 1) chosen.delete(column)
  }
  let spare = Math.max(width - needed(), 0)
  return [...chosen].map((column) => {
    const more = Math.min(spare, (column.most ?? column.width) - column.width)
    // The address first has as much as most addresses need; the tag gets what is left.
    const share = column.name === 'ADDRESS' ? Math.min(more, Math.max(6, Math.floor(spare / 2))) : more
    spare -= share
    return { column, width: column.width + share }
  })
}

/** Those with the most first; of equals the slow ones, then by index. */
export function sorted(
  rows: readonly ClientRates[],
  sort: number,
  reversed: boolean,
): readonly ClientRates[] {
  const by = COLUMNS[sort]?.sort
  const sign = reversed ? -1 : 1
  return rows.toSorted((one, other) => {
    const order = by ? compare(by(one), by(other)) : 0
    if (order !== 0) return sign * order
    const slow = Number(other.client.slow === 'yes') - Number(one.client.slow === 'yes')
    return slow || one.client.index - other.client.index
  })
}

function compare(one: number | string, other: number | string): number {
  if (typeof one === 'number' && typeof other === 'number') return other - one
  return String(one) < String(other) ? -1 : Number(String(one) > String(other))
}

function addressOf({ address, port, kind }: ClientRates['client']): string {
  const mark = kind === 'websocket' ? 'ws ' : ''
  if (port === 0) return safe(`${mark}${address}`)
  return safe(`${mark}${address.includes(':') ? `[${address}]` : address}:${port}`)
}
