// The server as an embedding program sees it: addresses, listening, relaying from outside, closing, own modules.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deferred } from '../../src/client/deferred.ts'
import {
  createServer,
  defineFunction,
  defineModule,
  eventRoute,
  integer,
  namedPseudoVariables,
  type Runtime,
} from '../../src/index.ts'
import { Logbook } from './logbook.ts'
import { Peer } from './peer.ts'

const ANY = { bindAddr: '127.0.0.1:0' }

function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'evapid-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

/** A Unix socket file whose server is gone: Node removes its own, so it is made by a process that is killed. */
async function leaveSocketFile(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
}

test('without a configuration of routes every message is relayed to every client', async () => {
  await using server = createServer({ evapi: ANY, log: false })
  await server.listen()
  await using first = await Peer.connect(server.address)
  await using second = await Peer.connect(server.address)
  // A connection may stand before the server has accepted it: its own echo shows that it has.
  assert.equal(await second.ask('here I am'), 'here I am')
  assert.equal(await first.next(), 'here I am')
  assert.equal(await first.ask('hello'), 'hello')
  assert.equal(await second.next(), 'hello')
  assert.equal(server.clients, 2)
})

test('with routes, an event that has none has no effect', async () => {
  await using server = createServer({ evapi: ANY, log: false, routes: {} })
  await server.listen()
  await using peer = await Peer.connect(server.address)
  await peer.send('lost')
  assert.equal(server.relay('first'), true)
  assert.equal(await peer.next(), 'first')
})

test('a program relays, multicasts and unicasts from outside of routes', async () => {
  await using server = createServer({
    evapi: ANY,
    log: false,
    routes: { 'evapi:message-received': (ctx) => ctx.setTag('a') && ctx.relay('tagged') },
  })
  assert.equal(server.relay('x'), false)
  await server.listen()
  await using peer = await Peer.connect(server.address)
  assert.equal(await peer.ask('tag me'), 'tagged')
  assert.equal(server.relay(''), false)
  assert.equal(server.multicast('m', ''), false)
  assert.equal(server.relay('ä'), true)
  assert.equal(server.multicast(Buffer.from('m'), 'a'), true)
  assert.equal(server.unicast('u', 'a'), true)
  assert.deepEqual([await peer.next(), await peer.next(), await peer.next()], ['ä', 'm', 'u'])
  const stats = server.stats()
  assert.equal(stats['clients'], 1)
  assert.equal(stats['routes_running'], 0)
  await server.close()
  assert.equal(server.relay('x'), false)
  assert.equal(server.clients, 0)
  assert.equal(server.address, '')
})

for (const [bindAddr, shape] of [
  ['127.0.0.1:0', /^127\.0\.0\.1:\d+$/],
  ['[::1]:0', /^\[::1\]:\d+$/],
  ['localhost:0', /^(127\.0\.0\.1|\[::1\]):\d+$/],
] as const) {
  test(`bind_addr ${bindAddr} is listened on`, async () => {
    await using server = createServer({ evapi: { bindAddr }, log: false })
    const [bound] = await server.listen()
    assert.match(server.address, shape)
    assert.ok(bound && bound.family !== 'unix' && bound.port > 0)
    await using peer = await Peer.connect(server.address)
    assert.equal(await peer.ask('hello'), 'hello')
  })
}

test('a Unix socket is listened on, and its file is gone after close', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'bus.sock')
  const seen: unknown[] = []
  const server = createServer({
    evapi: { bindAddr: `unix:${path}` },
    log: false,
    routes: {
      'evapi:message-received': (ctx) =>
        seen.push(ctx.client.port) && ctx.relay(ctx.expand('$evapi(srcaddr)')),
    },
  })
  await server.listen()
  assert.equal(server.address, `unix:${path}`)
  {
    await using peer = await Peer.connect(server.address)
    assert.equal(await peer.ask('who am I?'), `unix:${path}`)
  }
  await server.close()
  assert.deepEqual(seen, [0])
  writeFileSync(path, 'free', { flag: 'wx' })
})

test('a stale socket file is replaced', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'bus.sock')
  await leaveSocketFile(path)
  await using server = createServer({ evapi: { bindAddr: `unix:${path}` }, log: false })
  await server.listen()
  await using peer = await Peer.connect(server.address)
  assert.equal(await peer.ask('hello'), 'hello')
})

test('a socket file that somebody listens on, and a file that is no socket, are left alone', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'bus.sock')
  await using first = createServer({ evapi: { bindAddr: `unix:${path}` }, log: false })
  await first.listen()
  const second = createServer({ evapi: { bindAddr: `unix:${path}` }, log: false })
  await assert.rejects(second.listen(), { code: 'ERR_LISTEN', reason: 'EADDRINUSE' })
  await using peer = await Peer.connect(first.address)
  assert.equal(await peer.ask('still here'), 'still here')

  const file = join(directory.path, 'file')
  writeFileSync(file, 'precious')
  const third = createServer({ evapi: { bindAddr: `unix:${file}` }, log: false })
  await assert.rejects(third.listen(), { code: 'ERR_LISTEN', reason: 'ENOTSOCK' })
})

test('an address that cannot be listened on is an error that says why', async () => {
  await using taken = createServer({ evapi: ANY, log: false })
  await taken.listen()
  const cases = [
    [taken.address, 'EADDRINUSE', /is in use/],
    ['192.0.2.1:0', 'EADDRNOTAVAIL', /no network interface/],
    ['no-such-host.invalid:0', 'ENOTFOUND', /host name is not known/],
    ['unix:/no/such/directory/bus.sock', 'ENOENT', /directory does not exist/],
  ] as const
  for (const [bindAddr, reason, message] of cases) {
    const server = createServer({ evapi: { bindAddr }, log: false })
    await assert.rejects(server.listen(), {
      name: 'ListenError',
      code: 'ERR_LISTEN',
      reason,
      address: bindAddr,
      message,
    })
  }
})

