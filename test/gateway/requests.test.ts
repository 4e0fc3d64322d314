// Requests over HTTP: what the route gets, what becomes of its reply, and of requests that have none.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { httpStatusOf } from '../../src/gateway/requests.ts'
import type { RequestContext } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { ask, RawConnection } from './http-asker.ts'

const http = { listen: '127.0.0.1:0' }
const uri = '?uri=sip:alice@example.com'

function answering(request: (ctx: RequestContext) => unknown, more: object = {}): Promise<Bus> {
  return Bus.start({ http: { ...http, ...more }, routes: { request } })
}

describe('POST /request', { timeout: 60_000 }, () => {
  test('method, URI, headers and body reach the route, and its reply is the response', async () => {
    await using bus = await answering((ctx) => {
      const seen = ctx.expand('$rm $ru $hdr(Subject) $hdr(X-Two) $cT $rb')
      ctx.reply(202, 'Fine', {
        headers: { 'X-Thing': ['a', 'b'], Reason: 'Q.850;cause=16', 'Content-Type': 'text/plain' },
        body: seen,
      })
    })
    const answer = await ask(bus.server.httpAddress, `/request/MESSAGE${uri}&header=X-Two:%20zwei`, {
      headers: { 'X-SIP-Subject': 'hello', 'content-type': 'text/special' },
      body: 'the body',
    })
    assert.equal(answer.status, 202)
    assert.equal(answer.text, 'MESSAGE sip:alice@example.com hello zwei text/special the body')
    assert.equal(answer.headers['sip-status'], '202 Fine')
    assert.equal(answer.headers['sip-x-thing'], 'a, b')
    assert.equal(answer.headers['sip-reason'], 'Q.850;cause=16')
    assert.equal(answer.headers['content-type'], 'text/plain')
    assert.equal(answer.headers['sip-via'], undefined)
  })

  test('every final code of SIP is a status of HTTP of a kind with it, and is told as it was', async () => {
    for (let code = 200; code < 700; code++) {
      const status = httpStatusOf(code)
      assert.ok(status >= 200 && status < 600, `${code} became ${status}`)
      assert.equal(status < 400, code < 400, `${code} became ${status}`)
      assert.notEqual(status, 401, 'which is about the token')
    }
    let code = 0
    await using bus = await answering((ctx) => void ctx.reply(code))
    for (const [sip, status] of [
      [200, 200],
      [302, 302],
      [401, 403],
      [404, 404],
      [408, 504],
      [486, 422],
      [503, 503],
      [580, 500],
      [603, 403],
      [604, 404],
      [606, 406],
    ] as const) {
      code = sip
      const answer = await ask(bus.server.httpAddress, `/request/OPTIONS${uri}`, { method: 'POST' })
      assert.equal(answer.status, status)
      assert.equal(Number.parseInt(String(answer.headers['sip-status']), 10), sip)
    }
  })

  test('what no request can be made of is 400, with the reason', async () => {
    await using bus = await answering((ctx) => void ctx.reply(200))
    for (const [path, code] of [
      ['/request/MESSAGE', 'no_uri'],
      ['/request/MESSAGE?uri=', 'bad_request'],
      [`/request/ACK${uri}`, 'bad_request'],
      [`/request/CANCEL${uri}`, 'bad_request'],
      [`/request/NO%20METHOD${uri}`, 'bad_request'],
      ['/request/MESSAGE?uri=sip:a%0d%0aVia:b', 'bad_request'],
      [`/request/MESSAGE${uri}&header=nocolon`, 'bad_header'],
      [`/request/MESSAGE${uri}&header=Via:%20x`, 'bad_request'],
      [`/request/MESSAGE${uri}&header=X:%20a%0d%0aY:%20b`, 'bad_request'],
      [`/request/MESSAGE${uri}&header=bad%20name:%20b`, 'bad_request'],
    ] as const) {
      const answer = await ask(bus.server.httpAddress, path, { method: 'POST', body: 'x' })
      assert.deepEqual([answer.status, answer.code], [400, code], path)
    }
  })

  test('without a request route it is 501', async () => {
    await using bus = await Bus.start({ http })
    const answer = await ask(bus.server.httpAddress, `/request/MESSAGE${uri}`, { method: 'POST' })
    assert.deepEqual([answer.status, answer.code], [501, 'no_request_route'])
  })

  test('a route that fails or says nothing is 500, with what went out in SIP', async () => {
    await using bus = await answering((ctx) => {
      if (ctx.request.method === 'FAIL') throw new Error('boom')
    })
    for (const method of ['FAIL', 'NOTHING']) {
      const answer = await ask(bus.server.httpAddress, `/request/${method}${uri}`, { method: 'POST' })
      assert.deepEqual([answer.status, answer.headers['sip-status']], [500, '500 Server Internal Error'])
    }
  })

  test('a request that is suspended is answered when somebody answers it', async () => {
    await using bus = await answering(async (ctx) => {
      const answer = await ctx.asyncRelay((tx) => `${tx.index} ${tx.label}`)
      ctx.reply(200, String(answer))
    })
    const client = await bus.join()
    const answered = ask(bus.server.httpAddress, `/request/INVITE${uri}`, { method: 'POST' })
    await client.until('the event', () => client.length > 4)
    const [, index, label] = /:(\d+) (\d+),/.exec(client.received.toString()) ?? []
    assert.ok(bus.server.continue(Number(index), Number(label), 'Said'))
    assert.equal((await answered).headers['sip-status'], '200 Said')
  })

  test('when time is over it is 504: that of the transaction, or that of HTTP, which cancels it', async () => {
    const never = (ctx: RequestContext) => ctx.asyncRelay(() => 'anybody?')
    {
      await using bus = await Bus.start({ http, tm: { frTimer: 50 }, routes: { request: never } })
      await bus.join()
      const answer = await ask(bus.server.httpAddress, `/request/MESSAGE${uri}`, { method: 'POST' })
      assert.deepEqual([answer.status, answer.headers['sip-status']], [504, '408 Request Timeout'])
    }
    await using bus = await answering(never, { requestTimeout: 50 })
    await bus.join()
    const answer = await ask(bus.server.httpAddress, `/request/MESSAGE${uri}`, { method: 'POST' })
    assert.deepEqual([answer.status, answer.code], [504, 'timeout'])
    await eventually('it is cancelled', () => bus.stat('tm_cancelled') === 1)
  })

  test('when whoever asked goes away, the transaction is cancelled', async () => {
    await using bus = await answering((ctx) => ctx.asyncRelay(() => 'anybody?'))
    const client = await bus.join()
    const raw = await RawConnection.open(bus.server.httpAddress)
    raw.socket.write(`POST /request/MESSAGE${uri} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`)
    await client.untilReceived('anybody?')
    raw.socket.destroy()
    await once(raw.socket, 'close')
    await eventually('it is cancelled', () => bus.stat('tm_cancelled') === 1)
  })

  test('over max_transactions it is 503', async () => {
    await using bus = await Bus.start({
      http,
      tm: { maxTransactions: 1 },
      routes: { request: (ctx) => ctx.asyncRelay(() => 'anybody?') },
    })
    const client = await bus.join()
    using first = await RawConnection.open(bus.server.httpAddress)
    first.socket.write(`POST /request/MESSAGE${uri} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`)
    await client.untilReceived('anybody?')
    const answer = await ask(bus.server.httpAddress, `/request/MESSAGE${uri}`, { method: 'POST' })
    assert.deepEqual([answer.status, answer.headers['sip-status']], [503, '503 Service Unavailable'])
  })

  test('no header of a reply brings lines of its own into the response', async () => {
    let value = ''
    await using bus = await answering((ctx) => void ctx.reply(200, 'OK', { headers: { 'X-Any': value } }))
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        value = text.replace(/[\r\n\0]/g, '')
        const answer = await ask(bus.server.httpAddress, `/request/OPTIONS${uri}`, { method: 'POST' })
        assert.equal(answer.status, 200)
        assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      }),
      { numRuns: 100 },
    )
  })
})
