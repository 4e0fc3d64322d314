// A thousand WebSocket clients beside a hundred of TCP: each gets everything, once, and in the order of everybody; and JavaScript has little to do with it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { payloads } from '../support/frames.ts'
import { noWebSockets, type WebClient } from '../support/web-client.ts'
import { netstring, type WireClient } from '../support/wire-client.ts'

const WEB = 1000
const TCP = 100
/** Clients that publish, of each kind, and messages of each. */
const PUBLISHERS = 5
const MESSAGES = 20

describe('1,000 WebSocket clients beside 100 of TCP', { skip: noWebSockets, timeout: 120_000 }, () => {
  test('get every message of all of them, once, and all in the same order', async () => {
    await using bus = await Bus.start({ http: '127.0.0.1:0' })
    // What each has received, as numbers of messages in the order of the first of them.
    const order = new Map<string, number>()
    const next = new Array<number>(WEB).fill(0)
    let wrong = ''
    const webs: WebClient[] = []
    for (let first = 0; first < WEB; first += 100) {
      const some = Array.from({ length: 100 }, (_, number) =>
        bus.webSocket({
          take: (data) => {
            const client = first + number
            const text = data.toString('latin1')
            const place = order.get(text) ?? order.set(text, order.size).size - 1
            if (place !== next[client])
              wrong ||= `client ${client} got ${text} as its ${next[client]}th, others as their ${place}th`
            next[client] = (next[client] ?? 0) + 1
          },
        }),
      )
      webs.push(...(await Promise.all(some)))
    }
    const tcps: WireClient[] = []
    for (let number = 0; number < TCP; number += 1) tcps.push(await bus.connect())
    await eventually('all have come', () => bus.server.clients === WEB + TCP)

    const published: string[] = []
    const publish = async (client: WebClient | WireClient, name: string) => {
      for (let number = 0; number < MESSAGES; number += 1) {
        published.push(`${name} ${number}`)
        await client.send(`${name} ${number}`)
      }
    }
    const before = bus.stat('gateway_websocket_published')
    await Promise.all([
      ...webs.slice(0, PUBLISHERS).map((client, number) => publish(client, `web ${number}`)),
      ...tcps.slice(0, PUBLISHERS).map((client, number) => publish(client, `tcp ${number}`)),
    ])
    const all = 2 * PUBLISHERS * MESSAGES
    for (const [client, web] of webs.entries())
      await web.until(`all of client ${client}`, () => (next[client] ?? 0) >= all)
    assert.equal(wrong, '')
    assert.ok(next.every((count) => count === all))
    // One call for a message, however many get it.
    assert.equal(bus.stat('gateway_websocket_published') - before, all)

    const sequence = [...order.keys()]
    assert.deepEqual(sequence.toSorted(), published.toSorted())
    for (const name of new Set(published.map((text) => text.replace(/ \d+$/, '')))) {
      const own = sequence.filter((text) => text.startsWith(`${name} `))
      assert.deepEqual(
        own,
        published.filter((text) => text.startsWith(`${name} `)),
      )
    }
    const length = sequence.reduce((sum, text) => sum + netstring(text).length, 0)
    for (const tcp of tcps) {
      await tcp.until('everything', () => tcp.length >= length)
      assert.deepEqual(payloads(tcp.received).map(String), sequence)
    }
  })

  test('of which half are in a group get its multicasts, and one the unicasts', async () => {
    await using bus = await Bus.start({ http: '127.0.0.1:0' })
    const webs: WebClient[] = []
    for (let first = 0; first < 200; first += 50) {
      webs.push(
        ...(await Promise.all(
          Array.from({ length: 50 }, (_, number) =>
            bus.webSocket({ path: `/ws?tag=${number % 2 ? 'odd' : 'even'}` }),
          ),
        )),
      )
    }
    const before = bus.stat('gateway_websocket_published')
    for (let number = 0; number < 50; number += 1) {
      bus.server.multicast(`m${number}`, 'odd')
      bus.server.unicast(`u${number}`, 'even')
    }
    bus.server.relay('end')
    for (const web of webs) await web.until('the end', () => web.texts.at(-1) === 'end')
    assert.equal(bus.stat('gateway_websocket_published') - before, 51)
    const multicasts = Array.from({ length: 50 }, (_, number) => `m${number}`)
    const counts = webs.map(({ texts }) => texts.length)
    assert.equal(counts.filter((count) => count === 51).length, 101)
    assert.equal(counts.filter((count) => count === 1).length, 99)
    assert.equal(
      webs.filter(({ texts }) => texts[0] === 'm0' && texts.slice(0, -1).join() === multicasts.join()).length,
      100,
    )
    assert.equal(webs.filter(({ texts }) => texts[0] === 'u0').length, 1)
  })
})
