// Requests that are suspended while an application decides, in TypeScript: a phone, a server, an application, over real sockets.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CancelledError,
  type Config,
  ContinuedElsewhereError,
  NoClientError,
  SuspendError,
  SuspendTimeoutError,
} from '../../src/index.ts'
import { Peer } from '../core/peer.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'

type Request = NonNullable<NonNullable<Config['routes']>['request']>

const UDP = 'udp:127.0.0.1:0'

/** A server whose request route is given, and that continues what JSON messages name. */
const start = (request: Request, more: Partial<Parameters<typeof Bus.start>[0]> = {}) =>
  Bus.start({
    listen: UDP,
    ...more,
    routes: { request, 'evapi:message-received': (ctx) => ctx.continueFromJson(), ...more.routes },
  })

const application = async (bus: Bus) => {
  const peer = await Peer.connect(bus.server.address)
  await eventually('the application is in', () => bus.server.clients === 1)
  return peer
}

interface Event {
  readonly index: number
  readonly label: number
  readonly [field: string]: unknown
}
const eventOf = async (peer: Peer): Promise<Event> => JSON.parse((await peer.next()) ?? '')

describe('a request waits for an application', () => {
  test('which decides about it: the route goes on with the answer', async () => {
    await using bus = await start(async (ctx) => {
      const answer = await ctx.ask<{ code: number; reason: string }>({ event: 'auth', from: ctx.pv('$fU') })
      ctx.reply(answer.code, answer.reason)
    })
    await using app = await application(bus)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    const { index, label, ...fields } = await eventOf(app)
    assert.deepEqual(fields, { event: 'auth', from: 'alice' })
    await app.send(JSON.stringify({ index, label, code: 403, reason: 'Not You' }))
    const reply = await phone.reply()
    assert.deepEqual([reply.code, reply.reason], [403, 'Not You'])
    assert.match(reply.header('To')[0] ?? '', /;tag=./)
  })

  test('an INVITE gets its 100 first, and its retransmissions run no route', async () => {
    let runs = 0
    await using bus = await start(async (ctx) => {
      runs += 1
      await ctx.ask({})
      ctx.reply(200, 'OK', {
        headers: { Contact: '<sip:bob@127.0.0.1>' },
        body: 'v=0\r\n',
        contentType: 'application/sdp',
      })
    })
    await using app = await application(bus)
    const phone = await bus.phone()
    const invite = phone.send('INVITE', { fromTag: 'anna' })
    const trying = await phone.reply()
    assert.deepEqual([trying.code, trying.reason], [100, 'trying -- your call is important to us'])
    assert.doesNotMatch(trying.header('To')[0] ?? '', /tag=/)
    const event = await eventOf(app)
    phone.sendText(invite)
    assert.equal((await phone.reply()).code, 100)
    await app.send(JSON.stringify(event))
    const ok = await phone.reply()
    assert.equal(ok.code, 200)
    assert.deepEqual(ok.header('Content-Type'), ['application/sdp'])
    assert.deepEqual(ok.header('Contact'), ['<sip:bob@127.0.0.1>'])
    assert.equal(ok.body, 'v=0\r\n')
    phone.sendText(
      phone.compose('ACK', {
        callId: ok.header('Call-ID')[0] ?? '',
        fromTag: 'anna',
        toTag: /tag=(.*)/.exec(ok.header('To')[0] ?? '')?.[1] ?? '',
      }),
    )
    await eventually('the ACK was absorbed', () => bus.stat('sip_requests') >= 3)
    assert.equal(runs, 1)
  })

  test("two requests at once get the answer that is each one's own", async () => {
    await using bus = await start(async (ctx) => {
      const { code } = await ctx.ask<{ code: number }>({ who: ctx.request.callId })
      ctx.reply(code)
    })
    await using app = await application(bus)
    const [first, second] = [await bus.phone(), await bus.phone()]
    first.send('MESSAGE', { callId: 'first' })
    const one = await eventOf(app)
    second.send('MESSAGE', { callId: 'second' })
    const two = await eventOf(app)
    assert.deepEqual([one['who'], two['who']], ['first', 'second'])
    await app.send(JSON.stringify({ ...two, code: 202 }), JSON.stringify({ ...one, code: 480 }))
    assert.equal((await second.reply()).code, 202)
    assert.equal((await first.reply()).code, 480)
  })

  test('only the clients of a tag are asked, and ctx.continue() says what comes of it', async () => {
    const results: boolean[] = []
    await using bus = await start(
      async (ctx) => {
        const text = await ctx.asyncMulticast<string>((tx) => `${tx.index} ${tx.label}`, 'judge')
        ctx.reply(200, text)
      },
      {
        routes: {
          'evapi:message-received': (ctx) => {
            if (ctx.msg.text === 'I judge') {
              ctx.setTag('judge')
              return
            }
            const [index, label] = ctx.msg.text.split(' ').map(Number)
            if (ctx.client.tag === 'judge' && index !== undefined && label !== undefined) {
              results.push(ctx.continue(index, label, 'Fine'), ctx.continue(index, label, 'Twice'))
              results.push(
                ctx.continue(index, label + 1, 'x'),
                ctx.continue(-1, 2 ** 32, 'x'),
                ctx.continue(Number.NaN, 0.5, 'x'),
              )
            }
          },
        },
      },
    )
    await using judge = await application(bus)
    await judge.send('I judge')
    await eventually('the tag is set', () => bus.stat('groups') === 1)
    await using onlooker = await Peer.connect(bus.server.address)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await judge.send((await judge.next()) ?? '')
    const reply = await phone.reply()
    assert.deepEqual([reply.code, reply.reason], [200, 'Fine'])
    assert.deepEqual(results, [true, false, false, false, false])
    bus.server.relay('the end')
    assert.equal(await onlooker.next(), 'the end')
  })

  test('which any client may be, also one that its event was not sent to: a line at level debug says so', async () => {
    let event = {}
    await using bus = await start(async (ctx) => {
      const { why } = await ctx.asyncMulticast<{ why: string }>(({ index, label }) => {
        event = { index, label }
        return 'decide'
      }, 'judge')
      ctx.reply(200, why)
    })
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await eventually('it is suspended', () => bus.stat('tm_suspended') === 1)
    await using stranger = await application(bus)
    await stranger.send(JSON.stringify({ ...event, why: 'Because' }))
    assert.equal((await phone.reply()).reason, 'Because')
    await bus.logbook.line(/continued by a client that its event was not sent to/)
  })

  test('it can be suspended again, under the same id', async () => {
    const ids: unknown[] = []
    await using bus = await start(async (ctx) => {
      for (const round of [1, 2, 3]) {
        const { index, label } = await ctx.ask<Event>({ round })
        ids.push(`${index}/${label}`)
      }
      ctx.reply(200)
    })
    await using app = await application(bus)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    for (const round of [1, 2, 3]) {
      const event = await eventOf(app)
      assert.equal(event['round'], round)
      await app.send(JSON.stringify(event))
    }
    assert.equal((await phone.reply()).code, 200)
    assert.equal(new Set(ids).size, 1)
  })
})

