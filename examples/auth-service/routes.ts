// An application decides about SIP requests: each is suspended, its event goes to the application over the bus, and what that
// answers is the reply. Start it with `evapid -f examples/auth-service/routes.ts`, then application.ts, then send requests with
// sipsak or sipp: README.md has the lines.

import { defineConfig, NoClientError, SuspendTimeoutError } from 'evapid'
import type { Verdict } from './protocol.ts'

export default defineConfig({
  listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'],
  // Rather refuse at once than let callers wait for an application that is not there, and not for two minutes in any case.
  evapi: { asyncNoClient: 'fail' },
  tm: { frTimer: 5_000, frInvTimer: 5_000 },
  routes: {
    request: async (ctx) => {
      // The ACK of a call that another server answered, the CANCEL of one that does not wait here.
      if (ctx.method === 'ACK') return
      if (ctx.method === 'CANCEL') {
        ctx.reply(481)
        return
      }
      // Only what begins something is asked about.
      if (ctx.method === 'BYE') {
        ctx.reply(200)
        return
      }
      try {
        const verdict = await ctx.ask<Verdict>({
          event: 'auth',
          method: ctx.method,
          from: ctx.pv('$fU') ?? '',
          to: ctx.pv('$rU') ?? '',
          source: ctx.pv('$si') ?? '',
        })
        if (verdict.allow) ctx.reply(200, 'OK', { headers: { Contact: '<sip:evapid@127.0.0.1>' } })
        else ctx.reply(403, verdict.reason ?? 'Forbidden')
      } catch (error) {
        if (error instanceof NoClientError)
          ctx.reply(503, 'Nobody Decides', { headers: { 'Retry-After': '5' } })
        else if (error instanceof SuspendTimeoutError) ctx.reply(504, 'No Decision In Time')
        // Anything else, such as a CANCEL, has been answered already.
        else throw error
      }
    },

    'evapi:message-received': (ctx) => {
      if (!ctx.continueFromJson()) ctx.log.warn('a verdict that nobody waits for')
    },
  },
})
