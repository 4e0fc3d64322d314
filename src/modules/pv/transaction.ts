// Variables of the transaction of a request: its id, which an event takes along, and the reply.

import { namedPseudoVariables, type PseudoVariableClass } from '../../core/pseudovariables.ts'
import type { RequestContext } from '../../tm/request-context.ts'
import { requestVariable, single } from './request.ts'

/** In a failure route, the reply that was about to go out; else the last one that was sent, 0 before any. */
const replyCode = requestVariable(
  (ctx: RequestContext) => ctx.lastResort?.code ?? ctx.transaction?.replyCode ?? 0,
)

/** The reason is known of the reply that a failure route is about; Kamailio, too, has no other. */
const replyReason = requestVariable((ctx: RequestContext) => ctx.lastResort?.reason ?? '')

export const transactionVariables: Readonly<Record<string, PseudoVariableClass>> = {
  T: namedPseudoVariables('T', {
    id_index: requestVariable((ctx) => ctx.transaction?.index ?? null),
    id_label: requestVariable((ctx) => ctx.transaction?.label ?? null),
    reply_code: replyCode,
    reply_reason: replyReason,
  }),
  T_reply_code: single('T_reply_code', replyCode),
  T_reply_reason: single('T_reply_reason', replyReason),
}
