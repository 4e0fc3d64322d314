import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, connect as netConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ClientOptions, connect, type Reconnecting } from '../../src/client/index.ts'
import { closeOf, Peer } from './peer.ts'

/** A port that nobody listens on (it was free a moment ago). */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

/** Tries again at once, in effect. */
const FAST = { min: 1, max: 60_000, factor: 1 }

test('connects over TCP, sends and receives', async (t) => {
  const peer = await Peer.listen(t)
  await using client = connect(peer.address)
  assert.equal(client.state, 'connecting')
  await client.ready()
  assert.equal(client.connected, true)
  assert.equal(client.address, peer.address)
  const accepted = await peer.accept()
  await client.send('ping')
  assert.equal((await accepted.read(7)).toString(), '4:ping,')
  const message = once(client, 'message')
  accepted.socket.write('4:pong,')
  assert.equal(String((await message)[0]), 'pong')
  accepted.socket.end()
})

test('connects over a Unix socket', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'evapid-client-'))
  t.after(() => rm(directory, { recursive: true }))
  const peer = await Peer.listen(t, join(directory, 'bus.sock'))
  await using client = connect(peer.address)
  await client.send('ping')
  const accepted = await peer.accept()
  assert.equal((await accepted.read(7)).toString(), '4:ping,')
  accepted.socket.end()
})

test('takes the address as an object, and as an option', async (t) => {
  const peer = await Peer.listen(t)
  await using first = connect({ address: { host: '127.0.0.1', port: peer.port } })
  await using second = connect({ address: peer.address })
  await Promise.all([first.ready(), second.ready()])
  for (const accepted of [await peer.accept(), await peer.accept()]) accepted.socket.end()
})

test('a bad address and a bad option are thrown by connect itself', () => {
  assert.throws(() => connect('nowhere:0'), { code: 'ERR_INVALID_ADDRESS' })
  const bad: readonly [ClientOptions, string][] = [
    [{ maxMessageSize: 0 }, 'maxMessageSize'],
    [{ maxMessageSize: 1_000_000_000 }, 'maxMessageSize'],
    [{ highWaterMark: 1.5 }, 'highWaterMark'],
    [{ sendQueueLimit: -1 }, 'sendQueueLimit'],
    [{ connectTimeout: 2 ** 31 }, 'connectTimeout'],
    [{ closeTimeout: Number.NaN }, 'closeTimeout'],
    [{ reconnect: { min: 0 } }, 'reconnect.min'],
    [{ reconnect: { min: 100, max: 10 } }, 'reconnect.max'],
    [{ reconnect: { factor: 0.5 } }, 'reconnect.factor'],
    [{ reconnect: { retries: -1 } }, 'reconnect.retries'],
  ]
  for (const [options, option] of bad) {
    assert.throws(() => connect(options), { code: 'ERR_INVALID_OPTION', option })
  }
})

test('without reconnect, a refused connection fails ready() with the reason in words', async () => {
  const port = await closedPort()
  const client = connect(`127.0.0.1:${port}`, { reconnect: false })
  const closed = closeOf(client)
  await assert.rejects(client.ready(), {
    code: 'ERR_CONNECT',
    address: `127.0.0.1:${port}`,
    message: `cannot connect to 127.0.0.1:${port}: connection refused`,
  })
  assert.equal((await closed)?.code, 'ERR_CONNECT')
  assert.equal(client.state, 'closed')
  await assert.rejects(client.ready(), { code: 'ERR_CONNECT' })
  await assert.rejects(client.send('x'), { code: 'ERR_CONNECT' })
  await client.close()
})

test('a host name with several addresses that all refuse says so too', async () => {
  const client = connect(`localhost:${await closedPort()}`, { reconnect: false })
  await assert.rejects(client.ready(), { code: 'ERR_CONNECT', message: /connection refused$/ })
})

test('a Unix socket that does not exist is a ConnectError', async () => {
  const client = connect('unix:/nonexistent/bus.sock', { reconnect: false })
  await assert.rejects(client.ready(), { message: /unix:\/nonexistent\/bus.sock: no such file or directory/ })
})

test('a failure nobody waits for is the event error, and thrown if there is no listener', async () => {
  const client = connect(`127.0.0.1:${await closedPort()}`, { reconnect: false })
  const [error] = await once(client, 'error')
  assert.equal(error.code, 'ERR_CONNECT')

  const silent = connect(`127.0.0.1:${await closedPort()}`, { reconnect: false })
  const uncaught = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve))
  const closed = closeOf(silent)
  assert.equal(((await uncaught) as { code: string }).code, 'ERR_CONNECT')
  process.setUncaughtExceptionCaptureCallback(null)
  await closed
})

