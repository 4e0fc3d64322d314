// Publishing over HTTP, and what HTTP itself asks of a server: methods, keep-alive, pipelining, limits.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring } from '../support/wire-client.ts'
import { ask, RawConnection } from './http-asker.ts'

const http = '127.0.0.1:0'

describe('publishing over HTTP', { timeout: 60_000 }, () => {
  test('what is posted to /relay goes to every client as one message, byte for byte', async () => {
    await using bus = await Bus.start({ http })
    const clients = [await bus.join(), await bus.join()]
    const body = Buffer.from([0, 255, 10, 44])
    const answer = await ask(bus.server.httpAddress, '/relay', { body })
    assert.equal(answer.status, 202)
    assert.deepEqual(answer.json, { clients: 2 })
    for (const client of clients) {
      await client.untilReceived(netstring(body))
      assert.equal(client.length, netstring(body).length)
    }
  })

  test('a multicast goes to those with the tag, a unicast to one of them, and each says to how many', async () => {
    await using bus = await Bus.start({
      http,
      routes: { 'evapi:message-received': (ctx) => void ctx.setTag(ctx.msg.text) },
    })
    const { httpAddress } = bus.server
    const first = await bus.join()
    const second = await bus.join()
    const third = await bus.join()
    for (const client of [first, second]) await client.send(Buffer.from('grün'))
    await third.send('other')
    await eventually('all have tags', () => bus.stat('messages_received') === 3)
    const tag = encodeURIComponent('grün')
    assert.deepEqual((await ask(httpAddress, `/multicast/${tag}`, { body: 'all' })).json, { clients: 2 })
    assert.deepEqual((await ask(httpAddress, `/unicast/${tag}`, { body: 'one' })).json, { clients: 1 })
    assert.deepEqual((await ask(httpAddress, '/relay', { body: 'end' })).json, { clients: 3 })
    for (const client of [first, second, third]) await client.untilReceived('3:end,')
    assert.deepEqual(texts(first.received), ['all', 'one', 'end'])
    assert.deepEqual(texts(second.received), ['all', 'end'])
    assert.deepEqual(texts(third.received), ['end'])
  })

  test('nobody to send to is no error', async () => {
    await using bus = await Bus.start({ http })
    for (const path of ['/relay', '/multicast/nobody', '/unicast/nobody']) {
      const answer = await ask(bus.server.httpAddress, path, { body: 'hi' })
      assert.deepEqual([answer.status, answer.json], [202, { clients: 0 }], path)
    }
  })

  test('an empty body, a tag that is too long and a bad escape are told apart', async () => {
    await using bus = await Bus.start({ http })
    const { httpAddress } = bus.server
    const cases = [
      ['/relay', '', 400, 'empty'],
      ['/multicast/x', '', 400, 'empty'],
      [`/unicast/${'x'.repeat(64)}`, 'hi', 400, 'bad_tag'],
      ['/unicast/%E4', 'hi', 404, 'not_found'],
      ['/multicast/a/b', 'hi', 404, 'not_found'],
      ['/multicast/', 'hi', 404, 'not_found'],
    ] as const
    for (const [path, body, status, code] of cases) {
      const answer = await ask(httpAddress, path, { method: 'POST', body })
      assert.deepEqual([answer.status, answer.code], [status, code], path)
    }
  })

  test('a body over max_message_size is 413, one of just that size is taken', async () => {
    await using bus = await Bus.start({ http, evapi: { maxMessageSize: 1000 } })
    const { httpAddress } = bus.server
    assert.equal((await ask(httpAddress, '/relay', { body: 'x'.repeat(1000) })).status, 202)
    assert.equal((await ask(httpAddress, '/relay', { body: 'x'.repeat(1001) })).code, 'too_large')
    // Also one that does not say how large it is going to be.
    using raw = await RawConnection.open(httpAddress)
    raw.socket.write(
      `POST /relay HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`,
    )
    await raw.receives(/^HTTP\/1.1 413 /)
  })

  test('more messages than context_mlimit wait: 503, to be tried again', async () => {
    await using bus = await Bus.start({ http, evapi: { contextMlimit: 1 } })
    await bus.join()
    using raw = await RawConnection.open(bus.server.httpAddress)
    const post = 'POST /relay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi'
    raw.socket.write(post.repeat(3))
    await raw.receives(/ 503 [\s\S]*"busy"/)
    assert.match(raw.received, /^HTTP\/1.1 202 /)
    assert.match(raw.received, /retry-after: 1/i)
  })

  test('requests on one connection are answered in their order, sent one by one or all at once', async () => {
    await using bus = await Bus.start({ http })
    using raw = await RawConnection.open(bus.server.httpAddress)
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    raw.socket.write(get('/healthz'))
    await raw.receives(/"ok"/)
    raw.received = ''
    raw.socket.write(get('/nowhere') + get('/readyz') + get('/relay') + get('/healthz'))
    await raw.receives(/"ok"/)
    assert.deepEqual(
      [...raw.received.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status),
      ['404', '200', '405', '200'],
    )
  })

  test('HEAD is GET without a body, OPTIONS says what there is, another method is 405 and says the same', async () => {
    await using bus = await Bus.start({ http })
    const { httpAddress } = bus.server
    const head = await ask(httpAddress, '/healthz', { method: 'HEAD' })
    const get = await ask(httpAddress, '/healthz')
    assert.deepEqual([head.status, head.text], [200, ''])
    assert.equal(head.headers['content-length'], get.headers['content-length'])
    const options = await ask(httpAddress, '/relay', { method: 'OPTIONS' })
    assert.deepEqual([options.status, options.headers.allow], [204, 'POST, OPTIONS'])
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      const answer = await ask(httpAddress, '/relay', { method })
      assert.deepEqual([answer.status, answer.headers.allow], [405, 'POST, OPTIONS'], method)
    }
  })

  test('a body that does not come is 408, and the connection ends', async () => {
    await using bus = await Bus.start({ http: { listen: http, requestTimeout: 50 } })
    using raw = await RawConnection.open(bus.server.httpAddress)
    raw.socket.write('POST /relay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf')
    await raw.receives(/^HTTP\/1.1 408 [\s\S]*"timeout"/)
    await raw.closed
  })

  test('more requests than max_requests at a time are 503; who is refused takes nobody’s place', async () => {
    await using bus = await Bus.start({ http: { listen: http, maxRequests: 1 } })
    const { httpAddress } = bus.server
    const slow = 'POST /relay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nha'
    using refused = await RawConnection.open(httpAddress)
    refused.socket.write(slow.replace('/relay', '/nowhere'))
    await eventually('the first is there', () => bus.stat('gateway_requests') === 1)
    using waiting = await RawConnection.open(httpAddress)
    waiting.socket.write(slow)
    await eventually('the second is there', () => bus.stat('gateway_requests_pending') === 1)
    const answer = await ask(httpAddress, '/relay', { body: 'hi' })
    assert.deepEqual([answer.status, answer.code, answer.headers['retry-after']], [503, 'busy', '1'])
    waiting.socket.write('lf')
    await waiting.receives(/ 202 /)
    assert.equal((await ask(httpAddress, '/relay', { body: 'hi' })).status, 202)
    assert.equal(bus.stat('gateway_requests_busy'), 1)
  })
})
