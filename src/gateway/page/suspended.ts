// Requests that wait for an answer, the oldest first.

import { CallError, type Connection } from './connection.ts'
import { byId, make, say } from './element.ts'
import { count, duration, visible } from './format.ts'
import type { SuspendedList } from './messages.ts'

const SHOWN = 50
const OFTEN = 2000

export class Suspended {
  private readonly connection: Connection
  private readonly body = byId('suspended-body', HTMLTableSectionElement)
  private readonly table = byId('suspended-table', HTMLTableElement)
  private readonly empty = byId('suspended-empty', HTMLElement)
  private asked = Number.NEGATIVE_INFINITY
  private any = false

  constructor(connection: Connection) {
    this.connection = connection
    this.show({ transactions: [], total: 0 })
  }

  /** A sample says how many there are: only then is asked which. */
  heard(suspended: number): void {
    if (document.hidden || performance.now() - this.asked < OFTEN - 100) return
    if (suspended === 0 && !this.any) return
    this.asked = performance.now()
    this.connection.call('live.transactions', { count: SHOWN }).then(
      (list) => this.show(list),
      (error: unknown) => {
        if (!(error instanceof CallError)) throw error
      },
    )
  }

  private show({ transactions, total }: SuspendedList): void {
    this.any = total > 0
    this.table.hidden = total === 0
    this.empty.hidden = total > 0
    const more = total > transactions.length ? `, the oldest ${transactions.length} shown` : ''
    say(byId('suspended-count', HTMLElement), total === 0 ? '' : `${count(total)}${more}`)
    this.body.replaceChildren(
      ...transactions.map(({ index, label, method, from, to, call_id, age }) => {
        const request = make(
          'td',
          'grow',
          visible(`${method} ${(to === '' ? from : to).replace(/^sips?:/, '')}`),
        )
        request.title = `${method} from ${from} to ${to}, Call-ID ${call_id}`
        return make(
          'tr',
          '',
          make('td', 'num', duration(age)),
          request,
          make('td', 'id', `${index}:${label}`),
        )
      }),
    )
  }
}
