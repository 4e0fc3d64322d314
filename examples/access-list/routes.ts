// An access list: who may connect is decided by address, before anything the client sends is read. Messages are relayed
// to everybody who was let in. Start it with `evapid -f examples/access-list/routes.ts`.

import { BlockList, isIP } from 'node:net'
import { defineConfig } from 'evapid'

const allowed = new BlockList()
allowed.addAddress('127.0.0.1')
allowed.addAddress('::1', 'ipv6')
allowed.addSubnet('10.0.0.0', 8)

/** A client of a Unix socket has no IP address: the file's permissions have let it in already. */
function mayConnect(address: string): boolean {
  const family = isIP(address)
  return family === 0 || allowed.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

export default defineConfig({
  routes: {
    'evapi:connection-new': (ctx) => {
      if (mayConnect(ctx.client.address)) return
      ctx.log.warn('not on the access list')
      ctx.close()
    },

    'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
  },
})
