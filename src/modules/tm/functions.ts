// What scripts ask of transactions and set for them, beside making, answering and suspending them (tm.ts, tmx.ts). Much of it is about
// branches, of which a server that never forwards has none: then the answer is the one that Kamailio gives of a request without any.

import type { RouteContext } from '../../core/context.ts'
import {
  defineFunction,
  defineKemiFunction,
  type KemiFunction,
  type ModuleFunction,
} from '../../core/module.ts'
import { compileRegex } from '../../core/regex.ts'
import { RequestContext } from '../../tm/request-context.ts'
import { REQUEST_ROUTES } from '../../tm/request-routes.ts'

const NO_BRANCHES = 'Never so here: requests are not forwarded, and have no branches.'
const NO_EFFECT = 'Has no effect: requests are not forwarded.'

/** How Kamailio reads regular expressions of functions. */
const REGEX = { ignoreCase: true, newline: true }

/** A question whose answer is always no. */
function never(doc: string): ModuleFunction {
  return defineFunction({ parameters: [], doc, call: () => -1 })
}

/** Settings that nothing here reads. @param count how many there are */
function withoutEffect(...names: readonly string[]): ModuleFunction {
  const parameters = names.map((name) => ({ name, type: 'string' }) as const)
  return defineFunction({ parameters, doc: NO_EFFECT, call: () => 1 })
}

function inTransaction(ctx: RouteContext): number {
  return ctx instanceof RequestContext && ctx.transaction ? 1 : -1
}

/** The time of the request was over: its failure route runs because of that. */
function timedOut(ctx: RouteContext): number {
  return ctx instanceof RequestContext && ctx.lastResort?.code === 408 ? 1 : -1
}

/** The code that a failure route is about, else that of the last reply; 0: none. */
function statusOf(ctx: RouteContext): number {
  return ctx instanceof RequestContext ? (ctx.lastResort?.code ?? ctx.transaction?.replyCode ?? 0) : 0
}

export const transactionFunctions: Readonly<Record<string, ModuleFunction>> = {
  t_is_canceled: defineFunction({
    parameters: [],
    doc: 'Whether the request was cancelled.',
    call: (ctx) =>
      ctx instanceof RequestContext && ctx.transaction?.final === true && ctx.transaction.replyCode === 487
        ? 1
        : -1,
  }),
  t_any_timeout: defineFunction({
    parameters: [],
    doc: 'Whether the time of the request was over: its failure route runs.',
    call: timedOut,
  }),
  t_branch_timeout: defineFunction({ parameters: [], doc: 'As t_any_timeout.', call: timedOut }),
  t_any_replied: never(NO_BRANCHES),
  t_branch_replied: never(NO_BRANCHES),
  t_is_expired: never('Never so here: a transaction ends with its time.'),
  t_is_retr_async_reply: never(NO_BRANCHES),
  t_grep_status: defineFunction({
    parameters: [{ name: 'code', type: 'integer' }],
    doc: NO_BRANCHES,
    call: () => -1,
  }),
  t_check_status: defineFunction({
    parameters: [
      {
        name: 're',
        type: 'string',
        check(pattern) {
          const regex = compileRegex(pattern, REGEX)
          return typeof regex === 'string' ? regex : undefined
        },
      },
    ],
    doc: 'Whether the code that a failure route is about, or that of the last reply, matches a regular expression.',
    call(ctx, pattern) {
      const status = statusOf(ctx)
      const regex = compileRegex(pattern, REGEX)
      return status !== 0 && typeof regex !== 'string' && regex.test(String(status)) ? 1 : -1
    },
  }),
  t_lookup_cancel: defineFunction({
    parameters: [{ name: 'flag', type: 'integer', optional: true }],
    kemi: { hidden: true },
    doc: 'Never so here: a CANCEL is answered, and ends its INVITE, before any route runs.',
    call: () => -1,
  }),
  t_retransmit_reply: defineFunction({
    parameters: [],
    doc: 'Sends the last reply again. False when there is none.',
    call: (ctx) =>
      ctx instanceof RequestContext && ctx.runtime.state(REQUEST_ROUTES).layer.repeat(ctx.request, ctx.origin)
        ? 1
        : -1,
  }),
  t_reset_fr: defineFunction({
    parameters: [],
    doc: 'fr_inv_timer and fr_timer hold for this request again, from the next suspension on.',
    call(ctx) {
      if (ctx instanceof RequestContext) ctx.resetTimers()
      return 1
    },
  }),
  t_set_auto_inv_100: defineFunction({
    parameters: [{ name: 'mode', type: 'integer' }],
    doc: 'Whether this INVITE gets a 100 when its transaction is made, and when it is suspended: 0 for no.',
    call(ctx, mode) {
      if (ctx instanceof RequestContext) ctx.autoTrying = mode !== 0
      return 1
    },
  }),
  t_save_lumps: defineFunction({ parameters: [], doc: NO_EFFECT, call: inTransaction }),
  t_use_uac_headers: withoutEffect(),
  t_drop_replies: defineFunction({
    parameters: [{ name: 'mode', type: 'string', optional: true }],
    doc: NO_EFFECT,
    call: () => 1,
  }),
  t_set_max_lifetime: withoutEffect('inv_lifetime', 'noninv_lifetime'),
  t_reset_max_lifetime: withoutEffect(),
  t_set_retr: withoutEffect('retr_t1', 'retr_t2'),
  t_reset_retr: withoutEffect(),
  t_set_disable_6xx: withoutEffect('mode'),
  t_set_disable_failover: withoutEffect('mode'),
  t_set_no_e2e_cancel_reason: withoutEffect('mode'),
  t_disable_e2e_cancel_reason: { ...withoutEffect('mode'), kemi: { hidden: true } },
  t_set_disable_internal_reply: withoutEffect('mode'),
  t_on_branch: withoutEffect('route'),
  t_on_reply: withoutEffect('route'),
  t_on_branch_failure: withoutEffect('route'),
}

export const transactionKemi: Readonly<Record<string, KemiFunction>> = {
  t_lookup_cancel: kemiNever([], 'Never so here: a CANCEL ends its INVITE before any route runs.'),
  t_lookup_cancel_flags: kemiNever(['flags'], 'As t_lookup_cancel.'),
  t_get_branch_index: kemiNever([], NO_BRANCHES),
  t_get_status_code: defineKemiFunction({
    parameters: [],
    returns: 'integer',
    doc: 'The code that a failure route is about, else that of the last reply; -1 before any.',
    call: (ctx) => statusOf(ctx) || -1,
  }),
  t_drop_replies_all: defineKemiFunction({
    parameters: [],
    returns: 'integer',
    doc: NO_EFFECT,
    call: () => 1,
  }),
  t_set_fr_inv: defineKemiFunction({
    parameters: [{ name: 'fr_inv', type: 'integer' }],
    returns: 'integer',
    doc: 'Another time in place of fr_inv_timer for this request, milliseconds.',
    call(ctx, inv) {
      if (!(ctx instanceof RequestContext) || inv < 0) return -1
      ctx.setTimers(inv)
      return 1
    },
  }),
  t_clean: defineKemiFunction({
    parameters: [],
    returns: 'integer',
    doc: 'Has no effect: what is over is forgotten in time.',
    call: () => 1,
  }),
}

function kemiNever(names: readonly string[], doc: string): KemiFunction {
  const parameters = names.map((name) => ({ name, type: 'integer' }) as const)
  return defineKemiFunction({ parameters, returns: 'integer', doc, call: () => -1 })
}
