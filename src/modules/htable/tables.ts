// All hash tables of a server, the iterators that scripts have on them, and what both tell: a full table, an item that is over.

import type { Log } from '../../core/log.ts'
import { type Runtime, StateKey } from '../../core/runtime.ts'
import { type Clock, systemClock } from '../../tm/clock.ts'
import { TimerWheel } from '../../tm/timer-wheel.ts'
import { HTABLE_PARAMETERS, readSettings } from './settings.ts'
import { HashTable, type Item, type ItemValue, type TableHost, type TableSettings } from './table.ts'

/** How many iterators may be under way: one that a script never ends stays. */
const ITERATORS = 64

/** A walk over a table. */
export class TableIterator {
  readonly table: HashTable
  /** The item where it stands, before the first and after the last none. */
  private item: Item | undefined = undefined
  private readonly items: Iterator<Item, void>

  constructor(table: HashTable) {
    this.table = table
    this.items = table.live()
  }

  /** @returns false when there is no further item */
  next(): boolean {
    this.item = this.items.next().value ?? undefined
    return this.item !== undefined
  }

  /** Where it stands, unless that item has been removed. */
  get current(): Item | undefined {
    const { item, table } = this
    return item && table.find(item.key) === item ? item : undefined
  }
}

export class HashTables implements TableHost {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly maxItems: number
  /** By name, in the order of their parameters. */
  readonly tables: ReadonlyMap<string, HashTable>
  /** By the names that scripts give them. */
  readonly iterators = new Map<string, TableIterator>()
  /** What htable:expired is about, while it runs. */
  record: { readonly key: string; readonly value: ItemValue } | undefined = undefined
  private readonly log: Log
  private readonly runEvent: (name: string) => void
  private readonly told = new Set<HashTable>()
  private refusals = 0
  private expirations = 0

  constructor(
    settings: readonly TableSettings[],
    parts: { clock: Clock; maxItems: number; log: Log; runEvent: (name: string) => void },
  ) {
    this.clock = parts.clock
    this.wheel = new TimerWheel(parts.clock)
    this.maxItems = parts.maxItems
    this.log = parts.log
    this.runEvent = parts.runEvent
    this.tables = new Map(settings.map((each) => [each.name, new HashTable(each, this)]))
  }

  table(name: string): HashTable | undefined {
    return this.tables.get(name)
  }

  /** @returns false when there is no such table, or too many iterators */
  startIterator(name: string, table: string): boolean {
    const walked = this.tables.get(table)
    if (!walked || (this.iterators.size >= ITERATORS && !this.iterators.has(name))) return false
    this.iterators.set(name, new TableIterator(walked))
    return true
  }

  stats(): Record<string, number> {
    let items = 0
    for (const table of this.tables.values()) items += table.size
    return { htable_items: items, htable_refused: this.refusals, htable_expired: this.expirations }
  }

  /** For tables. */
  expired(table: HashTable, item: Item): void {
    this.expirations++
    this.record = item
    this.runEvent(`htable:expired:${table.settings.name}`)
    this.record = undefined
  }

  /** For tables. */
  full(table: HashTable): void {
    this.refusals++
    if (this.told.has(table)) return
    this.told.add(table)
    const { name } = table.settings
    this.log.warn(
      { table: name, items: table.size },
      `the hash table ${name} is full: new keys are refused from now on; see max_items and autoexpire`,
    )
  }

  /** Nothing is left that could wake the process. */
  close(): void {
    this.iterators.clear()
    for (const table of this.tables.values()) table.clear()
  }
}

function tablesOf(runtime: Runtime): HashTables {
  const { htable, maxItems } = runtime.parametersOf('htable', HTABLE_PARAMETERS)
  const settings = htable.map(readSettings).filter((each) => typeof each !== 'string')
  return new HashTables(settings, {
    clock: systemClock,
    maxItems,
    log: runtime.log,
    runEvent: (name) => runtime.runEvent(name),
  })
}

/** The hash tables of a server. */
export const HASH_TABLES = new StateKey(tablesOf)
