// Request and response over the bus: a request goes to one program that offers the service, its response to the one that
// asked, and nobody else sees either. Start it with `evapid -f examples/request-response/routes.ts`, then responder.ts
// and requester.ts.

import { defineConfig } from 'evapid'
import type { Envelope } from './protocol.ts'

export default defineConfig({
  routes: {
    // Everybody has a tag of their own, so that a response finds its way; offering a service replaces it.
    'evapi:connection-new': (ctx) => ctx.setTag(`client-${ctx.client.index}`),

    'evapi:message-received': (ctx) => {
      // A message that is no JSON throws: that is one line in the log, and the client stays.
      const message = ctx.msg.json() as Envelope
      switch (message.type) {
        case 'offer':
          ctx.setTag(`service-${message.service}`)
          return
        case 'request':
          ctx.unicast(JSON.stringify({ ...message, replyTo: ctx.client.tag }), `service-${message.service}`)
          return
        case 'response':
          ctx.unicast(ctx.msg, message.replyTo)
      }
    },
  },
})
