// The tmx module: suspending and continuing transactions as Kamailio scripts do (Kamailio's tmx).

import type { RouteContext } from '../core/context.ts'
import { defineFunction, defineKemiFunction, defineModule } from '../core/module.ts'
import { RequestContext } from '../tm/request-context.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'
import { idPart } from '../tm/transaction-id.ts'
import { replyByScript } from './reply-by-script.ts'

// Ids are texts here: what an application sent back may be anything, and a wrong one is an answer, not a failure of the route.
const ID = [
  { name: 'tindex', type: 'string' },
  { name: 'tlabel', type: 'string' },
] as const

/** @returns 0, which ends a script */
function drop(ctx: RouteContext): number {
  return ctx instanceof RequestContext && ctx.runtime.state(REQUEST_ROUTES).release(ctx) ? 0 : -1
}

function inRoute(is: (route: string) => boolean, doc: string) {
  return defineFunction({
    parameters: [],
    doc,
    call: (ctx) => (ctx instanceof RequestContext && is(ctx.route) ? 1 : -1),
  })
}

/** A request keeps its flags for its whole life: there is nothing to write back. */
function flushing(what: string) {
  return defineFunction({
    parameters: [],
    doc: `Has no effect: the ${what} of a request are those of its transaction. False when there is none.`,
    call: (ctx) => (ctx instanceof RequestContext && ctx.transaction ? 1 : -1),
  })
}

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
    t_reply_callid: defineFunction({
      parameters: [
        { name: 'callid', type: 'string' },
        { name: 'cseq', type: 'string' },
        { name: 'code', type: 'integer' },
        { name: 'reason', type: 'string' },
      ],
      doc: 'Answers the request of a call that waits, from whatever route. False when none does. All that wait are looked through.',
      call(ctx, callId, cseq, code, reason) {
        const { context } = ctx.runtime.state(REQUEST_ROUTES).layer.findByCall(callId, cseq) ?? {}
        return context instanceof RequestContext ? replyByScript(context, code, reason, 'stateful') : -1
      },
    }),
    t_drop: defineFunction({
      parameters: [{ name: 'rcode', type: 'integer', optional: true }],
      kemi: { hidden: true },
      doc: 'Forgets the transaction without a reply, and ends the script. False when there is none.',
      call: drop,
    }),
    t_precheck_trans: defineFunction({
      parameters: [],
      doc: 'Never so here: no request is worked on twice at a time.',
      call: (ctx) => (ctx instanceof RequestContext ? -1 : -2),
    }),
    t_is_request_route: inRoute((route) => route === 'request', 'Whether the request route runs.'),
    t_is_failure_route: inRoute(
      (route) => route.startsWith('failure_route[') || route.startsWith('route['),
      'Whether a failure route runs, or one that t_continue has named.',
    ),
    t_is_reply_route: inRoute(() => false, 'Never so here: there are no replies from elsewhere.'),
    t_is_branch_route: inRoute(() => false, 'Never so here: there are no branches.'),
    t_flush_flags: flushing('flags'),
    t_flush_xflags: flushing('xflags'),
  },

  kemi: {
    t_drop: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: 'Forgets the transaction without a reply.',
      call: drop,
    }),
    t_drop_rcode: defineKemiFunction({
      parameters: [{ name: 'rcode', type: 'integer' }],
      returns: 'integer',
      doc: 'As t_drop.',
      call: drop,
    }),
  },
})
