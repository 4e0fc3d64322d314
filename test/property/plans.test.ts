// Property: a plan does the same in the dispatcher and in JavaScript. The same schedule is played to a server of each kind, one
// action after the other; each client must receive the same bytes, and the counters must be the same.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  all,
  any,
  type Condition,
  close,
  conidx,
  eq,
  forward,
  ge,
  gt,
  le,
  lt,
  msg,
  multicast,
  ne,
  not,
  type Plan,
  plan,
  relay,
  type Step,
  setTag,
  srcaddr,
  srcport,
  startsWith,
  unicast,
  when,
} from '../../src/core/plan.ts'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { frame, noWebSockets, OPCODE, type WebClient } from '../support/web-client.ts'
import { WireClient } from '../support/wire-client.ts'
import { assertSame } from './play.ts'
import { check } from './run.ts'
import { type Sent, smallSent, written } from './traffic.ts'

const TAGS = ['a', 'b', 'ä€', 't'.repeat(63)]

/** No port: it is another one in each run. */
const data = fc.constantFrom(
  msg,
  msg,
  '$evapi(conidx): $evapi(msg)',
  'own ä€ $$ text',
  '',
  `${srcaddr}/${conidx}`,
  '$null',
  'x$(null)$evapi(msg)$evapi(msg)',
)
const tag = fc.constantFrom(...TAGS, '', 'tag $evapi(conidx)', '$evapi(msg)', 't'.repeat(64))
const number = fc.constantFrom(-1, 0, 1, 2, 65_535, 0.5)

const { step } = fc.letrec<{ step: Step; steps: Step[]; condition: Condition }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: data.map(relay) },
    { weight: 3, arbitrary: fc.tuple(data, tag).map((args) => multicast(...args)) },
    { weight: 3, arbitrary: fc.tuple(data, tag).map((args) => unicast(...args)) },
    { weight: 3, arbitrary: tag.map(setTag) },
    { weight: 1, arbitrary: fc.constant(close()) },
    {
      weight: 4,
      arbitrary: fc.tuple(tie('condition'), tie('steps'), tie('steps')).map((args) => when(...args)),
    },
  ),
  steps: fc.array(tie('step'), { maxLength: 3 }),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    {
      weight: 3,
      arbitrary: fc
        .tuple(data, fc.oneof(data, number, fc.constantFrom('0', '1')))
        .chain((args) => fc.constantFrom(eq(...args), ne(...args))),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom(lt, le, gt, ge), fc.constantFrom(conidx, srcport, srcaddr, msg), number)
        .map(([comparison, left, right]) => comparison(left, right)),
    },
    { weight: 2, arbitrary: fc.tuple(data, data).map((args) => startsWith(...args)) },
    { weight: 2, arbitrary: tie('step') },
    { weight: 1, arbitrary: tie('condition').map(not) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom(all, any),
          fc.array(tie('condition'), { maxLength: 3, depthIdentifier: 'series' }),
        )
        .map(([series, conditions]) => series(...conditions)),
    },
  ),
}))

const anyPlan: fc.Arbitrary<Plan> = fc.array(step, { maxLength: 4 }).map((steps) => plan(...steps))
const messagePlan = fc.oneof(
  { weight: 6, arbitrary: anyPlan },
  { weight: 1, arbitrary: fc.constant(plan(forward())) },
)

type Action =
  | { readonly do: 'join'; readonly web: boolean }
  | { readonly do: 'send'; readonly client: number; readonly messages: readonly Sent[] }
  | { readonly do: 'leave'; readonly client: number }

interface Schedule {
  readonly onNew: Plan | undefined
  readonly onMessage: Plan
  readonly onClosed: Plan | undefined
  readonly contextMlimit: number
  readonly netstrings: boolean
  readonly actions: readonly Action[]
}

const message = fc.oneof(
  { weight: 3, arbitrary: smallSent },
  {
    weight: 1,
    arbitrary: fc.record({
      payload: fc.constantFrom('', '0', 'a').map((text) => Buffer.from(text)),
      prefix: fc.constant(''),
    }),
  },
)

