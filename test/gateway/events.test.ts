// Server-sent events: what a stream gets, in which form, who may have one, and what becomes of those that do not read.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { eventOf } from '../../src/gateway/event-stream.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { ask, askForWebSocket, RawConnection } from './http-asker.ts'

const http = '127.0.0.1:0'

/** Opens a stream; resolves when it has begun. */
async function open(bus: Bus, path = '/events'): Promise<RawConnection> {
  const raw = await RawConnection.open(bus.server.httpAddress)
  raw.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await raw.receives(/retry: \d+\n\n/)
  return raw
}

/** What a stream has received, without the chunks of HTTP, read as HTML Standard section 9.2.6 says. */
function eventsIn({ received }: RawConnection): { type: string; data: string }[] {
  const [, chunks = ''] = /\r\n\r\n([\s\S]*)$/.exec(received) ?? []
  let body = ''
  for (let at = 0; at < chunks.length; ) {
    const end = chunks.indexOf('\r\n', at)
    const size = Number.parseInt(chunks.slice(at, end), 16)
    body += chunks.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
  return parse(body)
}

function parse(body: string): { type: string; data: string }[] {
  const events: { type: string; data: string }[] = []
  let type = 'message'
  let data: string[] = []
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data.length > 0) events.push({ type, data: data.join('\n') })
      type = 'message'
      data = []
    } else if (!line.startsWith(':')) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (field === 'data') data.push(value)
      if (field === 'event') type = value
    }
  }
  return events
}

