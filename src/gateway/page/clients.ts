// The table of clients. The server sorts, filters and sends the first ones; a row that stays keeps its element, and so the focus.

import { CallError, type Connection } from './connection.ts'
import { byId, make, say, settled } from './element.ts'
import { count, duration, short } from './format.ts'
import type { ClientList, ClientRow } from './messages.ts'

const FEW = 100
const MANY = 500

interface Column {
  readonly title: string
  /** What the server orders by. */
  readonly order: string
  readonly className: string
  /** Largest first when it is chosen. */
  readonly descending?: boolean
  fill(cell: HTMLTableCellElement, row: ClientRow): void
}

const COLUMNS: readonly Column[] = [
  {
    title: '#',
    order: 'index',
    className: 'num',
    fill: (cell, { index }) => say(cell, String(index)),
  },
  {
    title: 'Address',
    order: 'address',
    className: 'grow',
    fill(cell, { address, port, kind, tag }) {
      const host = address.includes(':') && kind !== 'unix' ? `[${address}]` : address
      const text = kind === 'unix' ? address : `${host}:${port}`
      const shown = `${text}${kind === 'websocket' ? ' WebSocket' : ''}`
      if (cell.title === `${shown} ${tag}`) return
      cell.title = `${shown} ${tag}`
      cell.replaceChildren(text, ...(kind === 'websocket' ? [' ', make('span', 'chip', 'WebSocket')] : []))
      // Where there is no room for a column of its own.
      if (tag !== '') cell.append(make('span', 'narrow', make('span', 'tag', tag)))
    },
  },
  {
    title: 'Tag',
    order: 'tag',
    className: 'wide',
    fill(cell, { tag }) {
      if (cell.textContent === tag) return
      const chip = make('span', 'tag', tag)
      chip.title = tag
      cell.replaceChildren(...(tag === '' ? [] : [chip]))
    },
  },
  {
    title: 'Age',
    order: 'age',
    className: 'num wide',
    descending: true,
    fill: (cell, { age }) => say(cell, duration(age)),
  },
  {
    title: 'In',
    order: 'messages_in',
    className: 'num wide',
    descending: true,
    fill(cell, { messages_in, bytes_in }) {
      say(cell, count(messages_in))
      cell.title = `${count(messages_in)} messages, ${short(bytes_in, 'B')}`
    },
  },
  {
    title: 'Out',
    order: 'messages_out',
    className: 'num wide',
    descending: true,
    fill(cell, { messages_out, bytes_out, dropped }) {
      say(cell, count(messages_out))
      const lost = dropped > 0 ? `; ${count(dropped)} dropped` : ''
      cell.title = `${count(messages_out)} messages, ${short(bytes_out, 'B')}${lost}`
    },
  },
  {
    title: 'Waiting',
    order: 'waiting',
    className: 'num',
    descending: true,
    fill(cell, { waiting }) {
      say(cell, waiting === 0 ? '0' : short(waiting, 'B'))
      cell.classList.toggle('hot', waiting > 0)
    },
  },
  {
    title: 'State',
    order: 'state',
    className: 'state wide',
    fill(cell, { state, slow }) {
      say(cell, slow ? 'slow' : state)
      cell.dataset['level'] = slow ? 'slow' : state === 'open' ? 'open' : 'ending'
    },
  },
]

interface Shown {
  readonly element: HTMLTableRowElement
  readonly cells: readonly HTMLTableCellElement[]
  row: ClientRow
}

export class Clients {
  private readonly connection: Connection
  private readonly body = byId('clients-body', HTMLTableSectionElement)
  private readonly filter = byId('clients-filter', HTMLInputElement)
  private readonly more = byId('clients-more', HTMLButtonElement)
  private readonly empty = byId('clients-empty', HTMLElement)
  private readonly dialog = byId('close-dialog', HTMLDialogElement)
  private readonly heads: HTMLTableCellElement[] = []
  private readonly rows = new Map<string, Shown>()
  private order = 'index'
  private descending = false
  private wanted = FEW
  private mayClose = false
  private timer: number | undefined
  private asking = false
  private closing: ClientRow | undefined

