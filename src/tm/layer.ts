// The transaction layer: what comes in goes to the transaction that it belongs to, and to the routes only if there is none. For server
// transactions; requests that we send are not here.

import { randomInt } from 'node:crypto'
import { bytesOfText } from '../core/bytestring.ts'
import type { Log } from '../core/log.ts'
import { KeyedHash } from '../sip/keyed-hash.ts'
import type { Origin } from '../sip/origin.ts'
import { buildReply, replyPort, steadyTag } from '../sip/reply.ts'
import type { SipRequest } from '../sip/request.ts'
import type { Clock } from './clock.ts'
import { FinishedInvite, FinishedTransaction, Retention, Retransmission } from './finished.ts'
import { acknowledgementKey, callIdentity, matchingKey } from './matching.ts'
import { DEFAULT_TRANSACTION_OPTIONS, type TransactionOptions } from './options.ts'
import { TransactionTable } from './table.ts'
import { TimerWheel } from './timer-wheel.ts'
import {
  isReplyCode,
  type Patience,
  Transaction,
  type TransactionChange,
  type TransactionHost,
} from './transaction.ts'

export type { TransactionChange, TransactionOptions }

/** Where requests go that belong to no transaction. */
export interface TransactionHandler {
  /** A new request, or an ACK or CANCEL that matches nothing. Must not throw. */
  request(request: SipRequest, origin: Origin): void
  readonly log: Log
}

/** Seconds after which a client that was refused may try again. */
const RETRY_AFTER = 10

/** The least time between two lines about refused transactions, in ms. */
const LOG_INTERVAL = 10_000

