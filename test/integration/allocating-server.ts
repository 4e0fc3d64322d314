// A server in a process of its own that says what its heap grows by while messages come. For allocation.test.ts, which tells it
// which route to run next; started with so much room for young objects that none is collected meanwhile.
import { getHeapStatistics } from 'node:v8'
import { createServer, type MessageContext } from '../../src/index.ts'

/** Messages of one measurement, and those before it, in which the engine makes up its mind about the code. */
export const MEASURED = 150_000
export const WARM_UP = 50_000
export const PAYLOAD = 100

/** What a route does with a message. `tag` is what the client that sends is tagged with. */
export const ROUTES = {
  nothing: () => {},
  'relays the message': (ctx) => ctx.relay(ctx.msg),
  'multicasts the message': (ctx) => ctx.multicast(ctx.msg, 'tag'),
  'multicasts the message to a tag that is not ASCII': (ctx) => ctx.multicast(ctx.msg, 'ärzte'),
  'multicasts to nobody': (ctx) => ctx.multicast(ctx.msg, 'Ärzte ohne Tag'),
  'unicasts the message': (ctx) => ctx.unicast(ctx.msg, 'tag'),
  'relays a text': (ctx) => ctx.relay('a text of the route: encoded for each relay, made only once'),
  'multicasts a text': (ctx) => ctx.multicast('a text of the route, for those who have the tag', 'tag'),
  'looks at its client': (ctx) => ctx.relay(ctx.client.tag === '' || ctx.client.port === 0 ? '' : ctx.msg),
  'reads its message as text': (ctx) => ctx.msg.text.length > 0 && ctx.relay(ctx.msg),
} satisfies Record<string, (ctx: MessageContext) => unknown>

export type RouteName = keyof typeof ROUTES

/** What it says: where it listens, that it is ready, bytes for each message. */
export type Report = { readonly port: number } | { readonly ready: RouteName } | { readonly bytes: number }

async function serve(): Promise<void> {
  const report = (what: Report) => process.send?.(what)
  const heap = () => getHeapStatistics().used_heap_size
  let name: RouteName = 'nothing'
  let route: (ctx: MessageContext) => unknown = ROUTES[name]
  let messages = 0
  let before = 0
  const server = createServer({
    evapi: { bindAddr: '127.0.0.1:0', sendBufferLimit: 2 ** 30 },
    log: false,
    routes: {
      'evapi:message-received': (ctx) => {
        messages += 1
        if (messages === 1) ctx.setTag(name.includes('ASCII') ? 'ärzte' : 'tag')
        if (messages === WARM_UP) {
          globalThis.gc?.()
          before = heap()
        }
        const result = route(ctx)
        if (messages === WARM_UP + MEASURED) report({ bytes: (heap() - before) / MEASURED })
        return result
      },
    },
  })
  process.on('message', (wanted: RouteName) => {
    name = wanted
    route = ROUTES[name]
    messages = 0
    report({ ready: name })
  })
  process.on('disconnect', () => void server.close())
  await server.listen()
  const [address] = server.addresses
  report({ port: address && 'port' in address ? address.port : 0 })
}

if (process.send && process.argv[1] === import.meta.filename) await serve()
