// The live feed without a WebSocket: what a session answers, what it is told, and that nobody pays for those who do not listen.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { forward, plan } from '../../src/core/plan.ts'
import { TailFilter } from '../../src/gateway/live-filter.ts'
import { eventually, turns } from '../support/eventually.ts'
import { WatchedBus } from './live-peer.ts'

const RELAYS = { 'evapi:message-received': plan(forward()) }

describe('a live session', () => {
  test('is told a sample each second: rates, gauges and totals', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const client = await watched.bus.join()
    const peer = watched.look()
    await client.send('one', 'two')
    const { params } = await peer.until('a sample', ({ method }) => method === 'live.sample')
    const sample = params as Record<string, Record<string, number>>
    assert.ok(Math.abs((sample['rates']?.['messages_in'] ?? 0) - 2) < 0.5, JSON.stringify(sample))
    assert.equal(sample['gauges']?.['clients'], 1)
    assert.equal(sample['gauges']?.['suspended'], 0)
    assert.ok((sample['gauges']?.['loop_lag'] ?? -1) >= 0)
    assert.equal(sample['totals']?.['accepted'], 1)
    assert.equal(sample['ready'], true)
  })

  test('calls the methods of modules that its scope allows, and no others', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const client = await watched.bus.join()
    const reader = watched.look('read')
    assert.equal((await reader.call('core.version', [])).error, undefined)
    assert.equal((await reader.call('evapi.relay', ['no'])).error?.code, 403)
    assert.equal((await reader.call('evapi.close', [0])).error?.code, 403)
    const publisher = watched.look('publish')
    assert.deepEqual((await publisher.call('evapi.relay', ['grüße'])).result, { clients: 1 })
    await eventually('the client has it', () => client.received.toString() === '7:grüße,')
    assert.equal((await reader.call('nothing.of.the.kind', [])).error?.code, 500)
  })

  test('answers what is no call as JSON-RPC says', async () => {
    await using watched = await WatchedBus.start()
    const peer = watched.look()
    for (const text of ['{"live.', '[]', '{"jsonrpc":"2.0","id":1001,"method":"live.none"}', '"live."', '']) {
      assert.equal(peer.session.receive(text), true)
    }
    await eventually('all are answered', () => peer.told.filter(({ error }) => error).length === 5)
    const wrong = [{ order: 'colour' }, { count: 0 }, { count: 501 }, { text: 'x'.repeat(257) }, { text: 3 }]
    for (const params of wrong) assert.equal((await peer.call('live.clients', params)).error?.code, -32602)
    assert.equal((await peer.call('live.tail', { kinds: ['weather'] })).error?.code, -32602)
    assert.equal((await peer.call('live.tail', { rate: 1e9 })).error?.code, -32602)
  })

  test('says where clients connect to, and what it may do', async () => {
    await using watched = await WatchedBus.start()
    const { result } = await watched.look('publish').call('live.hello')
    const hello = result as Record<string, unknown>
    assert.deepEqual(hello['addresses'], [watched.bus.server.address])
    assert.equal(hello['scope'], 'publish')
    assert.equal(hello['pid'], process.pid)
  })

  test('that does not take its data is not fed, and served again when it has', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const client = await watched.bus.join()
    const peer = watched.look()
    await peer.call('live.tail', {})
    peer.takes = false
    await peer.call('core.version', [])
    const before = peer.told.length
    await client.send('nobody takes this')
    peer.session.receive(JSON.stringify({ jsonrpc: '2.0', id: 99, method: 'core.uptime' }))
    const other = watched.look()
    const count = () => other.told.filter(({ method }) => method === 'live.sample').length
    await eventually('two samples have come to somebody else', () => count() === 2)
    assert.equal(peer.told.length, before)
    peer.takes = true
    peer.session.drained()
    await peer.until('the reply that waited', ({ id }) => id === 99)
    await peer.until('a sample', (told) => told.method === 'live.sample' && peer.told.indexOf(told) > before)
    await eventually('what was left out is told', () => peer.missing('left_out') === 1)
  })

  test('that asks faster than it listens is given up', async () => {
    await using watched = await WatchedBus.start()
    const peer = watched.look()
    peer.takes = false
    await peer.call('core.version', [])
    const call = JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'core.version' })
    let taken = 0
    while (peer.session.receive(call)) taken++
    assert.equal(taken, 32)
    peer.session.end()
    assert.equal(peer.session.receive(call), false)
  })

  test('that has ended is told nothing, and nothing is watched any more', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const client = await watched.bus.join()
    const peer = watched.look()
    await peer.call('live.tail')
    assert.ok(watched.runtime.dispatcher.noticeWatcher)
    peer.session.end()
    assert.equal(watched.runtime.dispatcher.noticeWatcher, undefined)
    const before = peer.told.length
    await client.send('unwatched')
    await client.untilReceived('9:unwatched,')
    assert.deepEqual(watched.runtime.dispatcher.tap().sightings, [])
    assert.equal(peer.told.length, before)
  })
})

