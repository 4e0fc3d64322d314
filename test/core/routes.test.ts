// Routes: what a context offers, what a failing handler does, what asynchronous ones are given. Over real sockets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../../src/client/deferred.ts'
import { type Config, createServer, type Message, type MessageContext } from '../../src/index.ts'
import { Logbook } from './logbook.ts'
import { Peer } from './peer.ts'

async function start(routes: NonNullable<Config['routes']>, logbook = new Logbook()) {
  const server = createServer({ evapi: { bindAddr: '127.0.0.1:0' }, log: logbook.log, routes })
  await server.listen()
  return { server, logbook }
}

test('relay reaches everybody, the sender included; text and bytes both', async () => {
  const { server } = await start({
    'evapi:message-received': (ctx) => {
      ctx.relay(ctx.msg)
      ctx.relay(`text ${ctx.msg.text}`)
      ctx.relay(Buffer.from([0, 255]))
    },
  })
  await using _server = server
  await using first = await Peer.connect(server.address)
  await using second = await Peer.connect(server.address)
  await first.send('ä')
  for (const peer of [first, second]) {
    assert.equal(await peer.next(), 'ä')
    assert.equal(await peer.next(), 'text ä')
    assert.deepEqual(await peer.nextBytes(), Buffer.from([0, 255]))
  }
})

test('multicast and unicast choose by tag', async () => {
  const { server } = await start({
    'evapi:message-received': (ctx) => {
      const [verb, tag = ''] = ctx.msg.text.split(' ')
      if (verb === 'tag') ctx.relay(`tagged ${ctx.setTag(tag)} ${ctx.client.tag}`)
      if (verb === 'all') ctx.multicast('to all', tag)
      if (verb === 'one') ctx.unicast('to one', tag)
      if (verb === 'end') ctx.relay('end')
    },
  })
  await using _server = server
  await using first = await Peer.connect(server.address)
  assert.equal(await first.ask('tag ärzte'), 'tagged true ärzte')
  await using second = await Peer.connect(server.address)
  assert.equal(await second.ask('tag ärzte'), 'tagged true ärzte')
  assert.equal(await first.next(), 'tagged true ärzte')
  await second.send('all ärzte', 'one ärzte', 'all nobody', 'end')
  assert.deepEqual([await first.next(), await first.next(), await first.next()], ['to all', 'to one', 'end'])
  assert.deepEqual([await second.next(), await second.next()], ['to all', 'end'])
})

test('the functions answer true and false as the EVAPI page says', async () => {
  const answers: unknown[] = []
  const { server } = await start({
    'evapi:message-received': (ctx) => {
      answers.push(
        ctx.relay(''),
        ctx.multicast('x', ''),
        ctx.multicast('', 'tag'),
        ctx.multicast('x', 'nobody'),
        ctx.unicast('x', ''),
        ctx.unicast('', 'tag'),
        ctx.setTag('t'.repeat(63)),
        ctx.setTag('t'.repeat(64)),
        ctx.setTag('ä'.repeat(32)),
        ctx.setTag(''),
        ctx.close(),
        ctx.close(),
        ctx.setTag('late'),
      )
    },
  })
  await using _server = server
  await using peer = await Peer.connect(server.address)
  assert.equal(await peer.ask('go'), undefined)
  const [no, yes] = [false, true]
  assert.deepEqual(answers, [no, no, no, no, no, no, yes, no, no, yes, yes, no, no])
})

test('call() runs a function the Kamailio way, by either of its names', async () => {
  const results: number[] = []
  const { server } = await start({
    'evapi:message-received': (ctx) => {
      results.push(
        ctx.call('evapi_relay', '$evapi(msg)'),
        ctx.call('KSR.evapi.relay', 'ü $evapi(msg) costs $$5'),
        ctx.call('evapi_relay', 7),
        ctx.call('evapi_relay', ''),
        ctx.call('evapi_set_tag', '$evapi(srcaddr)-$evapi(conidx)'),
        ctx.call('evapi_multicast', 'multi', '127.0.0.1-0'),
        ctx.call('evapi_unicast', 'uni', '127.0.0.1-$evapi(conidx)'),
        ctx.call('evapi_unicast', 'uni', ''),
        ctx.call('evapi_set_tag', 't'.repeat(64)),
        ctx.call('evapi_close'),
      )
    },
  })
  await using _server = server
  await using peer = await Peer.connect(server.address)
  await peer.send(Buffer.from([0xff, 0x00]))
  assert.deepEqual(await peer.nextBytes(), Buffer.from([0xff, 0x00]))
  assert.deepEqual(await peer.nextBytes(), Buffer.from('ü \xff\0 costs $5'.replace('ü', 'Ã¼'), 'latin1'))
  assert.deepEqual([await peer.next(), await peer.next(), await peer.next()], ['7', 'multi', 'uni'])
  assert.equal(await peer.next(), undefined)
  assert.deepEqual(results, [1, 1, 1, -1, 1, 1, 1, -1, -1, 1])
})

