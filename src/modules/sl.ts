// The sl module: replies without a transaction (Kamailio's sl).

import { JsonObject } from '../core/json/value.ts'
import { defineFunction, defineKemiFunction, defineModule } from '../core/module.ts'
import { ignored } from '../core/parameters.ts'
import { defineRpc } from '../core/rpc.ts'
import { RequestContext } from '../tm/request-context.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'
import { replyByScript } from './reply-by-script.ts'

const CODE_AND_REASON = [
  { name: 'code', type: 'integer' },
  { name: 'reason', type: 'string' },
] as const

export const sl = defineModule({
  name: 'sl',

  parameters: {
    default_code: ignored('integer', 'a reply whose code is none is an error of the script'),
    default_reason: ignored('string', 'a reply whose code is none is an error of the script'),
    bind_tm: ignored('integer', 'send_reply always finds the transaction'),
    rich_redirect: ignored('integer', 'there are no branches to redirect to'),
    event_callback_fl_ack: ignored('string', 'ACKs to replies without state are absorbed without an event'),
    event_callback_lres_sent: ignored('string', 'there are no events of local responses'),
  },

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
    sl_reply_error: defineFunction({
      parameters: [],
      kemi: { name: 'sl_reply_error' },
      doc: 'Replies 500 without state.',
      call: (ctx) =>
        ctx instanceof RequestContext
          ? replyByScript(ctx, 500, "I'm terribly sorry, server error occurred (1/SL)", 'stateless')
          : -1,
    }),
  },

  kemi: {
    send_reply_mode: defineKemiFunction({
      parameters: [...CODE_AND_REASON, { name: 'mode', type: 'integer' }],
      returns: 'integer',
      doc: 'As send_reply. The mode says how others are told of the reply: there are none.',
      call: (ctx, code, reason) =>
        ctx instanceof RequestContext ? replyByScript(ctx, code, reason, 'as it is') : -1,
    }),
  },

  rpc: {
    'sl.stats': defineRpc({
      scope: 'read',
      parameters: [],
      doc: 'Replies that went out without state, all codes together, and the ACKs to them.',
      call(runtime) {
        const stats = runtime.state(REQUEST_ROUTES).layer.stats()
        return JsonObject.of({ xxx: stats['sl_replies'] ?? 0, acks: stats['sl_acks_absorbed'] ?? 0 })
      },
    }),
  },
})
