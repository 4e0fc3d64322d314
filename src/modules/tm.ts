// The tm module: transactions as Kamailio scripts ask for them (Kamailio's tm). What they do is src/tm's; suspending is tmx's.

import { defineFunction, defineModule } from '../core/module.ts'
import { RequestContext } from '../tm/request-context.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'
import { replyByScript } from './reply-by-script.ts'
import { transactionFunctions, transactionKemi } from './tm/functions.ts'
import { transactionMethods } from './tm/methods.ts'
import { TM_PARAMETERS } from './tm/parameters.ts'

const replying = defineFunction({
  parameters: [
    { name: 'code', type: 'integer' },
    { name: 'reason', type: 'string' },
  ],
  doc: 'Replies through the transaction, which is made if there is none. False after a final reply.',
  call(ctx, code, reason) {
    if (!(ctx instanceof RequestContext)) return -1
    if (!ctx.transaction && !ctx.newTransaction()) return -1
    return replyByScript(ctx, code, reason, 'stateful')
  },
})

export const tm = defineModule({
  name: 'tm',
  parameters: TM_PARAMETERS,
  kemi: transactionKemi,
  rpc: transactionMethods,

  functions: {
    ...transactionFunctions,
    t_newtran: defineFunction({
      parameters: [],
      doc: 'Creates the transaction of the request: an INVITE gets its 100, retransmissions are absorbed. False for an ACK, when there is one already, and over max_transactions.',
      call: (ctx) => (ctx instanceof RequestContext && ctx.newTransaction() ? 1 : -1),
    }),
    t_reply: replying,
    t_send_reply: replying,
    t_release: defineFunction({
      parameters: [],
      doc: 'Forgets the transaction as soon as no retransmission can come; a request of server.request() gets 500. False when there is none.',
      call(ctx) {
        if (!(ctx instanceof RequestContext)) return -1
        return ctx.runtime.state(REQUEST_ROUTES).release(ctx) ? 1 : -1
      },
    }),
    t_lookup_request: defineFunction({
      parameters: [],
      doc: 'Whether the request belongs to a transaction.',
      call: (ctx) => (hasTransaction(ctx) ? 1 : -1),
    }),
    t_check_trans: defineFunction({
      parameters: [],
      doc: 'Whether the request, a CANCEL or an ACK belongs to a transaction.',
      call: (ctx) => (hasTransaction(ctx) ? 1 : -1),
    }),
    t_is_set: defineFunction({
      parameters: [{ name: 'target', type: 'string' }],
      doc: 'Whether a route of this kind is armed: failure_route. Others cannot be armed here.',
      call(ctx, target) {
        if (!(ctx instanceof RequestContext) || target !== 'failure_route') return -1
        return (ctx.transaction ? ctx.transaction.failureRoute : ctx.failureRoute) === null ? -1 : 1
      },
    }),
    t_set_fr: defineFunction({
      parameters: [
        { name: 'fr_inv', type: 'integer' },
        { name: 'fr', type: 'integer', optional: true },
      ],
      doc: 'Other times in place of fr_inv_timer and fr_timer for this request, milliseconds; 0 keeps what there is.',
      call(ctx, inv, fr = 0) {
        if (!(ctx instanceof RequestContext) || inv < 0 || fr < 0) return -1
        ctx.setTimers(inv, fr)
        return 1
      },
    }),
    t_on_failure: defineFunction({
      parameters: [{ name: 'route', type: 'string' }],
      doc: 'Arms failure_route[route], which runs when the request is not answered in time; "0" or "" disarms.',
      call(ctx, name) {
        if (!(ctx instanceof RequestContext)) return -1
        const armed = name === '' || name === '0' ? null : name
        if (armed !== null && !ctx.runtime.ownRoutes.get(`failure_route[${armed}]`)) {
          ctx.log.warn(`t_on_failure: there is no failure_route[${armed}]`)
          return -1
        }
        ctx.armFailureRoute(armed)
        return 1
      },
    }),
  },

  stop: (runtime) => runtime.state(REQUEST_ROUTES).close(),
})

function hasTransaction(ctx: unknown): boolean {
  if (!(ctx instanceof RequestContext)) return false
  return ctx.transaction !== null || ctx.runtime.state(REQUEST_ROUTES).layer.lookup(ctx.request) !== undefined
}
