// Each row of EVAPI.md's table of functions, as methods of a context, as functions by their Kamailio names, and as methods
// of the server outside of routes; and what data may be.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createServer, defineModule, eventRoute, type MessageContext, type Runtime } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { payloads, texts } from '../support/frames.ts'
import { netstring } from '../support/wire-client.ts'

/** A bus whose route is whatever `run` is at the time. */
async function scripted(run: (ctx: MessageContext) => unknown) {
  const results: unknown[] = []
  const bus = await Bus.start({
    routes: {
      'evapi:message-received': (ctx) => {
        results.push(run(ctx))
      },
    },
  })
  return { bus, results }
}

describe('functions of routes', { timeout: 30_000 }, () => {
  test('relay reaches every client, the sender included', async () => {
    const { bus, results } = await scripted((ctx) => [ctx.relay('a'), ctx.call('evapi_relay', 'b')])
    await using _bus = bus
    const sender = await bus.join()
    const other = await bus.join()
    await sender.send('go')
    for (const client of [sender, other]) {
      await client.untilReceived('1:b,')
      assert.deepEqual(texts(client.received), ['a', 'b'])
    }
    assert.deepEqual(results, [[true, 1]])
  })

  test('multicast reaches the clients of a tag, byte for byte, and nobody else', async () => {
    const { bus } = await scripted((ctx) => {
      const [verb, tag = ''] = ctx.msg.text.split(' ')
      return verb === 'tag' ? ctx.setTag(tag) : ctx.multicast(`to ${tag}`, tag) && ctx.relay('end')
    })
    await using _bus = bus
    const clients = [await bus.join(), await bus.join(), await bus.join(), await bus.join()]
    const tags = ['ärzte', 'Ärzte', 'ärzte', '']
    for (const [place, client] of clients.entries()) {
      await client.send(Buffer.from(`tag ${tags[place]}`))
      await eventually('it is tagged', () => bus.stat('messages_received') === place + 1)
    }
    await clients[3]?.send(Buffer.from('multicast ärzte'))
    for (const [place, client] of clients.entries()) {
      await client.untilReceived('3:end,')
      const expected = tags[place] === 'ärzte' ? ['to ärzte', 'end'] : ['end']
      assert.deepEqual(
        payloads(client.received).map((payload) => payload.toString()),
        expected,
      )
    }
  })

  test('unicast reaches the lowest connection index of a tag; of what is left, when that one has gone', async () => {
    const { bus } = await scripted((ctx) =>
      ctx.msg.text === 'tag' ? ctx.setTag('x') : ctx.unicast(ctx.msg, 'x'),
    )
    await using _bus = bus
    const clients = [await bus.join(), await bus.join(), await bus.join()] as const
    // Tagged from the highest index down: the order of tagging must not matter.
    for (const [count, client] of [...clients].reverse().entries()) {
      await client.send('tag')
      await eventually('it is tagged', () => bus.stat('messages_received') === count + 1)
    }
    await clients[2].send('first')
    await clients[0].untilReceived('5:first,')
    clients[0].close()
    await eventually('it has gone', () => bus.server.clients === 2)
    await clients[2].send('second')
    await clients[1].untilReceived('6:second,')
    bus.server.relay('end')
    await clients[2].untilReceived('3:end,')
    assert.deepEqual(texts(clients[2].received), ['end'])
    assert.deepEqual(texts(clients[1].received), ['second', 'end'])
  })

  test('close: the client gets what was relayed before, nothing later, and none of its later messages is handled', async () => {
    const { bus, results } = await scripted((ctx) => {
      ctx.relay(`before ${ctx.msg.text}`)
      const closed = [ctx.close(), ctx.close(), ctx.call('evapi_close')]
      ctx.relay('after')
      return closed
    })
    await using _bus = bus
    const leaving = await bus.join()
    const staying = await bus.join()
    await leaving.send('1', '2', '3')
    await leaving.untilEnd()
    assert.deepEqual(texts(leaving.received), ['before 1'])
    assert.equal(leaving.end, 'closed')
    await staying.untilReceived('5:after,')
    assert.deepEqual(texts(staying.received), ['before 1', 'after'])
    assert.deepEqual(results, [[true, false, -1]])
  })

  test('set_tag replaces, "" clears, 63 bytes are the most', async () => {
    const long = 't'.repeat(63)
    const { bus, results } = await scripted((ctx) => [
      ctx.setTag('first'),
      ctx.setTag('second'),
      ctx.multicast('no', 'first'),
      ctx.multicast('1', 'second'),
      ctx.setTag(`${long}t`),
      ctx.setTag('ä'.repeat(32)),
      ctx.client.tag,
      ctx.multicast('2', 'second'),
      ctx.setTag(long),
      ctx.unicast('3', long),
      ctx.setTag(''),
      ctx.multicast('no', long),
      ctx.call('evapi_set_tag', '$evapi(conidx)'),
      ctx.client.tag,
    ])
    await using _bus = bus
    const client = await bus.join()
    await client.send('go')
    await client.untilReceived('1:3,')
    assert.deepEqual(texts(client.received), ['1', '2', '3'])
    assert.deepEqual(results, [
      [true, true, false, true, false, false, 'second', true, true, true, true, false, 1, '0'],
    ])
  })

  test('nothing to send and no tag are false', async () => {
    const { bus, results } = await scripted((ctx) => [
      ctx.relay(''),
      ctx.relay(new Uint8Array()),
      ctx.multicast('', 't'),
      ctx.multicast('x', ''),
      ctx.unicast('', 't'),
      ctx.unicast('x', ''),
      ctx.relay(ctx.msg),
      ctx.call('evapi_relay', '$evapi(msg)'),
    ])
    await using _bus = bus
    const client = await bus.join()
    await client.write('0:,')
    await eventually('it was handled', () => results.length === 1)
    await turns()
    assert.deepEqual(results, [[false, false, false, false, false, false, false, -1]])
    assert.equal(client.length, 0)
  })

  test('close and set_tag are false where there is no current client; relay needs none', async () => {
    let runtime: Runtime | undefined
    const results: unknown[] = []
    const clock = defineModule({
      name: 'clock',
      eventRoutes: { 'clock:tick': eventRoute('Time has passed.') },
      start: (host) => {
        runtime = host
      },
    })
    await using server = createServer({
      evapi: { bindAddr: '127.0.0.1:0' },
      log: false,
      modules: [clock],
      routes: {
        'clock:tick': (ctx) => {
          results.push(ctx.call('evapi_close'), ctx.call('evapi_set_tag', 't'), ctx.call('evapi_relay', 'x'))
          for (const name of ['srcaddr', 'srcport', 'msg', 'conidx']) results.push(ctx.pv(`$evapi(${name})`))
        },
      },
    })
    await server.listen()
    runtime?.runEvent('clock:tick')
    assert.deepEqual(results, [-1, -1, 1, null, null, null, null])
  })

  test('messages arrive in the order of the calls, whichever functions made them', async () => {
    const { bus } = await scripted((ctx) => {
      ctx.setTag('t')
      for (let count = 0; count < 300; count += 3) {
        ctx.relay(`${count}`)
        ctx.multicast(`${count + 1}`, 't')
        ctx.unicast(`${count + 2}`, 't')
      }
      return bus.server.relay('300')
    })
    await using _bus = bus
    const client = await bus.join()
    await client.send('go')
    await client.untilReceived(netstring('300'))
    assert.deepEqual(
      texts(client.received),
      Array.from({ length: 301 }, (_, count) => `${count}`),
    )
  })
})

