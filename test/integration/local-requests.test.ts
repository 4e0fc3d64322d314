// Requests that a program makes itself: the same transactions without a network behind them.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { CancelledError } from '../../src/index.ts'
import { Peer } from '../core/peer.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'

describe('server.request()', () => {
  test('runs the request route and resolves with its reply', async () => {
    await using bus = await Bus.start({
      routes: {
        request: (ctx) => {
          assert.equal(ctx.method, 'MESSAGE')
          assert.equal(ctx.pv('$rU'), 'alice')
          assert.equal(ctx.request.header('Subject'), 'hi')
          ctx.reply(202, 'Taken', { headers: { 'X-Len': ['a', 'b'] }, body: `got ${ctx.pv('$rb')}` })
        },
      },
    })
    const reply = await bus.server.request({
      method: 'MESSAGE',
      uri: 'sip:alice@example.com',
      headers: { Subject: 'hi' },
      body: 'hällo',
    })
    assert.deepEqual([reply.code, reply.reason, reply.body], [202, 'Taken', 'got hällo'])
    assert.deepEqual(reply.headers.get('x-len'), ['a', 'b'])
  })

  test('can be suspended like any other, and sees provisional replies', async () => {
    await using bus = await Bus.start({
      routes: {
        request: async (ctx) => {
          ctx.reply(183, 'Asking')
          const { verdict } = await ctx.ask<{ verdict: string }>({ event: 'ask' })
          ctx.reply(200, verdict)
        },
        'evapi:message-received': (ctx) => ctx.continueFromJson({ index: 'id.index', label: 'id.label' }),
      },
    })
    await using app = await Peer.connect(bus.server.address)
    const provisional: number[] = []
    const pending = bus.server.request({
      method: 'INVITE',
      uri: 'sip:bob@example.com',
      onProvisional: ({ code }) => provisional.push(code),
    })
    const { index, label } = JSON.parse((await app.next()) ?? '') as { index: number; label: number }
    await app.send(
      'no JSON',
      '[]',
      'null',
      '{"id":{"index":"x"}}',
      JSON.stringify({ id: { index, label }, verdict: 'Yes' }),
    )
    assert.equal((await pending).reason, 'Yes')
    assert.deepEqual(provisional, [183])
    assert.equal(bus.stat('route_failures'), 0)
  })

  test('is cancelled by its signal', async () => {
    let failure: unknown
    await using bus = await Bus.start({
      routes: {
        request: async (ctx) => {
          await ctx.ask({}).catch((error: unknown) => {
            failure = error
          })
        },
      },
    })
    const stop = new AbortController()
    const pending = bus.server.request({ method: 'OPTIONS', uri: 'sip:x@y', signal: stop.signal })
    await eventually('it is suspended', () => bus.stat('tm_suspended') === 1)
    stop.abort()
    assert.equal((await pending).code, 487)
    assert.ok(failure instanceof CancelledError)
    assert.equal(
      (await bus.server.request({ method: 'OPTIONS', uri: 'sip:x@y', signal: AbortSignal.abort() })).code,
      487,
    )
  })

  test('lets go of its signal, answered at once or later', async () => {
    await using bus = await Bus.start({
      routes: {
        request: (ctx) => {
          if (ctx.method === 'OPTIONS') return ctx.reply(200)
          return Promise.resolve().then(() => ctx.reply(200))
        },
      },
    })
    const { signal } = new AbortController()
    for (const method of ['OPTIONS', 'INFO']) {
      assert.equal((await bus.server.request({ method, uri: 'sip:x@y', signal })).code, 200)
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    }
  })

  test('gets 408 when nobody continues it, 500 when the route does nothing or lets go of it, 503 over max_transactions', async () => {
    await using bus = await Bus.start({
      tm: { frTimer: 30, maxTransactions: 1 },
      routes: {
        request: (ctx) => {
          if (ctx.method === 'OPTIONS') ctx.call('t_suspend')
          else if (ctx.method === 'MESSAGE') ctx.call('t_release')
        },
      },
    })
    assert.equal((await bus.server.request({ method: 'INFO', uri: 'sip:x@y' })).code, 500)
    assert.equal((await bus.server.request({ method: 'MESSAGE', uri: 'sip:x@y' })).code, 500)
    const first = bus.server.request({ method: 'OPTIONS', uri: 'sip:x@y' })
    const second = await bus.server.request({ method: 'OPTIONS', uri: 'sip:x@y' })
    assert.deepEqual([second.code, second.headers.get('retry-after')?.length], [503, 1])
    assert.equal((await first).code, 408)
  })

  test('refuses what no request can be made of', async () => {
    await using bus = await Bus.start({ routes: { request: (ctx) => ctx.reply(200) } })
    const request = (init: object) => bus.server.request({ method: 'INFO', uri: 'sip:x@y', ...init })
    for (const bad of [
      { method: 'ACK' },
      { method: 'A B' },
      { uri: 'sip:a b' },
      { uri: '' },
      { headers: { 'X\r\nY': 'z' } },
      { headers: { X: 'a\r\nY: b' } },
      { headers: { Via: 'SIP/2.0/UDP x' } },
    ]) {
      await assert.rejects(request(bad), { code: 'ERR_CALL' }, JSON.stringify(bad))
    }
    await using silent = await Bus.start({ routes: {} })
    await assert.rejects(silent.server.request({ method: 'INFO', uri: 'sip:x@y' }), { code: 'ERR_CALL' })
  })
})