const schedule: fc.Arbitrary<Schedule> = fc.record({
  onNew: fc.option(anyPlan, { nil: undefined }),
  onMessage: messagePlan,
  onClosed: fc.option(anyPlan, { nil: undefined }),
  contextMlimit: fc.constantFrom(0, 0, 1, 2),
  netstrings: fc.constantFrom(true, true, true, false),
  actions: fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('join' as const),
          web: noWebSockets ? fc.constant(false) : fc.boolean(),
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('send' as const),
          client: fc.nat(3),
          messages: fc.array(message, { minLength: 1, maxLength: 4 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), client: fc.nat(3) }) },
    ),
    { minLength: 1, maxLength: 12 },
  ),
})

type AnyClient = WireClient | WebClient

interface Outcome {
  readonly received: readonly Buffer[]
  readonly counters: Readonly<Record<string, number>>
}

async function play(schedule: Schedule, plans: boolean): Promise<Outcome> {
  const { onNew, onMessage, onClosed, contextMlimit, netstrings } = schedule
  await using bus = await Bus.start({
    plans,
    ...(schedule.actions.some((action) => action.do === 'join' && action.web) ? { http: '127.0.0.1:0' } : {}),
    evapi: { contextMlimit, netstringFormat: netstrings },
    routes: {
      ...(onNew ? { 'evapi:connection-new': onNew } : {}),
      'evapi:message-received': onMessage,
      ...(onClosed ? { 'evapi:connection-closed': onClosed } : {}),
    },
  })
  const clients: AnyClient[] = []
  for (const action of schedule.actions) {
    const client = action.do === 'join' ? undefined : clients[action.client]
    if (action.do === 'join') clients.push(await (action.web ? bus.webSocket() : bus.join()))
    else if (client === undefined || client.end !== 'open') continue
    else if (action.do === 'leave') await leave(bus, client)
    else await send(bus, client, action.messages, netstrings)
    await settled(bus, clients)
  }
  const { messages_relayed = 0, relays_refused = 0 } = bus.server.stats()
  await bus.server.close()
  for (const client of clients) await client.untilEnd()
  return {
    received: clients.map((client) =>
      client instanceof WireClient ? client.received : client.receivedAs(netstrings),
    ),
    counters: { messages_relayed, relays_refused },
  }
}

async function leave(bus: Bus, client: AnyClient): Promise<void> {
  const before = bus.server.clients
  if (client instanceof WireClient) client.halfClose()
  else await client.close()
  await eventually('the server knows that it has gone', () => bus.server.clients < before)
}

/** Everybody that the server has closed knows it: who writes to a closed connection is reset, and may lose what it was sent. */
async function settled(bus: Bus, clients: readonly AnyClient[]): Promise<void> {
  const open = () => clients.filter((client) => client.end === 'open').length
  await eventually('all know who is gone', () => open() === bus.server.clients)
  for (const client of clients) {
    if (client.end === 'open') continue
    if (client instanceof WireClient) client.close()
    else client.destroy()
  }
}

/** Returns when all the messages, or those up to the one that closed the client, are through. */
async function send(bus: Bus, client: AnyClient, messages: readonly Sent[], netstrings: boolean) {
  const web = !(client instanceof WireClient)
  const framed = (one: Sent) => (netstrings ? written(one) : one.payload)
  const bytes = Buffer.concat(messages.map((one) => (web ? frame(OPCODE.binary, one.payload) : framed(one))))
  const before = bus.stat('messages_received')
  // Over TCP and without netstrings what is written at once is one message, if it is not empty.
  const owed = netstrings || web ? messages.length : Math.min(1, bytes.length)
  await client.write(bytes)
  await eventually(
    'its messages are through',
    () => bus.stat('messages_received') >= before + owed || client.end !== 'open',
  )
  // What comes from a WebSocket is counted at once, and handled at the end of that turn.
  if (web) await turns(2)
}

describe('a plan does the same in the dispatcher and in JavaScript', { timeout: 60_000 }, () => {
  test('whatever it says', async () => {
    await check(
      schedule,
      async (schedule) => {
        const native = await play(schedule, true)
        const interpreted = await play(schedule, false)
        assert.deepEqual(native.counters, interpreted.counters)
        for (const [place, bytes] of native.received.entries()) {
          assertSame(bytes, interpreted.received[place] as Buffer)
        }
      },
      300,
    )
  })
})
