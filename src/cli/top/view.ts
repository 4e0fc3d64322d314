// The lines of the table: what stands above, the clients, the requests that wait.

import { COLUMNS, layOut, sorted } from './columns.ts'
import type { Rates } from './rates.ts'
import type { TransactionRow } from './snapshot.ts'
import { duration, figure, fit, safe } from './text.ts'

/** What whoever looks has asked for. */
export interface View {
  /** The column that it is sorted by. */
  readonly sort: number
  readonly reversed: boolean
  /** How many clients are above the first that is shown. */
  readonly from: number
  /** Why what is shown is not of now. */
  readonly problem: string | undefined
}

export interface Size {
  readonly columns: number
  /** Undefined: as many as there are. */
  readonly rows?: number
}

/** Requests take at most this part of the rows. */
const SHARE_OF_REQUESTS = 3

const BOLD = '\x1b[1m'
const REVERSED = '\x1b[7m'
const RED = '\x1b[31m'
const PLAIN = '\x1b[0m'

/** Lines of at most so many columns. Where there are rows they are for a terminal, with its colours, and not more than that. */
export function draw(rates: Rates, view: View, { columns, rows }: Size): readonly string[] {
  const isTerminal = rows !== undefined
  const styled = (style: string, text: string) => (isTerminal ? `${style}${text}${PLAIN}` : text)
  const lines = [...summary(rates), ''].map((line) => fit(line, columns).trimEnd())
  if (view.problem !== undefined) {
    lines[lines.length - 1] = styled(RED, fit(`not of now: ${safe(view.problem)}`, columns).trimEnd())
  }
  const requests = requestLines(rates.now.transactions, rates.count('tm_suspended'), columns)
  const room = isTerminal ? Math.max(rows - lines.length - 1, 0) : Number.POSITIVE_INFINITY
  const forRequests = Math.min(requests.length, Math.floor(room / SHARE_OF_REQUESTS))
  const shownRequests = forRequests < 3 ? [] : requests.slice(0, forRequests)

  const layout = layOut(columns)
  const head = layout.map(({ column, width }) => {
    const isSort = COLUMNS.indexOf(column) === view.sort
    return fit(isSort ? `${column.name}${view.reversed ? '^' : '*'}` : column.name, width, column.side)
  })
  lines.push(styled(REVERSED, fit(head.join(' '), columns)))
  const clients = sorted(rates.clients, view.sort, view.reversed)
  for (const row of clients.slice(view.from, view.from + room - shownRequests.length)) {
    const cells = layout.map(({ column, width }) => fit(column.show(row), width, column.side))
    const line = cells.join(' ').trimEnd()
    lines.push(row.client.slow === 'yes' ? styled(BOLD, line) : line)
  }
  lines.push(...shownRequests)
  return isTerminal ? lines.slice(0, rows) : lines
}

function summary(rates: Rates): readonly string[] {
  const { now } = rates
  const count = (name: string) => figure(rates.count(name))
  const rate = (name: string) => figure(rates.rate(name))
  const slow = rates.clients.filter(({ client }) => client.slow === 'yes').length
  const clients = rates.count('clients')
  const shown = now.clients.length < clients ? ` (${now.clients.length} of them are looked at)` : ''
  const oldest = now.transactions.find(({ suspended }) => suspended === 'yes')
  const waiting = oldest ? `, the oldest for ${duration(oldest.age)}` : ''
  return [
    `evapid ${safe(now.version)}, up ${duration(now.uptime)}   ${clients} clients${shown}, ${slow} slow   ` +
      `${rates.count('tm_suspended')} requests suspended${waiting}`,
    `in ${rate('messages_received')} messages/s, ${rate('bytes_received')} B/s   relayed ${rate('messages_relayed')}/s   ` +
      `out ${rate('deliveries')} messages/s, ${rate('bytes_sent')} B/s`,
    `dropped ${rate('messages_dropped')}/s, ${count('messages_dropped')} in all   bad frames ${count('bad_frames')}   ` +
      `slow clients closed ${count('slow_closed')}   failed routes ${count('route_failures')}`,
  ]
}

const REQUEST = { id: 16, method: 9, age: 6 }

function requestLines(
  transactions: readonly TransactionRow[],
  suspended: number,
  columns: number,
): readonly string[] {
  const rest = Math.max(columns - REQUEST.id - REQUEST.method - REQUEST.age - 3, 0)
  const half = Math.floor((rest - 1) / 2)
  const line = (id: string, method: string, age: string, from: string, route: string) =>
    [
      fit(id, REQUEST.id),
      fit(method, REQUEST.method),
      fit(age, REQUEST.age, 'left'),
      ...(half > 3 ? [fit(from, half), fit(route, half)] : []),
    ]
      .join(' ')
      .trimEnd()
  const waiting = transactions.filter((each) => each.suspended === 'yes')
  if (waiting.length === 0) return []
  return [
    '',
    fit(line(`REQUEST (${suspended})`, 'METHOD', 'AGE', 'FROM', 'ROUTE'), columns).trimEnd(),
    ...waiting.map(({ tindex, tlabel, method, age, from, route }) =>
      fit(
        line(`${tindex}:${tlabel}`, safe(method), duration(age), safe(from), safe(route)),
        columns,
      ).trimEnd(),
    ),
  ]
}
