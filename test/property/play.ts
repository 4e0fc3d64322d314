// Plays a schedule of clients and routes against a real server and holds what every client received against the model.
// The server decides in which order messages of different clients are handled; the routes write that order down, and the
// model is told it. All else is the model's to say.
import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConnectionContext, MessageContext } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { frame, OPCODE, type WebClient } from '../support/web-client.ts'
import { netstring, WireClient } from '../support/wire-client.ts'
import { Model, OWN_DATA, type Step } from './model.ts'
import { type Cuts, pieces, type Sent, written } from './traffic.ts'

/** One client of a schedule: what it sends, what the routes of its messages do, and how it leaves. */
export interface ClientPlan {
  readonly messages: readonly Sent[]
  /** Steps of its first message, its second, and so on; from the start again when there are more messages. */
  readonly steps: readonly (readonly Step[])[]
  readonly cuts: Cuts
  /** Turns of the event loop before it connects. */
  readonly late: number
  /** Whether it ends its side after its last message. */
  readonly halfCloses: boolean
  /** A WebSocket. */
  readonly web?: boolean
}

export interface Schedule {
  readonly clients: readonly ClientPlan[]
  readonly netstrings: boolean
  /** Asynchronous handlers; for how many turns each waits, in turn. */
  readonly waits: readonly number[] | undefined
}

type Entry =
  | { readonly kind: 'join' | 'leave' | 'handled'; readonly key: number; readonly index: number }
  | { readonly kind: 'message'; readonly key: number; readonly message: Buffer }
  | { readonly kind: 'step'; readonly key: number; readonly step: Step; readonly message: Buffer }

/** @throws when any client has seen anything but what the model says */
export async function play(schedule: Schedule): Promise<void> {
  const { netstrings, waits } = schedule
  // Clients are known by their port, which the server sees too. That of a WebSocket it does not: they come one at a time, and are numbered.
  const plans = new Map<number, ClientPlan>()
  const webKeys = new Map<unknown, number>()
  const keyOf = ({ client }: Pick<ConnectionContext, 'client'>) => webKeys.get(client) ?? client.port
  const joinWeb = inTurn(async () => {
    const client = await bus.webSocket()
    return { client, key: -webKeys.size }
  })
  const log: Entry[] = []
  const counts = new Map<number, number>()
  const applied = new Map<number, number>()
  const closed = new Set<number>()

  const apply = (ctx: MessageContext, steps: readonly Step[], message: Buffer) => {
    const key = keyOf(ctx)
    for (const step of steps) {
      log.push({ kind: 'step', key, step, message })
      run(ctx, step)
      if (step.do === 'close') closed.add(key)
    }
    log.push({ kind: 'handled', key, index: ctx.client.index })
    applied.set(key, (applied.get(key) ?? 0) + (netstrings ? 1 : message.length))
  }

  await using bus = await Bus.start({
    evapi: { netstringFormat: netstrings },
    ...(schedule.clients.some(({ web }) => web) ? { http: '127.0.0.1:0' } : {}),
    routes: {
      'evapi:connection-new': (ctx) => {
        if (ctx.client.port === 0) webKeys.set(ctx.client, -webKeys.size - 1)
        log.push({ kind: 'join', key: keyOf(ctx), index: ctx.client.index })
      },
      'evapi:connection-closed': (ctx) => {
        log.push({ kind: 'leave', key: keyOf(ctx), index: ctx.client.index })
        closed.add(keyOf(ctx))
      },
      'evapi:message-received': (ctx) => {
        const key = keyOf(ctx)
        const message = ctx.msg.bytes
        log.push({ kind: 'message', key, message })
        const count = counts.get(key) ?? 0
        counts.set(key, count + 1)
        const plan = plans.get(key) as ClientPlan
        const steps = plan.steps[count % plan.steps.length] as readonly Step[]
        if (!waits) return apply(ctx, steps, message)
        return after(waits[count % waits.length] as number).then(() => apply(ctx, steps, message))
      },
    },
  })

  const clients = await Promise.all(
    schedule.clients.map(async (plan) => {
      await after(plan.late)
      const { client, key } = plan.web ? await joinWeb() : await join(bus)
      plans.set(key, plan)
      await send(client, plan, netstrings, () => closed.has(key))
      const whole = netstrings ? plan.messages.length : streamOf({ ...plan, web: false }, false).length
      const through = () => closed.has(key) || (applied.get(key) ?? 0) === whole
      await eventually('all messages of a client were handled', through)
      return { client, plan, key }
    }),
  )
  await bus.server.close()
  for (const { client } of clients) await client.untilEnd()

  const model = replay(log, netstrings)
  for (const { client, plan, key } of clients) {
    const handled = log.flatMap((entry) =>
      entry.kind === 'message' && entry.key === key ? [entry.message] : [],
    )
    checkHandled(handled, plan, netstrings)
    const expected = model.received(key)
    const received = client instanceof WireClient ? client.received : client.receivedAs(netstrings)
    if (!(client instanceof WireClient) && !plan.halfCloses) {
      const wasClosed = log.some(
        (entry) => entry.kind === 'step' && entry.key === key && entry.step.do === 'close',
      )
      assert.equal(client.code, wasClosed ? 1000 : 1001)
    }
    if (plan.halfCloses) {
      // When the server sees the end, and stops relaying to it, no route can tell; a WebSocket is answered with the end at once.
      const owed = plan.web ? Buffer.alloc(0) : model.owed(key)
      assert.ok(received.length >= owed.length, `received ${received.length} bytes, was owed ${owed.length}`)
      assertSame(received, expected.subarray(0, received.length))
    } else {
      assertSame(received, expected)
    }
  }
}