describe('what comes instead of an answer', () => {
  test('time-out: the route may answer itself', async () => {
    await using bus = await start(
      async (ctx) => {
        await assert.rejects(
          ctx.ask({}),
          (error) => error instanceof SuspendTimeoutError && error.code === 'ERR_SUSPEND_TIMEOUT',
        )
        ctx.reply(504, 'Too Late')
      },
      { tm: { frTimer: 30 } },
    )
    await using app = await application(bus)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    const event = await eventOf(app)
    assert.equal((await phone.reply()).code, 504)
    await app.send(JSON.stringify(event))
    await eventually('the answer has come', () => bus.stat('messages_received') === 1)
    assert.equal(phone.unread, 0)
  })

  test('time-out: 408 when the route lets it pass, which is no failure of the route', async () => {
    await using bus = await start(async (ctx) => ctx.reply(200, String(await ctx.ask({}))), {
      tm: { frInvTimer: 30 },
    })
    const phone = await bus.phone()
    const invite = phone.send('INVITE')
    const reply = await phone.final()
    assert.deepEqual([reply.code, reply.reason], [408, 'Request Timeout'])
    phone.follow('ACK', invite, reply)
    assert.equal(bus.stat('route_failures'), 0)
    const { level, code } = await bus.logbook.line(/^route request ended: no answer in time$/)
    assert.deepEqual([level, code], [20, 'ERR_SUSPEND_TIMEOUT'])
  })

  test('time-out: 408 also when the route that was told never ends, or never waits for an application', async () => {
    const never = new Promise<never>(() => {})
    await using bus = await start(
      async (ctx) => {
        if (ctx.method === 'OPTIONS') await ctx.ask({}).catch(() => never)
        await never
      },
      { tm: { frTimer: 30 }, evapi: { drainTimeout: 1000 } },
    )
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 408)
    assert.equal((await phone.ask('MESSAGE')).code, 408)
  })

  test('CANCEL: 200 and 487 at once, and the answer comes too late', async () => {
    let failure: unknown
    await using bus = await start(async (ctx) => {
      await ctx.ask({}).catch((error: unknown) => {
        failure = error
      })
      assert.equal(ctx.reply(200), false)
    })
    await using app = await application(bus)
    const phone = await bus.phone()
    const invite = phone.send('INVITE')
    const event = await eventOf(app)
    assert.equal((await phone.reply()).code, 100)
    phone.follow('CANCEL', invite)
    const replies = [await phone.reply(), await phone.reply()]
    const codes = Object.fromEntries(replies.map((reply) => [reply.header('CSeq')[0], reply.code]))
    assert.deepEqual(codes, { '1 CANCEL': 200, '1 INVITE': 487 })
    phone.follow(
      'ACK',
      invite,
      replies.find((reply) => reply.code === 487),
    )
    await app.send(JSON.stringify(event))
    await eventually('the answer has come', () => bus.stat('messages_received') === 1)
    assert.ok(failure instanceof CancelledError)
    assert.equal(phone.unread, 0)
    assert.equal(bus.stat('route_failures'), 0)
  })

  test('nobody is connected: with async_no_client=fail the route knows at once', async () => {
    await using bus = await start(
      async (ctx) => {
        await assert.rejects(ctx.ask({}), NoClientError)
        await assert.rejects(ctx.ask({}, 'judge'), NoClientError)
        ctx.reply(503, 'Nobody Decides')
      },
      { evapi: { asyncNoClient: 'fail' } },
    )
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).reason, 'Nobody Decides')
    assert.equal(bus.stat('tm_suspended'), 0)
  })

  test('nobody is connected: by default the request waits, and whoever comes may continue it', async () => {
    await using bus = await start(async (ctx) =>
      ctx.reply(200, String(await ctx.asyncRelay((tx) => JSON.stringify(tx.index)))),
    )
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await eventually('it is suspended', () => bus.stat('tm_suspended') === 1)
    assert.equal(phone.unread, 0)
  })

  test('what cannot be sent is not suspended', async () => {
    await using bus = await start(async (ctx) => {
      await assert.rejects(
        ctx.asyncRelay(() => ''),
        SuspendError,
      )
      await assert.rejects(
        ctx.asyncRelay(() => {
          throw new Error('mine')
        }),
        /mine/,
      )
      ctx.reply(500, 'Not Sent')
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).reason, 'Not Sent')
  })

  test('t_continue names a route: that has the request, and whoever waited is told', async () => {
    let failure: unknown
    await using bus = await start(
      async (ctx) => {
        await ctx.ask({}).catch((error: unknown) => {
          failure = error
        })
      },
      {
        routes: {
          'evapi:message-received': (ctx) => {
            const { index, label } = ctx.msg.json() as Event
            ctx.call('t_continue', index, label, 'RESUME')
          },
          'route[RESUME]': (ctx) => ctx.reply(486),
        },
      },
    )
    await using app = await application(bus)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await app.send((await app.next()) ?? '')
    assert.equal((await phone.reply()).code, 486)
    await eventually('the one that waited is told', () => failure instanceof ContinuedElsewhereError)
  })

  test('the server closes: 503 goes out', async () => {
    await using bus = await start(async (ctx) => ctx.reply(200, String(await ctx.ask({}))))
    const phone = await bus.phone()
    phone.send('OPTIONS')
    await eventually('it is suspended', () => bus.stat('tm_suspended') === 1)
    await bus.server.close()
    assert.equal((await phone.reply()).code, 503)
  })
})

