// The client and the tools against evapid itself, with its default routes: every message to every client.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Client, type ClientOptions, connect } from '../../src/client/index.ts'
import { type Config, createServer, type Server } from '../../src/index.ts'
import { runTool, ToolProcess } from './tool.ts'

async function startBus(t: TestContext, evapi: Config['evapi'] = {}): Promise<Server> {
  const server = createServer({ evapi: { bindAddr: '127.0.0.1:0', ...evapi }, log: false })
  t.after(() => server.close())
  await server.listen()
  return server
}

/** A client that the bus has admitted: connected is not enough to get what others send from now on. */
async function admitted(t: TestContext, bus: Server, options: ClientOptions = {}): Promise<Client> {
  const client = connect(bus.address, options)
  t.after(() => client.destroy())
  await client.send('admitted')
  await take(client, 1)
  return client
}

async function take(client: Client, count: number): Promise<Buffer[]> {
  const all: Buffer[] = []
  for await (const { bytes } of client) if (all.push(bytes) === count) break
  return all
}

test('two clients get each message of both, in one order, byte for byte', async (t) => {
  const bus = await startBus(t)
  const alice = await admitted(t, bus)
  const bob = await admitted(t, bus)
  await take(alice, 1) // that bob was admitted

  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const messages = ['grüße', everyByte, 'x'.repeat(1024 * 1024)]
  for (const message of messages) {
    await alice.send(message)
    await bob.send(message)
  }
  const [seenByAlice, seenByBob] = await Promise.all([take(alice, 6), take(bob, 6)])
  assert.deepEqual(seenByAlice, seenByBob)
  const sorted = (all: Buffer[]) => all.sort(Buffer.compare)
  assert.deepEqual(
    sorted(seenByAlice),
    sorted([...messages, ...messages].map((message) => Buffer.from(message))),
  )
})

test('ten thousand messages come back in order', async (t) => {
  const client = await admitted(t, await startBus(t))
  const messages = Array.from({ length: 10_000 }, (_, i) => `message ${i}`)
  const echoes = take(client, messages.length)
  for (const message of messages) await client.send(message)
  assert.deepEqual((await echoes).map(String), messages)
})

test('a message larger than the bus takes ends the connection', async (t) => {
  const bus = await startBus(t, { maxMessageSize: 100 })
  const client = connect(bus.address, { reconnect: false })
  t.after(() => client.destroy())
  await client.send('x'.repeat(101))
  const closed = new Promise((resolve) => client.once('close', resolve))
  client.once('error', () => {})
  await closed
  assert.equal(client.state, 'closed')
})

test('over a Unix socket, without netstrings', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'evapid-client-'))
  t.after(() => rm(directory, { recursive: true }))
  const bus = await startBus(t, { bindAddr: `unix:${directory}/bus.sock`, netstringFormat: 0 })
  const client = connect(bus.address, { netstring: false })
  t.after(() => client.destroy())
  await client.send('bare')
  assert.deepEqual((await take(client, 1)).map(String), ['bare'])
})

test('close returns when the bus has taken the last message', async (t) => {
  const bus = await startBus(t)
  const listener = await admitted(t, bus)
  const sender = connect(bus.address, { receive: false })
  for (let i = 0; i < 1000; i++) void sender.send(String(i))
  await sender.close()
  assert.deepEqual(
    (await take(listener, 1000)).map(String),
    Array.from({ length: 1000 }, (_, i) => String(i)),
  )
})

test('a client comes back to a bus that was started again', async (t) => {
  const bus = await startBus(t)
  const { address } = bus
  const client = await admitted(t, bus, { reconnect: { min: 1, max: 60_000, factor: 1 } })
  const disconnected = once(client, 'disconnect')
  await bus.close()
  await disconnected
  await startBus(t, { bindAddr: address })
  await client.send('still here')
  assert.deepEqual((await take(client, 1)).map(String), ['still here'])
})

test('evapid listen prints what evapid send sends', async (t) => {
  const bus = await startBus(t)
  const tool = new ToolProcess(t, 'listen', '--connect', bus.address)
  // Until the listener is admitted nobody prints; it is when something comes out.
  const printed = once(tool.child.stdout, 'data')
  let printing = false
  void printed.then(() => {
    printing = true
  })
  while (!printing) {
    assert.equal((await runTool('send', ['--connect', bus.address, 'anybody?'])).code, 0)
  }
  assert.match(String((await printed)[0]), /^anybody\?\n/)
  tool.child.kill('SIGINT')
  assert.equal((await tool.outcome()).code, 0)
})