function run(ctx: MessageContext, step: Step): void {
  if (step.do === 'tag') return void ctx.setTag(step.tag)
  if (step.do === 'close') return void ctx.close()
  const { msg } = ctx
  const data = { message: msg, bytes: msg.bytes, text: msg.text, own: OWN_DATA }[step.as]
  if (step.do === 'relay') ctx.relay(data)
  else if (step.do === 'multicast') ctx.multicast(data, step.tag)
  else ctx.unicast(data, step.tag)
}

function replay(log: readonly Entry[], netstrings: boolean): Model {
  const model = new Model(netstrings ? netstring : (payload) => payload)
  for (const entry of log) {
    if (entry.kind === 'join') model.join(entry.key, entry.index)
    else if (entry.kind === 'leave') model.leave(entry.key)
    else if (entry.kind === 'handled') model.handled(entry.key)
    else if (entry.kind === 'step') model.step(entry.key, entry.step, entry.message)
  }
  return model
}

/** What the routes were given is what was sent, in order; of a client that was closed, the beginning of it. */
function checkHandled(handled: readonly Buffer[], plan: ClientPlan, netstrings: boolean): void {
  if (netstrings || plan.web) {
    for (const [place, message] of handled.entries()) {
      const sent = plan.messages[place]
      assert.ok(sent, `message ${place} was never sent`)
      assertSame(message, sent.payload)
    }
  } else {
    const stream = Buffer.concat(handled)
    assertSame(stream, streamOf(plan, netstrings).subarray(0, stream.length))
  }
}

async function join(bus: Bus): Promise<{ client: WireClient; key: number }> {
  const client = await bus.connect()
  return { client, key: client.port }
}

/** Runs one at a time. */
function inTurn<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return () => {
    const next = last.then(run)
    last = next.catch(() => {})
    return next
  }
}

async function send(
  client: WireClient | WebClient,
  plan: ClientPlan,
  netstrings: boolean,
  closed: () => boolean,
): Promise<void> {
  let written = 0
  for (const piece of pieces(streamOf(plan, netstrings), plan.cuts)) {
    // Who writes to a client that is closed is reset, and a reset may destroy what it has not read yet.
    if (closed()) return
    await client.write(piece)
    if (plan.cuts.pauses[written++ % plan.cuts.pauses.length]) await nextTurn()
  }
  if (!plan.halfCloses || closed()) return
  if (client instanceof WireClient) client.halfClose()
  else await client.close()
}

function streamOf(plan: ClientPlan, netstrings: boolean): Buffer {
  if (plan.web) return Buffer.concat(plan.messages.map(framed))
  return Buffer.concat(plan.messages.map((message) => (netstrings ? written(message) : message.payload)))
}

/** Binary, since a text must be UTF-8; every other one in fragments, if it can be, with a ping between them. */
function framed({ payload }: Sent, place: number): Buffer {
  if (place % 2 === 0 || payload.length < 2) return frame(OPCODE.binary, payload)
  const middle = payload.length >> 1
  return Buffer.concat([
    frame(OPCODE.binary, payload.subarray(0, middle), { fin: false }),
    frame(OPCODE.ping, 'still there?'),
    frame(OPCODE.continuation, payload.subarray(middle)),
  ])
}

/** Not assert.deepEqual: its diff of two megabytes takes minutes. */
export function assertSame(actual: Buffer, expected: Buffer): void {
  if (actual.equals(expected)) return
  let at = 0
  while (at < actual.length && actual[at] === expected[at]) at += 1
  const excerpt = (bytes: Buffer) => JSON.stringify(bytes.toString('latin1', Math.max(0, at - 20), at + 40))
  assert.fail(
    `${actual.length} bytes, expected ${expected.length}; they differ at ${at}: ${excerpt(actual)}, expected ${excerpt(expected)}`,
  )
}

async function after(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await nextTurn()
}
