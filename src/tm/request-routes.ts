// From a request to its routes and back: runs the routes of requests, suspends and continues them, and sees to it that none is left without a
// reply. The transactions beneath (timers, retransmissions) are the layer's.

import { bytesOfText } from '../core/bytestring.ts'
import {
  CallError,
  CancelledError,
  ContinuedElsewhereError,
  NoClientError,
  ServerClosingError,
  SuspendError,
  SuspendTimeoutError,
  SuspensionError,
} from '../core/errors.ts'
import { clientFields } from '../core/log.ts'
import type { Route } from '../core/routes.ts'
import { type Runtime, StateKey } from '../core/runtime.ts'
import type { Client, Data, Message } from '../dispatcher.ts'
import type { Origin } from '../sip/origin.ts'
import { reasonPhrase } from '../sip/reason-phrases.ts'
import type { SipRequest } from '../sip/request.ts'
import { systemClock } from './clock.ts'
import { TransactionLayer } from './layer.ts'
import { TRANSACTION_PARAMETERS } from './options.ts'
import { RequestContext, type TransactionId, type Waiter } from './request-context.ts'
import type { Transaction, TransactionUser } from './transaction.ts'

/** Who gets an event. `tag` is a byte string. */
export type Audience =
  | { readonly kind: 'relay' }
  | { readonly kind: 'multicast'; readonly tag: string }
  | { readonly kind: 'unicast'; readonly tag: string }

/** Of an event that nobody got. No tag is empty. */
const NOBODY: Audience = { kind: 'multicast', tag: '' }

/** What goes out when routes end and leave a request that has a transaction without a reply (EVAPI.md, Transactions). */
const NO_REPLY = { code: 500, reason: 'Server Internal Error' }
const TIMEOUT = { code: 408, reason: 'Request Timeout' }
const CLOSING = { code: 503, reason: 'Service Unavailable' }

/**
 * From so many suspended requests on, what has been read of one is forgotten and read again when it goes on. That takes a
 * microsecond, and saves half a kilobyte each: where so many wait it is memory that matters.
 */
const MANY = 1024

export class RequestRoutes implements TransactionUser {
  readonly runtime: Runtime
  readonly layer: TransactionLayer
  private draining = false
  private closed = false

  constructor(runtime: Runtime) {
    this.runtime = runtime
    const options = runtime.parametersOf('tm', TRANSACTION_PARAMETERS)
    this.layer = new TransactionLayer(options, systemClock, {
      request: (request, origin) => this.start(request, origin),
      log: runtime.log,
    })
  }

  /** A request that came over the network. */
  receive(request: SipRequest, origin: Origin): void {
    this.layer.receive(request, origin)
  }

  /** A request that belongs to no transaction: its route runs. */
  private start(request: SipRequest, origin: Origin): void {
    const route = this.runtime.routes.get('request')
    if (route) this.run(route, new RequestContext(this, route, request, origin))
    // A reload has taken the route away; that `listen` went with it needs a restart.
    else this.layer.replyStateless(request, origin, CLOSING.code, CLOSING.reason)
  }

  /** A request of this program's own: its transaction is made before the route runs. @returns null over max_transactions; 503 went out */
  open(request: SipRequest, origin: Origin): Transaction | null {
    if (this.closed) throw new CallError('the server is closed')
    const route = this.runtime.routes.get('request')
    if (!route) throw new CallError('there is no request route: routes: { request: (ctx) => ... }')
    const ctx = new RequestContext(this, route, request, origin)
    const transaction = this.transactionOf(ctx)
    if (!transaction) return null
    ctx.implicit = true
    ctx.mustAnswer = true
    this.run(route, ctx)
    return transaction
  }

  private run(route: Route, ctx: RequestContext): void {
    ctx.running++
    this.runtime.routes.run(route, ctx, ctx)
  }

  /** The route returned a promise: from here on a retransmission must not start it again. */
  routeGoesOn(ctx: RequestContext): void {
    ctx.mustAnswer = true
    this.transactionFor(ctx)
  }

