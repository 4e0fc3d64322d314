// A chat with rooms: a room is a tag. Start it with `evapid -f examples/chat/routes.ts`; talk with client.ts, or with
// anything that writes netstrings. `/join ROOM` changes the room, every other message goes to those in the same room.

import { type Client, defineConfig } from 'evapid'

const LOBBY = 'lobby'

const nameOf = (client: Client) => `guest-${client.index}`

export default defineConfig({
  routes: {
    'evapi:connection-new': (ctx) => {
      ctx.setTag(LOBBY)
      ctx.multicast(`* ${nameOf(ctx.client)} came in`, LOBBY)
    },

    'evapi:message-received': (ctx) => {
      const { client, msg } = ctx
      const room = /^\/join (\S+)$/.exec(msg.text)?.[1]
      if (room === undefined) {
        ctx.multicast(`<${nameOf(client)}> ${msg.text}`, client.tag)
        return
      }
      ctx.multicast(`* ${nameOf(client)} left for ${room}`, client.tag)
      // A tag has at most 63 bytes: with a longer name, the client stays where it is.
      if (ctx.setTag(room)) ctx.multicast(`* ${nameOf(client)} came in`, room)
    },

    'evapi:connection-closed': (ctx) => ctx.multicast(`* ${nameOf(ctx.client)} is gone`, ctx.client.tag),
  },
})
