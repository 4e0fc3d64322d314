// The remote procedure calls of transactions, in the shape of Kamailio's tm module.

import { bytesOfText } from '../../core/bytestring.ts'
import { RpcError } from '../../core/errors.ts'
import { JsonObject, JsonReal } from '../../core/json/value.ts'
import { defineRpc, type RpcMethod } from '../../core/rpc.ts'
import type { Runtime } from '../../core/runtime.ts'
import { RequestContext } from '../../tm/request-context.ts'
import { REQUEST_ROUTES } from '../../tm/request-routes.ts'
import type { Transaction } from '../../tm/transaction.ts'
import { replyByScript } from '../reply-by-script.ts'

const CODE = { name: 'code', type: 'integer' } as const
const REASON = { name: 'reason', type: 'string' } as const
const CALL_ID = { name: 'callid', type: 'string' } as const
const CSEQ = { name: 'cseq', type: 'string' } as const

/** Answers for whoever works on the transaction. @throws RpcError */
function reply(transaction: Transaction | undefined, code: number, reason: string): JsonObject {
  const ctx = transaction?.context
  if (!(ctx instanceof RequestContext)) throw new RpcError(481, 'No such transaction')
  if (replyByScript(ctx, code, reason, 'stateful') < 0) throw new RpcError(500, 'Reply failed')
  return new JsonObject()
}

/** Of the id that `index:label` is. */
function byId(runtime: Runtime, id: string): Transaction | undefined {
  const [, index, label] = /^(\d{1,10}):(\d{1,10})$/.exec(id) ?? []
  return index === undefined
    ? undefined
    : runtime.state(REQUEST_ROUTES).layer.find(Number(index), Number(label))
}

/** Those that are suspended for longest first. Of a hundred thousand that wait, a person who looks wants to see a few. */
function oldest(transactions: readonly Transaction[], count = transactions.length): readonly Transaction[] {
  const byAge = transactions.map((transaction) => ({ transaction, age: transaction.suspendedFor }))
  byAge.sort((one, other) => other.age - one.age)
  return byAge.slice(0, Math.max(count, 0)).map(({ transaction }) => transaction)
}

function described(transaction: Transaction): JsonObject {
  const { index, label, request, context } = transaction
  return JsonObject.of({
    tindex: index,
    tlabel: label,
    method: request.method,
    from: request.from?.uri ?? '',
    to: request.to?.uri ?? '',
    callid: request.callId,
    cseq: request.cseq?.number ?? 0,
    uas_request: 'yes',
    suspended: transaction.suspended ? 'yes' : 'no',
    reply_code: transaction.replyCode,
    age: new JsonReal(Math.round(transaction.suspendedFor) / 1000),
    route: context instanceof RequestContext ? bytesOfText(context.route) : '',
  })
}

export const transactionMethods: Readonly<Record<string, RpcMethod>> = {
  'tm.stats': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'Counters of transactions. What is 0 by itself happens only where requests are forwarded.',
    call(runtime) {
      const stats = runtime.state(REQUEST_ROUTES).layer.stats()
      const count = (name: string) => stats[name] ?? 0
      const waiting = count('tm_finished')
      const replied = [2, 3, 4, 5, 6].reduce((sum, digit) => sum + count(`tm_replied_${digit}xx`), 0)
      const current = count('tm_transactions') + waiting
      return JsonObject.of({
        current,
        waiting,
        total: count('tm_created'),
        total_local: 0,
        rpl_received: 0,
        rpl_generated: replied,
        rpl_sent: replied,
        '6xx': count('tm_replied_6xx'),
        '5xx': count('tm_replied_5xx'),
        '4xx': count('tm_replied_4xx'),
        '3xx': count('tm_replied_3xx'),
        '2xx': count('tm_replied_2xx'),
        created: count('tm_created'),
        freed: count('tm_created') - current,
        delayed_free: 0,
        suspended: count('tm_suspended'),
        timeouts: count('tm_timeouts'),
        cancelled: count('tm_cancelled'),
        rejected: count('tm_rejected'),
      })
    },
  }),
  'tm.list': defineRpc({
    scope: 'read',
    parameters: [{ name: 'count', type: 'integer', optional: true }],
    doc: 'The transactions without a final reply, those that are suspended for longest first, and for how many seconds: all, or so many.',
    call: (runtime, count) => {
      const all = runtime.state(REQUEST_ROUTES).layer.waiting()
      return oldest(all, count).map(described)
    },
  }),
  'tm.reply': defineRpc({
    parameters: [CODE, REASON, { name: 'trans_id', type: 'string' }],
    missing: { status: 400, reason: 'Reply code, reason and transaction id (index:label) expected' },
    doc: 'Answers the request with that id, index:label.',
    call: (runtime, code, reason, id) => reply(byId(runtime, id), code, reason),
  }),
  'tm.reply_callid': defineRpc({
    parameters: [CODE, REASON, CALL_ID, CSEQ],
    missing: { status: 400, reason: 'Reply code, reason, callid and cseq expected' },
    doc: 'Answers the request of that call.',
    call: (runtime, code, reason, callId, cseq) =>
      reply(runtime.state(REQUEST_ROUTES).layer.findByCall(callId, cseq), code, reason),
  }),
  'tm.cancel': defineRpc({
    parameters: [CALL_ID, CSEQ],
    missing: { status: 400, reason: 'Callid and CSeq expected as parameters' },
    doc: 'Ends the request of that call as a CANCEL does: 487 goes out.',
    call(runtime, callId, cseq) {
      const transaction = runtime.state(REQUEST_ROUTES).layer.findByCall(callId, cseq)
      if (!transaction?.cancel()) throw new RpcError(400, 'Transaction not found')
      return new JsonObject()
    },
  }),
}