  /** The last run of a request's routes may have left it without a reply. */
  routeEnded(ctx: RequestContext, failure: unknown): void {
    ctx.running--
    const { transaction } = ctx
    if (ctx.running > 0) return
    if (transaction) {
      if (transaction.final || !(ctx.mustAnswer || failure !== undefined)) return
      if (transaction.suspended && !(ctx.waiter && isOwnFailure(failure))) return
      const { code, reason } = ctx.lastResort ?? NO_REPLY
      this.reply(ctx, code, reason, '', '')
    } else if (failure !== undefined && !ctx.answered) {
      const { code, reason } = ctx.lastResort ?? NO_REPLY
      this.reply(ctx, code, reason, '', '')
    }
  }

  // --- replies and transactions

  reasonOf(code: number): string {
    return reasonPhrase(code)
  }

  /** All but `code` are byte strings. @returns false when there has been a final reply, or the code is not one */
  reply(ctx: RequestContext, code: number, reason: string, lines: string, body: string): boolean {
    const { transaction } = ctx
    if (!transaction) return this.replyStateless(ctx, code, reason, lines, body)
    const sent = transaction.reply(code, reason, lines, body)
    // By whom else but the one who waits: a clock of the route's own, for one.
    if (sent && code >= 200 && ctx.waiter)
      reject(ctx, () => new SuspendError('the request has been answered meanwhile'))
    return sent
  }

  /**
   * Without making a transaction (sl_send_reply). Through the one that there is: a final reply past it would be followed by another
   * one, which is what Kamailio does.
   */
  replyStateless(ctx: RequestContext, code: number, reason: string, lines = '', body = ''): boolean {
    if (ctx.transaction) return this.reply(ctx, code, reason, lines, body)
    if (ctx.answered || this.closed) return false
    const all = ctx.extraLines + lines
    if (!this.layer.replyStateless(ctx.request, ctx.origin, code, reason, all, body)) return false
    ctx.answered = code >= 200
    return true
  }

  newTransaction(ctx: RequestContext): boolean {
    if (ctx.implicit) {
      ctx.implicit = false
      return true
    }
    return ctx.transaction === null && this.transactionOf(ctx) !== null
  }

  /** Makes the transaction of a request that is going to need one; t_newtran is still to come. */
  transactionFor(ctx: RequestContext): void {
    if (!ctx.transaction && this.transactionOf(ctx)) ctx.implicit = true
  }

  /** t_release. @returns false when there is no transaction */
  release(ctx: RequestContext): boolean {
    const { transaction } = ctx
    if (!transaction) return false
    // A program waits for its reply, and there is no other end for it.
    if (ctx.origin.protocol === 'none') transaction.reply(NO_REPLY.code, NO_REPLY.reason)
    transaction.release()
    reject(ctx, () => new SuspendError('the request was released'))
    return true
  }

  /** The transaction of a request, made if there is none. */
  private transactionOf(ctx: RequestContext): Transaction | null {
    if (ctx.transaction || ctx.answered) return ctx.transaction
    const transaction = this.layer.create(ctx.request, ctx.origin, ctx.autoTrying ?? undefined)
    if (!transaction) {
      // Over max_transactions the layer has answered. An ACK has no transaction and needs no answer.
      ctx.answered = true
      return null
    }
    transaction.user = this
    transaction.context = ctx
    transaction.extraLines = ctx.extraLines
    transaction.failureRoute = ctx.failureRoute
    if (ctx.timers) transaction.setTimers(ctx.timers.inv, ctx.timers.fr)
    ctx.transaction = transaction
    return transaction
  }

  // --- suspend

  /** t_suspend: the request waits, for whoever has its id. @returns false when it cannot */
  suspend(ctx: RequestContext): boolean {
    if (this.draining || !this.transactionOf(ctx)?.suspend(ctx.autoTrying ?? true)) return false
    if (this.layer.suspended > MANY) ctx.request.forget()
    return true
  }

