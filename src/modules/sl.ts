// The sl module: replies without a transaction (Kamailio's sl).

import { defineFunction, defineModule } from '../core/module.ts'
import { RequestContext } from '../tm/request-context.ts'
import { replyByScript } from './reply-by-script.ts'

const CODE_AND_REASON = [
  { name: 'code', type: 'integer' },
  { name: 'reason', type: 'string' },
] as const

export const sl = defineModule({
  name: 'sl',
  functions: {
    sl_send_reply: defineFunction({
      parameters: CODE_AND_REASON,
      // KSR.sl.sl_send_reply
      kemi: { name: 'sl_send_reply' },
      doc: 'Replies without state: a retransmission of the request runs the route again. False when there is no request to answer.',
      call: (ctx, code, reason) =>
        ctx instanceof RequestContext ? replyByScript(ctx, code, reason, 'stateless') : -1,
    }),
    send_reply: defineFunction({
      parameters: CODE_AND_REASON,
      doc: 'Replies through the transaction if there is one, else without state.',
      call: (ctx, code, reason) =>
        ctx instanceof RequestContext ? replyByScript(ctx, code, reason, 'as it is') : -1,
    }),
  },
})
