// A bare server of uWebSockets.js: what it receives it publishes to one topic, which everybody has subscribed to. It is what a careful programmer would write who
// wants a fan-out of WebSockets and nothing else: no names, no routes, no limit of what waits for a client.

import { createRequire } from 'node:module'

const uws: typeof import('uWebSockets.js') = createRequire(import.meta.url)('uWebSockets.js')

const app = uws.App()
app.ws('/ws', {
  maxPayloadLength: 2 * 1024 * 1024,
  maxBackpressure: 0,
  idleTimeout: 120,
  open: (socket) => void socket.subscribe('all'),
  message: (_, message, isBinary) => void app.publish('all', message, isBinary),
})
app.listen('127.0.0.1', 0, (listening) => {
  if (!listening) throw new Error('it cannot listen')
  console.log(`listening on 127.0.0.1:${uws.us_socket_local_port(listening)}`)
})