  /**
   * Suspends a request and sends its event, which is made in between (EVAPI.md, evapi_async_relay).
   * @returns why it was not suspended; null when it was
   */
  suspendAndSend(
    ctx: RequestContext,
    audience: Audience,
    event: (tx: TransactionId) => Data,
    encoding: 'utf8' | 'latin1',
  ): SuspensionError | null {
    if (this.draining) {
      ctx.lastResort = CLOSING
      return new ServerClosingError('the server closes')
    }
    if (audience.kind !== 'relay' && audience.tag === '') return new SuspendError('the tag is empty')
    const reached = this.reaches(audience)
    if (!reached && ctx.runtime.parametersOf('evapi')['asyncNoClient'] === 'fail') {
      return new NoClientError('no client would receive the event (async_no_client=fail)')
    }
    const transaction = this.transactionOf(ctx)
    if (!transaction) return new SuspendError(`no transaction can be made for this ${ctx.method}`)
    if (!transaction.suspend(ctx.autoTrying ?? true))
      return new SuspendError('the request has been answered, or is suspended already')
    let sent = false
    try {
      const data = event(transaction)
      sent = reached ? this.send(audience, data, encoding) : data.length > 0
    } finally {
      if (!sent) transaction.cancelSuspend()
    }
    if (!sent) return new SuspendError('the event is empty, or context_mlimit is reached')
    if (!transaction.suspended) return new SuspendError('the request went on while its event was made')
    ctx.audience = reached ? audience : NOBODY
    if (this.layer.suspended > MANY) ctx.request.forget()
    return null
  }

  /** suspendAndSend(), and the promise of the answer. */
  ask<Answer>(ctx: RequestContext, audience: Audience, event: (tx: TransactionId) => Data): Promise<Answer> {
    let resolve: (answer: Answer) => void = ignore
    let fail: (reason: unknown) => void = ignore
    const promise = new Promise<Answer>((taken, refused) => {
      resolve = taken
      fail = refused
    })
    try {
      const refused = this.suspendAndSend(ctx, audience, event, 'utf8')
      // What an application answers is of the type that the route says it is: nobody else can know.
      const waiter: Waiter = { promise, resolve: resolve as Waiter['resolve'], reject: fail }
      if (refused) refuse(waiter, refused)
      else ctx.waiter = waiter
    } catch (error) {
      fail(error)
    }
    return promise
  }

  private reaches(audience: Audience): boolean {
    const { dispatcher } = this.runtime
    return audience.kind === 'relay' ? dispatcher.clientCount > 0 : dispatcher.reaches(audience.tag, 'latin1')
  }

  private send(audience: Audience, data: string | Message | Data, encoding: 'utf8' | 'latin1'): boolean {
    const { dispatcher } = this.runtime
    if (audience.kind === 'relay') return dispatcher.relay(data, encoding)
    // The tag is a byte string, the data may be text.
    const bytes = typeof data === 'string' && encoding === 'utf8' ? Buffer.from(data) : data
    return dispatcher[audience.kind](bytes, audience.tag, 'latin1')
  }

  // --- continue

  /**
   * Continues a request that waits in asyncRelay() and the like.
   * @returns false for an unknown id, for one that is not suspended or has nobody waiting, and the second time
   */
  answer(index: number, label: number, answer: unknown, by: Client | null = null): boolean {
    const ctx = this.suspended(index, label)
    const waiter = ctx?.waiter
    if (!ctx || !waiter || !ctx.transaction?.resume()) return false
    this.noteStranger(ctx, by)
    ctx.waiter = null
    ctx.lastResort = null
    waiter.resolve(answer)
    return true
  }

  /** t_continue: `route[NAME]` goes on with the request. @returns false as answer(), and for an unknown route */
  continueWith(index: number, label: number, name: string, by: Client | null = null): boolean {
    const ctx = this.suspended(index, label)
    if (!ctx) return false
    const route = ctx.runtime.ownRoutes.get(`route[${name}]`)
    if (!route) {
      this.runtime.log.warn(
        { route: name },
        `t_continue: there is no route[${name}]; the request stays suspended`,
      )
      return false
    }
    if (!ctx.transaction?.resume()) return false
    ctx.lastResort = null
    this.noteStranger(ctx, by)
    reject(ctx, () => new ContinuedElsewhereError(`route[${name}] goes on with the request`))
    this.enter(route, ctx)
    return true
  }

