// One hash table: values by key, which may expire. An item that has an end lies in a timer wheel, so that nothing is looked through for
// what is over; and whoever reads an item that is over before its timer has run does not see it.

import type { Clock } from '../../tm/clock.ts'
import { Timer, type TimerWheel } from '../../tm/timer-wheel.ts'

/** Text is a byte string. */
export type ItemValue = string | number

/** How a table is to be: what `modparam("htable", "htable", "name=>...")` says. */
export interface TableSettings {
  readonly name: string
  /** Seconds after which an item is over; 0: never, whatever is said of single items. */
  readonly autoexpire: number
  /** What a key is that is not there; null: nothing. */
  readonly initval: number | null
  /** Whether an item that gets another value lives from then on. */
  readonly updateexpire: boolean
}

/** What a table needs of its surroundings. */
export interface TableHost {
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** How many items it may have. */
  readonly maxItems: number
  /** An item's time is over; it has been removed. Must not throw. */
  expired(table: HashTable, item: Item): void
  /** A new key was refused: the table is full. */
  full(table: HashTable): void
}

/** A key with its value. */
export class Item extends Timer {
  readonly key: string
  value: ItemValue
  /** When it is over, by the clock; 0: never. */
  end = 0
  private readonly table: HashTable

  constructor(table: HashTable, key: string, value: ItemValue) {
    super()
    this.table = table
    this.key = key
    this.value = value
  }

  /** For the wheel. */
  fire(): void {
    this.table.expire(this)
  }
}

export class HashTable {
  readonly settings: TableSettings
  private readonly host: TableHost
  private readonly items = new Map<string, Item>()

  constructor(settings: TableSettings, host: TableHost) {
    this.settings = settings
    this.host = host
  }

  /** Items, those included that are over but have not been removed yet. */
  get size(): number {
    return this.items.size
  }

  /** The value of a key; the initial value, or null, when it is not there. */
  get(key: string): ItemValue | null {
    return this.find(key)?.value ?? this.settings.initval
  }

  /** The item of a key, unless it is over. */
  find(key: string): Item | undefined {
    const item = this.items.get(key)
    return item && (item.end === 0 || item.end > this.host.clock.now()) ? item : undefined
  }

  /**
   * Gives a key a value.
   * @param lifetime seconds, in place of the table's
   * @returns false when the table is full
   */
  set(key: string, value: ItemValue, lifetime?: number): boolean {
    const live = this.find(key)
    const item = live ?? this.items.get(key) ?? this.add(key, value)
    if (!item) return false
    item.value = value
    if (lifetime !== undefined) this.schedule(item, lifetime)
    else if (!live || this.settings.updateexpire) this.schedule(item, this.settings.autoexpire)
    return true
  }

  /**
   * Adds to the number of a key, which begins with the initial value.
   * @returns what it is then; null when the key has a text, or nothing and there is no initial value, or the table is full
   */
  count(key: string, step: number): number | null {
    const value = this.get(key)
    if (typeof value !== 'number') return null
    return this.set(key, value + step) ? value + step : null
  }

  /** @returns whether it was there */
  remove(key: string): boolean {
    const item = this.items.get(key)
    if (!item) return false
    const live = this.find(key) !== undefined
    this.host.wheel.stop(item)
    this.items.delete(key)
    return live
  }

  clear(): void {
    for (const item of this.items.values()) this.host.wheel.stop(item)
    this.items.clear()
  }

  /** Whole seconds that an item still has; 0: it has no end. */
  lifetime(item: Item): number {
    return item.end === 0 ? 0 : Math.max(Math.ceil((item.end - this.host.clock.now()) / 1000), 0)
  }

  /** Gives an item so many seconds from now; 0 and less: it has no end. Nothing in a table without autoexpire has one. */
  setLifetime(item: Item, seconds: number): void {
    this.schedule(item, seconds)
  }

  /** All items that are not over, in the order in which they were added. What is added or removed meanwhile is taken into account. */
  *live(): Generator<Item, void, undefined> {
    for (const item of this.items.values()) if (this.find(item.key) === item) yield item
  }

  /** For items: the time is over. */
  expire(item: Item): void {
    this.items.delete(item.key)
    this.host.expired(this, item)
  }

  private add(key: string, value: ItemValue): Item | undefined {
    if (this.items.size >= this.host.maxItems) {
      this.host.full(this)
      return undefined
    }
    const item = new Item(this, key, value)
    this.items.set(key, item)
    return item
  }

  private schedule(item: Item, seconds: number): void {
    const { clock, wheel } = this.host
    if (seconds > 0 && this.settings.autoexpire > 0) {
      item.end = clock.now() + seconds * 1000
      wheel.start(item, seconds * 1000)
    } else if (item.end !== 0) {
      item.end = 0
      wheel.stop(item)
    }
  }
}