describe('a request that is refused before any route', () => {
  test('has its ACK absorbed, which runs no route either', async () => {
    let runs = 0
    await using bus = await start(() => {
      runs += 1
    })
    const phone = await bus.phone()
    const invite = phone.compose('INVITE')
    phone.sendText(invite.replace('Content-Length: 0', 'Content-Length: 99'))
    const reply = await phone.reply()
    assert.equal(reply.code, 400)
    phone.follow('ACK', invite, reply)
    await eventually('the ACK was absorbed', () => bus.stat('sl_acks_absorbed') === 1)
    assert.equal(runs, 0)
  })
})

describe('a request route', () => {
  test('that throws, or ends without a reply after a promise, leads to 500', async () => {
    await using bus = await start(async (ctx) => {
      if (ctx.method === 'MESSAGE') throw new Error('oh no')
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('MESSAGE')).code, 500)
    assert.equal(bus.stat('route_failures'), 1)
    assert.equal((await phone.ask('OPTIONS')).code, 500)
  })

  test('that throws before it returns anything leads to 500 as well', async () => {
    await using bus = await start(() => {
      throw new Error('oh no')
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 500)
  })

  test('answers once: the second reply is refused', async () => {
    const replies: boolean[] = []
    await using bus = await start((ctx) => {
      if (ctx.method === 'MESSAGE') ctx.newTransaction()
      replies.push(ctx.reply(183), ctx.reply(200), ctx.reply(500))
    })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 200)
    assert.equal((await phone.ask('MESSAGE')).code, 200)
    assert.equal(phone.unread, 0)
    assert.deepEqual(replies, [true, true, false, true, true, false])
  })

  test('cannot put lines of others into a reply', async () => {
    await using bus = await start((ctx) => {
      assert.throws(() => ctx.reply(200, 'OK\r\nX: y'), { code: 'ERR_CALL' })
      assert.throws(() => ctx.reply(200, 'OK', { headers: { X: 'a\nb' } }), { code: 'ERR_CALL' })
      assert.throws(() => ctx.reply(200, 'OK', { headers: { 'X Y': 'a' } }), { code: 'ERR_CALL' })
      assert.throws(() => ctx.reply(200, 'OK', { headers: { Via: 'a' } }), { code: 'ERR_CALL' })
      assert.throws(() => ctx.reply(99), { code: 'ERR_CALL' })
      ctx.reply(200, 'Grüße', { headers: { 'X-A': ['1', 'ü'] } })
    })
    const phone = await bus.phone()
    const reply = await phone.ask('OPTIONS')
    assert.equal(Buffer.from(reply.reason, 'latin1').toString(), 'Grüße')
    assert.deepEqual(
      reply.header('X-A').map((value) => Buffer.from(value, 'latin1').toString()),
      ['1', 'ü'],
    )
  })
})
