// Metrics for Prometheus: that they move as what they are about does, that their text is what a scraper takes, and that nobody who
// asks changes what others are told.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { deferred } from '../../src/client/deferred.ts'
import type { RouteContext } from '../../src/core/context.ts'
import { defineModule } from '../../src/core/module.ts'
import { plan, relay } from '../../src/core/plan.ts'
import { ROUTE_TIME_BOUNDS } from '../../src/core/route-meter.ts'
import { LEFT_OUT, STATS_READ } from '../../src/gateway/metric-table.ts'
import { Metrics } from '../../src/gateway/metrics.ts'
import { createServer } from '../../src/index.ts'
import { eventually } from '../support/eventually.ts'
import { netstring } from '../support/wire-client.ts'
import { parseExposition } from './exposition.ts'
import { MeteredBus } from './metered-bus.ts'

const RUNS = 'evapid_route_runs_total'
const TIMES = 'evapid_route_duration_seconds'
const MESSAGE = 'evapi:message-received'

describe('the text', { timeout: 30_000 }, () => {
  test('is what a strict reader takes, and says what it is', async () => {
    await using metered = await MeteredBus.start({
      listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'],
      routes: { request: () => {} },
    })
    const { PROMETHEUS_CONTENT_TYPE } = (await import('prom-client')).Registry
    assert.equal(metered.metrics.contentType, PROMETHEUS_CONTENT_TYPE)
    const { families, samples } = await metered.scrape()
    assert.deepEqual([...families.keys()], metered.metrics.names)
    for (const name of families.keys()) assert.match(name, /^(evapid|process|nodejs)_[a-z0-9_]+$/)
    for (const { value } of samples) assert.ok(Number.isFinite(value))
  })

  test('has every number of stats(), or says why not', async () => {
    await using server = createServer({
      evapi: { bindAddr: '127.0.0.1:0' },
      listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'],
      routes: { request: () => {} },
      log: false,
    })
    await server.listen()
    const names = Object.keys(server.stats())
    assert.deepEqual(
      names.filter((name) => !STATS_READ.has(name) && !Object.hasOwn(LEFT_OUT, name)),
      [],
      'counted, and neither in the table nor left out: src/gateway/metric-table.ts',
    )
    assert.deepEqual(
      [...STATS_READ, ...Object.keys(LEFT_OUT)].filter((name) => !names.includes(name)),
      [],
      'in the table, and not counted',
    )
  })

  test('has what scripts count', async () => {
    await using metered = await MeteredBus.start({
      statistics: { variable: ['calls'] },
      routes: { [MESSAGE]: (ctx) => ctx.call('update_stat', 'calls', '+2') },
    })
    const client = await metered.bus.join()
    await client.send('one', 'two')
    await eventually('they have been counted', () => metered.bus.stat('messages_received') === 2)
    const scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_script_variable', { name: 'calls' }), 4)
  })

  test('has what modules of one’s own count', async () => {
    const clock = defineModule({ name: 'clock', stats: () => ({ clock_ticks: 7 }) })
    const begun: Metrics[] = []
    const begin = (ctx: RouteContext) => void begun.push(new Metrics(ctx.runtime))
    await using server = createServer({
      evapi: { bindAddr: '127.0.0.1:0' },
      modules: [clock],
      routes: { ['core:worker-one-init' as string]: begin },
      log: false,
    })
    await server.listen()
    const [metrics] = begun
    assert.ok(metrics)
    const scrape = parseExposition(await metrics.text())
    metrics.stop()
    assert.deepEqual(scrape.families.get('evapid_module_stat')?.samples, [
      { name: 'evapid_module_stat', labels: { name: 'clock_ticks' }, value: 7 },
    ])
  })
})

