// What a route may do with its context and message, during it and after it: the objects are used again for later messages, and no
// route may ever find another's message in its own.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deferred } from '../../src/client/deferred.ts'
import type { Message, MessageContext } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring } from '../support/wire-client.ts'

const GONE = { code: 'ERR_MESSAGE_GONE' }

/** Every way to get at what a message says. */
const READINGS: readonly [string, (message: Message) => unknown][] = [
  ['text', (message) => message.text],
  ['toString()', (message) => `${message}`],
  ['binary', (message) => message.binary],
  ['bytes', (message) => message.bytes],
  ['json()', (message) => message.json()],
  ['keep()', (message) => message.keep()],
]

function assertGone(message: Message, bus: Bus): void {
  for (const [name, read] of READINGS) assert.throws(() => read(message), GONE, name)
  assert.throws(() => bus.server.relay(message), GONE, 'relay')
}

const numbered = (count: number, name = ''): string[] =>
  Array.from({ length: count }, (_, number) => `${name}${number}`)

describe('the context and the message of a route', () => {
  test('are used again: all messages of a client share two of each, those of another client two others', async () => {
    const contexts: MessageContext[] = []
    const messages: Message[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          contexts.push(ctx)
          messages.push(ctx.msg)
        },
      },
    })
    const clients = [await bus.join(), await bus.join()]
    for (const client of clients) await client.send(...numbered(10))
    for (const client of clients) await client.send(...numbered(10))
    await eventually('all came', () => contexts.length === 40)
    assert.equal(new Set(contexts).size, 4)
    assert.equal(new Set(messages).size, 4)
    for (const ctx of contexts) assert.ok(messages.includes(ctx.msg))
  })

  test('are right in every route, however the messages of clients are mixed', async () => {
    const seen = new Map<number, string[]>()
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          const [name, size] = ctx.msg.text.split('.')
          const { index, port } = ctx.client
          assert.deepEqual([ctx.pv('$evapi(srcport)'), ctx.pv('$evapi(conidx)')], [port, index])
          assert.deepEqual([ctx.msg.length, ctx.msg.binary], [ctx.msg.text.length, ctx.msg.text])
          const known = seen.get(port) ?? []
          seen.set(port, known)
          known.push(`${name}.${size}`)
          if (name === 'c') ctx.relay(ctx.msg)
        },
      },
    })
    const [a, b, c] = [await bus.join(), await bus.join(), await bus.join()]
    const of = (name: string) => numbered(300, `${name}.`)
    for (let at = 0; at < 300; at += 10) {
      await a.send(...of('a').slice(at, at + 10))
      await b.send(...of('b').slice(at, at + 10))
      await c.send(...of('c').slice(at, at + 10))
    }
    await eventually('all came', () => [a, b, c].every(({ port }) => seen.get(port)?.length === 300))
    assert.deepEqual(seen.get(a.port), of('a'))
    assert.deepEqual(seen.get(b.port), of('b'))
    assert.deepEqual(seen.get(c.port), of('c'))
    await a.untilReceived(netstring('c.299'))
    assert.deepEqual(texts(a.received), of('c'))
  })

  test('take nothing from one message to the next, and nothing can be hung on the context', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          const text = ctx.msg.text === 'unread' ? '' : ctx.msg.text
          if (text === 'hang') Object.assign(ctx, { user: 'somebody' })
          ctx.relay(`${text} ${ctx.msg.text} ${Object.keys(ctx).includes('user')}`)
        },
      },
    })
    const client = await bus.join()
    await client.send('one', 'two', 'hang', 'three', 'four', 'five')
    await client.untilReceived('five false')
    assert.deepEqual(
      texts(client.received),
      ['one', 'two', 'three', 'four', 'five'].map((text) => `${text} ${text} false`),
    )
    await bus.logbook.line(/route evapi:message-received failed: Cannot add property user/)
  })

  test('write log lines with the client of the message, from first to last', async () => {
    await using bus = await Bus.start({
      routes: { 'evapi:message-received': (ctx) => ctx.log.info({ text: ctx.msg.text }, 'came') },
    })
    const clients = [await bus.join(), await bus.join()]
    for (const client of clients) await client.send(...numbered(5, `${client.port}.`))
    await eventually('all came', () => bus.logbook.lines.length === 10)
    for (const line of bus.logbook.lines) {
      const { port } = line['client'] as { port: number }
      assert.match(String(line['text']), new RegExp(`^${port}\\.`))
    }
  })
})

