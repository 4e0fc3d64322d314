// The first few of very many, without holding anybody up: what a page shows of ten thousand clients.

/** How many are looked at in one go: well below a millisecond's work. */
const SLICE = 512

export interface Selection<Item> {
  /** The first ones, in order. */
  readonly items: readonly Item[]
  /** How many there were to choose from. */
  readonly matched: number
}

/**
 * The first `count` of those that match, in order. Between slices everybody else has their turn.
 * @param compare as for sort(): below 0 when the first one comes first
 */
export async function firstOf<Item>(
  all: readonly Item[],
  count: number,
  compare: (one: Item, other: Item) => number,
  matches: (item: Item) => boolean = () => true,
): Promise<Selection<Item>> {
  const items: Item[] = []
  let matched = 0
  for (let at = 0; at < all.length; at += SLICE) {
    if (at > 0) await turn()
    for (const item of all.slice(at, at + SLICE)) {
      if (!matches(item)) continue
      matched++
      insert(items, item, count, compare)
    }
  }
  return { items, matched }
}

/** Resolves in another turn of the loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function insert<Item>(items: Item[], item: Item, count: number, compare: (a: Item, b: Item) => number): void {
  const last = items.at(-1)
  if (items.length >= count && (last === undefined || compare(item, last) >= 0)) return
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(items[middle] as Item, item) <= 0) low = middle + 1
    else high = middle
  }
  items.splice(low, 0, item)
  if (items.length > count) items.pop()
}
