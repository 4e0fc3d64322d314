// What t_reply, send_reply and sl_send_reply have in common: code and reason come from a script, so that what is wrong with them is an
// answer of the function and no exception.

import { ContextKey } from '../core/context.ts'
import type { RequestContext } from '../tm/request-context.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'

/** The body that a script has set for the replies to its request; `type` is its Content-Type. */
export const REPLY_BODY: ContextKey<{ body: string; type: string }> = new ContextKey(() => ({
  body: '',
  type: '',
}))

/** @param reason a byte string @returns 1, or -1 when the reply was not sent */
export function replyByScript(
  ctx: RequestContext,
  code: number,
  reason: string,
  how: 'stateful' | 'stateless' | 'as it is',
): number {
  if (code < 100 || code > 699 || /[\r\n\0]/.test(reason)) {
    ctx.log.warn({ code, reason }, 'no reply can have this code and reason')
    return -1
  }
  const routes = ctx.runtime.state(REQUEST_ROUTES)
  const set = ctx.stateIfMade(REPLY_BODY)
  const body = set?.body ?? ''
  const lines = body === '' ? '' : `Content-Type: ${set?.type}\r\n`
  const sent =
    how === 'stateless'
      ? routes.replyStateless(ctx, code, reason, lines, body)
      : routes.reply(ctx, code, reason, lines, body)
  return sent ? 1 : -1
}