describe('GET /events', { timeout: 60_000 }, () => {
  test('whatever the message, a reader of events has it again', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '\n',
      '\r',
      '\r\n',
      ':',
      'data: ',
      '\0',
      'ü',
      '\u2028',
      '\n\n',
      'id: 1',
    )
    const message = fc.oneof(
      fc.array(piece).map((pieces) => Buffer.from(pieces.join(''))),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    )
    fc.assert(
      fc.property(message, fc.boolean(), (bytes, isBinary) => {
        // Both ways: what is not UTF-8 is always binary.
        const binary = isBinary || !bytes.equals(Buffer.from(bytes.toString()))
        const [event] = parse(eventOf(7, bytes, binary))
        const data =
          event?.type === 'binary'
            ? Buffer.from(event.data, 'base64')
            : Buffer.from(event?.data ?? '', 'latin1')
        assert.deepEqual(data, bytes)
      }),
    )
  })

  test('a stream is a client: it gets what goes to everybody, and with a tag what goes to that', async () => {
    await using bus = await Bus.start({ http })
    using plain = await open(bus)
    using tagged = await open(bus, '/events?tag=web')
    const client = await bus.join()
    assert.equal(bus.server.clients, 3)
    await client.send('one', 'two\nlines', Buffer.from([255, 0]), 'a\r\nb')
    await tagged.receives(/YQ0KYg==/)
    assert.deepEqual((await ask(bus.server.httpAddress, '/multicast/web', { body: 'group' })).json, {
      clients: 1,
    })
    bus.server.unicast('only', 'web')
    bus.server.relay('end')
    await Promise.all([plain.receives(/data: end\n/), tagged.receives(/data: end\n/)])
    const common = [
      { type: 'message', data: 'one' },
      { type: 'message', data: 'two\nlines' },
      { type: 'binary', data: '/wA=' },
      { type: 'binary', data: 'YQ0KYg==' },
    ]
    const text = (data: string) => ({ type: 'message', data })
    assert.deepEqual(eventsIn(plain), [...common, text('end')])
    assert.deepEqual(eventsIn(tagged), [...common, text('group'), text('only'), text('end')])
    assert.match(plain.received, /content-type: text\/event-stream/)
  })

  test('events of a stream have ids that only grow', async () => {
    await using bus = await Bus.start({ http })
    using stream = await open(bus)
    for (let number = 0; number < 50; number++) bus.server.relay(String(number))
    await stream.receives(/data: 49\n/)
    const ids = [...stream.received.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
    assert.equal(ids.length, 50)
    assert.ok(ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? 0)))
  })

  test('its connection-new and connection-closed run; who is rejected by one has 403, and who is later an event', async () => {
    const seen: string[] = []
    let outcome: 'takes' | 'rejects' | 'rejects later' = 'takes'
    await using bus = await Bus.start({
      http,
      routes: {
        'evapi:connection-new': (ctx) => {
          seen.push(`new ${ctx.client.address}`)
          if (outcome === 'rejects') ctx.close()
          return outcome === 'rejects later' ? Promise.resolve().then(() => ctx.close()) : undefined
        },
        'evapi:connection-closed': () => void seen.push('closed'),
      },
    })
    {
      using stream = await open(bus)
      bus.server.relay('hello')
      await stream.receives(/data: hello/)
    }
    await eventually('it has gone', () => seen.length === 2)
    outcome = 'rejects'
    const answer = await ask(bus.server.httpAddress, '/events')
    assert.deepEqual([answer.status, answer.code], [403, 'rejected'])
    outcome = 'rejects later'
    assert.match((await ask(bus.server.httpAddress, '/events')).text, /event: closed\ndata: route\n\n$/)
    assert.deepEqual(seen, ['new 127.0.0.1', 'closed', 'new 127.0.0.1', 'new 127.0.0.1'])
    assert.equal(bus.stat('gateway_event_streams'), 0)
  })

  test('over max_clients it is 503; HEAD opens none; a tag that is too long is 400', async () => {
    await using bus = await Bus.start({ http, evapi: { maxClients: 1 } })
    const { httpAddress } = bus.server
    const head = await ask(httpAddress, '/events', { method: 'HEAD' })
    assert.deepEqual([head.status, bus.server.clients], [200, 0])
    assert.equal((await ask(httpAddress, `/events?tag=${'x'.repeat(64)}`)).code, 'bad_tag')
    using _stream = await open(bus)
    const answer = await ask(httpAddress, '/events')
    assert.deepEqual([answer.status, answer.code], [503, 'no_room'])
    assert.deepEqual(await askForWebSocket(httpAddress, '/ws'), { status: 503, code: 'no_room' })
  })

  test('when the server closes, streams are told so and end', async () => {
    const bus = await Bus.start({ http })
    using stream = await open(bus)
    const closing = bus[Symbol.asyncDispose]()
    await stream.receives(/event: closed\ndata: shutdown\n\n/)
    await stream.receives(/\r\n0\r\n\r\n$/)
    stream.socket.destroy()
    await closing
  })

  test('a stream that does not read is closed as a slow client, and the others get everything', async () => {
    await using bus = await Bus.start({ http, evapi: { sendBufferLimit: 200_000, sendDataTimeout: 0 } })
    using slow = await open(bus)
    using good = await open(bus)
    slow.socket.pause()
    const message = 'x'.repeat(50_000)
    let sent = 0
    while (bus.stat('slow_closed') === 0) {
      bus.server.relay(message)
      sent++
      const id = `id: ${sent}\n`
      await good.until(id, (received) => received.includes(id) && /x\n\n(?:\r\n)?$/.test(received.slice(-6)))
      good.received = good.received.slice(-20)
      assert.ok(sent < 2000, 'it is closed some time')
    }
    await eventually('it has gone', () => bus.stat('gateway_event_streams') === 1)
    assert.equal(bus.stat('gateway_event_streams_lost_behind'), 1)
    bus.server.relay('end')
    await good.receives(/data: end/)
  })

  test('under the policy drop a slow stream misses events, and is told how many when it reads again', async () => {
    await using bus = await Bus.start({
      http,
      evapi: { sendBufferLimit: 200_000, sendDataTimeout: 0, slowClient: 'drop' },
    })
    using slow = await open(bus)
    slow.socket.pause()
    let sent = 0
    while (bus.stat('slow_clients') === 0) {
      bus.server.relay('x'.repeat(50_000))
      sent++
      await new Promise(setImmediate)
    }
    for (let number = 0; number < 10; number++) bus.server.relay('lost')
    await new Promise(setImmediate)
    slow.socket.resume()
    await slow.receives(/event: dropped\ndata: \d+\n\n/)
    bus.server.relay('end')
    await slow.receives(/data: end\n/)
    const events = eventsIn(slow)
    const dropped = Number(events.find(({ type }) => type === 'dropped')?.data)
    assert.ok(dropped >= 10)
    assert.equal(events.filter(({ type }) => type === 'message').length, sent + 10 - dropped + 1)
  })
})
