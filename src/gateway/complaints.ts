// Refusals in the log: of each address one line a second at most, with how many there were. Whoever guesses must not fill a disk.

/** Milliseconds in which an address has one line. */
const INTERVAL = 1000
/** Addresses that are told apart. When there are more, those beyond share their lines. */
const ADDRESSES = 1024

interface Told {
  readonly at: number
  since: number
}

export class Complaints {
  private readonly tell: (address: string, why: string, more: number) => void
  private readonly told = new Map<string, Told>()

  /** @param tell is given how many refusals of the address, beside this one, were not told */
  constructor(tell: (address: string, why: string, more: number) => void) {
    this.tell = tell
  }

  note(address: string, why: string, now: number = performance.now()): void {
    const key = this.told.has(address) || this.hasRoom(now) ? address : ''
    const told = this.told.get(key)
    if (told && now - told.at < INTERVAL) {
      told.since++
      return
    }
    this.told.set(key, { at: now, since: 0 })
    this.tell(address, why, told?.since ?? 0)
  }

  private hasRoom(now: number): boolean {
    if (this.told.size < ADDRESSES) return true
    for (const [address, { at }] of this.told) if (now - at >= INTERVAL) this.told.delete(address)
    return this.told.size < ADDRESSES
  }
}
