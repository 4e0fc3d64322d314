// A server transaction up to its final reply, for INVITE and for others: what routes hold in their hands. What stays of it
// afterwards, retransmissions and ACK, is finished.ts's.

import type { Origin } from '../sip/origin.ts'
import type { SipRequest } from '../sip/request.ts'
import { Timer } from './timer-wheel.ts'

/** Who works on a transaction: is told what happens to it from outside. Must not throw. */
export interface TransactionUser {
  /**
   * The timer ran out. The transaction is suspended no longer; the user may reply, or suspend it again.
   * @returns true: the user goes on with it, and the timer has been started anew; false: 408 goes out now, if nothing has gone out yet
   */
  timedOut(transaction: Transaction): boolean
  /** It was cancelled, by a CANCEL or by cancel(): 487 has been sent. */
  cancelled(transaction: Transaction): void
  /** The server closes: 503 has been sent. */
  ended?(transaction: Transaction): void
}

/** What a transaction needs of its layer. */
export interface TransactionHost {
  /** Builds a reply and sends it. @returns its text */
  send(transaction: Transaction, code: number, reason: string, lines: string, body: string): string
  /** Sends that again. */
  sendAgain(transaction: Transaction, reply: string): void
  /** The automatic 100 of an INVITE. */
  readonly tryingReason: string
  startTimer(transaction: Transaction, ms: number): void
  stopTimer(transaction: Transaction): void
  /** Milliseconds until the timer runs out, to a tick. */
  timeLeft(transaction: Transaction): number
  toTag(transaction: Transaction): string
  /** The transaction has been suspended, or is no longer. */
  noteSuspended(change: 1 | -1): void
  /** The timer ran out. */
  noteTimeout(): void
  noteCancelled(): void
  /** For who watches. */
  told(transaction: Transaction, change: TransactionChange): void
  /** No reply follows any more; `reply` is the last one, `''` if there was none. */
  finish(transaction: Transaction, reply: string): void
}

/** What happens to a transaction that people like to see. */
export type TransactionChange = 'suspended' | 'continued' | 'timed-out' | 'cancelled'

/** How long a transaction may wait for its user, in ms (t_set_fr). */
export interface Patience {
  /** An INVITE: fr_inv_timer. */
  readonly invite: number
  /** Any other: fr_timer. */
  readonly other: number
}

/**
 * A server transaction (RFC 3261 section 17.2). The timer runs while it is suspended and also while routes work on it, so that one that is
 * forgotten does not stay for ever.
 */
export class Transaction extends Timer {
  readonly index: number
  readonly request: SipRequest
  readonly origin: Origin
  /** For the layer: what its requests are matched with; undefined if nothing can match. */
  readonly key: string | undefined
  /** t_on_failure: the route for when the time is over. */
  failureRoute: string | null = null
  user: TransactionUser | null = null
  /** append_to_reply: header lines, each with its line end, of all replies but an automatic 100. */
  extraLines = ''
  /** Whatever the routes want to find again with it. */
  context: unknown = null
  readonly #host: TransactionHost
  /** The label as a signed number: V8 stores that in the object. */
  readonly #label: number
  #replyCode = 0
  #suspended = false
  #final = false
  #released = false
  /** The last provisional reply; `''`: there is none, or it is the automatic 100, which can be made again. */
  #lastReply = ''
  #patience: number
  /** What suspend() has started the timer with: with what is left of it that says since when, and the clock need not be asked. */
  #allowed = 0

  /** For the layer. @param patience in ms */
  constructor(
    host: TransactionHost,
    index: number,
    label: number,
    key: string | undefined,
    request: SipRequest,
    origin: Origin,
    patience: number,
  ) {
    super()
    this.#host = host
    this.index = index
    this.#label = label | 0
    this.key = key
    this.request = request
    this.origin = origin
    this.#patience = patience
    host.startTimer(this, patience)
  }

  get label(): number {
    return this.#label >>> 0
  }

  get isInvite(): boolean {
    return this.request.method === 'INVITE'
  }

  /** Of the last reply that was sent; 0: none. `$T_reply_code`. */
  get replyCode(): number {
    return this.#replyCode
  }

  get suspended(): boolean {
    return this.#suspended
  }

  /** How long it has been suspended, in ms, to a tick of the timer; 0 when it is not. */
  get suspendedFor(): number {
    return this.#suspended ? Math.max(0, this.#allowed - this.#host.timeLeft(this)) : 0
  }

