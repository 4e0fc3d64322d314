import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { type Client, type ClientOptions, connect, encodeNetstring } from '../../src/client/index.ts'
import { type Accepted, closeOf, Peer } from './peer.ts'

async function pair(t: TestContext, options: ClientOptions = {}): Promise<[Client, Accepted]> {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, options)
  t.after(() => client.destroy())
  await client.ready()
  return [client, await peer.accept()]
}

/** Sends until a send would have to wait; gives what was accepted. */
function fill(client: Client, chunk: string): number {
  let accepted = 0
  while (client.trySend(`${accepted}:${chunk}`)) accepted += 1
  return accepted
}

test('text goes out as UTF-8, bytes as they are, an empty message as 0:,', async (t) => {
  const [client, accepted] = await pair(t)
  await client.send('hé')
  await client.send(Uint8Array.of(0, 13, 10, 255))
  await client.send('')
  const expected = Buffer.concat([
    encodeNetstring('hé'),
    encodeNetstring(Buffer.of(0, 13, 10, 255)),
    Buffer.from('0:,'),
  ])
  assert.deepEqual(await accepted.read(expected.length), expected)
})

test('without netstrings the bytes go out bare', async (t) => {
  const [client, accepted] = await pair(t, { netstring: false })
  await client.send('one')
  await client.send('')
  await client.send('two')
  assert.equal((await accepted.read(6)).toString(), 'onetwo')
})

test('messages sent before there is a connection arrive in order once there is one', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address)
  t.after(() => client.destroy())
  assert.equal(client.trySend('refused'), false)
  const sends = ['a', 'b', 'c'].map((text) => client.send(text))
  await Promise.all(sends)
  assert.equal((await (await peer.accept()).read(12)).toString(), '1:a,1:b,1:c,')
})

test('a message above maxMessageSize is refused and leaves no trace; one of the limit goes', async (t) => {
  const [client, accepted] = await pair(t, { maxMessageSize: 4 })
  await assert.rejects(client.send('12345'), { code: 'ERR_MESSAGE_TOO_LARGE', size: 5, limit: 4 })
  await assert.rejects(client.send('é€'), { code: 'ERR_MESSAGE_TOO_LARGE', size: 5 })
  assert.throws(() => client.trySend('12345'), { code: 'ERR_MESSAGE_TOO_LARGE' })
  await client.send('1234')
  assert.equal((await accepted.read(7)).toString(), '4:1234,')
})

test('when the peer does not read: trySend says no, send waits, one send too many is rejected, none is lost', async (t) => {
  const chunk = 'x'.repeat(10_000)
  const [client, accepted] = await pair(t, { highWaterMark: 100_000, sendQueueLimit: 50_000 })
  // The system's own buffers swallow a few megabytes first. flush() would not return once they are full, so the loop
  // turns as long as it makes progress.
  let count = 0
  for (let idle = 0; idle < 100; idle++) {
    const more = fill(client, chunk)
    if (more > 0) idle = 0
    count += more
    await new Promise(setImmediate)
  }
  assert.ok(client.bufferedBytes >= 100_000 && client.bufferedBytes < 120_000, String(client.bufferedBytes))

  let resolved = 0
  const waiting = ['first', 'second', 'third', 'fourth'].map(async (name) => {
    await client.send(name + chunk)
    resolved += 1
  })
  await assert.rejects(client.send(`fifth${chunk}`), { code: 'ERR_SEND_BUFFER_FULL', limit: 50_000 })
  assert.equal(client.trySend('late'), false)
  assert.equal(resolved, 0)

  accepted.socket.resume()
  await Promise.all(waiting)
  await client.send('last')
  const closed = client.close()
  const all = (await accepted.readToEnd()).toString()
  accepted.socket.end()
  await closed
  assert.equal(all.match(/,\d+:\d+:x{10000}/g)?.length, count - 1)
  assert.match(all, /first(x+),\d+:second(x+),\d+:third(x+),\d+:fourth(x+),4:last,$/)
  assert.doesNotMatch(all, /fifth|late/)
})

test('a send that waits is not overtaken when there is room again', async (t) => {
  const [client, accepted] = await pair(t)
  for (let idle = 0; idle < 100; idle++) {
    if (fill(client, 'x'.repeat(10_000)) > 0) idle = 0
    await new Promise(setImmediate)
  }
  const waiting = client.send('first')
  accepted.socket.resume()
  while (!client.trySend('second')) await new Promise(setImmediate)
  await waiting
  const closed = client.close()
  assert.match((await accepted.readToEnd()).subarray(-17).toString(), /^5:first,6:second,$/)
  accepted.socket.end()
  await closed
})

test('a single message larger than the queue limit can still wait', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, { sendQueueLimit: 10 })
  t.after(() => client.destroy())
  await client.send('x'.repeat(100))
  assert.equal((await (await peer.accept()).read(105)).length, 105)
})

