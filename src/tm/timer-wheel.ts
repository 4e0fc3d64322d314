// The timers of all transactions: starting and stopping one costs the same for ten as for a million, and between two that are due
// the process sleeps.
//
// Time is counted in ticks of 8 ms. A timer lies in one of 5 x 64 slots: at level 0 a slot is one tick, at each further level 64
// slots of the level below. When time reaches a slot of a higher level, its timers are spread over the levels below; when
// it reaches one of level 0, they are due. A bit per slot says whether anything is in it, so that the next slot that
// matters is found without looking at the empty ones, and the clock is asked for that moment only.

import type { Appointment, Clock } from './clock.ts'

/** Length of a tick, in ms: as late as a timer can be on a process that is at rest, but for the clock's own lateness. */
const TICK = 8

const LEVELS = 5
const SLOTS = 64

/** The furthest that the top level reaches, in ticks: 99 days. What is due later is looked at again then. */
const REACH = SLOTS ** LEVELS - 1

/** The longest that the clock is asked to wait, in ms: setTimeout takes 31 bits. */
const LONGEST_WAIT = 2 ** 30

/**
 * The most timers that run in one go. A hundred thousand transactions that were suspended together time out together, and sockets
 * must be looked at in between.
 */
const BATCH = 512

/** Something that is due at some time. Belongs to at most one wheel. */
export abstract class Timer {
  /** For the wheel: neighbours in the ring of its slot; null while it is stopped. */
  next: Timer | null = null
  /** For the wheel. */
  previous: Timer | null = null
  /** For the wheel: the tick at which it is due. */
  due = 0

  /** Whether it has been started and has neither run out nor been stopped. */
  get started(): boolean {
    return this.next !== null
  }

  /** For the wheel: the time is up. Must not throw. May start and stop any timer, itself too. */
  abstract fire(): void
}

/** A ring of timers, of which it is the one that is always there. */
class Slot extends Timer {
  readonly level: number
  readonly position: number

  constructor(level: number, position: number) {
    super()
    this.level = level
    this.position = position
    this.next = this
    this.previous = this
  }

  fire(): void {}
}

