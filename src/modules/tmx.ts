// The tmx module: suspending and continuing transactions as Kamailio scripts do (Kamailio's tmx).

import { defineFunction, defineModule } from '../core/module.ts'
import { RequestContext } from '../tm/request-context.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'
import { idPart } from '../tm/transaction-id.ts'

// Ids are texts here: what an application sent back may be anything, and a wrong one is an answer, not a failure of the route.
const ID = [
  { name: 'tindex', type: 'string' },
  { name: 'tlabel', type: 'string' },
] as const

export const tmx = defineModule({
  name: 'tmx',
  functions: {
    t_suspend: defineFunction({
      parameters: [],
      doc: 'Suspends the request, with a transaction if it has none yet. False for an ACK, after a final reply, and when it is suspended.',
      call: (ctx) =>
        ctx instanceof RequestContext && ctx.runtime.state(REQUEST_ROUTES).suspend(ctx) ? 1 : -1,
    }),
    t_continue: defineFunction({
      parameters: [...ID, { name: 'rname', type: 'string' }],
      doc: 'Continues the suspended request with that id in route[rname]. False, with no effect, for an id that is unknown or not suspended, and for an unknown route.',
      call: (ctx, index, label, route) =>
        ctx.runtime.state(REQUEST_ROUTES).continueWith(idPart(index), idPart(label), route, ctx.client)
          ? 1
          : -1,
    }),
    t_cancel_suspend: defineFunction({
      parameters: ID,
      doc: 'Takes the suspension of the request with that id back: its route goes on as if it had not been suspended.',
      call: (ctx, index, label) =>
        ctx.runtime.state(REQUEST_ROUTES).cancelSuspend(idPart(index), idPart(label)) ? 1 : -1,
    }),
  },
})
