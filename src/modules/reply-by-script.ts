// What t_reply, send_reply and sl_send_reply have in common: code and reason come from a script, so that what is wrong with them is an
// answer of the function and no exception.

import type { RequestContext } from '../tm/request-context.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'

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
  const sent =
    how === 'stateless' ? routes.replyStateless(ctx, code, reason) : routes.reply(ctx, code, reason, '', '')
  return sent ? 1 : -1
}