/** See the head of this file. */
export class TransactionLayer {
  /** Is told what happens to each; must not change anything. For people who watch. */
  watcher: ((transaction: Transaction, change: TransactionChange) => void) | undefined
  #options: TransactionOptions
  readonly #handler: TransactionHandler
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  // Half of 31 bits, so that labels fit into the signed numbers of scripts for a long time.
  readonly #table = new TransactionTable(randomInt(2 ** 30))
  readonly #hash = new KeyedHash()
  readonly #host: TransactionHost
  /** Answered INVITEs whose ACK has not come yet (timer H), and all others that are answered (timers I and J). */
  readonly #unacknowledged: Retention
  readonly #remembered: Retention
  /** INVITEs with a 2xx by what their ACK is known by, which has a branch of its own. */
  readonly #accepted = new Map<string, FinishedInvite>()
  readonly #counts = {
    created: 0,
    retransmissions_absorbed: 0,
    replies_retransmitted: 0,
    timeouts: 0,
    cancelled: 0,
    rejected: 0,
    released: 0,
    acks_absorbed: 0,
    stray_acks: 0,
    unacknowledged: 0,
    forgotten_early: 0,
    stateless_replies: 0,
    stateless_acks_absorbed: 0,
  }
  /** Final replies by class, the first digit of their code. */
  readonly #replied = new Float64Array(7)
  #suspended = 0
  #closed = false
  #refusedBefore = Number.NEGATIVE_INFINITY
  // The request that was looked at last and its key: whoever asks for a transaction asks for the request that just came.
  #keyRequest: SipRequest | undefined
  #key: string | undefined
  // The tag that was made last, and for which label.
  #tagLabel = -1
  #tag = ''
  // The request that was just found to belong to nothing: create(), which mostly follows, need not look again.
  #unmatched: SipRequest | undefined

  /** @param given what is absent has its default */
  constructor(given: Partial<TransactionOptions>, clock: Clock, handler: TransactionHandler) {
    const options = { ...DEFAULT_TRANSACTION_OPTIONS, ...given }
    this.#options = options
    this.#handler = handler
    this.#clock = clock
    this.#wheel = new TimerWheel(clock)
    this.#unacknowledged = new Retention(clock, this.#wheel, 64 * options.retrTimer1, (transaction) => {
      this.#counts.unacknowledged += 1
      this.#forget(transaction)
    })
    this.#remembered = new Retention(clock, this.#wheel, options.wtTimer, (transaction) =>
      this.#forget(transaction),
    )
    this.#host = {
      tryingReason: bytesOfText(options.autoInv100Reason),
      // A 100 has no tag: to look for one would mean to read To and keep what was read for as long as the transaction waits.
      send: (transaction, code, reason, lines, body) =>
        this.#send(
          transaction.request,
          transaction.origin,
          code,
          reason,
          code === 100 ? '' : transaction.toTag,
          lines,
          body,
        ),
      sendAgain: ({ request, origin }, reply) => void origin.send(reply, replyPort(request, origin)),
      startTimer: (transaction, ms) => this.#wheel.start(transaction, ms),
      stopTimer: (transaction) => this.#wheel.stop(transaction),
      timeLeft: (transaction) => this.#wheel.timeLeft(transaction),
      toTag: ({ request, label }) => request.to?.tag || this.#newTag(label),
      noteSuspended: (change) => {
        this.#suspended += change
      },
      noteTimeout: () => {
        this.#counts.timeouts += 1
      },
      noteCancelled: () => {
        this.#counts.cancelled += 1
      },
      told: (transaction, change) => this.watcher?.(transaction, change),
      finish: (transaction, reply) => this.#finish(transaction, reply),
    }
  }

  /** How many transactions have no final reply. */
  get size(): number {
    return this.#table.size
  }

  /** How many of them are suspended. */
  get suspended(): number {
    return this.#suspended
  }

  /** How many are kept only for retransmissions and ACKs. */
  get finished(): number {
    return this.#unacknowledged.size + this.#remembered.size
  }

  /** Takes a well-formed request: a retransmission, an ACK or a CANCEL is dealt with here, all else is the handler's. */
  receive(request: SipRequest, origin: Origin): void {
    if (this.#closed) return
    if (request.method === 'ACK') {
      if (!this.#acknowledge(request)) this.#handler.request(request, origin)
      return
    }
    const key = this.#keyOf(request, origin)
    const known = key === undefined ? undefined : this.#table.match(key)
    if (known !== undefined) {
      this.#counts.retransmissions_absorbed += 1
      if (known.repeat()) this.#counts.replies_retransmitted += 1
      return
    }
    if (request.method === 'CANCEL' && this.#cancel(request, origin)) return
    this.#unmatched = request
    this.#handler.request(request, origin)
    this.#unmatched = undefined
  }

  /** Other parameters for the transactions to come: of those that a reload changes. */
  change(options: TransactionOptions): void {
    this.#options = options
  }

  /**
   * Makes the transaction of a request; an INVITE gets its 100, unless it is not to (auto_inv_100).
   * @returns null for an ACK, which has none; when there is one already; and when there are too many: then 503 has been sent
   */
  create(request: SipRequest, origin: Origin, trying = this.#options.autoInv100): Transaction | null {
    if (this.#closed || request.method === 'ACK') return null
    const key = this.#keyOf(request, origin)
    if (request !== this.#unmatched && key !== undefined && this.#table.match(key) !== undefined) return null
    const { maxTransactions, frInvTimer, frTimer } = this.#options
    if (this.#table.size >= maxTransactions) {
      this.#refuse(request, origin)
      return null
    }
    this.#counts.created += 1
    this.#unmatched = undefined
    const transaction = this.#table.add(
      (index, label) =>
        new Transaction(
          this.#host,
          index,
          label,
          key,
          request,
          origin,
          request.method === 'INVITE' ? frInvTimer : frTimer,
        ),
    )
    if (trying) transaction.sendTrying()
    return transaction
  }

  /** The transaction of a request, for an ACK or a CANCEL that of the INVITE, if it has no final reply yet. */
  lookup(request: SipRequest): Transaction | undefined {
    const { method } = request
    const key = matchingKey(request, method === 'ACK' || method === 'CANCEL' ? 'INVITE' : method)
    const entry = key === undefined ? undefined : this.#table.match(key)
    return entry instanceof Transaction ? entry : undefined
  }

  /** Sends the last reply to a request again, also a final one. @returns false when there is none */
  repeat(request: SipRequest, origin: Origin): boolean {
    const key = this.#keyOf(request, origin)
    return (key === undefined ? undefined : this.#table.match(key))?.repeat() ?? false
  }

  /**
   * The transaction of a call, if it has no final reply yet. All that wait are looked through: for what is asked seldom.
   * @param cseq the number, as text
   */
  findByCall(callId: string, cseq: string): Transaction | undefined {
    return this.#table
      .all()
      .find(({ request }) => request.callId === callId && String(request.cseq?.number ?? '') === cseq)
  }

  /** All that have no final reply yet. */
  waiting(): readonly Transaction[] {
    return this.#table.all()
  }

  /** The id that the next transaction is going to have. */
  get nextId(): { readonly index: number; readonly label: number } {
    return this.#table.nextId
  }

  /** How long transactions wait by default, in ms. */
  get patience(): Patience {
    return { invite: this.#options.frInvTimer, other: this.#options.frTimer }
  }

  /** The transaction with that id, if it has no final reply yet. Any numbers may be asked for. */
  find(index: number, label: number): Transaction | undefined {
    return this.#table.find(index, label)
  }

  /**
   * Sends a reply of which nothing is remembered (sl_send_reply). Its To tag is the same each time the request comes, and by it the
   * ACK is known and absorbed, unless the request had a To tag of its own.
   * @returns false for an ACK, and when `code` is not a whole number from 100 to 699
   */
  replyStateless(
    request: SipRequest,
    origin: Origin,
    code: number,
    reason: string,
    lines = '',
    body = '',
  ): boolean {
    if (request.method === 'ACK' || !isReplyCode(code)) return false
    this.#counts.stateless_replies += 1
    this.#send(request, origin, code, reason, steadyTag(request), lines, body)
    return true
  }

  stats(): Record<string, number> {
    const counts = this.#counts
    const replied = (digit: number) => this.#replied[digit] as number
    return {
      tm_transactions: this.#table.size,
      tm_suspended: this.#suspended,
      tm_finished: this.finished,
      tm_finished_bytes: this.#unacknowledged.weight + this.#remembered.weight,
      tm_created: counts.created,
      tm_retransmissions_absorbed: counts.retransmissions_absorbed,
      tm_replies_retransmitted: counts.replies_retransmitted,
      tm_timeouts: counts.timeouts,
      tm_cancelled: counts.cancelled,
      tm_rejected: counts.rejected,
      tm_released: counts.released,
      tm_replied_2xx: replied(2),
      tm_replied_3xx: replied(3),
      tm_replied_4xx: replied(4),
      tm_replied_5xx: replied(5),
      tm_replied_6xx: replied(6),
      tm_acks_absorbed: counts.acks_absorbed,
      tm_stray_acks: counts.stray_acks,
      tm_unacknowledged: counts.unacknowledged,
      tm_forgotten_early: counts.forgotten_early,
      sl_replies: counts.stateless_replies,
      sl_acks_absorbed: counts.stateless_acks_absorbed,
    }
  }

  /** Answers with 503 all that is suspended, and tells their users. What a route works on may still be replied to. */
  closeSuspended(): void {
    for (const transaction of this.#table.all()) if (transaction.suspended) this.#endOne(transaction)
  }

  /** Answers all that wait with 503, tells their users, forgets everything and starts no timer any more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const transaction of this.#table.all()) this.#endOne(transaction)
    for (const retention of [this.#unacknowledged, this.#remembered]) {
      for (let oldest = retention.oldest; oldest !== null; oldest = retention.oldest) {
        retention.remove(oldest)
        this.#forget(oldest)
      }
    }
  }

  #endOne(transaction: Transaction): void {
    if (transaction.reply(503, 'Service Unavailable')) transaction.user?.ended?.(transaction)
  }

  /** @returns whether the ACK belonged to something that is known here */
  #acknowledge(ack: SipRequest): boolean {
    const key = matchingKey(ack, 'INVITE')
    const known = key === undefined ? undefined : this.#table.match(key)
    const identity = callIdentity(ack)
    const toTag = ack.to?.tag ?? ''
    if (known !== undefined) {
      // Clients of RFC 2543 may leave the tag out; a wrong one is another's.
      const right =
        known instanceof FinishedInvite &&
        known.hasIdentity(identity) &&
        (toTag === '' || toTag === known.toTag)
      if (right) this.#confirm(known)
      else this.#counts.stray_acks += 1
      return true
    }
    const accepted = this.#accepted.get(acknowledgementKey(identity, toTag))
    if (accepted !== undefined) {
      this.#confirm(accepted)
      return true
    }
    if (toTag !== '' && toTag === steadyTag(ack)) {
      this.#counts.stateless_acks_absorbed += 1
      return true
    }
    return false
  }

  /** The client has the reply: it is sent no more, and its INVITE and ACK are absorbed for a while. */
  #confirm(invite: FinishedInvite): void {
    this.#counts.acks_absorbed += 1
    if (invite.state === 'confirmed') return
    invite.state = 'confirmed'
    invite.retransmission?.stop()
    invite.retransmission = null
    this.#unacknowledged.remove(invite)
    invite.letGo()
    if (invite.origin.reliable) this.#forget(invite)
    else this.#remember(invite, this.#remembered)
  }

  /** @returns whether the CANCEL belonged to an INVITE that is known here */
  #cancel(cancel: SipRequest, origin: Origin): boolean {
    const key = matchingKey(cancel, 'INVITE')
    const known = key === undefined ? undefined : this.#table.match(key)
    if (known === undefined) return false
    const identity = callIdentity(cancel)
    if (known instanceof Transaction) {
      if (callIdentity(known.request) !== identity) return false
      known.cancel()
    } else if (!(known instanceof FinishedInvite) || !known.hasIdentity(identity)) return false
    // Kamailio's words, and its order: after the 487. If it is lost the CANCEL comes again and is answered in the same way.
    this.#send(cancel, origin, 200, 'ok -- no more pending branches', known.toTag)
    return true
  }

  #refuse(request: SipRequest, origin: Origin): void {
    this.#counts.rejected += 1
    this.replyStateless(request, origin, 503, 'Service Unavailable', `Retry-After: ${RETRY_AFTER}\r\n`)
    const now = this.#clock.now()
    if (now - this.#refusedBefore < LOG_INTERVAL) return
    this.#refusedBefore = now
    this.#handler.log.warn(
      { transactions: this.#table.size, rejected: this.#counts.rejected },
      'too many transactions wait for their reply: new requests get 503; see max_transactions',
    )
  }

  /** Puts what must stay in the place of a transaction that can send no reply any more. */
  #finish(transaction: Transaction, reply: string): void {
    this.#table.release(transaction)
    const { final, replyCode } = transaction
    if (final) (this.#replied[Math.trunc(replyCode / 100)] as number) += 1
    else this.#counts.released += 1
    this.#keep(transaction, reply)
    // Of a request that has waited for long, what was read for its reply is younger than it, and would be moved to where it is:
    // memory that is looked through seldom.
    transaction.request.forget()
  }

  #keep(transaction: Transaction, reply: string): void {
    const { key, request, origin, isInvite, replyCode, final } = transaction
    if (key === undefined) return
    // Nobody sends a request twice over a reliable transport (timer J is zero); an INVITE's ACK is still to come.
    if (this.#closed || (origin.reliable && !isInvite)) {
      this.#table.forget(key)
      return
    }
    const port = replyPort(request, origin)
    if (!isInvite) {
      const finished = new FinishedTransaction(key, reply, origin, port)
      this.#table.setEntry(key, finished)
      this.#remember(finished, this.#remembered)
      return
    }
    const state = !final ? 'confirmed' : replyCode < 300 ? 'accepted' : 'completed'
    const invite = new FinishedInvite(
      key,
      reply,
      origin,
      port,
      callIdentity(request),
      transaction.toTag,
      state,
    )
    this.#table.setEntry(key, invite)
    if (state === 'accepted') this.#accepted.set(invite.ackKey, invite)
    if (state === 'confirmed') {
      this.#remember(invite, this.#remembered)
      return
    }
    const { retrTimer1, retrTimer2 } = this.#options
    // A 2xx is sent again over TCP too: on its way to the client there may be hops over UDP (RFC 3261 section 13.3.1.4).
    if (!origin.reliable || state === 'accepted') {
      invite.retransmission = new Retransmission(invite, this.#wheel, retrTimer1, retrTimer2, this.#counts)
    }
    this.#remember(invite, this.#unacknowledged)
  }

  #remember(finished: FinishedTransaction, retention: Retention): void {
    retention.add(finished)
    const { finishedMemory } = this.#options
    while (this.#unacknowledged.weight + this.#remembered.weight > finishedMemory) {
      const from = this.#remembered.oldest === null ? this.#unacknowledged : this.#remembered
      const { oldest } = from
      if (oldest === null) return
      this.#counts.forgotten_early += 1
      from.remove(oldest)
      this.#forget(oldest)
    }
  }

  /** The last step of what was finished: nothing of it is known any more. It is in no list. */
  #forget(finished: FinishedTransaction): void {
    this.#table.forget(finished.key)
    if (!(finished instanceof FinishedInvite)) return
    finished.retransmission?.stop()
    if (this.#accepted.get(finished.ackKey) === finished) this.#accepted.delete(finished.ackKey)
  }

  #send(
    request: SipRequest,
    origin: Origin,
    code: number,
    reason: string,
    toTag: string,
    lines = '',
    body = '',
  ): string {
    // A line's end in a reason would make a header of what follows.
    const phrase = reason.includes('\r') || reason.includes('\n') ? reason.replace(/[\r\n]+/g, ' ') : reason
    const reply = buildReply(request, origin, code, phrase, toTag, lines, body)
    origin.send(reply, replyPort(request, origin))
    return reply
  }

  /** The tag that is ours to give. It is asked for twice in a row: for the reply, and for the ACK that is to come. */
  #newTag(label: number): string {
    if (label !== this.#tagLabel) {
      this.#tag = this.#hash.digest(label)
      this.#tagLabel = label
    }
    return this.#tag
  }

  #keyOf(request: SipRequest, origin: Origin): string | undefined {
    if (origin.protocol === 'none') return undefined
    if (request !== this.#keyRequest) {
      this.#key = matchingKey(request, request.method)
      this.#keyRequest = request
    }
    return this.#key
  }
}
