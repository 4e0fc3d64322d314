// What of the tail one who watches wants to have, and how much of it: the filter, and the limit that goes with it.

import { TAIL_KINDS, type TailEvent, type TailKind } from './live-tail.ts'

/** Events a second, unless somebody says otherwise, and at most. */
export const DEFAULT_RATE = 50
export const MAX_RATE = 200

export interface TailWish {
  readonly kinds: ReadonlySet<TailKind>
  /** Part of a message's beginning, an address, a tag or a text, in any case; '' for all. */
  readonly text: string
  readonly rate: number
}

/** One who watches: what fits is let through, up to so many a second, and what is beyond is counted. */
export class TailFilter {
  readonly wish: TailWish
  private readonly wanted: string
  private allowance: number
  private filledAt = performance.now()
  private leftOut = 0

  constructor(wish: TailWish) {
    this.wish = wish
    this.wanted = wish.text.toLowerCase()
    this.allowance = wish.rate
  }

  /** Those that are to be told. */
  pass(events: readonly TailEvent[]): readonly TailEvent[] {
    const fitting = events.filter((event) => this.fits(event))
    const now = performance.now()
    const { rate } = this.wish
    this.allowance = Math.min(rate, this.allowance + ((now - this.filledAt) / 1000) * rate)
    this.filledAt = now
    const passed = choose(fitting, Math.floor(this.allowance))
    this.allowance -= passed.length
    this.leftOut += fitting.length - passed.length
    return passed
  }

  /** They could not be told after all. */
  leaveOut(count: number): void {
    this.leftOut += count
  }

  /** How many were left out since the last call. */
  takeLeftOut(): number {
    const { leftOut } = this
    this.leftOut = 0
    return leftOut
  }

  private fits({ kind, what, client, text, data }: TailEvent): boolean {
    if (!this.wish.kinds.has(kind)) return false
    if (this.wanted === '') return true
    return [data, text, client?.tag, client?.address, what].some((part) =>
      part?.toLowerCase().includes(this.wanted),
    )
  }
}

/** So many of them, in their order. Messages are many: they come last when not all can be told. */
function choose(events: readonly TailEvent[], count: number): readonly TailEvent[] {
  if (events.length <= count) return events
  const others = events.filter(({ kind }) => kind !== 'message').length
  let messages = Math.max(0, count - others)
  let rest = Math.min(others, count)
  return events.filter(({ kind }) => (kind === 'message' ? messages-- > 0 : rest-- > 0))
}

/** Whether a text is the name of a kind. */
export function isTailKind(text: unknown): text is TailKind {
  return TAIL_KINDS.some((kind) => kind === text)
}