test('gives up after the given retries', async () => {
  const client = connect(`127.0.0.1:${await closedPort()}`, { reconnect: { ...FAST, retries: 3 } })
  const attempts: Reconnecting[] = []
  client.on('reconnecting', (info) => attempts.push(info))
  await assert.rejects(client.send('never sent'), {
    code: 'ERR_RECONNECT',
    attempts: 3,
    message: /gave up after 3 retries: cannot connect to .*connection refused/,
  })
  assert.deepEqual(
    attempts.map(({ attempt, error }) => [attempt, error?.name]),
    [
      [1, 'ConnectError'],
      [2, 'ConnectError'],
      [3, 'ConnectError'],
    ],
  )
})

test('a server that accepts and closes at once counts as a failure too', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, { reconnect: { ...FAST, retries: 2 } })
  const events: string[] = []
  client.on('connect', () => events.push('connect'))
  client.on('disconnect', () => events.push('disconnect'))
  client.on('reconnecting', () => events.push('reconnecting'))
  client.on('close', () => events.push('close'))
  const failed = once(client, 'error')
  for (let i = 0; i < 3; i++) (await peer.accept()).socket.end().resume()
  assert.equal((await failed)[0].code, 'ERR_RECONNECT')
  assert.deepEqual(events, [
    ...['connect', 'disconnect', 'reconnecting'],
    ...['connect', 'disconnect', 'reconnecting'],
    ...['connect', 'disconnect'],
    'close',
  ])
})

test('comes back when the connection breaks, and when the server was away for a while', async (t) => {
  const peer = await Peer.listen(t)
  const { port } = peer
  await using client = connect(peer.address, { reconnect: FAST })
  await client.ready()
  const disconnected = once(client, 'disconnect')
  ;(await peer.accept()).socket.resetAndDestroy()
  const [error] = await disconnected
  assert.equal(error.code, 'ERR_CONNECTION_LOST')
  assert.match(error.message, /connection reset by peer/)
  await client.ready()

  await peer.accept()
  await peer.close()
  // Refused at least once: the attempt after the disconnect, whose failure announces the next.
  const [info] = await once(client, 'reconnecting', { signal: AbortSignal.timeout(5000) })
  assert.ok(info.delay > 0)
  const back = await Peer.listen(t, port)
  await client.ready()
  const accepted = await back.accept()
  await client.send('again')
  assert.equal((await accepted.read(8)).toString(), '5:again,')
  accepted.socket.end()
})

test('the peer ending in order is no error', async (t) => {
  const peer = await Peer.listen(t)
  const client = connect(peer.address, { reconnect: false })
  const disconnected = once(client, 'disconnect')
  const closed = closeOf(client)
  ;(await peer.accept()).socket.end()
  assert.deepEqual(await disconnected, [undefined])
  assert.equal(await closed, undefined)
  await assert.rejects(client.send('x'), { code: 'ERR_CLOSED' })
  assert.equal(client.trySend('x'), false)
})

test('a signal that is aborted ends the client at once, wherever it stands', async (t) => {
  const peer = await Peer.listen(t)
  const reason = new Error('enough')

  const before = connect(peer.address, { signal: AbortSignal.abort(reason) })
  await assert.rejects(before.ready(), { name: 'AbortError', code: 'ERR_ABORTED', cause: reason })
  assert.equal((await closeOf(before))?.code, 'ERR_ABORTED')

  const connected = new AbortController()
  const client = connect(peer.address, { signal: connected.signal })
  await client.ready()
  const closed = closeOf(client)
  connected.abort(reason)
  assert.equal((await closed)?.code, 'ERR_ABORTED')

  const waiting = new AbortController()
  const away = connect(`127.0.0.1:${await closedPort()}`, {
    signal: waiting.signal,
    reconnect: { min: 60_000, max: 60_000 },
  })
  const ready = away.ready()
  await once(away, 'reconnecting')
  waiting.abort(reason)
  await assert.rejects(ready, { code: 'ERR_ABORTED' })
})

test('a server that does not answer is given up after connectTimeout', async (t) => {
  // A process that listens but is stopped accepts nothing; when its backlog is full, Linux lets further attempts hang.
  const script = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
    () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const port = Number((await once(child.stdout, 'data'))[0])
  child.kill('SIGSTOP')
  const fillers = Array.from({ length: 4 }, () => netConnect(port, '127.0.0.1').on('error', () => {}))
  t.after(() => fillers.map((filler) => filler.destroy()))
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')))

  const client = connect(`127.0.0.1:${port}`, { connectTimeout: 50, reconnect: false })
  await assert.rejects(client.ready(), { code: 'ERR_CONNECT', message: /no answer within 50 ms/ })
})
