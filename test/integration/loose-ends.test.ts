// Ends that requests come to beside an answer: whoever waits is told, whatever happened, and nothing of a request stays behind.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { type Config, ServerClosingError, SuspendError } from '../../src/index.ts'
import { Peer } from '../core/peer.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'

type Request = NonNullable<NonNullable<Config['routes']>['request']>

const UDP = 'udp:127.0.0.1:0'

const start = (request: Request, more: Partial<Parameters<typeof Bus.start>[0]> = {}) =>
  Bus.start({
    listen: UDP,
    ...more,
    routes: { request, 'evapi:message-received': (ctx) => ctx.continueFromJson(), ...more.routes },
  })

describe('whoever waits for an answer is told', { timeout: 20_000 }, () => {
  test('that the request has been answered meanwhile, by a clock of the route for one', async () => {
    let failure: unknown
    await using bus = await start(async (ctx) => {
      const answer = ctx.ask({})
      setImmediate(() => ctx.reply(504, 'Too Slow for Me'))
      await answer.catch((error: unknown) => {
        failure = error
      })
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 504)
    await eventually('the route has ended', () => bus.stat('routes_running') === 0)
    assert.ok(failure instanceof SuspendError)
  })

  test('that the event itself has answered the request', async () => {
    let failure: unknown
    await using bus = await start(async (ctx) => {
      await ctx
        .asyncRelay(() => {
          ctx.reply(200)
          return 'never mind'
        })
        .catch((error: unknown) => {
          failure = error
        })
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 200)
    await eventually('the route has ended', () => bus.stat('routes_running') === 0)
    assert.ok(failure instanceof SuspendError)
  })

  test('that the event itself has continued the request', async () => {
    let failure: unknown
    await using bus = await start(
      async (ctx) => {
        await ctx
          .asyncRelay((tx) => {
            ctx.call('t_continue', tx.index, tx.label, 'NEXT')
            return 'never mind'
          })
          .catch((error: unknown) => {
            failure = error
          })
      },
      { routes: { 'route[NEXT]': () => {} } },
    )
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 500)
    assert.ok(failure instanceof SuspendError)
  })

  test('that the request was released', async () => {
    let failure: unknown
    await using bus = await start(async (ctx) => {
      const answer = ctx.ask({})
      setImmediate(() => ctx.call('t_release'))
      await answer.catch((error: unknown) => {
        failure = error
      })
    })
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await eventually('it was released', () => bus.stat('tm_released') === 1)
    await eventually('the route has ended', () => bus.stat('routes_running') === 0)
    assert.ok(failure instanceof SuspendError)
  })

  test('and if nobody listens to that, it harms nobody', async () => {
    const stray: unknown[] = []
    const note = (reason: unknown) => stray.push(reason)
    process.on('unhandledRejection', note)
    try {
      await using bus = await start((ctx) => void ctx.ask({}))
      const phone = await bus.phone()
      const invite = phone.send('INVITE')
      await eventually('it is suspended', () => bus.stat('tm_suspended') === 1)
      phone.follow('CANCEL', invite)
      const reply = await phone.final()
      phone.follow('ACK', invite, reply)
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('unhandledRejection', note)
    }
    assert.deepEqual(stray, [])
  })

  test('a route that fails while its question is open leads to 500 at once', async () => {
    await using bus = await start(async (ctx) => {
      await Promise.all([ctx.ask({ question: 1 }), ctx.ask({ question: 2 })])
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 500)
    assert.equal(bus.stat('tm_suspended'), 0)
  })

  test('the route of a request that was timed out, and went on, ends in 500 like any other', async () => {
    await using bus = await start(
      async (ctx) => {
        await ctx.ask({ round: 1 }).catch(() => {})
        await ctx.ask({ round: 2 })
      },
      { tm: { frTimer: 50 } },
    )
    await using app = await Peer.connect(bus.server.address)
    await eventually('the application is in', () => bus.server.clients === 1)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await app.next()
    await app.send((await app.next()) ?? '')
    assert.equal((await phone.reply()).code, 500)
  })

  test('a request that comes to a server that closes gets 503', async () => {
    let failure: unknown
    let go = () => {}
    const told = new Promise<void>((resolve) => {
      go = resolve
    })
    await using bus = await start(async (ctx) => {
      await told
      await ctx.ask({}).catch((error: unknown) => {
        failure = error
        throw error
      })
    })
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await eventually('its route is under way', () => bus.stat('routes_running') === 1)
    const closed = bus.server.close()
    go()
    assert.equal((await phone.reply()).code, 503)
    assert.ok(failure instanceof ServerClosingError)
    await closed
  })

  test('what a route may let pass is in the log, at level debug', async () => {
    await using bus = await start(async (ctx) => ctx.reply(200, String(await ctx.ask({}))), {
      tm: { frTimer: 20 },
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 408)
    const line = await bus.logbook.line(/no answer in time/)
    assert.equal(line.level, 20)
  })
})

describe('what a route throws', { timeout: 20_000 }, () => {
  test('may be anything', async () => {
    const things: unknown[] = [undefined, null, Object.create(null), Symbol('s'), 0]
    await using bus = await start((ctx) => {
      throw things[Number(ctx.request.header('X-Thing'))]
    })
    const phone = await bus.phone()
    for (const [number] of things.entries()) {
      assert.equal((await phone.ask('OPTIONS', { lines: [`X-Thing: ${number}`] })).code, 500)
    }
    assert.equal(bus.stat('route_failures'), things.length)
  })

  test('after a promise, too', async () => {
    await using bus = await start(() => Promise.reject(Object.create(null)))
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 500)
  })
})

describe('server.request() is settled', { timeout: 20_000 }, () => {
  const OPTIONS = { method: 'OPTIONS', uri: 'sip:x@y' } as const

  test('when the server has closed, or closes', async () => {
    await using bus = await Bus.start({ routes: { request: (ctx) => ctx.reply(200) } })
    const closed = bus.server.close()
    await closed
    await assert.rejects(bus.server.request(OPTIONS), { code: 'ERR_CALL' })
  })

  test('when its route releases the transaction', async () => {
    await using bus = await Bus.start({ routes: { request: (ctx) => ctx.call('t_release') } })
    assert.equal((await bus.server.request(OPTIONS)).code, 500)
  })

  test('whatever lines a script appends to the reply', async () => {
    const results: number[] = []
    await using bus = await Bus.start({
      routes: {
        request: (ctx) => {
          for (const lines of [
            'Content-Length: 7\r\n',
            'l: 7\r\n',
            'Via : x\r\n',
            'X: a\rY: b\r\n',
            'X: a\r\n',
          ]) {
            results.push(ctx.call('append_to_reply', lines))
          }
          ctx.reply(200)
        },
      },
    })
    assert.equal((await bus.server.request(OPTIONS)).code, 200)
    assert.deepEqual(results, [-1, -1, -1, -1, 1])
  })

  test('and leaves nothing with its signal', async () => {
    await using bus = await Bus.start({
      routes: {
        request: (ctx) => {
          if (ctx.request.uri === 'sip:later') setImmediate(() => ctx.reply(200))
          else ctx.reply(200)
          return ctx.request.uri === 'sip:later' ? new Promise(setImmediate) : undefined
        },
      },
    })
    const { signal } = new AbortController()
    await bus.server.request({ ...OPTIONS, signal })
    await bus.server.request({ ...OPTIONS, uri: 'sip:later', signal })
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
  })

  test('by its signal, which counts as a CANCEL', async () => {
    await using bus = await Bus.start({ routes: { request: (ctx) => void ctx.call('t_suspend') } })
    assert.equal((await bus.server.request({ ...OPTIONS, signal: AbortSignal.abort() })).code, 487)
    assert.equal(bus.stat('tm_cancelled'), 1)
  })

  test('with headers of its own in their compact forms', async () => {
    const seen: unknown[] = []
    await using bus = await Bus.start({
      routes: {
        request: (ctx) => {
          seen.push(ctx.pv('$fu'), ctx.pv('$tu'), ctx.pv('$ci'))
          ctx.reply(200)
        },
      },
    })
    await bus.server.request({ ...OPTIONS, headers: { f: '<sip:me@x>', t: '<sip:you@x>', i: 'mine' } })
    assert.deepEqual(seen, ['sip:me@x', 'sip:you@x', 'mine'])
  })
})

describe('a reply', { timeout: 20_000 }, () => {
  test('has one Content-Type, also when it is given as a header', async () => {
    await using bus = await start((ctx) => {
      ctx.reply(200, 'OK', { headers: { 'content-type': 'application/sdp' }, body: 'v=0\r\n' })
    })
    const phone = await bus.phone()
    assert.deepEqual((await phone.ask('OPTIONS')).header('Content-Type'), ['application/sdp'])
  })

  test('has the To tag of the provisional one before it, which makes the transaction', async () => {
    await using bus = await start(async (ctx) => {
      ctx.reply(180)
      await new Promise(setImmediate)
      ctx.reply(486)
    })
    const phone = await bus.phone()
    const invite = phone.send('INVITE')
    const ringing = [await phone.reply(), await phone.reply()].find(({ code }) => code === 180)
    const busy = await phone.final()
    phone.follow('ACK', invite, busy)
    assert.deepEqual(ringing?.header('To'), busy.header('To'))
  })

  test('has the reason of auto_inv_100_reason as UTF-8', async () => {
    await using bus = await start(
      async (ctx) => {
        ctx.newTransaction()
        ctx.reply(486)
      },
      { tm: { autoInv100Reason: 'läuft … Ċ' } },
    )
    const phone = await bus.phone()
    const invite = phone.send('INVITE')
    const trying = await phone.reply()
    phone.follow('ACK', invite, await phone.final())
    assert.equal(Buffer.from(trying.reason, 'latin1').toString(), 'läuft … Ċ')
  })
})

describe('what no reply can be made of', { timeout: 20_000 }, () => {
  test('is an error of the route, and leads to 500: a body that no datagram can hold', async () => {
    await using bus = await start((ctx) => ctx.reply(200, 'OK', { body: 'x'.repeat(66_000) }), {
      listen: [UDP, 'tcp:127.0.0.1:0'],
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 500)
    assert.equal(bus.stat('route_failures'), 1)
    const { code, body } = await bus.server.request({ method: 'OPTIONS', uri: 'sip:x@y' })
    assert.deepEqual([code, body.length], [200, 66_000])
  })

  test('or of a request: values that are no texts', async () => {
    await using bus = await start((ctx) => {
      const wrong = { Expires: 3600 } as never
      assert.throws(() => ctx.reply(200, 'OK', { headers: wrong }), { code: 'ERR_CALL' })
      assert.throws(() => ctx.reply(200, null as never), { code: 'ERR_CALL' })
      ctx.reply(200)
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 200)
    for (const wrong of [{ method: undefined }, { uri: undefined }, { headers: { Expires: 3600 } }]) {
      const init = { method: 'INFO', uri: 'sip:x@y', ...wrong } as never
      await assert.rejects(bus.server.request(init), { code: 'ERR_CALL' })
    }
  })
})

describe('what is asked for in pieces', { timeout: 20_000 }, () => {
  test('setTimers: 0 keeps what was set before, also before there is a transaction', async () => {
    const before = Date.now()
    await using bus = await start(async (ctx) => {
      ctx.setTimers(0, 40)
      ctx.setTimers(50, 0)
      await ctx.ask({})
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 408)
    assert.ok(Date.now() - before < 5000)
  })

  test('no tag is nobody: a multicast to it suspends nothing', async () => {
    const results: unknown[] = []
    await using bus = await start(async (ctx) => {
      await assert.rejects(
        ctx.asyncMulticast(() => 'x', ''),
        SuspendError,
      )
      results.push(ctx.call('evapi_async_multicast', 'x', ''), ctx.call('evapi_async_unicast', 'x', ''))
      ctx.reply(200)
    })
    await using _app = await Peer.connect(bus.server.address)
    await eventually('the application is in', () => bus.server.clients === 1)
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 200)
    assert.deepEqual(results, [-1, -1])
  })

  test('ids from an application that are no ids at all are wrong arguments, and nothing worse', async () => {
    await using bus = await start((ctx) => {
      for (const id of [null, {}, [], true, undefined]) {
        assert.throws(() => ctx.call('t_continue', id as never, 1, 'X'), { code: 'ERR_CALL' })
        assert.equal(ctx.continue(id as never, 1), false)
      }
      assert.equal(ctx.continue(1n as never, 1), false)
      ctx.reply(200)
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 200)
  })

  test('a context that outlives its server answers nothing, and says so', async () => {
    const results: unknown[] = []
    let kept: Parameters<Request>[0] | undefined
    const bus = await start((ctx) => {
      kept = ctx
    })
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await eventually('the route has run', () => kept !== undefined)
    const { server } = bus
    await server.close()
    const ctx = kept as Parameters<Request>[0]
    results.push(ctx.reply(200), ctx.newTransaction(), ctx.continue(1, 1), ctx.relay('x'))
    results.push(await ctx.ask({}).catch((error: unknown) => error instanceof ServerClosingError))
    assert.deepEqual(results, [false, false, false, false, true])
    assert.deepEqual(server.sipAddresses, [])
    await bus[Symbol.asyncDispose]()
  })
})
