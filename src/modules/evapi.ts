// The evapi module: parameters, functions, pseudo-variables and event routes of Kamailio's EVAPI (EVAPI guide), and the
// contexts its routes get. The sockets are the dispatcher's; suspended requests are src/tm's.

import { ADDRESS_FORMS, parseAddress } from '../core/address.ts'
import { addressBytes, RouteContext } from '../core/context.ts'
import { type Argument, defineFunction, defineModule, eventRoute } from '../core/module.ts'
import { networks } from '../core/networks.ts'
import { choice, flag, integer, type ParameterValues, string } from '../core/parameters.ts'
import { namedPseudoVariables } from '../core/pseudovariables.ts'
import type { Route } from '../core/routes.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Client, CloseReason, DispatcherOptions, EventHandlers, Message } from '../dispatcher.ts'
import { RequestContext } from '../tm/request-context.ts'
import { type Audience, REQUEST_ROUTES } from '../tm/request-routes.ts'
import { idPart } from '../tm/transaction-id.ts'
import { evapiMethods } from './evapi/methods.ts'

/** What a connection-new route gets. Nothing the client sent is read before the route, if asynchronous, has settled. */
export class ConnectionContext extends RouteContext {
  declare readonly client: Client

  /**
   * Closes the client (EVAPI guide, evapi_close): it gets what was relayed before, and nothing later. In connection-new,
   * also an asynchronous one, this rejects it: no connection-closed follows.
   * @returns false when it is closed already
   */
  close(): boolean {
    return this.runtime.dispatcher.close(this.client)
  }

  /**
   * Sets the client's tag, which multicast and unicast select by; replaces the old one, `''` clears it.
   * @returns false when the tag is over 63 bytes of UTF-8, or the client is closed
   */
  setTag(tag: string): boolean {
    return this.runtime.dispatcher.setTag(this.client, tag)
  }
}

/**
 * What a message-received route gets, for as long as it runs: the context, like its message, is then used for a later message of
 * the client. A route that returns a promise or keeps its message keeps both.
 */
export class MessageContext extends ConnectionContext {
  /** The message. Valid while the route runs, for good if it returns a promise; `msg.keep()` where it does not. */
  declare readonly msg: Message

  /**
   * Continues a request that waits in `asyncRelay()` or `ask()`, which resolves with `answer`.
   * @returns false for an id that is unknown or that nothing waits for, and the second time
   */
  continue(index: number, label: number, answer?: unknown): boolean {
    return this.runtime.state(REQUEST_ROUTES).answer(idPart(index), idPart(label), answer, this.client)
  }

  /**
   * As continue(), with the JSON object that the message is: two of its members are the id, the whole is the answer.
   * @param members where the id stands, as a path with dots: `tm_trans.tm_index`
   * @returns false also when the message is no JSON object with such members
   */
  continueFromJson(members: { readonly index: string; readonly label: string } = ID_MEMBERS): boolean {
    let answer: unknown
    try {
      answer = this.msg.json()
    } catch {
      return false
    }
    const index = idPart(memberAt(answer, members.index))
    const label = idPart(memberAt(answer, members.label))
    return this.runtime.state(REQUEST_ROUTES).answer(index, label, answer, this.client)
  }
}

const ID_MEMBERS = { index: 'index', label: 'label' } as const

