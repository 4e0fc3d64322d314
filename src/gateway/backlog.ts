// What waits for WebSocket clients: who is slow is found here. uWebSockets.js says of a socket how much waits for it, when it is asked, and never
// calls by itself when that is too much. To ask a thousand sockets after each message would cost more than to send it; so all are asked when so much has been
// published that one of them could be over the limit, and before that only those that are known to be half-way there.

/** One socket whose backlog is watched. */
export interface Watched {
  /** Bytes that wait for it, as uWebSockets.js has them. */
  readonly waiting: number
  /** Since when something has waited and nothing was taken, in milliseconds of performance.now(); undefined: nothing waits. */
  stuckSince: number | undefined
  readonly isSlow: boolean
  /** More waits than may, or for longer than it may. Of one that is slow already: more than can be kept for it. */
  becomeSlow(waiting: number): void
  /** Nothing waits any more. */
  catchUp(): void
}

export interface BacklogLimits {
  /** Bytes that may wait for one; 0: no limit. */
  readonly bytes: number
  /** Bytes that may wait for one that is slow already. */
  readonly hard: number
  /** Milliseconds in which it must take something; 0: no limit. */
  readonly time: number
}

export class Backlog {
  private readonly limits: () => BacklogLimits
  private readonly all: () => Iterable<Watched>
  private readonly suspects = new Set<Watched>()
  /** Published since all were asked. */
  private published = 0

  constructor(all: () => Iterable<Watched>, limits: () => BacklogLimits) {
    this.all = all
    this.limits = limits
  }

  /** So many bytes more went to some or all of them, and sockets show by now what has become of them. */
  grew(bytes: number): void {
    const limits = this.limits()
    if (limits.bytes === 0) return
    this.published += bytes
    if (this.published > limits.bytes / 2) this.askAll()
    else for (const suspect of this.suspects) this.ask(suspect, limits)
  }

  /** Asks all: for those who want to know how much waits, and for what time alone makes slow. */
  askAll(): void {
    const limits = this.limits()
    const now = performance.now()
    this.published = 0
    for (const each of this.all()) this.ask(each, limits, now)
  }

  forget(watched: Watched): void {
    this.suspects.delete(watched)
  }

  private ask(watched: Watched, { bytes: limit, hard, time }: BacklogLimits, now = 0): void {
    const { waiting } = watched
    if (waiting === 0) {
      watched.stuckSince = undefined
      watched.catchUp()
    } else if (now > 0) watched.stuckSince ??= now
    const since = watched.stuckSince
    const isLate = time > 0 && since !== undefined && now - since > time
    const most = watched.isSlow ? hard : limit
    if ((limit > 0 && waiting > most) || (isLate && !watched.isSlow)) watched.becomeSlow(waiting)
    if (limit > 0 && waiting > limit / 4) this.suspects.add(watched)
    else this.suspects.delete(watched)
  }
}
