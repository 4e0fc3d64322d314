// Clients that break the rules: what becomes of them, what the log says, and that nobody else notices.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Bus } from '../support/bus.ts'
import { eventually, turns } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring } from '../support/wire-client.ts'

const MIB = 1024 * 1024

/** What is wrong, the bytes, why, and which of them (counted from 0) is the bad one. */
const BAD: readonly [what: string, bytes: string, reason: RegExp, offset: number][] = [
  ['garbage instead of a length', 'GET / HTTP/1.1\r\n\r\n', /no digit where a length must start/, 0],
  ['a NUL instead of a length', '\0', /no digit/, 0],
  ['a comma after the comma', ',', /no digit/, 0],
  ['a colon without a length', ':,', /no digit/, 0],
  ['a negative length', '-1:,', /no digit/, 0],
  ['no colon after the length', '5Hello,', /no colon after the length/, 1],
  ['a blank inside a length', '1 2:', /no colon/, 1],
  ['a huge length', '999999999:', /longer than max_message_size/, 6],
  ['a length of ten digits', '0000000001:x,', /more than 9 digits/, 9],
  ['a length that overflows', '99999999999999999999999999:', /longer than max_message_size/, 6],
  ['a missing comma', '5:Hello5:Hello,', /no comma after the message/, 7],
  ['a message longer than its length', '2:Hello,', /no comma/, 4],
  ['a length of 1 MiB + 1', `${MIB + 1}:`, /longer than max_message_size/, 6],
]

describe('a bad frame', { timeout: 30_000 }, () => {
  for (const [what, bytes, reason, offset] of BAD) {
    for (const pieces of ['at once', 'byte by byte'] as const) {
      test(`${what}, ${pieces}: what came before is routed, the client is closed, the others stay`, async () => {
        const reasons: string[] = []
        await using bus = await Bus.start({
          routes: {
            'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
            'evapi:connection-closed': (ctx) => reasons.push(ctx.reason),
          },
        })
        const other = await bus.join()
        const bad = await bus.join()
        const good = netstring('good')
        if (pieces === 'at once') await bad.write(Buffer.concat([good, Buffer.from(bytes, 'latin1')]))
        else {
          await bad.write(good)
          for (const byte of Buffer.from(bytes, 'latin1')) {
            if (bad.end !== 'open') break
            await bad.write(Uint8Array.of(byte))
            await turns(2)
          }
        }
        await bad.untilEnd()
        assert.deepEqual(texts(bad.received), ['good'])
        const line = await bus.logbook.line(/^bad frame: .*; the client is closed$/)
        assert.match(line.msg, reason)
        assert.equal(line['offset'], good.length + offset)
        assert.deepEqual(line['client'], { address: '127.0.0.1', port: bad.port, index: 1 })
        assert.equal(bus.stat('bad_frames'), 1)
        await eventually('connection-closed ran', () => reasons.length === 1)
        assert.deepEqual(reasons, ['bad-frame'])

        await other.send('still here')
        await other.untilReceived('10:still here,')
        assert.deepEqual(texts(other.received), ['good', 'still here'])
      })
    }
  }

  test('a frame of 1 MiB + 1 that is sent to its end is refused at its header, and is not kept', async () => {
    await using bus = await Bus.start()
    const other = await bus.join()
    const bad = await bus.join()
    // Not awaited: the server closes while it is being written.
    void bad.send(Buffer.alloc(MIB + 1, 'x'))
    await bad.untilEnd()
    assert.equal(bus.stat('messages_received'), 0)
    await other.send('still here')
    await other.untilReceived('10:still here,')
    assert.deepEqual(texts(other.received), ['still here'])
  })

  test('of a client that a route closes in the same turn is not reported', async () => {
    await using bus = await Bus.start({ routes: { 'evapi:message-received': (ctx) => ctx.close() } })
    const client = await bus.join()
    await client.write('2:go,garbage')
    await client.untilEnd()
    assert.equal(bus.server.clients, 0)
  })
})

describe('a client that', { timeout: 30_000 }, () => {
  test('connects and says nothing stays, and receives', async () => {
    await using bus = await Bus.start()
    const silent = await bus.join()
    const other = await bus.join()
    await other.send('hello')
    await silent.untilReceived('5:hello,')
    assert.equal(bus.server.clients, 2)
  })

  test('sends nothing but blanks stays, and is no message', async () => {
    await using bus = await Bus.start()
    const client = await bus.join()
    const blanks = ' \r\n\t'.repeat(50_000)
    await client.write(blanks)
    await client.send('hello')
    await client.untilReceived('5:hello,')
    assert.equal(bus.stat('messages_received'), 1)
  })

  test('announces a large frame and never sends it costs little memory', async () => {
    await using bus = await Bus.start({ evapi: { maxMessageSize: 900_000_000 } })
    const before = bus.stat('chunk_bytes')
    const client = await bus.join()
    await client.write('900000000:only this')
    const other = await bus.join()
    await other.send('hello')
    await other.untilReceived('5:hello,')
    assert.ok(bus.stat('chunk_bytes') - before < 2 * MIB, `${bus.stat('chunk_bytes')} bytes of chunks`)
    assert.equal(bus.server.clients, 2)
  })

  for (const [what, bytes] of [
    ['a header', '12'],
    ['a small message', '12:Hel'],
    ['a large message', `1000000:${'x'.repeat(300_000)}`],
  ] as const) {
    test(`resets inside ${what} is closed; what came whole was routed, the rest is forgotten`, async () => {
      const seen: string[] = []
      await using bus = await Bus.start({
        routes: {
          'evapi:message-received': (ctx) => {
            seen.push(ctx.msg.text)
            ctx.relay(ctx.msg)
          },
          'evapi:connection-closed': (ctx) => seen.push(`closed: ${ctx.reason}`),
        },
      })
      const other = await bus.join()
      const client = await bus.join()
      await client.write(`5:whole,${bytes}`)
      await eventually('it has been read', () => bus.stat('bytes_received') === 8 + bytes.length)
      client.close('reset')
      await eventually('it has gone', () => bus.server.clients === 1)
      assert.deepEqual(seen, ['whole', 'closed: reset'])
      // The one that takes its index begins anew.
      const next = await bus.join()
      await next.send('hello')
      for (const each of [next, other]) await each.untilReceived('5:hello,')
      assert.deepEqual(texts(next.received), ['hello'])
    })

    test(`ends its side inside ${what} is closed without a word`, async () => {
      await using bus = await Bus.start()
      const client = await bus.join()
      await client.write(`5:whole,${bytes}`)
      client.halfClose()
      await client.untilEnd()
      assert.deepEqual(texts(client.received), ['whole'])
      assert.equal(client.end, 'closed')
      assert.equal(bus.stat('bad_frames'), 0)
    })
  }

  test('sends each byte alone, while another does the same, is understood', async () => {
    await using bus = await Bus.start()
    const clients = [await bus.join(), await bus.join()] as const
    const streams = ['3:one,3:two,', '5:three,4:four,'] as const
    for (let at = 0; at < 15; at += 1) {
      for (const [place, client] of clients.entries()) await client.write(streams[place]?.[at] ?? '')
      await turns(2)
    }
    for (const client of clients) await client.until('all four', () => client.length === 27)
    assert.deepEqual(texts(clients[0].received), ['one', 'three', 'two', 'four'])
    assert.ok(clients[0].received.equals(clients[1].received))
  })
})