describe('what can be relayed', { timeout: 30_000 }, () => {
  const view = new Uint8Array(Buffer.from('outside inside outside').buffer.slice(0))
  const data: readonly [what: string, data: string | Uint8Array][] = [
    ['one byte', '1'],
    ['text with characters of one to four bytes', 'aä€𝄞\0'],
    ['half a surrogate pair, as U+FFFD', 'x\ud800y'],
    ['bytes of every value', Uint8Array.from({ length: 256 }, (_, byte) => byte)],
    ['a part of a larger array', view.subarray(8, 14)],
    ['what looks like netstrings', '5:hello,3:abc,'],
    ['text just over a chunk, in bytes', '€'.repeat(87_382)],
    ['text just under a chunk, if each character were three bytes', 'x'.repeat(87_380)],
    ['bytes of just a chunk', Buffer.alloc(256 * 1024, 'c')],
    ['bytes of a chunk, header and comma', Buffer.alloc(256 * 1024 - 8, 'c')],
    ['5 MiB', Buffer.alloc(5 * 1024 * 1024, 'm')],
  ]
  for (const [what, value] of data) {
    test(`${what}`, async () => {
      await using bus = await Bus.start()
      const client = await bus.join()
      const expected = netstring(typeof value === 'string' ? Buffer.from(value) : value)
      // Twice, and something small after each: what is written around it must stay whole.
      const small = netstring('small')
      for (let count = 0; count < 2; count += 1) {
        assert.equal(bus.server.relay(value), true)
        assert.equal(bus.server.relay('small'), true)
      }
      const all = Buffer.concat([expected, small, expected, small])
      await client.until('all of it', () => client.length >= all.length)
      assert.ok(client.received.equals(all))
    })
  }

  test('data is taken when it is relayed: what becomes of the array later does not matter', async () => {
    await using bus = await Bus.start()
    const client = await bus.join()
    const array = Buffer.from('now')
    bus.server.relay(array)
    array.fill('x')
    await client.untilReceived('3:now,')
  })

  test('more than 999,999,999 bytes are a RangeError, and harm nothing', async () => {
    await using bus = await Bus.start()
    const client = await bus.join()
    assert.throws(() => bus.server.relay(new Uint8Array(1_000_000_000)), RangeError)
    bus.server.relay('after')
    await client.untilReceived('5:after,')
    assert.deepEqual(texts(client.received), ['after'])
  })
})