function memberAt(value: unknown, path: string): unknown {
  if (!path.includes('.')) return memberOf(value, path)
  let at = value
  for (const name of path.split('.')) at = memberOf(at, name)
  return at
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** What a connection-closed route gets. The client's pseudo-variables still answer; relays no longer reach it. */
export class ClosedContext extends RouteContext {
  declare readonly client: Client

  /** Who closed it and why. */
  readonly reason: CloseReason

  constructor(runtime: Runtime, route: Route, client: Client, reason: CloseReason) {
    super(runtime, route, client)
    this.reason = reason
  }
}

const parameters = {
  workers: integer({
    default: 1,
    max: 1024,
    live: true,
    doc: 'Threads that handle received messages. This release runs all routes on the one thread that owns the sockets.',
  }),
  bind_addr: string({
    default: '127.0.0.1:8448',
    expected: ADDRESS_FORMS,
    check: (text) => parseAddress(text) !== undefined,
    doc: `Where to listen: ${ADDRESS_FORMS}. Port 0 picks a free one.`,
  }),
  netstring_format: flag({
    default: true,
    doc: 'Every message is a netstring, both ways. Without it, what one read returns is one message.',
  }),
  event_callback: string({
    default: '',
    expected: 'the name of a function of the KEMI script',
    check: (text) => /^[A-Za-z_$]?[\w$]*$/.test(text),
    live: true,
    doc: 'KEMI: the function that is called with the name of an event, in place of the event routes. Read when the script is loaded (src/kemi); without effect where there is none.',
  }),
  max_clients: integer({
    default: 10_000,
    max: 1_000_000,
    live: true,
    doc: 'One client more is accepted, logged and closed at once. 0: as many as there are descriptors.',
  }),
  max_clients_per_address: integer({
    default: 0,
    max: 1_000_000,
    live: true,
    doc: 'Connections that one address may have at once; one client more is accepted, logged and closed at once. Of IPv6 the first 64 bits are the address. 0: no limit.',
  }),
  allow: networks({
    live: true,
    doc: 'Networks, as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, from which clients may come, several with commas between them or in several modparams; who comes from elsewhere is closed at once. None: everybody. Not for clients of a Unix socket.',
  }),
  rate_limit: integer({
    default: 0,
    max: 1_000_000,
    live: true,
    doc: 'Messages a second that all clients of one address may send together; above it they are not read for a while. 0: no limit.',
  }),
  rate_limit_burst: integer({
    default: 0,
    max: 1_000_000,
    live: true,
    doc: 'Messages that an address which was silent may send at once, if there is a rate_limit. 0: those of a second.',
  }),
  wait_idle: integer({
    default: 500_000,
    live: true,
    doc: 'Microseconds. Accepted without effect: nothing here polls.',
  }),
  wait_increase: integer({ default: 3, live: true, doc: 'Accepted without effect: nothing here polls.' }),
  send_task_timeout: integer({
    default: 0,
    live: true,
    doc: 'Microseconds. Accepted without effect: there is no hand-off that can block.',
  }),
  send_data_timeout: integer({
    default: 0,
    live: true,
    doc: 'Microseconds a client may stay unwritable with data waiting before it is slow. 0: no limit by time.',
  }),
  context_mlimit: integer({
    default: 0,
    live: true,
    doc: 'Relayed messages that may wait, unflushed, in the dispatcher; one more makes the relay return -1. 0: no limit.',
  }),
  max_message_size: integer({
    default: 1_048_576,
    min: 1,
    max: 999_999_999,
    live: true,
    doc: 'Bytes of the largest payload taken from a client.',
  }),
  on_bad_frame: choice({
    values: ['close', 'discard'],
    default: 'close',
    live: true,
    doc: 'What a bad frame leads to: close the client, or discard what the read held and go on, as Kamailio does.',
  }),
  send_buffer_limit: integer({
    default: 8_388_608,
    min: 1,
    live: true,
    doc: 'Bytes that may wait for one client before it is slow.',
  }),
  slow_client: choice({
    values: ['close', 'drop', 'block'],
    default: 'close',
    live: true,
    doc: 'What happens to a slow client: close it, drop whole messages for it, or block: read no publisher until it has caught up.',
  }),
  drain_timeout: integer({
    default: 5_000_000,
    live: true,
    doc: 'Microseconds that data waiting for a closing client may still be delivered, and that a shutdown waits for routes.',
  }),
  max_running_routes: integer({
    default: 1024,
    min: 1,
    live: true,
    doc: 'Asynchronous routes of one client that may be under way; above it the client is not read.',
  }),
  busy_poll: integer({
    default: 0,
    max: 1_000_000,
    doc: 'Microseconds after work in which the kernel is asked again and again before sleeping: lower latency, at the price of a core.',
  }),
  io_uring: flag({
    default: true,
    doc: 'Small messages to many clients leave with one system call for up to 64 clients, if the kernel offers io_uring.',
  }),
  async_no_client: choice({
    values: ['suspend', 'fail'],
    default: 'suspend',
    live: true,
    doc: 'What the evapi_async functions do when no client would get the event: suspend the request all the same, or fail.',
  }),
}

const EVDATA = { name: 'evdata', type: 'deferred' } as const
const ETAG = { name: 'etag', type: 'string' } as const

/** Evaluates the event when the request is suspended, so that `$T(id_index)` and `$T(id_label)` are there. */
function suspendAndSend(ctx: RouteContext, audience: Audience, evdata: Argument): number {
  if (!(ctx instanceof RequestContext)) return -1
  const event = () => (typeof evdata === 'number' ? String(evdata) : evdata.data(ctx))
  const refused = ctx.runtime.state(REQUEST_ROUTES).suspendAndSend(ctx, audience, event, 'latin1')
  if (refused) ctx.log.debug({ code: refused.code }, `not suspended: ${refused.message}`)
  return refused ? -1 : 1
}

export const evapi = defineModule({
  name: 'evapi',
  parameters,

  functions: {
    evapi_relay: defineFunction({
      parameters: [{ name: 'evdata', type: 'data' }],
      doc: 'Sends evdata to every client, the sender included. False when it is empty or context_mlimit is reached.',
      call: (ctx, evdata) => (ctx.runtime.dispatcher.relay(evdata, 'latin1') ? 1 : -1),
    }),
    evapi_multicast: defineFunction({
      parameters: [
        { name: 'evdata', type: 'data' },
        { name: 'etag', type: 'string' },
      ],
      kemi: { name: 'relay_multicast' },
      doc: 'Sends evdata to every client whose tag is etag. False when either is empty or no client has the tag.',
      call: (ctx, evdata, etag) => (ctx.runtime.dispatcher.multicast(evdata, etag, 'latin1') ? 1 : -1),
    }),
    evapi_unicast: defineFunction({
      parameters: [
        { name: 'evdata', type: 'data' },
        { name: 'etag', type: 'string' },
      ],
      kemi: { name: 'relay_unicast' },
      doc: 'Sends evdata to the client tagged etag with the lowest connection index. False as evapi_multicast.',
      call: (ctx, evdata, etag) => (ctx.runtime.dispatcher.unicast(evdata, etag, 'latin1') ? 1 : -1),
    }),
    evapi_async_relay: defineFunction({
      parameters: [EVDATA],
      doc: 'Suspends the request, with a transaction if it has none, then evaluates evdata and sends it to every client. False, and not suspended, when one of these cannot be done.',
      call: (ctx, evdata) => suspendAndSend(ctx, { kind: 'relay' }, evdata),
    }),
    evapi_async_multicast: defineFunction({
      parameters: [EVDATA, ETAG],
      doc: 'As evapi_async_relay, to every client whose tag is etag.',
      call: (ctx, evdata, tag) => suspendAndSend(ctx, { kind: 'multicast', tag }, evdata),
    }),
    evapi_async_unicast: defineFunction({
      parameters: [EVDATA, ETAG],
      doc: 'As evapi_async_relay, to the client tagged etag with the lowest connection index.',
      call: (ctx, evdata, tag) => suspendAndSend(ctx, { kind: 'unicast', tag }, evdata),
    }),
    evapi_close: defineFunction({
      parameters: [],
      doc: 'Closes the current client. False when there is none.',
      call: (ctx) => (ctx.client && ctx.runtime.dispatcher.close(ctx.client) ? 1 : -1),
    }),
    evapi_set_tag: defineFunction({
      parameters: [{ name: 'tname', type: 'string' }],
      doc: 'Sets the tag of the current client, at most 63 bytes; "" clears it. False when there is none or it is too long.',
      call: (ctx, tname) =>
        ctx.client && ctx.runtime.dispatcher.setTag(ctx.client, tname, 'latin1') ? 1 : -1,
    }),
  },

  // EVAPI guide, section Exported pseudo-variables. All are $null outside evapi events.
  pseudoVariables: {
    evapi: namedPseudoVariables('evapi', {
      srcaddr: { get: (ctx) => (ctx.client ? addressBytes(ctx.client) : null), plan: 'sourceAddress' },
      srcport: { get: (ctx) => (ctx.client ? ctx.client.port : null), plan: 'sourcePort' },
      conidx: { get: (ctx) => (ctx.client ? ctx.client.index : null), plan: 'connectionIndex' },
      msg: { get: (ctx) => (ctx.msg ? ctx.msg.binary : null), message: (ctx) => ctx.msg, plan: 'message' },
    }),
  },

  rpc: evapiMethods,

  eventRoutes: {
    'evapi:connection-new': eventRoute<ConnectionContext>(
      'A client was accepted, before anything it sent is read.',
    ),
    'evapi:message-received': eventRoute<MessageContext>('Once for each message, in order for one client.'),
    'evapi:connection-closed': eventRoute<ClosedContext>('Once for each admitted client that is gone.'),
  },
})

/** The values of the evapi parameters, defaults filled in. */
export type EvapiParameters = ParameterValues<typeof parameters>

/** What the dispatcher is to be told of the parameters. */
export function dispatcherOptions(
  values: EvapiParameters,
  plans: DispatcherOptions['plans'],
): DispatcherOptions {
  return {
    netstringFormat: values.netstringFormat,
    allow: values.allow,
    maxClients: values.maxClients,
    maxClientsPerAddress: values.maxClientsPerAddress,
    rateLimit: values.rateLimit,
    rateLimitBurst: values.rateLimitBurst,
    maxMessageSize: values.maxMessageSize,
    onBadFrame: values.onBadFrame,
    sendBufferLimit: values.sendBufferLimit,
    sendDataTimeout: values.sendDataTimeout,
    slowClient: values.slowClient,
    drainTimeout: values.drainTimeout,
    contextMlimit: values.contextMlimit,
    maxRunningRoutes: values.maxRunningRoutes,
    busyPoll: values.busyPoll,
    ioUring: values.ioUring,
    plans,
  }
}

/**
 * The dispatcher's events as event routes. An event without a route has no handler, so that it never enters JavaScript.
 *
 * @param routes where the routes are looked up, once
 * @param runtime the runtime, which is made after the dispatcher that these handlers are for
 */
export function eventHandlers(
  routes: { get(name: string): Route | undefined },
  runtime: () => Runtime,
): EventHandlers {
  const onNew = routes.get('evapi:connection-new')
  const onMessage = routes.get('evapi:message-received')
  const onClosed = routes.get('evapi:connection-closed')
  const handlers: EventHandlers = {}
  if (onNew) {
    handlers.connectionNew = (client) => {
      const host = runtime()
      host.routes.run(onNew, new ConnectionContext(host, onNew, client))
    }
  }
  if (onMessage) {
    handlers.messageReceived = (client, message) => {
      const host = runtime()
      const { context } = message
      if (context instanceof MessageContext && context.runs(onMessage)) {
        context.forget()
        host.routes.run(onMessage, context)
      } else host.routes.run(onMessage, contextFor(host, onMessage, client, message))
    }
  }
  if (onClosed) {
    handlers.connectionClosed = (client, reason) => {
      const host = runtime()
      host.routes.run(onClosed, new ClosedContext(host, onClosed, client, reason))
    }
  }
  return handlers
}

/** The context of a message, and of later ones for as long as the same object is theirs. */
function contextFor(host: Runtime, route: Route, client: Client, message: Message): MessageContext {
  const ctx = new MessageContext(host, route, client, message)
  message.context = ctx
  // What a handler hung on it would turn up at a later message: let that be an error.
  return Object.preventExtensions(ctx)
}
