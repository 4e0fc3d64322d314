// Queues of keys and values, and how modparam("mqueue", "mqueue", "name=q;size=100") describes one.

import { ignored, integer, strings } from '../../core/parameters.ts'
import { StateKey } from '../../core/runtime.ts'
import { readAttributes } from '../attributes.ts'

const FORM = '"name=q;size=100;addmode=0"'

export const MQUEUE_PARAMETERS = {
  mqueue: strings({
    expected: FORM,
    check: (text) => typeof readQueue(text) !== 'string',
    doc: `A queue, once for each: ${FORM}. size: how many it holds, 0: as many as max_size; addmode 1: a key that waits is not added again; 2: it takes the place at the end.`,
  }),
  max_size: integer({
    default: 1_000_000,
    min: 1,
    doc: 'How many a queue holds that has no size of its own; one more, and the oldest goes.',
  }),
  db_url: ignored('string', 'queues are in memory only'),
  mqueue_name: ignored('string', 'queues are in memory only'),
  mqueue_size: ignored('integer', 'each queue has a size of its own'),
  mqueue_addmode: ignored('integer', 'each queue has a mode of its own'),
}

/** How a queue is to be. */
export interface QueueSettings {
  readonly name: string
  /** 0: none of its own. */
  readonly size: number
  /** 0: every item is added; 1: a key that waits already is not; 2: the one that waits goes. */
  readonly addMode: number
}

/** @returns a text that says what is wrong, if something is */
export function readQueue(text: string): QueueSettings | string {
  const attributes = readAttributes(text)
  if (typeof attributes === 'string') return attributes
  const { name, size = '0', addmode = '0', dbmode = '0' } = Object.fromEntries(attributes)
  if (!name) return 'a queue has a name'
  if (!/^\d+$/.test(size)) return 'size is not a number'
  if (!/^[012]$/.test(addmode)) return 'addmode is 0, 1 or 2'
  if (dbmode !== '0') return 'dbmode needs a database, which is not here'
  return { name, size: Number(size), addMode: Number(addmode) }
}

interface QueueItem {
  readonly key: string
  readonly value: string
}

export class MessageQueue {
  /** What was fetched last. */
  fetched: QueueItem | undefined = undefined
  private readonly limit: number
  private readonly addMode: number
  /** Oldest first. The keys are the items' keys where each may be there only once, else numbers. */
  private readonly items = new Map<string | number, QueueItem>()
  private count = 0

  constructor({ size, addMode }: QueueSettings, maxSize: number) {
    this.limit = size > 0 ? size : maxSize
    this.addMode = addMode
  }

  get size(): number {
    return this.items.size
  }

  /** Over the limit the oldest goes. */
  add(key: string, value: string): void {
    const place = this.addMode === 0 ? this.count++ : key
    if (this.addMode === 1 && this.items.has(place)) return
    this.items.delete(place)
    this.items.set(place, { key, value })
    if (this.items.size > this.limit) this.take()
  }

  /** Takes the oldest. */
  take(): QueueItem | undefined {
    const [first] = this.items
    if (!first) return undefined
    this.items.delete(first[0])
    return first[1]
  }

  /** Takes the oldest and keeps it in mind. @returns false when there is none: nothing is kept in mind then */
  fetch(): boolean {
    this.fetched = this.take()
    return this.fetched !== undefined
  }

  free(): void {
    this.fetched = undefined
  }
}

/** The queues of a server, by name. */
export const MQUEUES = new StateKey((runtime): ReadonlyMap<string, MessageQueue> => {
  const { mqueue, maxSize } = runtime.parametersOf('mqueue', MQUEUE_PARAMETERS)
  const settings = mqueue.map(readQueue).filter((each) => typeof each !== 'string')
  return new Map(settings.map((each) => [each.name, new MessageQueue(each, maxSize)]))
})
