// The routes of the peer evapid-named: what transaction-routes.ts does, by the names of functions and with a route of its own
// for the answer.

import { defineConfig } from 'evapid'

export default defineConfig({
  routes: {
    'evapi:connection-new': (ctx) => {
      ctx.call('evapi_relay', '{"event":"welcome"}')
    },
    request: (ctx) => {
      if (ctx.call('t_newtran') < 0) return
      ctx.call('evapi_async_relay', '{"event":"$rm","index":$T(id_index),"label":$T(id_label)}')
    },
    'evapi:message-received': (ctx) => {
      const { index, label } = JSON.parse(ctx.msg.text)
      ctx.call('t_continue', index, label, 'RESUME')
    },
    'route[RESUME]': (ctx) => {
      ctx.call('t_reply', 200, 'OK')
    },
  },
})
