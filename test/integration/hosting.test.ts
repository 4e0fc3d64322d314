// The bus and the rest of the process share one thread: neither may keep the other from its work, whichever of the two waits for
// the kernel (native/uv_host.h).
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { netstring, PATIENCE, type WireClient } from '../support/wire-client.ts'

/** Keeps messages on their way until `done`: one that comes back is sent again. */
async function keepBusy(client: WireClient, done: Promise<unknown>): Promise<number> {
  const message = netstring('x'.repeat(100))
  const ahead = 32
  let over = false
  void done.then(() => {
    over = true
  })
  let sent = ahead
  await client.write(Buffer.concat(Array(ahead).fill(message)))
  while (!over) {
    await client.until('one more', () => client.length >= (sent - ahead + 1) * message.length)
    await client.write(message)
    sent += 1
  }
  return sent
}

/** Resolves once most of the time is spent asleep, as Node itself counts it. */
async function untilAsleep(): Promise<void> {
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const before = performance.eventLoopUtilization()
    await delay(20)
    if (performance.eventLoopUtilization(before).utilization < 0.5) return
    assert.ok(performance.now() < deadline, 'the event loop does not come to rest')
  }
}

for (const plans of [true, false]) {
  describe(plans ? 'a busy bus with its default route' : 'a busy bus whose route is JavaScript', () => {
    test('does not hold up timers, immediates, other sockets and threads', async () => {
      await using bus = await Bus.start({ plans })
      const client = await bus.join()
      const others = async () => {
        await delay(5)
        await new Promise((resolve) => setImmediate(resolve))
        const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
        await once(echo, 'listening')
        const socket = createConnection((echo.address() as AddressInfo).port, '127.0.0.1')
        for (let times = 0; times < 20; times += 1) {
          socket.write('x')
          await once(socket, 'data')
        }
        // The resolver works in libuv's threads.
        const { lookup } = await import('node:dns/promises')
        assert.equal((await lookup('127.0.0.1')).address, '127.0.0.1')
        socket.destroy()
        echo.close()
      }
      const done = others()
      assert.ok((await keepBusy(client, done)) > 32)
      await done
    })

    test('is served while the process never comes to rest', async () => {
      await using bus = await Bus.start({ plans })
      const client = await bus.join()
      let restless = true
      const again = () => void (restless && setImmediate(again))
      again()
      for (let times = 0; times < 50; times += 1) {
        const before = client.length
        await client.send('a message')
        await client.until('it comes back', () => client.length > before)
      }
      restless = false
    })

    test('shares its process with another', async () => {
      await using one = await Bus.start({ plans })
      await using other = await Bus.start({ plans })
      const clients = [await one.join(), await other.join()]
      const done = delay(200)
      const sent = await Promise.all(clients.map((client) => keepBusy(client, done)))
      for (const number of sent) assert.ok(number > 32)
    })
  })
}

describe('busy_poll', () => {
  test('serves, lets timers run, and is over some time after the last message', async () => {
    await using bus = await Bus.start({ evapi: { busyPoll: 20_000 } })
    const client = await bus.join()
    await client.send('hello')
    await client.untilReceived(netstring('hello'))
    const done = delay(10)
    assert.ok((await keepBusy(client, done)) > 32)
    await untilAsleep()
  })
})

test('a bus at rest counts as idle time of the event loop', async () => {
  await using bus = await Bus.start()
  const client = await bus.join()
  const done = delay(20)
  await keepBusy(client, done)
  await untilAsleep()
})

describe('a bus in a worker thread', { timeout: 30_000 }, () => {
  // Node before 22 does not hand loaders on to threads.
  const program = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.loader).then(async ({ register }) => {
      register()
      const { createServer } = await import(workerData.index)
      const { plans } = workerData
      const routes = { 'evapi:message-received': (ctx) => ctx.relay(ctx.msg) }
      const server = createServer({ evapi: { bindAddr: '127.0.0.1:0' }, log: false, ...(plans ? {} : { routes }) })
      parentPort.postMessage(await server.listen())
    })`

  for (const plans of [true, false]) {
    test(`that is terminated in the middle of its work harms nobody, plans ${plans}`, async () => {
      const workerData = {
        plans,
        loader: import.meta.resolve('tsx/esm/api'),
        index: new URL('../../src/index.ts', import.meta.url).href,
      }
      for (let times = 0; times < 3; times += 1) {
        const worker = new Worker(program, { eval: true, workerData })
        const [[{ address: host, port }]] = (await once(worker, 'message')) as [[AddressInfo]]
        const socket = createConnection(port, host)
        socket.on('error', () => {}) // a reset is as good an end as any
        const ended = new Promise((resolve) => socket.on('close', resolve))
        let frames = 0
        socket.on('data', (data) => {
          frames += 1
          socket.write(data)
        })
        socket.write(Buffer.concat(Array(64).fill(netstring('round and round'))))
        await eventually('it is busy', () => frames > 100)
        assert.equal(await worker.terminate(), 1)
        await ended
      }
    })
  }
})