test('call() refuses unknown functions and wrong arguments', async () => {
  const messages: string[] = []
  const attempt = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      messages.push(`${Reflect.get(Object(error), 'code')} ${(error as Error).message}`)
    }
  }
  const { server } = await start({
    'evapi:message-received': (ctx) => {
      attempt(() => ctx.call('evapi_rely', 'x'))
      attempt(() => ctx.call('evapi_relay'))
      attempt(() => ctx.call('evapi_multicast', 'x', 'y', 'z'))
      attempt(() => ctx.call('evapi_relay', '$evapi(nope)'))
      ctx.close()
    },
  })
  await using _server = server
  await using peer = await Peer.connect(server.address)
  assert.equal(await peer.ask('go'), undefined)
  assert.deepEqual(messages, [
    'ERR_CALL unknown function evapi_rely; did you mean evapi_relay?',
    'ERR_CALL evapi_relay(evdata) takes 1 arguments, got 0',
    'ERR_CALL evapi_multicast(evdata, etag) takes 2 arguments, got 3',
    'ERR_TEMPLATE unknown pseudo-variable $evapi(nope); known: srcaddr, srcport, conidx, msg (at 0 in "$evapi(nope)")',
  ])
})

test('a context answers in each of the three events', async () => {
  const seen: unknown[] = []
  const { promise: closed, resolve } = deferred()
  const { server } = await start({
    'evapi:connection-new': (ctx) => {
      seen.push([ctx.route, ctx.pv('$evapi(msg)'), ctx.pv('$evapi(srcaddr)'), ctx.client.index])
      ctx.setTag('me')
    },
    'evapi:message-received': (ctx) => {
      seen.push([ctx.route, ctx.pv('$evapi(msg)'), ctx.client.tag, ctx.msg.json()])
      ctx.relay('seen')
    },
    'evapi:connection-closed': (ctx) => {
      seen.push([ctx.route, ctx.pv('$evapi(msg)'), ctx.pv('$evapi(srcaddr)'), ctx.client.open, ctx.reason])
      resolve()
    },
  })
  await using _server = server
  {
    await using peer = await Peer.connect(server.address)
    assert.equal(await peer.ask('{"a":1}'), 'seen')
  }
  await closed
  assert.deepEqual(seen, [
    ['evapi:connection-new', null, '127.0.0.1', 0],
    ['evapi:message-received', '{"a":1}', 'me', { a: 1 }],
    ['evapi:connection-closed', null, '127.0.0.1', false, 'peer'],
  ])
})

test('close() in connection-new rejects the client: it is closed, and no connection-closed follows', async () => {
  let closedEvents = 0
  const { server } = await start({
    'evapi:connection-new': (ctx) => ctx.client.index === 0 && ctx.close(),
    'evapi:connection-closed': () => {
      closedEvents++
    },
  })
  await using peer = await Peer.connect(server.address)
  assert.equal(await peer.next(), undefined)
  await server.close()
  assert.equal(closedEvents, 0)
})

const FAILURES: Readonly<Record<string, (ctx: MessageContext) => unknown>> = {
  throws: () => {
    throw new Error('broken')
  },
  rejects: async () => {
    await Promise.resolve()
    throw new Error('broken')
  },
  'rejects with what is no error': () => Promise.reject('broken'),
  'gives a thenable that fails': () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then: (_: unknown, reject: (reason: Error) => void) => reject(new Error('broken')),
  }),
  'has a then that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    get then() {
      throw new Error('broken')
    },
  }),
}