describe('a message whose route has ended', () => {
  test('is gone: from a timer, an immediate, a microtask and the next tick, also when it had been read', async () => {
    const ways: readonly ((look: () => void) => void)[] = [
      (look) => setTimeout(look, 0),
      setImmediate,
      queueMicrotask,
      (look) => process.nextTick(look),
    ]
    let looked = 0
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          assert.equal(ctx.msg.json(), 7)
          for (const way of ways) {
            way(() => {
              assertGone(ctx.msg, bus)
              assert.throws(() => ctx.expand('$evapi(msg)'), GONE)
              looked += 1
            })
          }
        },
      },
    })
    const client = await bus.join()
    await client.send('7')
    await eventually('all have looked', () => looked === ways.length)
  })

  test('is gone in the route of the next message, and for whoever has looked once, for ever', async () => {
    const stale: Message[] = []
    let first: Message | undefined
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          first ??= ctx.msg
          if (ctx.msg !== first) stale.push(first)
          if (ctx.msg !== first) assertGone(first, bus)
          ctx.relay(ctx.msg)
        },
      },
    })
    const client = await bus.join()
    await client.send(...numbered(20))
    await client.untilReceived(netstring('19'))
    assert.deepEqual(texts(client.received), numbered(20))
    assert.equal(stale.length, 19)
    assert.equal(bus.stat('route_failures'), 0)
  })

  test('never shows the message of another client, nor of the one that has its index afterwards', async () => {
    const kept = new Map<string, MessageContext>()
    let looked = 0
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          const name = ctx.msg.text
          for (const [other, stale] of kept) {
            assert.throws(() => stale.msg.text, GONE)
            assert.throws(() => ctx.relay(stale.msg), GONE)
            assert.equal(String(stale.client.port), other.split(' ')[1])
            looked += 1
          }
          kept.set(name, ctx)
        },
      },
    })
    const one = await bus.join()
    await one.send(`one ${one.port}`)
    await eventually('the first came', () => kept.size === 1)
    const two = await bus.join()
    await two.send(`two ${two.port}`)
    await eventually('the second came', () => kept.size === 2)
    one.close()
    await eventually('one has gone', () => bus.server.clients === 1)
    const three = await bus.join()
    await three.send(`three ${three.port}`)
    await eventually('the third came', () => kept.size === 3)
    assert.deepEqual([looked, bus.stat('route_failures')], [3, 0])
    const indexes = [...kept.values()].map((ctx) => ctx.client.index)
    assert.deepEqual(indexes, [0, 1, 0])
  })

  test('is gone when the route threw, and the next one runs as if nothing had been', async () => {
    const seen: Message[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          seen.push(ctx.msg)
          if (ctx.msg.text.startsWith('bad')) throw new Error(ctx.msg.text)
          ctx.relay(ctx.msg)
        },
      },
    })
    const client = await bus.join()
    await client.send('bad1', 'good1', 'bad2', 'bad3', 'good2')
    await client.untilReceived('good2')
    assert.deepEqual(texts(client.received), ['good1', 'good2'])
    assert.equal(bus.stat('route_failures'), 3)
    for (const message of seen) assertGone(message, bus)
  })

  test('is gone when the route has closed the client; what was sent after it has no route', async () => {
    const seen: string[] = []
    let last: MessageContext | undefined
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          last = ctx
          if (ctx.msg.text === 'close') ctx.close()
          seen.push(`${ctx.msg.text} ${ctx.client.open}`)
          ctx.relay(ctx.msg)
        },
      },
    })
    const client = await bus.join()
    await client.send('before', 'close', 'after')
    await client.untilEnd()
    assert.deepEqual(seen, ['before true', 'close false'])
    assert.deepEqual(texts(client.received), ['before'])
    const other = await bus.join()
    await other.send('other')
    await other.untilReceived('other')
    assert.ok(last)
    assertGone(last.msg, bus)
  })
})