describe('relaying from outside of routes', { timeout: 30_000 }, () => {
  test('is false before listen() and after close(), and true when nobody is there', async () => {
    const server = createServer({ evapi: { bindAddr: '127.0.0.1:0' }, log: false })
    assert.equal(server.relay('x'), false)
    await server.listen()
    assert.equal(server.relay('x'), true)
    await server.close()
    assert.deepEqual(
      [server.relay('x'), server.multicast('x', 't'), server.unicast('x', 't')],
      [false, false, false],
    )
  })

  test('does not reach those who come later', async () => {
    await using bus = await Bus.start()
    bus.server.relay('too early')
    const client = await bus.join()
    bus.server.relay('in time')
    await client.untilReceived('7:in time,')
    assert.deepEqual(texts(client.received), ['in time'])
  })

  test('from a timer, a microtask and an immediate it leaves without anything else happening', async () => {
    await using bus = await Bus.start()
    const client = await bus.join()
    const ways: readonly [string, (relay: () => void) => void][] = [
      ['timer', (relay) => setTimeout(relay, 1)],
      ['microtask', (relay) => queueMicrotask(relay)],
      ['immediate', (relay) => setImmediate(relay)],
      ['next tick', (relay) => process.nextTick(relay)],
    ]
    for (const [name, way] of ways) {
      way(() => bus.server.relay(name))
      await client.untilReceived(netstring(name))
    }
  })

  test('a message that is read when its turn is over says so; a kept one is still there', async () => {
    const seen: MessageContext['msg'][] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          seen.push(ctx.msg.text === 'keep' ? ctx.msg.keep() : ctx.msg)
        },
      },
    })
    const client = await bus.join()
    await client.send(Buffer.from('keep'))
    await client.send(Buffer.from([0xff, 0x00]))
    await eventually('both came', () => seen.length === 2)
    await client.send('x'.repeat(1000))
    await eventually('the third came', () => seen.length === 3)
    await turns(2)
    const [kept, gone] = seen
    assert.equal(kept?.text, 'keep')
    assert.deepEqual(kept?.bytes, Buffer.from('keep'))
    assert.throws(() => gone?.bytes, { code: 'ERR_MESSAGE_GONE' })
    assert.throws(() => bus.server.relay(gone ?? ''), { code: 'ERR_MESSAGE_GONE' })
    assert.equal(bus.server.relay(kept ?? ''), true)
    await client.untilReceived('4:keep,')
    assert.deepEqual(texts(client.received), ['keep'])
  })
})
