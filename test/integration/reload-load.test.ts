// Reloads under load: plans and functions take turns every 20 ms while a hundred clients talk. Every message carries a sequence number, and
// every route the number of its configuration: none may be lost, doubled, out of order, or handled by routes that were replaced before.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { forward, plan, relay } from '../../src/core/plan.ts'
import type { Config } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { netstring, type WireClient } from '../support/wire-client.ts'

const CLIENTS = 100
const PUBLISHERS = 10
const RELOADS = 50
const EVERY = 20
const BATCH = 10
/** Messages of a publisher that may be on their way. */
const WINDOW = 40

type Routes = NonNullable<Config['routes']>

/** Route after route; each marks what it relays with its number, if it can. */
const KINDS: readonly ((mark: string) => Routes)[] = [
  (mark) => ({ 'evapi:message-received': (ctx) => ctx.relay(`${mark} ${ctx.msg.text}`) }),
  (mark) => ({ 'evapi:message-received': plan(relay(`${mark} $evapi(msg)`)) }),
  () => ({ 'evapi:message-received': plan(forward()) }),
  () => ({ 'evapi:message-received': (ctx) => ctx.relay(ctx.msg) }),
  // What sets tags makes JavaScript ask the addon about them; what it sends is the same.
  (mark) => ({
    'evapi:message-received': (ctx) => {
      ctx.setTag('t')
      ctx.relay(`${mark} ${ctx.msg.text}`)
    },
    'evapi:connection-new': () => {},
  }),
]

/** The payloads of a text of netstrings. */
function* payloads(bytes: Buffer): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const colon = bytes.indexOf(':', at)
    const end = colon + 1 + Number(bytes.toString('latin1', at, colon))
    assert.equal(bytes[end], 0x2c)
    yield bytes.toString('latin1', colon + 1, end)
    at = end + 1
  }
}

test('a reload every 20 ms, with 100 clients: nothing is lost, doubled or out of order', async () => {
  await using bus = await Bus.start({ routes: KINDS[0]?.('0') ?? {} })
  const clients: WireClient[] = []
  for (let i = 0; i < CLIENTS; i += 1) clients.push(await bus.join())

  let over = false
  const sent = Array.from({ length: PUBLISHERS }, () => 0)
  const publish = async (publisher: number): Promise<void> => {
    const client = clients[publisher] as WireClient
    let own = 0
    let from = 0
    while (!over) {
      const batch = Array.from({ length: 1 + Math.floor(Math.random() * BATCH) }, () =>
        netstring(`${publisher}.${(sent[publisher] as number)++}.`),
      )
      // Cut anywhere: a message may lie on both sides of a reload.
      const bytes = Buffer.concat(batch)
      const cut = Math.floor(Math.random() * bytes.length)
      await client.write(bytes.subarray(0, cut))
      await client.write(bytes.subarray(cut))
      own = sent[publisher] as number
      if (own < WINDOW) continue
      const awaited = `${publisher}.${own - WINDOW}.,`
      await client.untilReceived(awaited, from)
      from = client.received.indexOf(awaited, from)
    }
  }
  const publishing = Array.from({ length: PUBLISHERS }, (_, publisher) => publish(publisher))
  for (let reload = 1; reload <= RELOADS; reload += 1) {
    const routes = KINDS[reload % KINDS.length]?.(String(reload)) ?? {}
    await bus.server.reload({ evapi: { bindAddr: '127.0.0.1:0' }, log: bus.logbook.log, routes })
    await wait(EVERY)
  }
  over = true
  await Promise.all(publishing)

  const total = sent.reduce((sum, count) => sum + count, 0)
  const first = clients[0] as WireClient
  for (const [publisher, count] of sent.entries()) await first.untilReceived(`${publisher}.${count - 1}.,`)
  const stream = first.received
  const next = Array.from({ length: PUBLISHERS }, () => 0)
  let marked = 0
  let messages = 0
  const marks = new Set<number>()
  for (const payload of payloads(stream)) {
    messages += 1
    const [, mark, publisher, number] = /^(?:(\d+) )?(\d+)\.(\d+)\.$/.exec(payload) ?? []
    assert.equal(Number(number), next[Number(publisher)], payload)
    next[Number(publisher)] = Number(number) + 1
    if (mark === undefined) continue
    assert.ok(Number(mark) >= marked, `${payload} after the routes of ${marked}`)
    marked = Number(mark)
    marks.add(marked)
  }
  assert.equal(messages, total)
  // Everybody has the same, in the same order.
  for (const client of clients) {
    await eventually('it has everything', () => client.length >= stream.length)
    assert.ok(client.received.equals(stream))
    assert.equal(client.end, 'open')
  }
  assert.equal(bus.stat('clients'), CLIENTS)
  assert.equal(bus.stat('messages_received'), total)
  assert.equal(bus.stat('messages_relayed'), total)
  assert.equal(bus.stat('reloads'), RELOADS)
  assert.ok(marks.size > RELOADS / 5, `only ${marks.size} configurations have handled messages`)
})
