// The tail of events: newest first, bounded, with filter and pause.

import type { Connection } from './connection.ts'
import { byId, make, say, settled } from './element.ts'
import { clock, count, visible } from './format.ts'
import type { TailBatch, TailEvent } from './messages.ts'
import { remember, remembered } from './theme.ts'

/** Rows that are kept, and events while nobody looks. */
const ROWS = 300
const KINDS = [
  { kind: 'client', title: 'Clients' },
  { kind: 'message', title: 'Messages' },
  { kind: 'slow', title: 'Slow clients' },
  { kind: 'transaction', title: 'Transactions' },
  { kind: 'log', title: 'Warnings' },
] as const
const KEY = 'evapid.tail'

/** How events are called that have no good name of their own. */
const NAMES: Readonly<Record<string, string>> = {
  in: 'message',
  'caught-up': 'caught up',
  'bad-frame': 'bad frame',
  'timed-out': 'timed out',
  'not-accepted': 'not accepted',
}

/** Why a client is gone, for people. */
const REASONS: Readonly<Record<string, string>> = {
  peer: 'it closed the connection',
  reset: 'its connection broke',
  route: 'closed here, by a route or by hand',
  'bad-frame': 'it sent what is no netstring',
  slow: 'it was too slow',
  shutdown: 'the daemon shuts down',
}

const ALARMING = new Set(['error', 'fatal', 'slow', 'bad-frame', 'rejected'])

export class Events {
  private readonly connection: Connection
  private readonly body = byId('tail-body', HTMLTableSectionElement)
  private readonly table = byId('tail-table', HTMLTableElement)
  private readonly empty = byId('tail-empty', HTMLElement)
  private readonly filter = byId('tail-filter', HTMLInputElement)
  private readonly pause = byId('tail-pause', HTMLButtonElement)
  private readonly note = byId('tail-note', HTMLElement)
  private readonly boxes = new Map<string, HTMLInputElement>()
  private paused = false
  private held: TailEvent[] = []
  private heldBack = 0
  private live = false
  private leftOut = 0
  private unseen = 0

  constructor(connection: Connection) {
    this.connection = connection
    const chosen = new Set((remembered(KEY) ?? KINDS.map(({ kind }) => kind).join()).split(','))
    const place = byId('tail-kinds', HTMLFieldSetElement)
    for (const { kind, title } of KINDS) {
      const box = make('input')
      box.type = 'checkbox'
      box.checked = chosen.has(kind)
      box.value = kind
      box.addEventListener('change', () => {
        remember(KEY, this.kinds.join())
        this.follow()
      })
      this.boxes.set(kind, box)
      place.append(make('label', '', box, title))
    }
    this.filter.addEventListener(
      'input',
      settled(200, () => this.follow()),
    )
    this.pause.addEventListener('click', () => this.toggle())
    byId('tail-clear', HTMLButtonElement).addEventListener('click', () => this.clear())
    document.addEventListener('visibilitychange', () => this.follow())
    connection.on('live.event', (batch) => this.heard(batch))
    this.clear()
  }

  /** The connection stands. */
  begin(): void {
    this.live = true
    this.follow()
  }

  /** Nothing is heard any more. */
  away(): void {
    this.live = false
  }

  /** A line of the page's own. */
  mark(text: string): void {
    const time = make('td', 'time', clock(Date.now()))
    const cell = make('td', '', text)
    cell.colSpan = 3
    this.put([make('tr', 'mark', time, cell)])
  }

  private get kinds(): string[] {
    return [...this.boxes.values()].filter(({ checked }) => checked).map(({ value }) => value)
  }

  /** Asks for what is chosen; for nothing while nobody looks. */
  private follow(): void {
    if (!this.live) return
    const { kinds } = this
    const text = this.filter.value.trim()
    this.leftOut = 0
    this.unseen = 0
    const call =
      document.hidden || kinds.length === 0
        ? this.connection.call('live.untail', {})
        : this.connection.call('live.tail', { kinds, text })
    call.then(
      () => this.tell(),
      (error: unknown) => say(this.note, `No events: ${error instanceof Error ? error.message : error}`),
    )
  }

  private heard({ events, left_out, unseen }: TailBatch): void {
    this.leftOut += left_out
    this.unseen += unseen
    if (this.paused) {
      this.heldBack += events.length
      this.held.push(...events)
      this.held.splice(0, this.held.length - ROWS)
    } else this.put(events.map(rowOf))
    this.tell()
  }

  private toggle(): void {
    this.paused = !this.paused
    this.pause.setAttribute('aria-pressed', String(this.paused))
    say(this.pause, this.paused ? 'Resume' : 'Pause')
    if (!this.paused) {
      this.put(this.held.map(rowOf))
      this.held = []
      this.heldBack = 0
    }
    this.tell()
  }

  private clear(): void {
    this.body.replaceChildren()
    this.held = []
    this.heldBack = 0
    this.leftOut = 0
    this.unseen = 0
    this.table.hidden = true
    this.empty.hidden = false
    this.tell()
  }

  private put(rows: HTMLTableRowElement[]): void {
    if (rows.length === 0) return
    this.body.prepend(...rows.slice(-ROWS).reverse())
    while (this.body.rows.length > ROWS) this.body.deleteRow(-1)
    this.table.hidden = false
    this.empty.hidden = true
  }

  private tell(): void {
    const parts: string[] = []
    if (this.kinds.length === 0) parts.push('no kind is chosen')
    if (this.paused) parts.push(`paused, ${count(this.heldBack)} new`)
    if (this.leftOut > 0) parts.push(`${count(this.leftOut)} more that fit were left out`)
    if (this.unseen > 0) parts.push(`${count(this.unseen)} were not looked at`)
    say(this.note, parts.join(' \u00b7 '))
  }
}

function rowOf({ at, kind, what, client, text, size, data, binary, cut }: TailEvent): HTMLTableRowElement {
  const name = kind === 'log' ? what : (NAMES[what] ?? what)
  const from = make('td', 'from')
  if (client) {
    from.append(`#${client.index} `)
    if (client.tag !== '') from.append(make('span', 'tag', client.tag), ' ')
    from.append(client.address)
    from.title = `${client.address}${client.tag === '' ? '' : `, tag ${client.tag}`}`
  }
  const said = make('td', kind === 'message' ? 'grow data' : 'grow')
  if (size !== undefined) said.append(make('span', 'size', `${count(size)} B${binary ? ' binary' : ''}`))
  const shown =
    data === undefined ? (what === 'went' ? (REASONS[text ?? ''] ?? text ?? '') : (text ?? '')) : data
  said.append(visible(shown) + (cut ? '\u2026' : ''))
  said.title = visible(shown)
  const row = make('tr', '', make('td', 'time', clock(at)), make('td', 'what', name), from, said)
  row.dataset['kind'] = kind
  if (ALARMING.has(what)) row.dataset['level'] = 'bad'
  return row
}
