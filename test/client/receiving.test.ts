import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import {
  type Client,
  type ClientOptions,
  connect,
  encodeNetstring,
  type Message,
} from '../../src/client/index.ts'
import { type Accepted, closeOf, Peer } from './peer.ts'

async function pair(t: TestContext, options: ClientOptions = {}): Promise<[Client, Accepted]> {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, { reconnect: false, ...options })
  t.after(() => client.destroy())
  await client.ready()
  return [client, await peer.accept()]
}

/** Takes the next `count` messages with a loop of its own. */
async function take(client: Client, count: number): Promise<string[]> {
  const texts: string[] = []
  for await (const message of client) {
    texts.push(message.text)
    if (texts.length === count) break
  }
  return texts
}

/** Writes numbered messages of 1,000 bytes. */
function flood(accepted: Accepted, count: number): string[] {
  const texts = Array.from({ length: count }, (_, i) => String(i).padEnd(1000, '.'))
  accepted.socket.write(Buffer.concat(texts.map(encodeNetstring)))
  return texts
}

test('a message offers bytes, text, JSON and when it came', async (t) => {
  const [client, accepted] = await pair(t)
  const before = Date.now()
  const bytes = Buffer.from([0, 10, 255, 0x2c])
  accepted.socket.write(
    Buffer.concat([encodeNetstring('{"grüße":[1]}'), encodeNetstring(bytes), Buffer.from('0:,')]),
  )
  const messages: Message[] = []
  for await (const message of client) if (messages.push(message) === 3) break
  const [json, binary, empty] = messages
  assert.deepEqual(json?.json(), { grüße: [1] })
  assert.equal(`${json}`, '{"grüße":[1]}')
  assert.deepEqual(Buffer.from(binary?.bytes ?? []), bytes)
  assert.equal(binary?.text, '\0\n\ufffd,')
  assert.throws(() => binary?.json(), SyntaxError)
  assert.equal(empty?.bytes.length, 0)
  assert.ok((json?.receivedAt ?? 0) >= before && (json?.receivedAt ?? 0) <= Date.now())
})

test('without netstrings, what one read returns is one message', async (t) => {
  const [client, accepted] = await pair(t, { netstring: false })
  const first = once(client, 'message')
  accepted.socket.write('5:hello,')
  assert.equal((await first)[0].text, '5:hello,')
})

test('messages that came before anybody asked wait for the loop, or for the first listener', async (t) => {
  const [looped, first] = await pair(t)
  const all = flood(first, 10)
  await first.standstill()
  assert.deepEqual(await take(looped, 4), all.slice(0, 4))
  assert.deepEqual(await take(looped, 6), all.slice(4))

  const [listened, second] = await pair(t)
  flood(second, 10)
  await second.standstill()
  const texts: string[] = []
  await new Promise<void>((resolve) => {
    listened.on('message', ({ text }) => {
      if (texts.push(text) === 10) resolve()
    })
  })
  assert.deepEqual(texts, all)
})

test('a loop that is slow makes the client stop reading; nothing is lost', async (t) => {
  const [client, accepted] = await pair(t, { highWaterMark: 20_000 })
  const all = flood(accepted, 20_000)
  const texts: string[] = []
  for await (const message of client) {
    if (texts.length === 0) {
      await accepted.standstill()
      // A client that read on would have taken all 20 MB by now.
      assert.ok(accepted.socket.writableLength > 0, 'the peer could write everything')
    }
    if (texts.push(message.text) === all.length) break
  }
  assert.deepEqual(texts, all)
})

test('a client that nobody listens to stops reading too; receive: false throws everything away', async (t) => {
  const [, unread] = await pair(t)
  flood(unread, 20_000)
  await unread.standstill()
  assert.ok(unread.socket.writableLength > 0)

  const [sender, ignored] = await pair(t, { receive: false })
  flood(ignored, 20_000)
  if (ignored.socket.writableLength > 0) await once(ignored.socket, 'drain')
  await assert.rejects(take(sender, 1), { code: 'ERR_ITERATION' })
  const closed = closeOf(sender)
  ignored.socket.end('not a netstring')
  assert.equal(await closed, undefined)
})

test('pause stops the events and then the socket; resume gives what was held', async (t) => {
  const [client, accepted] = await pair(t)
  const texts: string[] = []
  let done: () => void = () => {}
  const complete = new Promise<void>((resolve) => {
    done = resolve
  })
  client.on('message', ({ text }) => {
    texts.push(text)
    if (texts.length === 3) client.pause()
    if (texts.length === 20_000) done()
  })
  const all = flood(accepted, 20_000)
  await accepted.standstill()
  assert.equal(texts.length, 3)
  assert.ok(accepted.socket.writableLength > 0)
  client.resume()
  await complete
  assert.deepEqual(texts, all)
})

