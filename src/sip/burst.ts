// What may happen a hundred thousand times a second gets a line of log when it begins, and then one a second with the count. Not for
// counters.

/** How often a burst that goes on is told, in ms. */
const INTERVAL = 1000

/** One kind of occurrence. */
export class Burst<What> {
  private readonly tell: (what: What, count: number) => void
  private count = 0
  private last: What | undefined
  private timer: NodeJS.Timeout | undefined

  /** @param tell is given the latest occurrence, and how many there were since it was called last */
  constructor(tell: (what: What, count: number) => void) {
    this.tell = tell
  }

  note(what: What): void {
    if (this.timer === undefined) {
      this.tell(what, 1)
      this.arm()
      return
    }
    this.count += 1
    this.last = what
  }

  private arm(): void {
    // A summary is not worth that a process stays alive for it.
    this.timer = setTimeout(() => this.look(), INTERVAL).unref()
  }

  private look(): void {
    this.timer = undefined
    const { count, last } = this
    if (count === 0 || last === undefined) return
    this.count = 0
    this.last = undefined
    this.tell(last, count)
    this.arm()
  }
}