test('an aborted send is taken back while it waits, and the others go on', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address)
  t.after(() => client.destroy())
  const abort = new AbortController()
  const first = client.send('a')
  const second = client.send('b', { signal: abort.signal })
  const third = client.send('c')
  abort.abort(new Error('changed my mind'))
  await assert.rejects(second, { name: 'AbortError', code: 'ERR_ABORTED' })
  await assert.rejects(client.send('d', { signal: abort.signal }), { code: 'ERR_ABORTED' })
  await Promise.all([first, third])
  assert.equal((await (await peer.accept()).read(8)).toString(), '1:a,1:c,')
})

test('a loop of awaited sends lets other events of the process through', async (t) => {
  const [client, accepted] = await pair(t)
  accepted.socket.resume()
  let others = 0
  let running = true
  const count = () => {
    others += 1
    if (running) setImmediate(count)
  }
  setImmediate(count)
  for (let i = 0; i < 5000; i++) await client.send('x'.repeat(1000))
  running = false
  assert.ok(others > 5, `${others} turns of the loop for 5 MB`)
})

test('flush resolves when the system has taken everything, and rejects when the connection breaks first', async (t) => {
  const [client, accepted] = await pair(t)
  await client.flush()
  fill(client, 'x'.repeat(10_000))
  const flushed = client.flush()
  accepted.socket.resume()
  await flushed
  assert.equal(client.bufferedBytes, 0)

  accepted.socket.pause()
  for (let idle = 0; idle < 100; idle++) {
    if (fill(client, 'x'.repeat(10_000)) > 0) idle = 0
    await new Promise(setImmediate)
  }
  const lost = client.flush()
  accepted.socket.resetAndDestroy()
  await assert.rejects(lost, { code: 'ERR_CONNECTION_LOST' })
})

test('close sends what waits, ends, and resolves when the peer has closed', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address)
  const sent = client.send('no await')
  const closed = client.close()
  assert.equal(client.close(), closed)
  await assert.rejects(client.send('too late'), { code: 'ERR_CLOSED' })
  const accepted = await peer.accept()
  assert.equal((await accepted.readToEnd()).toString(), '8:no await,')
  await sent
  assert.equal(client.state, 'closing')
  accepted.socket.end()
  await closed
  assert.equal(client.state, 'closed')
})

test('close reads on, so that the end of a peer that talks a lot is seen', async (t) => {
  const [client, accepted] = await pair(t, { closeTimeout: 600_000 })
  accepted.socket.write(encodeNetstring('x'.repeat(900_000)))
  await client.send('y'.repeat(900_000))
  const closed = client.close()
  accepted.socket.write(encodeNetstring('x'.repeat(900_000)))
  assert.equal((await accepted.readToEnd()).length, 900_008)
  accepted.socket.end()
  await closed
})

test('close says so when not everything could be sent in time', async (t) => {
  const [client] = await pair(t, { closeTimeout: 20, highWaterMark: 64 * 1024 * 1024 })
  for (let i = 0; i < 20; i++) await client.send('x'.repeat(1_000_000))
  const closed = closeOf(client)
  await assert.rejects(client.close(), { code: 'ERR_CLOSE_TIMEOUT' })
  assert.equal((await closed)?.code, 'ERR_CLOSE_TIMEOUT')
})

test('close resolves when all was sent and only the peer does not close', async (t) => {
  const [client] = await pair(t, { closeTimeout: 20 })
  await client.send('x')
  await client.close()
})

test('close without a connection rejects what waits', async (t) => {
  const peer = await Peer.listen(t)
  const { address } = peer
  await peer.close()
  const client = connect(address, { reconnect: { min: 60_000, max: 60_000 } })
  const waiting = client.send('x')
  await once(client, 'reconnecting')
  const rejected = assert.rejects(waiting, { code: 'ERR_CLOSED' })
  await client.close()
  await rejected
})

test('close right after connect resolves; its events come later', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address)
  const closing = client.close()
  const closed = closeOf(client)
  await Promise.all([closing, closed])
  const destroyed = connect(peer.address)
  destroyed.destroy()
  await closeOf(destroyed)
})

test('destroy right after the connection broke is no failure', async (t) => {
  const [client, accepted] = await pair(t, { reconnect: false })
  accepted.socket.resetAndDestroy()
  await once(accepted.socket, 'close')
  const closed = closeOf(client)
  client.destroy()
  assert.equal(await closed, undefined)
})

test('await using closes at the end of the block', async (t) => {
  const peer = await Peer.listen(t)
  let outside: Client
  {
    await using client = connect(peer.address)
    outside = client
    await client.send('x')
    const accepted = await peer.accept()
    accepted.socket.on('end', () => accepted.socket.end()).resume()
  }
  assert.equal(outside.state, 'closed')
})