describe('the list of clients', () => {
  test('is sorted, filtered and cut by the server', async () => {
    await using watched = await WatchedBus.start({
      routes: {
        'evapi:connection-new': (ctx) => {
          ctx.setTag(`tag-${ctx.client.index % 2}`)
        },
        'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
      },
    })
    const clients = []
    for (let i = 0; i < 5; i++) clients.push(await watched.bus.join())
    await clients[3]?.send('a', 'b', 'c')
    await clients[0]?.untilReceived('1:c,')
    const peer = watched.look('read')
    const ask = async (params: object) => {
      const { result } = await peer.call('live.clients', params)
      const { clients, total, matched } = result as {
        clients: { index: number; tag: string; messages_in: number }[]
        total: number
        matched: number
      }
      return { indexes: clients.map(({ index }) => index), total, matched, first: clients[0] }
    }
    const byMessages = await ask({ order: 'messages_in', descending: true, count: 2 })
    assert.deepEqual(byMessages.indexes, [3, 0])
    assert.equal(byMessages.first?.messages_in, 3)
    assert.deepEqual([byMessages.total, byMessages.matched], [5, 5])
    const tagged = await ask({ order: 'index', descending: true, text: 'TAG-1' })
    assert.deepEqual(tagged.indexes, [3, 1])
    assert.deepEqual([tagged.total, tagged.matched], [5, 2])
    assert.deepEqual((await ask({ text: `:${clients[2]?.port}` })).indexes, [2])
    assert.deepEqual((await ask({ text: '4' })).indexes.includes(4), true)
  })
})

describe('suspended transactions', () => {
  test('are listed, the oldest first, and the tail says what happens to them', async () => {
    await using watched = await WatchedBus.start({
      routes: {
        request: async (ctx) => {
          await ctx.asyncRelay(() => 'who?')
          ctx.reply(200, 'OK')
        },
      },
    })
    await watched.bus.join()
    const peer = watched.look('read')
    await peer.call('live.tail', { kinds: ['transaction'] })
    const replies = ['alice', 'bob'].map((name) =>
      watched.bus.server.request({
        method: 'MESSAGE',
        uri: `sip:${name}@example.com`,
        headers: { To: `<sip:${name}@example.com>` },
      }),
    )
    const suspended = await peer.event('suspended')
    assert.match(String(suspended['text']), /^MESSAGE \d+:\d+ /)
    const { result } = await peer.call('live.transactions')
    const { transactions, total } = result as {
      transactions: { index: number; label: number; to: string; age: number }[]
      total: number
    }
    assert.equal(total, 2)
    assert.deepEqual(
      transactions.map(({ to }) => to),
      ['sip:alice@example.com', 'sip:bob@example.com'],
    )
    for (const { index, label } of transactions) watched.bus.server.continue(index, label)
    for (const reply of replies) assert.equal((await reply).code, 200)
    await peer.event('continued')
    assert.equal(((await peer.call('live.transactions')).result as { total: number }).total, 0)
  })
})

