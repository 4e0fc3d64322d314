// The remote procedure calls of the bus: who is connected, which routes there are, and what a person in charge may do. Kamailio's evapi has none.

import { bytesOfText } from '../../core/bytestring.ts'
import { addressBytes } from '../../core/context.ts'
import { RpcError } from '../../core/errors.ts'
import { JsonObject, type JsonValue } from '../../core/json/value.ts'
import { defineRpc, type RpcMethod } from '../../core/rpc.ts'
import type { Runtime } from '../../core/runtime.ts'
import { type ClientInfo, MAX_TAG } from '../../dispatcher.ts'

const INDEX = { name: 'index', type: 'integer' } as const
const GENERATION = { name: 'generation', type: 'integer', optional: true } as const
const DATA = { name: 'data', type: 'message' } as const
const TAG = { name: 'tag', type: 'string' } as const

/** What a list may be ordered by, the largest first; by index it is by itself. */
const ORDERS: Readonly<Record<string, (info: ClientInfo) => number>> = {
  age: (info) => info.age,
  messages_in: (info) => info.messagesIn,
  bytes_in: (info) => info.bytesIn,
  messages_out: (info) => info.messagesOut,
  bytes_out: (info) => info.bytesOut,
  waiting: (info) => info.waiting,
  dropped: (info) => info.dropped,
}

/** The events that the dispatcher can handle itself. */
const EVENTS = [
  { plan: 'connectionNew', name: 'evapi:connection-new' },
  { plan: 'messageReceived', name: 'evapi:message-received' },
  { plan: 'connectionClosed', name: 'evapi:connection-closed' },
] as const

/** Those whose end has not been told yet are gone already. */
function connected(runtime: Runtime): readonly ClientInfo[] {
  return runtime.dispatcher.clients().filter(({ state }) => state !== 'closed')
}

function kindOf({ client, foreign }: ClientInfo): string {
  if (foreign) return 'websocket'
  return client.address.startsWith('unix:') ? 'unix' : 'tcp'
}

function described(info: ClientInfo, now: number): JsonObject {
  const { client } = info
  return JsonObject.of({
    index: client.index,
    generation: client.generation,
    address: addressBytes(client),
    port: client.port,
    tag: bytesOfText(client.tag),
    kind: kindOf(info),
    state: info.state,
    slow: info.slow ? 'yes' : 'no',
    since: new Date(now - info.age).toISOString(),
    age: Math.floor(info.age / 1000),
    messages_in: info.messagesIn,
    bytes_in: info.bytesIn,
    messages_out: info.messagesOut,
    bytes_out: info.bytesOut,
    waiting: info.waiting,
    dropped: info.dropped,
  })
}

/** @param runs undefined: nobody counts them */
function describedRoute(name: string, kind: 'plan' | 'function', runs: number | undefined): JsonObject {
  return JsonObject.of({ name: bytesOfText(name), kind, ...(runs === undefined ? {} : { runs }) })
}

/** @throws RpcError when there is none, or another one by now */
function clientAt(runtime: Runtime, index: number, generation: number | undefined) {
  const found = connected(runtime).find(({ client }) => client.index === index)
  if (found && (generation === undefined || found.client.generation === generation)) return found.client
  throw new RpcError(404, 'No such client')
}

/** @throws RpcError for what relays do not take */
function sent(data: string, clients: number, relay: () => boolean): JsonValue {
  if (data === '') throw new RpcError(400, 'The message is empty')
  if (clients > 0 && !relay())
    throw new RpcError(503, 'Not relayed: as many messages wait as context_mlimit lets, or the server closes')
  return JsonObject.of({ clients })
}

