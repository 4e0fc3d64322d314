// Variables of the transaction of a request: its id, which an event takes along, and the reply.

import { namedPseudoVariables, type PseudoVariableClass } from '../../core/pseudovariables.ts'
import type { RequestContext } from '../../tm/request-context.ts'
import { REQUEST_ROUTES } from '../../tm/request-routes.ts'
import { requestVariable, single } from './request.ts'

/** In a failure route, the reply that was about to go out; else the last one that was sent, 0 before any. */
const replyCode = requestVariable(
  (ctx: RequestContext) => ctx.lastResort?.code ?? ctx.transaction?.replyCode ?? 0,
)

/** The reason is known of the reply that a failure route is about; Kamailio, too, has no other. */
const replyReason = requestVariable((ctx: RequestContext) => ctx.lastResort?.reason ?? '')

/** The id of the transaction; before there is one, the id that it is going to have. */
function idOrNext(ctx: RequestContext) {
  return ctx.transaction ?? ctx.runtime.state(REQUEST_ROUTES).layer.nextId
}

/** A variable of a message that belongs to the transaction: `$T_req($rU)`. Here that is the request, or there is none. */
function ofMessage(className: string, isThere: (ctx: RequestContext) => boolean): PseudoVariableClass {
  return {
    parse(inner, _index, nested) {
      if (!inner?.startsWith('$'))
        return `$${className} needs a pseudo-variable in brackets: $${className}($rU)`
      const variable = nested(inner)
      return requestVariable((ctx) => (isThere(ctx) ? variable.get(ctx) : null))
    },
  }
}

export const transactionVariables: Readonly<Record<string, PseudoVariableClass>> = {
  T: namedPseudoVariables('T', {
    id_index: requestVariable((ctx) => ctx.transaction?.index ?? null),
    id_label: requestVariable((ctx) => ctx.transaction?.label ?? null),
    id_index_n: requestVariable((ctx) => idOrNext(ctx).index),
    id_label_n: requestVariable((ctx) => idOrNext(ctx).label),
    reply_type: requestVariable(() => 0),
    branch_index: requestVariable(() => 0),
    reply_code: replyCode,
    reply_reason: replyReason,
  }),
  T_req: ofMessage('T_req', (ctx) => ctx.transaction !== null && ctx.route !== 'request'),
  T_inv: ofMessage('T_inv', () => false),
  T_rpl: ofMessage('T_rpl', () => false),
  T_branch: ofMessage('T_branch', () => false),
  // Of branches there are none.
  T_branch_idx: single(
    'T_branch_idx',
    requestVariable((ctx) => (ctx.lastResort ? 1 : 0)),
  ),
  T_reply_ruid: single(
    'T_reply_ruid',
    requestVariable(() => ''),
  ),
  T_reply_last: single(
    'T_reply_last',
    requestVariable(() => ''),
  ),
  T_reply_code: single('T_reply_code', replyCode),
  T_reply_reason: single('T_reply_reason', replyReason),
}