  /** A final reply has been sent. */
  get final(): boolean {
    return this.#final
  }

  /** No reply can be sent any more: there was a final one, or it was released. */
  get over(): boolean {
    return this.#final || this.#released
  }

  /** The To tag of its replies: that of the request if it has one. */
  get toTag(): string {
    return this.#host.toTag(this)
  }

  /**
   * Sends a reply; a final one ends the transaction, suspended or not.
   *
   * @param lines header lines, each with its line end
   * @param body a byte string
   * @returns false when nothing can be sent any more, or `code` is not a whole number from 100 to 699
   */
  reply(code: number, reason: string, lines = '', body = ''): boolean {
    if (this.over || !isReplyCode(code)) return false
    this.#replyCode = code
    if (code >= 200) {
      this.#final = true
      this.#end()
    }
    const reply = this.#host.send(this, code, reason, this.extraLines + lines, body)
    if (code >= 200) this.#host.finish(this, reply)
    else this.#lastReply = reply
    return true
  }

  /** The 100 of an INVITE that has had no reply; of others, nothing (RFC 3261 section 17.2.1). */
  sendTrying(): void {
    if (this.over || this.#replyCode !== 0 || !this.isInvite) return
    this.#replyCode = 100
    this.#host.send(this, 100, this.#host.tryingReason, '', '')
  }

  /**
   * Lets it wait for resume(). The timer starts anew.
   * @param trying whether an INVITE without a reply gets its 100
   * @returns false when it is over or is suspended already
   */
  suspend(trying = true): boolean {
    if (this.over || this.#suspended) return false
    this.#suspended = true
    this.#allowed = this.#patience
    this.#host.noteSuspended(1)
    this.#host.startTimer(this, this.#patience)
    if (trying) this.sendTrying()
    this.#host.told(this, 'suspended')
    return true
  }

  /** The first half of t_continue. The timer starts anew, for the route that follows. @returns false when it is not suspended */
  resume(): boolean {
    if (!this.#suspended) return false
    this.#wakeUp()
    this.#host.startTimer(this, this.#patience)
    this.#host.told(this, 'continued')
    return true
  }

  /** Takes suspend() back (t_cancel_suspend). @returns false when it is not suspended */
  cancelSuspend(): boolean {
    return this.resume()
  }

  /** Sets how long suspend() and resume() wait from now on, in ms (t_set_fr); 0 keeps what is. A timer that runs is left alone. */
  setTimers(frInv: number, fr: number): void {
    const ms = this.isInvite ? frInv : fr
    if (ms > 0) this.#patience = ms
  }

  /** What a CANCEL does to it: 487 goes out, its user is told. In Kamailio's words. @returns false when no reply can be sent any more */
  cancel(): boolean {
    if (!this.reply(487, 'Request canceled')) return false
    this.#host.noteCancelled()
    this.#host.told(this, 'cancelled')
    this.user?.cancelled(this)
    return true
  }

  /**
   * No reply is to follow (t_release): retransmissions are absorbed for a while, then it is forgotten. After a final reply there is
   * nothing left to do.
   */
  release(): void {
    if (this.over) return
    this.#released = true
    this.#end()
    this.#host.finish(this, this.#lastReply)
  }

  /** For the layer: the request came again. @returns whether there was a reply to send again */
  repeat(): boolean {
    if (this.#replyCode === 0) return false
    if (this.#lastReply !== '') this.#host.sendAgain(this, this.#lastReply)
    else this.#host.send(this, 100, this.#host.tryingReason, '', '')
    return true
  }

  /** For the timer wheel. */
  fire(): void {
    if (this.#suspended) this.#wakeUp()
    this.#host.noteTimeout()
    this.#host.told(this, 'timed-out')
    // For whoever takes over: nobody is waited for without end.
    this.#host.startTimer(this, this.#patience)
    if (this.user?.timedOut(this) !== true) this.reply(408, 'Request Timeout')
  }

  #end(): void {
    if (this.#suspended) this.#wakeUp()
    this.#host.stopTimer(this)
  }

  #wakeUp(): void {
    this.#suspended = false
    this.#host.noteSuspended(-1)
  }
}

/** Whether a reply can have that code. */
export function isReplyCode(code: number): boolean {
  return Number.isInteger(code) && code >= 100 && code <= 699
}