export const evapiMethods: Readonly<Record<string, RpcMethod>> = {
  'evapi.list': defineRpc({
    scope: 'read',
    parameters: [
      { name: 'order', type: 'string', optional: true },
      { name: 'count', type: 'integer', optional: true },
    ],
    doc: 'Who is connected: all by index, or so many by what is largest (age, messages_in, bytes_in, messages_out, bytes_out, waiting, dropped).',
    call(runtime, order = 'index', count) {
      const clients = connected(runtime)
      const by = Object.hasOwn(ORDERS, order) ? ORDERS[order] : undefined
      if (!by && order !== 'index') {
        throw new RpcError(400, `Unknown order (index, ${Object.keys(ORDERS).join(', ')})`)
      }
      const ordered = by ? clients.toSorted((one, other) => by(other) - by(one)) : clients
      const now = Date.now()
      return ordered
        .slice(0, count === undefined ? undefined : Math.max(count, 0))
        .map((info) => described(info, now))
    },
  }),
  'evapi.close': defineRpc({
    parameters: [INDEX, GENERATION],
    missing: { status: 400, reason: 'Connection index expected' },
    doc: 'Closes a client: it gets what was relayed before. With the generation that the list shows it is that very one or none.',
    call(runtime, index, generation) {
      if (!runtime.dispatcher.close(clientAt(runtime, index, generation))) {
        throw new RpcError(409, 'The client is being closed already')
      }
      return 'Ok. Client closed.'
    },
  }),
  'evapi.set_tag': defineRpc({
    parameters: [INDEX, TAG, GENERATION],
    missing: { status: 400, reason: 'Connection index and tag expected' },
    doc: 'Sets the tag of a client, at most 63 bytes; an empty one clears it.',
    call(runtime, index, tag, generation) {
      if (tag.length > MAX_TAG) throw new RpcError(400, `A tag has at most ${MAX_TAG} bytes`)
      if (!runtime.dispatcher.setTag(clientAt(runtime, index, generation), tag, 'latin1')) {
        throw new RpcError(409, 'The client is being closed')
      }
      return 'Ok. Tag set.'
    },
  }),
  'evapi.relay': defineRpc({
    scope: 'publish',
    parameters: [DATA],
    missing: { status: 400, reason: 'Message expected' },
    doc: 'Sends a message to every client, and says to how many.',
    call: ({ dispatcher }, data) => sent(data, dispatcher.audience(), () => dispatcher.relay(data, 'latin1')),
  }),
  'evapi.multicast': defineRpc({
    scope: 'publish',
    parameters: [DATA, TAG],
    missing: { status: 400, reason: 'Message and tag expected' },
    doc: 'Sends a message to every client that has the tag, and says to how many.',
    call: ({ dispatcher }, data, tag) =>
      sent(data, dispatcher.audience(tag, 'latin1'), () => dispatcher.multicast(data, tag, 'latin1')),
  }),
  'evapi.unicast': defineRpc({
    scope: 'publish',
    parameters: [DATA, TAG],
    missing: { status: 400, reason: 'Message and tag expected' },
    doc: 'Sends a message to the client that has the tag and the lowest index, and says to how many: 1 or 0.',
    call: ({ dispatcher }, data, tag) =>
      sent(data, Math.min(dispatcher.audience(tag, 'latin1'), 1), () =>
        dispatcher.unicast(data, tag, 'latin1'),
      ),
  }),
  'evapi.routes': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'The routes that are loaded: name, whether it is a plan that runs in the dispatcher or a function, and how often it ran where that is counted.',
    call(runtime) {
      const { plans } = runtime.dispatcher
      const planned = EVENTS.filter(({ plan }) => plans[plan])
      // The dispatcher counts the runs of all plans together.
      const planRuns = planned.length === 1 ? runtime.dispatcher.stats()['plans_run'] : undefined
      const counted = new Map(runtime.routes.times().map(({ route, runs }) => [route, runs]))
      return [
        ...planned.map(({ name }) => describedRoute(name, 'plan', planRuns)),
        ...Array.from(runtime.ownRoutes.routes, ({ name }) =>
          describedRoute(name, 'function', counted.get(name)),
        ),
      ]
    },
  }),
}
