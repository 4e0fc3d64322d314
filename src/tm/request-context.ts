// The context of a request: what routes get that decide about one, from its arrival to its reply. One per request: it stays when
// the request is suspended and another route goes on with it. What happens between routes is request-routes.ts.

import { bytesOfText } from '../core/bytestring.ts'
import { RouteContext } from '../core/context.ts'
import { CallError, SuspensionError } from '../core/errors.ts'
import type { Route, RunObserver } from '../core/routes.ts'
import { type Data, MAX_DATAGRAM } from '../dispatcher.ts'
import type { Origin } from '../sip/origin.ts'
import type { SipRequest } from '../sip/request.ts'
import { type HeaderValues, headerLines, OF_THE_REPLY, oneLine } from './header-lines.ts'
import type { Audience, RequestRoutes } from './request-routes.ts'
import type { Transaction } from './transaction.ts'
import { idPart } from './transaction-id.ts'

/** What a datagram takes, less what a reply has beside lines, body and what it copies from the request's head. */
const LARGEST = MAX_DATAGRAM - 1024

/** What else than code and reason is in a reply. */
export interface ReplyOptions {
  readonly headers?: HeaderValues
  /** Text goes out as UTF-8. */
  readonly body?: string | Uint8Array
  /** The Content-Type of the body. Default: the one among `headers`, else text/plain. */
  readonly contentType?: string
}

/** The id of a transaction, as its event carries it to an application. */
export type TransactionId = Pick<Transaction, 'index' | 'label'>

/** Whoever waits for a suspended request. */
export interface Waiter {
  readonly promise: Promise<unknown>
  readonly resolve: (answer: unknown) => void
  readonly reject: (reason: SuspensionError) => void
}

export class RequestContext extends RouteContext implements RunObserver {
  /** The request as it came. */
  readonly request: SipRequest
  /** Where it came from. */
  readonly origin: Origin

  /** The transaction, when there is one. For modules. */
  transaction: Transaction | null = null
  /** It was made because the route needed it, not because it asked: t_newtran is still to come. For modules. */
  implicit = false
  /** Who waits for the answer of an application. For modules. */
  waiter: Waiter | null = null
  /** Whom the event that it waits for went to; null: there was none. For modules. */
  audience: Audience | null = null
  /** Runs of routes that are not over. For modules. */
  running = 0
  /** The reply that goes out if the routes end without one. For modules. */
  lastResort: { readonly code: number; readonly reason: string } | null = null
  /** When its routes end without a reply, one goes out at once; else when its time is over: a callback may still reply. For modules. */
  mustAnswer = false
  /** A final reply went out without a transaction. For modules. */
  answered = false
  /** What is for the transaction, while there is none. For modules. */
  extraLines = ''
  failureRoute: string | null = null
  timers: { readonly inv: number; readonly fr: number } | null = null
  /** Whether an INVITE gets an automatic 100; null: as auto_inv_100 says. For modules. */
  autoTrying: boolean | null = null

  private readonly routes: RequestRoutes

  constructor(routes: RequestRoutes, route: Route, request: SipRequest, origin: Origin) {
    super(routes.runtime, route)
    this.routes = routes
    this.request = request
    this.origin = origin
  }

  /** `INVITE`, `OPTIONS` ... */
  get method(): string {
    return this.request.method
  }

  /**
   * Answers the request: through its transaction if it has one, so that a final reply ends it; without state if not. A reply below 200
   * makes the transaction.
   * @param code 100 to 699
   * @param reason the reason phrase; by default the usual one of the code
   * @returns false when a final reply has been sent already, or an ACK would be answered
   * @throws CallError for what cannot stand in a reply, such as a line break in a reason or a header, or more than a datagram takes
   */
  reply(code: number, reason?: string, options: ReplyOptions = {}): boolean {
    if (!Number.isInteger(code) || code < 100 || code > 699) {
      throw new CallError(`a reply's code is a number from 100 to 699, not ${code}`)
    }
    const phrase = reason === undefined ? this.routes.reasonOf(code) : oneLine('the reason', reason)
    const body = options.body === undefined ? '' : bytesOf(options.body)
    const lines = replyLines(options)
    if (this.origin.protocol === 'udp' && lines.length + body.length > LARGEST - this.request.headLength) {
      throw new CallError(
        `a reply with ${lines.length + body.length} bytes of headers and body is too large for UDP`,
      )
    }
    // More replies are to follow, with the same To tag: nobody replies provisionally without state (RFC 3261 section 8.2.7).
    if (code < 200) this.routes.transactionFor(this)
    return this.routes.reply(this, code, phrase, lines, body)
  }