/** See the head of this file. */
export class TimerWheel {
  readonly #clock: Clock
  /** When tick 0 was, by the clock. */
  readonly #begin: number
  readonly #slots: Slot[] = []
  /** Two words for each level: bit n is set if slot n is not empty. */
  readonly #occupied = new Int32Array(LEVELS * 2)
  /** What was due at an earlier tick has run; of this one something may be left if there was too much for one go. */
  #current = 0
  /** The tick that the clock has been asked for. */
  #armed = Number.POSITIVE_INFINITY
  #appointment: Appointment | undefined
  #size = 0
  /** Timers are being run; the clock is asked afterwards. */
  #running = false
  readonly #wake = () => this.#advance()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#begin = clock.now()
    for (let level = 0; level < LEVELS; level++) {
      for (let position = 0; position < SLOTS; position++) this.#slots.push(new Slot(level, position))
    }
  }

  /** How many timers are started. */
  get size(): number {
    return this.#size
  }

  /** Starts a timer, or starts it anew: it runs out once, `ms` or up to a tick more from now. Never early. */
  start(timer: Timer, ms: number): void {
    this.#remove(timer)
    const now = (this.#clock.now() - this.#begin) / TICK
    const tick = Math.floor(now)
    // Time that was slept through is skipped, so that the timer lies as low as it can. Nothing was due in it.
    if (tick > this.#current && tick < this.#armed && !this.#running) this.#current = tick
    timer.due = Math.max(Math.ceil(now + ms / TICK), this.#current + 1)
    const wake = this.#insert(timer)
    this.#size += 1
    if (wake < this.#armed && !this.#running) this.#arm(wake)
  }

  /** Stops a timer; one that is not running stays as it is. */
  stop(timer: Timer): void {
    this.#remove(timer)
    // While others are left the clock is not asked anew: to be woken once for nothing is cheaper than to ask at every stop.
    if (this.#size === 0 && !this.#running) this.#disarm()
  }

  /** Milliseconds until a timer that is started is due; less than 0 when it is late. */
  timeLeft(timer: Timer): number {
    return this.#begin + timer.due * TICK - this.#clock.now()
  }

  /** Puts a timer into the slot for when it is due. @returns the tick at which that slot must be looked at */
  #insert(timer: Timer): number {
    const distance = Math.min(timer.due - this.#current, REACH)
    let level = 0
    let length = 1
    while (distance >= length * SLOTS) {
      level += 1
      length *= SLOTS
    }
    const block = Math.floor((this.#current + distance) / length)
    // `&` takes the lowest bits, however large the number: ticks may outgrow 32 bits.
    const slot = this.#slots[level * SLOTS + (block & (SLOTS - 1))] as Slot
    const last = slot.previous as Timer
    timer.previous = last
    timer.next = slot
    last.next = timer
    slot.previous = timer
    this.#mark(slot, true)
    return block * length
  }

  #remove(timer: Timer): void {
    const { next, previous } = timer
    if (next === null || previous === null) return
    next.previous = previous
    previous.next = next
    timer.next = null
    timer.previous = null
    this.#size -= 1
    // Both neighbours are the same: that is the slot itself, and it is empty now.
    if (next === previous) this.#mark(next as Slot, false)
  }

  #mark({ level, position }: Slot, occupied: boolean): void {
    const word = level * 2 + (position >> 5)
    const bit = 1 << (position & 31)
    const bits = this.#occupied[word] as number
    this.#occupied[word] = occupied ? bits | bit : bits & ~bit
  }

  /** The first tick at which a slot must be looked at; infinity if all are empty. */
  #nextTick(): number {
    let first = Number.POSITIVE_INFINITY
    for (let level = 0, length = 1; level < LEVELS; level++, length *= SLOTS) {
      const low = this.#occupied[level * 2] as number
      const high = this.#occupied[level * 2 + 1] as number
      if ((low | high) === 0) continue
      const block = Math.floor(this.#current / length)
      first = Math.min(first, (block + stepsToNext(low, high, block & (SLOTS - 1))) * length)
    }
    return first
  }

  #advance(): void {
    this.#appointment = undefined
    this.#armed = Number.POSITIVE_INFINITY
    const tick = Math.floor((this.#clock.now() - this.#begin) / TICK)
    this.#running = true
    let left = BATCH
    let complete = false
    try {
      // First what was too much for one go the last time; else the slot of the current tick is empty.
      left = this.#fire(left)
      let next = this.#nextTick()
      while (left > 0 && next <= tick) {
        this.#current = next
        this.#spread()
        left = this.#fire(left)
        next = this.#nextTick()
      }
      complete = left > 0
    } finally {
      // Also after a throw, which must not be: the others are due all the same.
      this.#running = false
      if (complete) {
        this.#current = Math.max(this.#current, tick)
        const next = this.#nextTick()
        if (next !== Number.POSITIVE_INFINITY) this.#arm(next)
      } else this.#arm(this.#current)
    }
  }

  /** Takes apart the slots of higher levels that begin at the current tick. */
  #spread(): void {
    for (let level = 1, length = SLOTS; level < LEVELS; level++, length *= SLOTS) {
      if (this.#current % length !== 0) return
      const slot = this.#slots[level * SLOTS + ((this.#current / length) & (SLOTS - 1))] as Slot
      let timer = slot.next as Timer
      if (timer === slot) continue
      slot.next = slot
      slot.previous = slot
      this.#mark(slot, false)
      while (timer !== slot) {
        const next = timer.next as Timer
        this.#insert(timer)
        timer = next
      }
    }
  }

  /** Runs at most `limit` of the timers that are due at the current tick. @returns how many more may run in this go */
  #fire(limit: number): number {
    const slot = this.#slots[this.#current & (SLOTS - 1)] as Slot
    let left = limit
    // One by one from the ring: a timer may stop its neighbours. What it starts is due at a later tick.
    for (let timer = slot.next as Timer; timer !== slot && left > 0; timer = slot.next as Timer) {
      this.#remove(timer)
      left -= 1
      timer.fire()
    }
    return left
  }

  #arm(tick: number): void {
    this.#appointment?.cancel()
    this.#armed = tick
    const wait = Math.ceil(this.#begin + tick * TICK - this.#clock.now())
    // Not less than setTimeout's least, so that a fraction that was lost in rounding does not make us run in circles.
    this.#appointment = this.#clock.after(Math.min(Math.max(wait, 1), LONGEST_WAIT), this.#wake)
  }

  #disarm(): void {
    this.#appointment?.cancel()
    this.#appointment = undefined
    this.#armed = Number.POSITIVE_INFINITY
  }
}

/** How many steps after `position`, 1 to 64, the next set bit of a ring of 64 is. At least one must be set. */
function stepsToNext(low: number, high: number, position: number): number {
  const ahead = firstBit(low, high, position + 1)
  return ahead < SLOTS ? ahead - position : firstBit(low, high, 0) + SLOTS - position
}

/** The lowest set bit that is at least `from`; 64 if there is none. */
function firstBit(low: number, high: number, from: number): number {
  if (from < 32) {
    const bits = low & (-1 << from)
    if (bits !== 0) return 31 - Math.clz32(bits & -bits)
  }
  if (from < 64) {
    const bits = from > 32 ? high & (-1 << (from - 32)) : high
    if (bits !== 0) return 63 - Math.clz32(bits & -bits)
  }
  return 64
}
