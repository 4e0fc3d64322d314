// The routes of the peer evapid-ts: the default route's work, done by a handler in TypeScript.

import { defineConfig } from 'evapid'

export default defineConfig({
  routes: {
    'evapi:message-received': (ctx) => {
      ctx.relay(ctx.msg)
    },
  },
})