  /**
   * Creates the transaction (t_newtran): retransmissions are absorbed from here on, and an INVITE gets its 100. Whoever suspends need
   * not call it, nor a route that returns a promise.
   * @returns false for an ACK or CANCEL, when there is one already, and over max_transactions
   */
  newTransaction(): boolean {
    return this.routes.newTransaction(this)
  }

  /**
   * How long the request may be suspended or with its routes, in place of fr_inv_timer and fr_timer (t_set_fr). From the next
   * suspension on.
   * @param inv milliseconds for an INVITE; 0 keeps what there is
   * @param fr milliseconds for any other request
   */
  setTimers(inv: number, fr = 0): void {
    this.timers = { inv: inv > 0 ? inv : (this.timers?.inv ?? 0), fr: fr > 0 ? fr : (this.timers?.fr ?? 0) }
    this.transaction?.setTimers(inv, fr)
  }

  /** The times are fr_inv_timer and fr_timer again (t_reset_fr). For modules. */
  resetTimers(): void {
    this.timers = null
    const { invite, other } = this.routes.layer.patience
    this.transaction?.setTimers(invite, other)
  }

  /** Which `failure_route[name]` runs when the request is not answered in time (t_on_failure); null: none. For modules. */
  armFailureRoute(name: string | null): void {
    this.failureRoute = name
    if (this.transaction) this.transaction.failureRoute = name
  }

  /** Header lines, each with its CRLF, for the replies to come (append_to_reply). A byte string. For modules. */
  appendToReply(lines: string): void {
    if (this.transaction) this.transaction.extraLines += lines
    else this.extraLines += lines
  }

  /**
   * Suspends the request, sends an event to every client, and resolves with what the request is continued with. The event is made when
   * the request is suspended, so that it can carry the transaction's id.
   *
   * @example const answer = await ctx.asyncRelay((tx) => JSON.stringify({ index: tx.index, label: tx.label }))
   * @throws SuspensionError: SuspendError, NoClientError, SuspendTimeoutError, CancelledError, ContinuedElsewhereError, ServerClosingError
   */
  asyncRelay<Answer = unknown>(event: (tx: TransactionId) => Data): Promise<Answer> {
    return this.routes.ask<Answer>(this, { kind: 'relay' }, event)
  }

  /** As asyncRelay(), to every client whose tag equals `tag`. */
  asyncMulticast<Answer = unknown>(event: (tx: TransactionId) => Data, tag: string): Promise<Answer> {
    return this.routes.ask<Answer>(this, { kind: 'multicast', tag: bytesOfText(tag) }, event)
  }

  /** As asyncRelay(), to the client with that tag that has the lowest connection index. */
  asyncUnicast<Answer = unknown>(event: (tx: TransactionId) => Data, tag: string): Promise<Answer> {
    return this.routes.ask<Answer>(this, { kind: 'unicast', tag: bytesOfText(tag) }, event)
  }

  /**
   * The common case: sends `fields` and the transaction's `index` and `label` as one JSON object, and resolves with the JSON object
   * that an application answers with, in which index and label came back. `ctx.continueFromJson()` in message-received is the other half.
   *
   * @param tag only the clients with this tag get the event
   * @throws SuspensionError as asyncRelay()
   */
  ask<Answer = unknown>(fields: object, tag?: string): Promise<Answer> {
    const event = ({ index, label }: TransactionId) => JSON.stringify({ ...fields, index, label })
    return tag === undefined ? this.asyncRelay(event) : this.asyncMulticast(event, tag)
  }

  /**
   * Continues another suspended request; see MessageContext.continue().
   * @returns false for an id that nothing waits for
   */
  continue(index: number, label: number, answer?: unknown): boolean {
    return this.routes.answer(idPart(index), idPart(label), answer)
  }

  // --- RunObserver

  /** For the route table. */
  goesOn(): void {
    this.routes.routeGoesOn(this)
  }

  /** For the route table. */
  ended(failure: unknown): void {
    this.routes.routeEnded(this, failure)
  }

  /** For the route table. */
  isOrdinary(error: unknown): error is SuspensionError {
    return error instanceof SuspensionError
  }

  /** The next route that goes on with the request. For modules. */
  enter(route: Route): void {
    this.enterRoute(route)
  }
}

function bytesOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? bytesOfText(body) : Buffer.from(body).toString('latin1')
}

function replyLines({ headers, body, contentType }: ReplyOptions): string {
  const lines = headers === undefined ? '' : headerLines(headers, OF_THE_REPLY)
  // Whoever gives it as a header has given it.
  if (body === undefined || /^(?:content-type|c):/im.test(lines)) return lines
  return `${lines}Content-Type: ${oneLine('contentType', contentType ?? 'text/plain')}\r\n`
}