test('a server listens once in its life', async () => {
  const server = createServer({ evapi: ANY, log: false })
  await server.listen()
  await assert.rejects(server.listen(), { code: 'ERR_LISTEN', reason: 'EALREADY' })
  await server.close()
  await assert.rejects(server.listen(), { code: 'ERR_LISTEN', reason: 'EALREADY' })
})

test('close() before listen(), during it and twice does no harm', async () => {
  await createServer({ evapi: ANY, log: false }).close()
  const server = createServer({ evapi: { bindAddr: 'localhost:0' }, log: false })
  const listening = server.listen()
  const closing = server.close()
  await assert.rejects(listening, { reason: 'ECANCELED' })
  await closing
  await server.close()
})

test('a descriptor that is no listening socket cannot be taken over', async () => {
  const server = createServer({ evapi: ANY, log: false })
  await assert.rejects(server.listen({ adopt: [987] }), { code: 'ERR_LISTEN', address: 'descriptor 987' })
})

test('close() waits for routes under way, delivers what they relay, and runs connection-closed', async () => {
  const entered = deferred()
  const gate = deferred()
  const reasons: string[] = []
  const server = createServer({
    evapi: ANY,
    log: false,
    routes: {
      'evapi:message-received': async (ctx) => {
        entered.resolve()
        await gate.promise
        ctx.relay('done')
      },
      'evapi:connection-closed': (ctx) => reasons.push(ctx.reason),
    },
  })
  await server.listen()
  await using peer = await Peer.connect(server.address)
  await peer.send('work')
  await entered.promise
  const closing = server.close()
  gate.resolve()
  assert.equal(await peer.next(), 'done')
  assert.equal(await peer.next(), undefined)
  await closing
  assert.deepEqual(reasons, ['shutdown'])
})

test('close() does not wait longer than drain_timeout for a route that never ends', async () => {
  const entered = deferred()
  const logbook = new Logbook()
  const server = createServer({
    evapi: { ...ANY, drainTimeout: 50_000 },
    log: logbook.log,
    routes: {
      'evapi:message-received': () => {
        entered.resolve()
        return new Promise(() => {})
      },
    },
  })
  await server.listen()
  await using peer = await Peer.connect(server.address)
  await peer.send('work')
  await entered.promise
  await server.close()
  assert.ok(await logbook.line(/1 routes are still under way/))
})

test('workers over 1 is said to have no effect yet', async () => {
  const logbook = new Logbook()
  await using server = createServer({ evapi: { ...ANY, workers: 4 }, log: logbook.log })
  await server.listen()
  assert.equal((await logbook.line(/all routes on one thread/))['workers'], 4)
})

test('a bad frame and a client too many are one line of log each', async () => {
  const logbook = new Logbook()
  await using server = createServer({ evapi: { ...ANY, maxClients: 1 }, log: logbook.log })
  const [bound] = await server.listen()
  assert.ok(bound && bound.family !== 'unix')
  const socket = connect(bound.port, bound.address)
  socket.write('garbage')
  const line = await logbook.line(/bad frame/)
  assert.equal((line['client'] as Record<string, unknown>)['index'], 0)
  assert.equal(line['offset'], 0)
  socket.destroy()
})

test('a module of the user has parameters, functions, pseudo-variables, event routes, a start and a stop', async () => {
  const trace: unknown[] = []
  let runtime: Runtime | undefined
  const counter = defineModule({
    name: 'counter',
    parameters: { first_value: integer({ default: 1, doc: 'Where it starts.' }) },
    functions: {
      counter_add: defineFunction({
        parameters: [
          { name: 'amount', type: 'integer' },
          { name: 'label', type: 'string' },
        ],
        doc: 'Adds.',
        call: (_, amount, label) => {
          trace.push([amount, label])
          return amount > 0 ? 1 : -1
        },
      }),
    },
    pseudoVariables: { counter: namedPseudoVariables('counter', { size: { get: () => trace.length } }) },
    eventRoutes: { 'counter:full': eventRoute('It is full.') },
    start: (host, { firstValue }) => {
      runtime = host
      trace.push(['start', firstValue])
    },
    stop: () => {
      trace.push('stop')
    },
  })
  const server = createServer({
    evapi: ANY,
    log: false,
    modules: [counter],
    counter: { firstValue: 5 },
    routes: {
      'evapi:message-received': (ctx) => {
        trace.push(ctx.call('counter_add', 2, '$evapi(msg)'))
        trace.push(ctx.call('KSR.counter.add', '-$evapi(msg)', 'x'))
        ctx.relay(ctx.expand('$counter(size)'))
      },
      'counter:full': (ctx) =>
        ctx.relay(ctx.expand('full $evapi(srcaddr) $evapi(msg) $evapi(conidx) $evapi(srcport)')),
    },
  })
  await server.listen()
  {
    await using peer = await Peer.connect(server.address)
    assert.equal(await peer.ask('3'), '5')
    assert.equal(runtime?.runEvent('counter:full'), true)
    assert.equal(runtime?.runEvent('counter:empty'), false)
    assert.equal(await peer.next(), 'full <null> <null> <null> <null>')
  }
  await server.close()
  assert.deepEqual(trace, [['start', 5], [2, '3'], 1, [-3, 'x'], -1, 'stop'])
})

test("a module whose start fails stops the server's", async () => {
  const broken = defineModule({
    name: 'broken',
    start: () => {
      throw new Error('no database')
    },
  })
  const server = createServer({ evapi: ANY, log: false, modules: [broken] })
  await assert.rejects(server.listen(), { message: 'no database' })
  assert.equal(server.address, '')
})