describe('clients and messages', { timeout: 30_000 }, () => {
  test('are counted as they come and go, deliveries by whom a message was for', async () => {
    await using metered = await MeteredBus.start({
      evapi: { maxClients: 3 },
      routes: {
        [MESSAGE]: (ctx) => {
          if (ctx.msg.text === 'tag') ctx.setTag('t')
          if (ctx.msg.text === 'all') ctx.relay(ctx.msg)
          if (ctx.msg.text === 'some') ctx.multicast(ctx.msg, 't')
          if (ctx.msg.text === 'one') ctx.unicast(ctx.msg, 't')
        },
      },
    })
    const { bus } = metered
    const clients = [await bus.join(), await bus.join(), await bus.join()] as const
    await (await bus.connect()).untilEnd()
    await clients[0].send('tag')
    await clients[1].send('tag')
    await eventually('they have their tags', () => bus.stat('messages_received') === 2)
    await clients[2].send('all', 'some', 'one')
    await clients[0].untilReceived('3:all,4:some,3:one,')
    await clients[2].untilReceived('3:all,')
    let scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_clients', { kind: 'tcp' }), 3)
    assert.equal(scrape.value('evapid_clients', { kind: 'websocket' }), 0)
    assert.equal(scrape.value('evapid_clients_accepted_total', { kind: 'tcp' }), 3)
    assert.equal(scrape.value('evapid_clients_rejected_total', { reason: 'max_clients' }), 1)
    assert.equal(scrape.value('evapid_groups'), 1)
    assert.equal(scrape.value('evapid_messages_received_total'), 5)
    assert.equal(scrape.value('evapid_messages_relayed_total'), 3)
    assert.equal(scrape.value('evapid_deliveries_total'), 3 + 2 + 1)
    const sent = 3 * netstring('all').length + 2 * netstring('some').length + netstring('one').length
    assert.equal(scrape.value('evapid_sent_bytes_total'), sent)

    clients[0].close()
    await clients[1].write('no netstring')
    await clients[1].untilEnd()
    await eventually('they have gone', () => bus.server.clients === 1)
    scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_clients', { kind: 'tcp' }), 1)
    assert.equal(scrape.value('evapid_bad_frames_total'), 1)
    assert.equal(scrape.value('evapid_clients_closed_total', { reason: 'bad_frame' }), 1)
    const gone = ['peer', 'reset'].map((reason) => scrape.value('evapid_clients_closed_total', { reason }))
    assert.deepEqual(gone.toSorted(), [0, 1])
  })

  test('of whom one is slow: while it is, and what was dropped for it', async () => {
    await using metered = await MeteredBus.start(
      { evapi: { sendBufferLimit: 100_000, slowClient: 'drop' }, routes: {} },
      {},
      'startUnix',
    )
    const { bus } = metered
    const client = await bus.join()
    client.pause()
    const message = 'x'.repeat(1000)
    let relays = 0
    while (bus.stat('messages_dropped') < 10 && relays < 5000) {
      relays += 1
      bus.server.relay(message)
      await nextTurn()
    }
    let scrape = await metered.scrape()
    const dropped = scrape.value('evapid_messages_dropped_total', { reason: 'slow_client' })
    assert.ok(dropped >= 10)
    assert.equal(scrape.value('evapid_clients_slow'), 1)
    assert.equal(scrape.value('evapid_clients_became_slow_total'), 1)
    assert.equal(scrape.value('evapid_clients_waiting'), 1)
    assert.equal(scrape.value('evapid_deliveries_total'), relays)
    const waiting = scrape.value('evapid_waiting_bytes')
    assert.ok(waiting > 90_000 && waiting <= 100_000, `${waiting} bytes wait`)
    assert.ok(scrape.value('evapid_chunk_bytes', { state: 'in_use' }) >= waiting)

    client.resume()
    await eventually('it has caught up', () => bus.stat('slow_now') === 0)
    scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_clients_slow'), 0)
    assert.equal(scrape.value('evapid_clients_became_slow_total'), 1)
    assert.equal(scrape.value('evapid_waiting_bytes'), 0)
    assert.equal(scrape.value('evapid_abandoned_bytes_total'), 0)
  })

  test('of whom one goes while something waits for it: that is abandoned', async () => {
    await using metered = await MeteredBus.start({ routes: {} }, {}, 'startUnix')
    const { bus } = metered
    const client = await bus.join()
    client.pause()
    const message = 'x'.repeat(10_000)
    while (bus.stat('bytes_waiting') < 50_000) {
      bus.server.relay(message)
      await nextTurn()
    }
    const waiting = bus.stat('bytes_waiting')
    client.close()
    await eventually('it has gone', () => bus.server.clients === 0)
    const scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_abandoned_bytes_total'), waiting)
    assert.equal(scrape.value('evapid_waiting_bytes'), 0)
  })
})

