// A clock that stands still until it is told to go on. For the tests of timers: an hour passes in no time.

import type { Appointment, Clock } from '../../src/tm/clock.ts'

interface Entry {
  readonly at: number
  readonly order: number
  readonly call: () => void
}

/** Runs what was asked for in order of time, within advance() and nowhere else. */
export class VirtualClock implements Clock {
  #now = 0
  #order = 0
  readonly #entries = new Set<Entry>()
  /** How often something was woken. */
  wakes = 0

  now(): number {
    return this.#now
  }

  after(ms: number, call: () => void): Appointment {
    const entry = { at: this.#now + Math.max(ms, 0), order: this.#order++, call }
    this.#entries.add(entry)
    return { cancel: () => this.#entries.delete(entry) }
  }

  /** How many calls are asked for. */
  get pending(): number {
    return this.#entries.size
  }

  /** Lets time pass. Whoever is called finds it exactly the time that it asked for. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let entry = this.#first(); entry !== undefined && entry.at <= end; entry = this.#first()) {
      this.#entries.delete(entry)
      this.#now = Math.max(this.#now, entry.at)
      this.wakes += 1
      entry.call()
    }
    this.#now = end
  }

  /** Lets time pass while nobody is called, as when the process is busy: what was due runs in the next advance(). */
  stall(ms: number): void {
    this.#now += ms
  }

  #first(): Entry | undefined {
    let first: Entry | undefined
    for (const entry of this.#entries) {
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry
    }
    return first
  }
}
