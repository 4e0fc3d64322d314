// The routes of the peer evapid in the cells about transactions: an application decides on every request. The same in the way
// a kamailio.cfg has it is transaction-routes-named.ts.

import { defineConfig } from 'evapid'

export default defineConfig({
  routes: {
    'evapi:connection-new': (ctx) => {
      ctx.relay('{"event":"welcome"}')
    },
    request: async (ctx) => {
      await ctx.asyncRelay(
        (tx) => `{"event":"${ctx.request.method}","index":${tx.index},"label":${tx.label}}`,
      )
      ctx.reply(200, 'OK')
    },
    'evapi:message-received': (ctx) => {
      ctx.continueFromJson()
    },
  },
})