describe('routes', { timeout: 30_000 }, () => {
  test('that are plans are counted apart from those in JavaScript', async () => {
    await using metered = await MeteredBus.start({
      routes: { 'evapi:connection-new': () => {}, [MESSAGE]: plan(relay('$evapi(msg)')) },
    })
    const client = await metered.bus.join()
    await client.send('a', 'b', 'c')
    await client.untilReceived('1:a,1:b,1:c,')
    const scrape = await metered.scrape()
    assert.equal(scrape.value(RUNS, { route: MESSAGE, by: 'plan' }), 3)
    assert.ok(!scrape.has(RUNS, { route: MESSAGE, by: 'javascript' }))
    assert.equal(scrape.value(RUNS, { route: 'evapi:connection-new', by: 'javascript' }), 1)
    assert.equal(scrape.value(`${TIMES}_count`, { route: 'evapi:connection-new' }), 1)
  })

  test('are counted run by run, and those that are timed stand for all', async () => {
    await using metered = await MeteredBus.start({ routes: { [MESSAGE]: () => {} } })
    const client = await metered.bus.join()
    const labels = { route: MESSAGE }
    for (let total = 0; total < 20_000; total += 5000) {
      await client.send(...Array.from({ length: 5000 }, () => 'm'))
      await eventually('all have run', () => metered.bus.stat('messages_received') === total + 5000)
      const scrape = await metered.scrape()
      assert.equal(scrape.value(RUNS, { ...labels, by: 'javascript' }), total + 5000)
      // Those since the one that was timed last are represented by the next.
      const timed = scrape.value(`${TIMES}_count`, labels)
      assert.ok(timed > total && timed <= total + 5000, `${timed} of ${total + 5000}`)
    }
    await client.send('last')
    await eventually('it has run', () => metered.bus.stat('messages_received') === 20_001)
    assert.equal((await metered.scrape()).value(`${TIMES}_count`, labels), 20_001)
  })

  test('that are asynchronous last until they settle, also when they fail', async () => {
    const first = deferred()
    const second = deferred()
    await using metered = await MeteredBus.start({
      routes: { [MESSAGE]: (ctx) => (ctx.msg.text === 'first' ? first.promise : second.promise) },
    })
    const { bus } = metered
    const labels = { route: MESSAGE }
    const client = await bus.join()
    await client.send('first', 'second')
    await eventually('both are under way', () => bus.stat('routes_running') === 2)
    const begun = performance.now()
    let scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_routes_running'), 2)
    assert.equal(scrape.value(RUNS, { ...labels, by: 'javascript' }), 2)
    assert.equal(scrape.value(`${TIMES}_count`, labels), 0)
    await eventually('some time has passed', () => performance.now() - begun > 30)
    const least = (performance.now() - begun) / 1000
    first.resolve()
    second.reject(new Error('no'))
    await eventually('both are over', () => bus.stat('routes_running') === 0)
    scrape = await metered.scrape()
    assert.equal(scrape.value(`${TIMES}_count`, labels), 2)
    assert.ok(scrape.value(`${TIMES}_sum`, labels) >= 2 * least)
    assert.equal(scrape.value(`${TIMES}_bucket`, { ...labels, le: '0.025' }), 0)
    assert.equal(scrape.value(`${TIMES}_bucket`, { ...labels, le: '10' }), 2)
    assert.equal(scrape.value('evapid_route_failures_total'), 1)
  })

  test('are counted on through a reload', async () => {
    await using metered = await MeteredBus.start({ routes: { [MESSAGE]: () => {} } })
    const { bus } = metered
    const client = await bus.join()
    await client.send('before')
    await eventually('it has run', () => bus.stat('messages_received') === 1)
    await bus.server.reload({ evapi: { bindAddr: '127.0.0.1:0' }, routes: { [MESSAGE]: () => {} } })
    await client.send('after')
    await eventually('it has run', () => bus.stat('messages_received') === 2)
    const scrape = await metered.scrape()
    assert.equal(scrape.value(RUNS, { route: MESSAGE, by: 'javascript' }), 2)
    assert.equal(scrape.value('evapid_reloads_total', { result: 'success' }), 1)
  })

  test('are neither counted nor timed where sampling is off', async () => {
    await using metered = await MeteredBus.start({ routes: { [MESSAGE]: () => {} } }, { routeSampling: 0 })
    const { families } = await metered.scrape()
    assert.deepEqual(families.get(TIMES)?.samples, [])
  })

  test('have buckets from a microsecond to ten seconds', () => {
    assert.equal(ROUTE_TIME_BOUNDS[0], 1e-6)
    assert.equal(ROUTE_TIME_BOUNDS.at(-1), 10)
    assert.equal(ROUTE_TIME_BOUNDS.length, 22)
  })
})