describe('a route that returns a promise', () => {
  test('has its context and message for itself, however many others run meanwhile', async () => {
    const gates = new Map<string, ReturnType<typeof deferred>>()
    const contexts = new Map<string, MessageContext>()
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          const { text } = ctx.msg
          if (!text.startsWith('wait')) return ctx.relay(ctx.msg)
          const gate = deferred()
          gates.set(text, gate)
          contexts.set(text, ctx)
          return gate.promise.then(() => {
            ctx.relay(`${ctx.msg.text} of ${ctx.client.port} ${ctx.expand('$evapi(srcport)')}`)
            ctx.relay(ctx.msg)
          })
        },
      },
    })
    const [a, b] = [await bus.join(), await bus.join()]
    await a.send('1', 'wait a1', '2', 'wait a2', '3', '4', '5')
    await b.send('wait b1', '6', '7', '8', '9')
    await a.untilReceived(netstring('5'))
    await a.untilReceived(netstring('9'))
    assert.equal(new Set(contexts.values()).size, 3)
    const before = a.length
    for (const name of ['wait b1', 'wait a2', 'wait a1']) {
      const { port } = name.includes('b') ? b : a
      gates.get(name)?.resolve()
      await a.untilReceived(netstring(`${name} of ${port} ${port}`))
      await a.untilReceived(netstring(name))
    }
    assert.equal(texts(a.received.subarray(before)).length, 6)
  })

  test('still has them when the client is gone', async () => {
    const gate = deferred()
    const ended = deferred()
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': async (ctx) => {
          if (ctx.msg.text !== 'wait') return
          await gate.promise
          ctx.log.info('goes on')
          const { open, port, index } = ctx.client
          ctx.relay(`${ctx.msg.text} ${open} ${port} ${index} ${ctx.setTag('late')} ${ctx.close()}`)
          ended.resolve()
        },
      },
    })
    const client = await bus.join()
    const witness = await bus.join()
    await client.send('wait', 'another', 'and another')
    await eventually('it waits', () => bus.stat('routes_running') === 1)
    client.close('reset')
    await eventually('it has gone', () => bus.server.clients === 1)
    gate.resolve()
    await ended.promise
    await witness.untilReceived(netstring(`wait false ${client.port} 0 false false`))
    const line = await bus.logbook.line(/goes on/)
    assert.equal((line['client'] as { port: number }).port, client.port)
  })
})

describe('a message that is kept', () => {
  test('stays what it is, with its context, while the client goes on', async () => {
    const kept: MessageContext[] = []
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          if (ctx.msg.text.endsWith('0')) {
            ctx.msg.keep()
            kept.push(ctx)
            ctx.relay(ctx.msg)
          } else if (ctx.msg.text.endsWith('9')) {
            for (const one of kept) ctx.relay(one.msg)
          }
        },
      },
    })
    const client = await bus.join()
    await client.send(...numbered(30))
    const expected = ['0', '0', '10', '0', '10', '20', '0', '10', '20']
    await eventually('all came', () => client.received.includes('2:10,') && client.length >= 34)
    await client.until('all relays', () => texts(client.received).length === expected.length)
    assert.deepEqual(texts(client.received), expected)
    assert.deepEqual(
      kept.map((ctx) => [ctx.msg.text, ctx.msg.binary, ctx.msg.bytes.toString(), ctx.msg.length]),
      ['0', '10', '20'].map((text) => [text, text, text, text.length]),
    )
  })

  test('is relayed by another server, kept or not, byte for byte', async () => {
    await using other = await Bus.start()
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          other.server.relay(ctx.msg)
          other.server.relay(ctx.msg.keep())
        },
      },
    })
    const listener = await other.join()
    const client = await bus.join()
    const payload = Buffer.from(Array.from({ length: 1024 }, (_, at) => at & 0xff))
    await client.send('first', payload)
    await listener.until('four messages', () => listener.length === netstring('first').length * 2 + 2 * 1030)
    const twice = [Buffer.from('first'), payload].flatMap((sent) => [netstring(sent), netstring(sent)])
    assert.deepEqual(listener.received, Buffer.concat(twice))
  })
})
