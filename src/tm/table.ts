// Where transactions are found: by their id, which applications know, and by what a request is matched with. Not for what
// happens to them.

import type { FinishedTransaction } from './finished.ts'
import type { Transaction } from './transaction.ts'

/** A transaction that waits for its final reply, or what is left of one. */
export type Entry = Transaction | FinishedTransaction

/**
 * Transactions by (index, label) and by key. An index is the number of a slot and is used again at once; a label is one
 * more than the label before, and comes again after 2^32 transactions.
 */
export class TransactionTable {
  /** A transaction, or the number of the next free slot; -1: there is none. */
  readonly #slots: (Transaction | number)[] = []
  readonly #entries = new Map<string, Entry>()
  #free = -1
  #size = 0
  #label: number

  /** @param firstLabel any 32-bit number */
  constructor(firstLabel: number) {
    this.#label = firstLabel >>> 0
  }

  /** How many have an id: those without a final reply. */
  get size(): number {
    return this.#size
  }

  /** The id that add() is going to give. */
  get nextId(): { readonly index: number; readonly label: number } {
    return { index: this.#free < 0 ? this.#slots.length : this.#free, label: this.#label }
  }

  /** Gives an id, and the slot that goes with it. @param make makes the transaction that is to have it */
  add(make: (index: number, label: number) => Transaction): Transaction {
    const label = this.#label
    this.#label = (label + 1) >>> 0
    let index = this.#free
    if (index < 0) index = this.#slots.length
    else this.#free = this.#slots[index] as number
    const transaction = make(index, label)
    this.#slots[index] = transaction
    this.#size += 1
    if (transaction.key !== undefined) this.#entries.set(transaction.key, transaction)
    return transaction
  }

  /** Takes the id away; the key stays. */
  release(transaction: Transaction): void {
    this.#slots[transaction.index] = this.#free
    this.#free = transaction.index
    this.#size -= 1
  }

  /** @param index any number, @param label any number: ids come from outside */
  find(index: number, label: number): Transaction | undefined {
    // Whatever is not a number of 32 bits is changed by this and names nothing.
    if (index >>> 0 !== index || index >= this.#slots.length) return undefined
    const transaction = this.#slots[index]
    return typeof transaction === 'object' && transaction.label === label ? transaction : undefined
  }

  match(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** From now on the key finds `entry`. */
  setEntry(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  /** All that have an id. */
  all(): Transaction[] {
    return this.#slots.filter((slot) => typeof slot === 'object')
  }
}