describe('transactions', { timeout: 30_000 }, () => {
  test('have an age while they are suspended, and an outcome', async () => {
    await using metered = await MeteredBus.start({
      listen: 'udp:127.0.0.1:0',
      routes: {
        request: async (ctx) => {
          const { code } = await ctx.ask<{ code: number }>({ event: 'what' })
          ctx.reply(code, 'Right')
        },
        [MESSAGE]: (ctx) => ctx.continueFromJson(),
      },
    })
    const { bus } = metered
    const client = await bus.join()
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await eventually('it waits', () => bus.stat('tm_suspended') === 1)
    const begun = performance.now()
    let scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_transactions', { state: 'suspended' }), 1)
    assert.equal(scrape.value('evapid_transactions', { state: 'working' }), 0)
    assert.equal(scrape.value('evapid_transactions_suspended_longer', { than: '300s' }), 0)
    while (scrape.value('evapid_transactions_suspended_longer', { than: '100ms' }) === 0) {
      assert.ok(performance.now() - begun < 5000)
      scrape = await metered.scrape()
    }
    const oldest = scrape.value('evapid_transactions_suspended_oldest_seconds')
    assert.ok(oldest > 0.1 && oldest <= (performance.now() - begun) / 1000 + 0.1, `${oldest} s`)

    await client.until('the event', () => client.length > 10)
    const { index, label } = JSON.parse(client.received.toString().replace(/^\d+:|,$/g, ''))
    await client.send(JSON.stringify({ index, label, code: 404 }))
    await phone.reply()
    scrape = await metered.scrape()
    assert.equal(scrape.value('evapid_transactions', { state: 'suspended' }), 0)
    assert.equal(scrape.value('evapid_transactions_suspended_oldest_seconds'), 0)
    assert.equal(scrape.value('evapid_transactions_ended_total', { outcome: '4xx' }), 1)
    assert.equal(scrape.value('evapid_transactions_ended_total', { outcome: '2xx' }), 0)
    assert.equal(scrape.value('evapid_sip_messages_total', { outcome: 'request' }), 1)
    assert.equal(scrape.value('evapid_datagrams_received_total'), 1)
  })
})

describe('who asks', { timeout: 30_000 }, () => {
  test('at once with another is told the same', async () => {
    await using metered = await MeteredBus.start()
    const [one, other] = await Promise.all([metered.scrape(), metered.scrape()])
    for (const { name, labels, value } of one.samples.filter((each) =>
      each.name.startsWith('evapid_clients'),
    )) {
      assert.equal(other.value(name, labels), value)
    }
  })

  test('changes nothing for the next: both are told of the loop’s worst moment', async () => {
    await using metered = await MeteredBus.start()
    // The first look is what lateness is counted from.
    while ((await metered.scrape()).value('evapid_event_loop_lag_seconds_count') < 2) await nextTurn()
    const until = performance.now() + 250
    while (performance.now() < until);
    const before = (await metered.scrape()).value('evapid_event_loop_lag_seconds_count')
    while ((await metered.scrape()).value('evapid_event_loop_lag_seconds_count') <= before) await nextTurn()
    for (let scraper = 0; scraper < 3; scraper += 1) {
      const worst = (await metered.scrape()).value('evapid_event_loop_lag_seconds', { quantile: '1' })
      assert.ok(worst > 0.15, `${worst} s`)
    }
  })

  test('often makes no route look busier, nor the loop', async () => {
    await using metered = await MeteredBus.start({ routes: { [MESSAGE]: () => {} } })
    const client = await metered.bus.join()
    for (let sent = 1; sent <= 50; sent += 1) {
      await client.send('m')
      await eventually('it has run', () => metered.bus.stat('messages_received') === sent)
      const scrape = await metered.scrape()
      assert.equal(scrape.value(RUNS, { route: MESSAGE, by: 'javascript' }), sent)
      assert.equal(scrape.value(`${TIMES}_count`, { route: MESSAGE }), sent)
    }
  })
})

describe('stop()', { timeout: 60_000 }, () => {
  test('leaves nothing behind: what was started can be collected, and the process ends', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--expose-gc',
        '--import',
        import.meta.resolve('tsx'),
        new URL('stopped-metrics.ts', import.meta.url).pathname,
      ],
      { encoding: 'utf8', timeout: 50_000 },
    )
    assert.equal(stderr, '')
    assert.equal(status, 0)
    assert.deepEqual(JSON.parse(stdout), { loadedBefore: false, loadedAfter: true, left: 0, metered: false })
  })
})

// uWebSockets.js has binaries for this Node only.
describe('GET /metrics', { skip: !process.version.startsWith('v20.'), timeout: 30_000 }, () => {
  test('is what Prometheus scrapes', async () => {
    await using server = createServer({
      evapi: { bindAddr: '127.0.0.1:0' },
      http: '127.0.0.1:0',
      log: false,
    })
    await server.listen()
    const response = await fetch(`http://${server.httpAddress}/metrics`)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    const scrape = parseExposition(await response.text())
    assert.equal(scrape.value('evapid_http_requests_total'), 1)
  })
})
