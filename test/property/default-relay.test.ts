// Property: without routes every client receives every message of every client, all of them in the same order, and those
// of one sender in the order in which it sent them. For a server of this process and for the command as it is started
// without a file.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { createServer, type Server } from '../../src/index.ts'
import { Evapid } from '../cli/evapid.ts'
import { payloads } from '../support/frames.ts'
import { netstring, WireClient } from '../support/wire-client.ts'
import { assertSame } from './play.ts'
import { check } from './run.ts'
import { type Cuts, cuts, pieces, type Sent, sent, written } from './traffic.ts'

interface Sender {
  readonly messages: readonly Sent[]
  readonly cuts: Cuts
}

const senders = fc.array(fc.record({ messages: fc.array(sent, { maxLength: 10 }), cuts }), {
  minLength: 1,
  maxLength: 5,
})

/**
 * A client that is certainly there: it has received what it sent itself.
 * @returns the client, and how many bytes it had received by then
 */
async function join(port: number, greeting: Buffer): Promise<WireClient> {
  const client = await WireClient.connect({ host: '127.0.0.1', port })
  await client.write(greeting)
  await client.until('its greeting', () => client.length >= greeting.length)
  return client
}

/** All clients joined one after the other, so the first has received every greeting and the last only its own. */
async function gather(port: number, greetings: readonly Buffer[]): Promise<WireClient[]> {
  const clients: WireClient[] = []
  for (const greeting of greetings) {
    clients.push(await join(port, greeting))
    for (const [place, client] of clients.entries()) {
      const owed = greetings.slice(place, clients.length).reduce((sum, { length }) => sum + length, 0)
      await client.until('the greetings', () => client.length >= owed)
    }
  }
  return clients
}

async function send(client: WireClient, stream: Buffer, { cuts }: Sender): Promise<void> {
  for (const [place, piece] of pieces(stream, cuts).entries()) {
    await client.write(piece)
    if (cuts.pauses[place % cuts.pauses.length]) await nextTurn()
  }
}

/** What each client received after the greetings, once it has all of it and nothing more can come. */
async function exchange(
  port: number,
  greetings: readonly Buffer[],
  streams: readonly Buffer[],
  senders: readonly Sender[],
  expected: number,
  last: Buffer,
): Promise<Buffer[]> {
  const clients = await gather(port, greetings)
  try {
    const starts = clients.map((client) => client.length)
    await Promise.all(
      clients.map((client, place) => send(client, streams[place] as Buffer, senders[place] as Sender)),
    )
    const received = (client: WireClient, place: number) => client.length - (starts[place] as number)
    for (const [place, client] of clients.entries()) {
      await client.until('everything', () => received(client, place) >= expected)
    }
    // Whatever else there may be comes before this.
    await (clients[0] as WireClient).write(last)
    for (const [place, client] of clients.entries()) {
      await client.until('the last message', () => received(client, place) >= expected + last.length)
    }
    return clients.map((client, place) => {
      const bytes = client.received.subarray(starts[place] as number)
      assertSame(bytes.subarray(expected), last)
      return bytes.subarray(0, expected)
    })
  } finally {
    for (const client of clients) client.close()
  }
}

/** Each payload begins with its sender; without that nobody could tell whose it is. */
async function exchangeNetstrings(port: number, senders: readonly Sender[]): Promise<void> {
  const marked = senders.map(({ messages }, place) =>
    messages.map((message) => ({
      ...message,
      payload: Buffer.concat([Buffer.from([place]), message.payload.subarray(0, 1024 * 1024 - 1)]),
    })),
  )
  const greetings = senders.map(() => netstring('hello'))
  const streams = marked.map((messages) => Buffer.concat(messages.map(written)))
  const expected = marked.flat().reduce((sum, { payload }) => sum + netstring(payload).length, 0)
  const received = await exchange(port, greetings, streams, senders, expected, netstring('end'))
  for (const bytes of received) assertSame(bytes, received[0] as Buffer)
  const messages = payloads(received[0] as Buffer)
  for (const [place, own] of marked.entries()) {
    const relayed = messages.filter((message) => message[0] === place)
    assert.equal(relayed.length, own.length)
    for (const [at, { payload }] of own.entries()) assertSame(relayed[at] as Buffer, payload)
  }
}

/** Without framing each sender has bytes of its own, by their remainder. */
async function exchangeBytes(port: number, senders: readonly Sender[]): Promise<void> {
  const kinds = senders.length
  const mark = (byte: number, place: number) => {
    const marked = byte - (byte % kinds) + place
    return marked > 255 ? place : marked
  }
  const streams = senders.map(({ messages }, place) =>
    Buffer.from(Buffer.concat(messages.map(({ payload }) => payload)).map((byte) => mark(byte, place))),
  )
  const expected = streams.reduce((sum, { length }) => sum + length, 0)
  const greetings = senders.map(() => Buffer.from('hello'))
  const received = await exchange(port, greetings, streams, senders, expected, Buffer.from('end'))
  for (const bytes of received) assertSame(bytes, received[0] as Buffer)
  for (const [place, stream] of streams.entries()) {
    assertSame(Buffer.from((received[0] as Buffer).filter((byte) => byte % kinds === place)), stream)
  }
}

describe('without routes each client receives everything, in one order', { timeout: 60_000 }, () => {
  for (const netstringFormat of [true, false]) {
    test(netstringFormat ? 'netstrings' : 'bare bytes', async () => {
      const server: Server = createServer({ evapi: { bindAddr: '127.0.0.1:0', netstringFormat }, log: false })
      const [bound] = await server.listen()
      assert.ok(bound && bound.family !== 'unix')
      const exchange = netstringFormat ? exchangeNetstrings : exchangeBytes
      try {
        await check(senders, (senders) => exchange(bound.port, senders), 30)
      } finally {
        await server.close()
      }
    })
  }

  describe('the command without a file', () => {
    let evapid: Evapid
    let port = 0
    before(async () => {
      evapid = new Evapid(['--bind', '127.0.0.1:0', '--log-level', 'info'])
      port = Number((await evapid.listening()).split(':').pop())
    })
    after(() => evapid[Symbol.asyncDispose]())

    test('netstrings', async () => {
      await check(senders, (senders) => exchangeNetstrings(port, senders), 40)
    })
  })
})