describe('the tail', () => {
  test('shows who comes, what is sent and why somebody goes, also where a plan runs', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const peer = watched.look('read')
    await peer.call('live.tail')
    const client = await watched.bus.join()
    await client.send(Buffer.from('grüße'), Buffer.from(`${'x'.repeat(255)}ü`), new Uint8Array([0xff, 0x00]))
    await eventually(
      'three messages are seen',
      () => peer.events.filter(({ kind }) => kind === 'message').length === 3,
    )
    client.close()
    const went = await peer.event('went')
    assert.equal((await peer.event('came')).client?.address, `127.0.0.1:${client.port}`)
    const [text, cut, binary] = peer.events.filter(({ kind }) => kind === 'message')
    assert.equal(text?.['data'], 'grüße')
    assert.equal(text?.client?.index, 0)
    assert.deepEqual([cut?.['data'], cut?.['size'], cut?.['cut']], ['x'.repeat(255), 257, true])
    assert.deepEqual([binary?.['data'], binary?.['binary']], ['\u00ff\u0000', true])
    assert.match(String(went['text']), /^(peer|reset)$/)
  })

  test('has what the filter lets through, and messages are not looked at for who wants none', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const client = await watched.bus.join()
    const peer = watched.look()
    await peer.call('live.tail', { text: 'APPLE' })
    await client.send('a pear', 'an apple', 'a plum')
    await peer.event('in')
    assert.deepEqual(
      peer.events.map(({ data }) => data),
      ['an apple'],
    )
    await peer.call('live.tail', { kinds: ['client'] })
    await client.send('another apple')
    await watched.bus.join()
    await peer.event('came')
    assert.equal(peer.events.filter(({ kind }) => kind === 'message').length, 1)
    assert.equal(peer.missing('unseen'), 0)
    await peer.call('live.untail')
    const before = peer.events.length
    await watched.bus.join()
    await turns()
    assert.equal(peer.events.length, before)
  })

  test('passes so many events in their order, and of messages only what all else leaves room for', () => {
    const wish = { kinds: new Set(['message', 'client'] as const), text: '', rate: 3 }
    const filter = new TailFilter(wish)
    const event = (kind: 'message' | 'client' | 'log', what: string) => ({ at: 0, kind, what })
    const events = [
      event('message', 'a'),
      event('message', 'b'),
      event('log', 'not wanted'),
      event('message', 'c'),
      event('client', 'came'),
      event('message', 'd'),
      event('client', 'went'),
    ]
    assert.deepEqual(
      filter.pass(events).map(({ what }) => what),
      ['a', 'came', 'went'],
    )
    assert.equal(filter.takeLeftOut(), 3)
    assert.equal(filter.takeLeftOut(), 0)
  })

  test('is bounded: what is beyond is counted', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const client = await watched.bus.join()
    const peer = watched.look()
    await peer.call('live.tail', { rate: 10 })
    await client.send(...Array.from({ length: 1000 }, (_, i) => `message ${i}`))
    const other = await watched.bus.join()
    await peer.event('came')
    await eventually('all are accounted for', () => {
      const messages = peer.events.filter(({ kind }) => kind === 'message').length
      return messages + peer.missing('left_out') + peer.missing('unseen') === 1000
    })
    assert.ok(peer.events.length <= 20)
    assert.ok(peer.missing('unseen') >= 1000 - 128)
    other.close()
  })

  test('has notices once, and warnings of the log', async () => {
    await using watched = await WatchedBus.start({ routes: RELAYS })
    const peer = watched.look()
    await peer.call('live.tail')
    const client = await watched.bus.join()
    await client.write('x')
    const bad = await peer.event('bad-frame')
    assert.equal(bad.client?.index, 0)
    watched.runtime.log.warn({ some: 'field' }, 'mind the gap')
    const warning = await peer.event('warn')
    assert.equal(warning['text'], 'mind the gap')
    assert.equal(peer.events.filter(({ kind }) => kind === 'log').length, 1)
    assert.ok(watched.bus.logbook.lines.some(({ msg }) => msg.startsWith('bad frame')))
  })

  test('tells of slow clients', async () => {
    await using watched = await WatchedBus.start(
      { evapi: { sendBufferLimit: 100_000, slowClient: 'drop' }, routes: RELAYS },
      'startUnix',
    )
    const peer = watched.look()
    await peer.call('live.tail', { kinds: ['slow'] })
    const client = await watched.bus.join()
    client.pause()
    const message = 'x'.repeat(10_000)
    await eventually('somebody is slow', () => {
      watched.bus.server.relay(message)
      return peer.events.length > 0
    })
    assert.match(String((await peer.event('slow'))['text']), /bytes wait; messages are dropped for it/)
    client.resume()
    await peer.event('caught-up')
  })
})
