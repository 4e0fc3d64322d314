// The counters of Server.stats(): each moves by what happened, and by nothing else. Those of slow and of bad clients are
// looked at where such clients are, in slow-clients.test.ts and bad-input.test.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createServer } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { netstring } from '../support/wire-client.ts'

/** Those that count turns and memory move with the weather. */
const WEATHER = ['turns', 'flushes', 'chunk_bytes', 'chunk_bytes_kept', 'chunk_allocations', 'bytes_copied']

describe('the counters', { timeout: 30_000 }, () => {
  test('count clients, messages and bytes, in and out', async () => {
    await using bus = await Bus.start({
      evapi: { maxClients: 2 },
      routes: {
        'evapi:message-received': (ctx) => {
          ctx.setTag('t')
          ctx.relay(ctx.msg)
          ctx.multicast('to t', 't')
          ctx.relay('')
        },
      },
    })
    const moved = () => {
      const stats = Object.entries(bus.server.stats())
      return Object.fromEntries(stats.filter(([name, value]) => value !== 0 && !WEATHER.includes(name)))
    }
    assert.deepEqual(moved(), {})

    const first = await bus.join()
    const second = await bus.join()
    assert.deepEqual(moved(), { clients: 2, accepted: 2 })

    await first.send('hello')
    await first.untilReceived('4:to t,')
    await second.untilReceived('5:hello,')
    const bytes = netstring('hello').length
    const told = {
      accepted: 2,
      messages_received: 1,
      bytes_received: bytes,
      messages_relayed: 2,
      deliveries: 3,
    }
    const sent = { bytes_sent: 2 * bytes + netstring('to t').length }
    assert.deepEqual(moved(), { clients: 2, groups: 1, ...told, ...sent })
    assert.ok(bus.stat('turns') > 0)
    assert.ok(bus.stat('flushes') > 0)

    const third = await bus.connect()
    await third.untilEnd()
    assert.deepEqual(moved(), { clients: 2, groups: 1, ...told, ...sent, rejected: 1 })

    await second.write('x')
    await second.untilEnd()
    const ended = { bytes_received: bytes + 1, bad_frames: 1, closed_bad_frame: 1 }
    assert.deepEqual(moved(), { clients: 1, groups: 1, ...told, ...sent, rejected: 1, ...ended })

    first.halfClose()
    await first.untilEnd()
    await eventually('nobody is left', () => bus.server.clients === 0)
    assert.deepEqual(moved(), { ...told, ...sent, rejected: 1, ...ended, closed_peer: 1 })
  })

  test('a relay of a message as it came copies nothing', async () => {
    await using bus = await Bus.start({ routes: { 'evapi:message-received': (ctx) => ctx.relay(ctx.msg) } })
    const client = await bus.join()
    for (let count = 0; count < 50; count += 1) {
      await client.send(`message ${count}`)
      await client.untilReceived(netstring(`message ${count}`))
    }
    assert.equal(bus.stat('bytes_copied'), 0)
  })

  test('memory is not kept: after a thousand clients and 50 MB there are few chunks', async () => {
    await using bus = await Bus.start()
    for (let round = 0; round < 20; round += 1) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => bus.connect()))
      await eventually('they are there', () => bus.server.clients === 50)
      await clients[0]?.send(Buffer.alloc(50_000))
      for (const client of clients) await client.until('all of it', () => client.length === 50_007)
      for (const client of clients) client.close()
      await eventually('they have gone', () => bus.server.clients === 0)
    }
    assert.ok(bus.stat('chunk_bytes') <= 4 * 1024 * 1024, `${bus.stat('chunk_bytes')} bytes of chunks`)
  })

  test('of a server that does not listen say nothing', () => {
    const server = createServer({ log: false })
    assert.deepEqual(server.stats(), {
      routes_running: 0,
      route_failures: 0,
      stray_failures: 0,
      reloads: 0,
      reload_failures: 0,
      configuration_age_seconds: 0,
    })
  })

  test('failures outside of routes are counted and logged', async () => {
    await using bus = await Bus.start()
    bus.server.reportStray(new Error('from a timer'))
    bus.server.reportStray('no error')
    assert.equal(bus.stat('stray_failures'), 2)
    await bus.logbook.line(/failure outside of any route.*: from a timer/)
    await bus.logbook.line(/failure outside of any route.*: no error/)
  })
})