  /** Another route goes on with a request. If it leaves it without a reply, that is not going to come. */
  private enter(route: Route, ctx: RequestContext): void {
    ctx.enter(route)
    ctx.mustAnswer = true
    this.run(route, ctx)
  }

  /** Whoever is let in may continue any request, as in EVAPI; one that its event did not go to is worth a line for who wonders. */
  private noteStranger(ctx: RequestContext, by: Client | null): void {
    const { audience } = ctx
    if (!by || !audience || audience.kind === 'relay') return
    if (audience !== NOBODY && bytesOfText(by.tag) === audience.tag) return
    const client = clientFields(by)
    this.runtime.log.debug({ client }, 'a request is continued by a client that its event was not sent to')
  }

  /** t_cancel_suspend. @returns false when it is not suspended */
  cancelSuspend(index: number, label: number): boolean {
    const ctx = this.suspended(index, label)
    if (!ctx?.transaction?.cancelSuspend()) return false
    reject(ctx, () => new SuspendError('the suspension was cancelled'))
    return true
  }

  private suspended(index: number, label: number): RequestContext | null {
    const transaction = this.layer.find(index, label)
    if (!transaction?.suspended) return null
    return transaction.context instanceof RequestContext ? transaction.context : null
  }

  // --- TransactionUser

  /**
   * For the layer. The failure route, or whoever waits, may still answer; the second time nobody is asked any more. If nobody is there, 408
   * goes out.
   */
  timedOut(transaction: Transaction): boolean {
    const { context: ctx, failureRoute: name } = transaction
    if (!(ctx instanceof RequestContext)) return false
    const route = name === null ? undefined : ctx.runtime.ownRoutes.get(`failure_route[${name}]`)
    if (!ctx.waiter && !route) return false
    ctx.lastResort = TIMEOUT
    reject(ctx, () => new SuspendTimeoutError('no answer in time'))
    if (!route) return true
    transaction.failureRoute = null
    this.enter(route, ctx)
    return true
  }

  /** For the layer. */
  cancelled(transaction: Transaction): void {
    const { context: ctx } = transaction
    if (ctx instanceof RequestContext) reject(ctx, () => new CancelledError('the request was cancelled'))
  }

  /** For the layer. */
  ended(transaction: Transaction): void {
    const { context: ctx } = transaction
    if (ctx instanceof RequestContext) reject(ctx, () => new ServerClosingError('the server closes'))
  }

  /** The server closes: what is suspended gets 503, and nothing is suspended any more. Routes that are under way may still reply. */
  drain(): void {
    this.draining = true
    this.layer.closeSuspended()
  }

  /** What still waits gets 503. */
  close(): void {
    this.closed = true
    this.layer.close()
  }
}

function ignore(): void {}

/** Whether a route failed by itself, and not because others have the request now, or its time is over. */
function isOwnFailure(failure: unknown): boolean {
  return failure !== undefined && (failure instanceof SuspendError || !(failure instanceof SuspensionError))
}

/** The error is made only where somebody waits: its stack is what a request costs all over. */
function reject(ctx: RequestContext, reason: () => SuspensionError): void {
  const { waiter } = ctx
  ctx.waiter = null
  if (waiter) refuse(waiter, reason())
}

/** The route may be busy with something else before it awaits the promise: a CANCEL meanwhile must not end the process as unhandled. */
function refuse(waiter: Waiter, reason: SuspensionError): void {
  waiter.promise.catch(ignore)
  waiter.reject(reason)
}

/** The request routes of a server. */
export const REQUEST_ROUTES = new StateKey((runtime) => new RequestRoutes(runtime))