test('with a loop and a listener both get every message, the listener first, at the pace of the loop', async (t) => {
  const [client, accepted] = await pair(t)
  const seen: string[] = []
  const iterator = client[Symbol.asyncIterator]()
  const first = iterator.next()
  client.on('message', ({ text }) => seen.push(`event ${text}`))
  accepted.socket.write('1:a,1:b,1:c,')
  seen.push(`loop ${(await first).value?.text}`)
  await new Promise(setImmediate)
  seen.push(`loop ${(await iterator.next()).value?.text}`)
  assert.deepEqual(seen, ['event a', 'loop a', 'event b', 'loop b'])
  // When the loop is left, the listener gets the rest on its own.
  const rest = once(client, 'message')
  await iterator.return()
  assert.equal((await rest)[0].text, 'c')
})

test('a second loop at the same time is refused, and does no harm to the first', async (t) => {
  const [client, accepted] = await pair(t)
  const first = take(client, 1)
  await assert.rejects(take(client, 1), { code: 'ERR_ITERATION' })
  accepted.socket.write('1:a,')
  assert.deepEqual(await first, ['a'])
})

test('a listener that throws does not hold up the messages behind', async (t) => {
  const [client, accepted] = await pair(t)
  const texts: string[] = []
  const uncaught: unknown[] = []
  process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error))
  t.after(() => process.setUncaughtExceptionCaptureCallback(null))
  const done = new Promise<void>((resolve) => {
    client.on('message', ({ text }) => {
      texts.push(text)
      if (text === 'c') resolve()
      if (text === 'a') throw new Error('listener')
    })
  })
  accepted.socket.write('1:a,1:b,1:c,')
  await done
  assert.deepEqual(texts, ['a', 'b', 'c'])
  assert.equal(uncaught.length, 1)
})

test('a bad frame ends the connection with a typed error, after the messages before it', async (t) => {
  const [client, accepted] = await pair(t)
  const disconnected = once(client, 'disconnect')
  accepted.socket.write('1:a,1:b,oops,1:c,')
  const texts: string[] = []
  await assert.rejects(
    async () => {
      for await (const message of client) texts.push(message.text)
    },
    { code: 'ERR_BAD_FRAME', reason: 'length', offset: 8, message: /bad frame at byte 8/ },
  )
  assert.deepEqual(texts, ['a', 'b'])
  assert.equal((await disconnected)[0].code, 'ERR_BAD_FRAME')
})

test('a message above maxMessageSize is a bad frame, seen in its header', async (t) => {
  const [client, accepted] = await pair(t, { maxMessageSize: 10 })
  accepted.socket.write('10:0123456789,11:')
  await assert.rejects(take(client, 2), { code: 'ERR_BAD_FRAME', reason: 'size', offset: 16 })
})

test('a peer that ends inside a frame is a bad frame', async (t) => {
  const [client, accepted] = await pair(t)
  accepted.socket.end('5:hel')
  await assert.rejects(take(client, 1), { code: 'ERR_BAD_FRAME', reason: 'truncated', offset: 5 })
})

test('after a bad frame the client connects again', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, { reconnect: { min: 1, max: 60_000, factor: 1 } })
  t.after(() => client.destroy())
  const reconnecting = once(client, 'reconnecting')
  const texts = take(client, 2)
  ;(await peer.accept()).socket.write('1:a,5:hello;')
  assert.equal((await reconnecting)[0].error?.code, 'ERR_BAD_FRAME')
  ;(await peer.accept()).socket.write('1:b,')
  assert.deepEqual(await texts, ['a', 'b'])
})

test('a frame cut by a broken connection is not continued on the next one', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, { reconnect: { min: 1, max: 60_000, factor: 1 } })
  t.after(() => client.destroy())
  const first = await peer.accept()
  first.socket.write('1:a,9:cut')
  assert.deepEqual(await take(client, 1), ['a'])
  first.socket.resetAndDestroy()
  ;(await peer.accept()).socket.write('1:b,')
  assert.deepEqual(await take(client, 1), ['b'])
})

test('the loop goes on over connections, and ends when the client is closed', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, { reconnect: { min: 1, max: 60_000, factor: 1 } })
  const texts: string[] = []
  const loop = (async () => {
    for await (const { text } of client) {
      texts.push(text)
      if (text === 'last') await client.close()
    }
  })()
  for (const text of ['a', 'b', 'c']) {
    const accepted = await peer.accept()
    accepted.socket.end(encodeNetstring(text)).resume()
  }
  const accepted = await peer.accept()
  accepted.socket.write('4:last,9:never see,')
  await accepted.readToEnd()
  accepted.socket.end()
  await loop
  assert.deepEqual(texts, ['a', 'b', 'c', 'last'])
})

test('messages received before the peer ended are still given to a later loop', async (t) => {
  const [client, accepted] = await pair(t)
  const closed = closeOf(client)
  accepted.socket.end('1:a,1:b,')
  await closed
  const texts: string[] = []
  for await (const { text } of client) texts.push(text)
  assert.deepEqual(texts, ['a', 'b'])
})

test('a loop waiting for a message ends when the client is closed or destroyed', async (t) => {
  for (const end of ['close', 'destroy'] as const) {
    const [client, accepted] = await pair(t)
    accepted.socket.on('end', () => accepted.socket.end()).resume()
    const loop = take(client, 1)
    await client[end]()
    assert.deepEqual(await loop, [])
  }
})