for (const [how, fail] of Object.entries(FAILURES)) {
  test(`a handler that ${how} is one line of log, and the next message runs`, async () => {
    const { server, logbook } = await start({
      'evapi:message-received': (ctx) => (ctx.msg.text === 'fail' ? fail(ctx) : ctx.relay(ctx.msg)),
    })
    await using _server = server
    await using peer = await Peer.connect(server.address)
    await peer.send('fail')
    assert.equal(await peer.ask('fine'), 'fine')
    const line = await logbook.line(/route evapi:message-received failed: broken/)
    assert.equal(line['route'], 'evapi:message-received')
    const { address, index, port } = line['client'] as Record<string, unknown>
    assert.deepEqual([address, index, typeof port], ['127.0.0.1', 0, 'number'])
    assert.equal(logbook.lines.filter(({ level }) => level >= 50).length, 1)
    assert.equal(server.stats()['route_failures'], 1)
  })
}

test('an asynchronous route keeps its message and its client', async () => {
  const gate = deferred()
  const { server } = await start({
    'evapi:message-received': async (ctx) => {
      if (ctx.msg.text === 'open') return gate.resolve()
      await gate.promise
      ctx.relay(ctx.msg)
      ctx.relay(ctx.expand('$evapi(srcaddr) $evapi(conidx) $evapi(msg)'))
    },
  })
  await using _server = server
  await using peer = await Peer.connect(server.address)
  const filler = Array.from({ length: 50 }, (_, count) => `message ${count} ${'.'.repeat(1000)}`)
  await peer.send(...filler, 'open')
  for (const message of filler) {
    assert.equal(await peer.next(), message)
    assert.equal(await peer.next(), `127.0.0.1 0 ${message}`)
  }
  assert.equal(server.stats()['routes_running'], 0)
})

test('a message that was kept outlives its route', async () => {
  const kept: Message[] = []
  const { server } = await start({
    'evapi:message-received': (ctx) => {
      kept.push(ctx.msg.keep())
      if (kept.length === 100) for (const message of kept) ctx.relay(message)
    },
  })
  await using _server = server
  await using peer = await Peer.connect(server.address)
  for (let count = 0; count < 100; count++) await peer.send(`${count}`)
  for (let count = 0; count < 100; count++) assert.equal(await peer.next(), `${count}`)
})

test('a client with more than max_running_routes routes under way is not read until some have settled', async () => {
  const gate = deferred()
  const full = deferred()
  const seen: string[] = []
  const server = createServer({
    evapi: { bindAddr: '127.0.0.1:0', maxRunningRoutes: 4 },
    log: false,
    routes: {
      'evapi:message-received': async (ctx) => {
        if (ctx.msg.text === 'ping') return ctx.relay('pong')
        if (seen.push(ctx.msg.text) === 5) full.resolve()
        await gate.promise
        return ctx.relay(ctx.msg)
      },
    },
  })
  await server.listen()
  await using _server = server
  await using peer = await Peer.connect(server.address)
  await using other = await Peer.connect(server.address)
  await peer.send('0', '1', '2', '3', '4')
  await full.promise
  await peer.send('late')
  // Everybody else is served; after two rounds, the late message would have been read if it were read at all.
  for (let round = 0; round < 2; round++) assert.equal(await other.ask('ping'), 'pong')
  assert.deepEqual(seen, ['0', '1', '2', '3', '4'])
  gate.resolve()
  const arrived = ['0', '1', '2', '3', '4', 'late']
  for (const message of ['pong', 'pong', ...arrived]) assert.equal(await peer.next(), message)
})

test("ctx.log writes with the route's name and the client", async () => {
  const { server, logbook } = await start({
    'evapi:message-received': (ctx) => {
      ctx.log.info({ size: ctx.msg.length }, 'got it')
      ctx.log.warn('twice')
    },
  })
  await using _server = server
  await using peer = await Peer.connect(server.address)
  await peer.send('four')
  const line = await logbook.line(/twice/)
  assert.equal(line['route'], 'evapi:message-received')
  const first = await logbook.line(/got it/)
  assert.equal(first['size'], 4)
  assert.equal((first['client'] as Record<string, unknown>)['index'], 0)
})