  constructor(connection: Connection) {
    this.connection = connection
    const head = byId('clients-head', HTMLTableRowElement)
    for (const column of COLUMNS) head.append(this.head(column))
    const last = make('th', '', make('span', 'hidden', 'Close'))
    last.scope = 'col'
    head.append(last)
    this.filter.addEventListener(
      'input',
      settled(150, () => this.ask()),
    )
    this.more.addEventListener('click', () => {
      this.wanted = this.wanted === FEW ? MANY : FEW
      this.ask()
    })
    this.dialog.addEventListener('close', () => {
      if (this.dialog.returnValue === 'close') void this.close()
    })
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.ask()
    })
    this.sortedBy()
  }

  /** The connection stands. */
  begin(mayClose: boolean): void {
    this.mayClose = mayClose
    this.ask()
  }

  /** Asks now, and from then on every few seconds. */
  ask(): void {
    clearTimeout(this.timer)
    if (this.asking) {
      // What is under way may be for another order: then once more.
      this.timer = window.setTimeout(() => this.ask(), 60)
      return
    }
    if (document.hidden) return
    void this.fetch()
  }

  private async fetch(): Promise<void> {
    this.asking = true
    const { order, descending, wanted } = this
    const text = this.filter.value.trim()
    try {
      const list = await this.connection.call('live.clients', { order, descending, text, count: wanted })
      this.show(list, text)
      this.timer = window.setTimeout(() => this.ask(), list.again)
    } catch (error) {
      // Without a connection there is nothing to say: the banner does, and begin() asks again.
      if (!(error instanceof CallError)) throw error
      if (error.code !== 0) this.say(`The list of clients: ${error.message}`)
    } finally {
      this.asking = false
    }
  }

  private head(column: Column): HTMLTableCellElement {
    const button = make('button', 'sort', column.title === '#' ? '#' : column.title)
    button.type = 'button'
    if (column.title === '#') button.setAttribute('aria-label', 'Index')
    button.addEventListener('click', () => {
      this.descending = this.order === column.order ? !this.descending : column.descending === true
      this.order = column.order
      this.sortedBy()
      this.ask()
    })
    const cell = make('th', column.className.replace('state', ''), button)
    cell.scope = 'col'
    this.heads.push(cell)
    return cell
  }

  private sortedBy(): void {
    for (const [position, cell] of this.heads.entries()) {
      if (COLUMNS[position]?.order === this.order) {
        cell.ariaSort = this.descending ? 'descending' : 'ascending'
      } else cell.removeAttribute('aria-sort')
    }
  }

  private show({ clients, total, matched }: ClientList, text: string): void {
    const kept = new Set<string>()
    let before: Element | null = null
    for (const row of clients) {
      const key = `${row.index}:${row.generation}`
      kept.add(key)
      const shown = this.rows.get(key) ?? this.make(key, row)
      shown.row = row
      for (const [position, column] of COLUMNS.entries()) {
        column.fill(shown.cells[position] as HTMLTableCellElement, row)
      }
      // Only what is in another place is moved: to move a row takes the focus out of it.
      const after: Element | null = before ? before.nextElementSibling : this.body.firstElementChild
      if (after !== shown.element) this.body.insertBefore(shown.element, after)
      before = shown.element
    }
    for (const [key, { element }] of this.rows) {
      if (kept.has(key)) continue
      this.keepFocus(element)
      element.remove()
      this.rows.delete(key)
    }
    say(byId('clients-count', HTMLElement), count(total))
    this.empty.hidden = clients.length > 0
    say(this.empty, text === '' ? 'Nobody is connected.' : `Nobody fits \u201c${text}\u201d.`)
    const all = clients.length === matched
    const of = text === '' ? '' : ` that fit, of ${count(total)}`
    this.say(all ? `${count(matched)} shown${of}` : `the first ${clients.length} of ${count(matched)}${of}`)
    this.more.hidden = all && this.wanted === FEW
    say(this.more, this.wanted === FEW ? `Show up to ${MANY}` : 'Show fewer')
  }

  private make(key: string, row: ClientRow): Shown {
    const element = make('tr')
    const cells = COLUMNS.map(({ className }) => make('td', className))
    const shown: Shown = { element, cells, row }
    const button = make('button', 'close', 'Close')
    button.type = 'button'
    button.hidden = !this.mayClose
    button.setAttribute('aria-label', `Close client ${row.index}`)
    button.addEventListener('click', () => this.confirm(shown.row))
    element.append(...cells, make('td', 'num', button))
    this.rows.set(key, shown)
    return shown
  }

  /** A row that goes hands the focus on to the next one. */
  private keepFocus(row: HTMLTableRowElement): void {
    if (!row.contains(document.activeElement)) return
    const near = row.nextElementSibling ?? row.previousElementSibling
    const button = near?.querySelector('button')
    if (button) button.focus()
    else byId('clients-scroll', HTMLElement).focus()
  }

  private confirm(row: ClientRow): void {
    this.closing = row
    const tag = row.tag === '' ? '' : `, tag \u201c${row.tag}\u201d`
    const place = row.kind === 'unix' ? row.address : `${row.address} port ${row.port}`
    say(
      byId('close-text', HTMLElement),
      `Client ${row.index}, ${place}${tag}, connected for ${duration(row.age)}.`,
    )
    this.dialog.returnValue = ''
    this.dialog.showModal()
  }

  private async close(): Promise<void> {
    const { closing } = this
    if (!closing) return
    try {
      await this.connection.call('evapi.close', [closing.index, closing.generation])
      this.say(`Client ${closing.index} is closed.`)
      this.timer = window.setTimeout(() => this.ask(), 1000)
    } catch (error) {
      this.say(`Client ${closing.index} was not closed: ${error instanceof Error ? error.message : error}`)
    }
  }

  private say(text: string): void {
    say(byId('clients-shown', HTMLElement), text)
  }
}
