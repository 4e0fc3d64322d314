// What stays of a transaction after its final reply: enough to answer the request when it comes again, and for an INVITE to
// know its ACK and to send the reply until that comes. The request itself is let go. Not for what may still be replied to
// (transaction.ts).

import type { Origin } from '../sip/origin.ts'
import type { Clock } from './clock.ts'
import { acknowledgementKey, flat } from './matching.ts'
import { Timer, type TimerWheel } from './timer-wheel.ts'

/** Bytes that one costs beside its reply, roughly: the object, its key and its place in the table. */
const OVERHEAD = 200

/** A request that was answered, or released. */
export class FinishedTransaction {
  readonly key: string
  /** The last reply; `''`: there was none, or it has been let go, and nothing is sent again. */
  reply: string
  readonly origin: Origin
  /** Where the reply goes to. */
  readonly port: number
  /** For Retention: when it is forgotten, by the clock, and its neighbours in the list. */
  until = 0
  older: FinishedTransaction | null = null
  newer: FinishedTransaction | null = null

  constructor(key: string, reply: string, origin: Origin, port: number) {
    this.key = key
    this.reply = flat(reply)
    this.origin = origin
    this.port = port
  }

  /** Bytes that it costs, roughly. */
  get weight(): number {
    return OVERHEAD + this.key.length + this.reply.length
  }

  /** The request came again. @returns whether there was a reply to send again */
  repeat(): boolean {
    if (this.reply === '') return false
    this.origin.send(this.reply, this.port)
    return true
  }
}

/** What a FinishedInvite does: the names are RFC 3261's and RFC 6026's, which tell a 2xx from other final replies. */
export type FinishedInviteState = 'completed' | 'accepted' | 'confirmed'

/** An INVITE that was answered. Until its ACK comes the reply is sent again and again: a 2xx always, others over UDP. */
export class FinishedInvite extends FinishedTransaction {
  /** By what its ACK is known: acknowledgementKey() of its identity and the reply's To tag. */
  readonly ackKey: string
  state: FinishedInviteState
  /** Timer G of RFC 3261 section 17.2.1, or that of a 2xx, section 13.3.1.4; null: not needed, or no longer. */
  retransmission: Retransmission | null = null
  readonly #identityLength: number

  /** @param identity what its ACK and CANCEL have in common with it: callIdentity(); @param toTag that of the reply */
  constructor(
    key: string,
    reply: string,
    origin: Origin,
    port: number,
    identity: string,
    toTag: string,
    state: FinishedInviteState,
  ) {
    super(key, reply, origin, port)
    this.ackKey = acknowledgementKey(identity, toTag)
    this.#identityLength = identity.length
    this.state = state
  }

  /** The To tag of the reply. */
  get toTag(): string {
    return this.ackKey.slice(this.#identityLength + 1)
  }

  override get weight(): number {
    return super.weight + OVERHEAD + this.ackKey.length
  }

  /** Whether an ACK or a CANCEL with that identity is its own. */
  hasIdentity(identity: string): boolean {
    return identity.length === this.#identityLength && this.ackKey.startsWith(identity)
  }

  /** With its ACK there, the client has the reply, which nobody needs any more. In no list while this is called: its weight changes. */
  letGo(): void {
    this.reply = ''
  }

  /** An INVITE that was late on its way is only absorbed once the ACK is there. */
  override repeat(): boolean {
    return this.state !== 'confirmed' && super.repeat()
  }
}

/** Sends a reply again after T1, then at intervals that double up to T2. */
export class Retransmission extends Timer {
  readonly #invite: FinishedInvite
  readonly #wheel: TimerWheel
  readonly #longest: number
  readonly #counts: { replies_retransmitted: number }
  #interval: number

  /** @param first T1, @param longest T2, in ms */
  constructor(
    invite: FinishedInvite,
    wheel: TimerWheel,
    first: number,
    longest: number,
    counts: { replies_retransmitted: number },
  ) {
    super()
    this.#invite = invite
    this.#wheel = wheel
    this.#interval = first
    this.#longest = longest
    this.#counts = counts
    wheel.start(this, first)
  }

  fire(): void {
    this.#invite.repeat()
    this.#counts.replies_retransmitted += 1
    this.#interval = Math.min(this.#interval * 2, this.#longest)
    this.#wheel.start(this, this.#interval)
  }

  stop(): void {
    this.#wheel.stop(this)
  }
}

/** The least time between two looks at a list, in ms: whether something is forgotten a little later matters to nobody. */
const COARSENESS = 50

/** The most that are forgotten in one go. */
const BATCH = 4096

/**
 * Finished transactions that are all kept for the same time, the oldest first. A list does here what the timer wheel does for those
 * with times of their own: one timer for all.
 */
export class Retention extends Timer {
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #ms: number
  readonly #expired: (transaction: FinishedTransaction) => void
  #oldest: FinishedTransaction | null = null
  #newest: FinishedTransaction | null = null
  #weight = 0
  #size = 0

  /** @param expired the time of one is up; it is not in the list any more */
  constructor(
    clock: Clock,
    wheel: TimerWheel,
    ms: number,
    expired: (transaction: FinishedTransaction) => void,
  ) {
    super()
    this.#clock = clock
    this.#wheel = wheel
    this.#ms = ms
    this.#expired = expired
  }

  get size(): number {
    return this.#size
  }

  get oldest(): FinishedTransaction | null {
    return this.#oldest
  }

  /** Bytes that all together cost, roughly. */
  get weight(): number {
    return this.#weight
  }

  add(transaction: FinishedTransaction): void {
    transaction.until = this.#clock.now() + this.#ms
    transaction.older = this.#newest
    if (this.#newest === null) this.#oldest = transaction
    else this.#newest.newer = transaction
    this.#newest = transaction
    this.#weight += transaction.weight
    this.#size += 1
    if (!this.started) this.#wheel.start(this, Math.max(this.#ms, COARSENESS))
  }

  remove(transaction: FinishedTransaction): void {
    const { older, newer } = transaction
    if (older === null) this.#oldest = newer
    else older.newer = newer
    if (newer === null) this.#newest = older
    else newer.older = older
    transaction.older = null
    transaction.newer = null
    this.#weight -= transaction.weight
    this.#size -= 1
    if (this.#oldest === null) this.#wheel.stop(this)
  }

  fire(): void {
    const now = this.#clock.now()
    for (let left = BATCH; left > 0; left--) {
      const oldest = this.#oldest
      if (oldest === null) return
      if (oldest.until > now) {
        this.#wheel.start(this, Math.max(oldest.until - now, COARSENESS))
        return
      }
      this.remove(oldest)
      this.#expired(oldest)
    }
    if (this.#oldest !== null) this.#wheel.start(this, 0)
  }
}
