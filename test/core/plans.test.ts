// Plans as a user of the package has them: what they may say, where they run, and how they live beside handlers. That they do the
// same wherever they run is test/property/plans.test.ts's to show.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveConfig } from '../../src/config.ts'
import {
  close,
  conidx,
  eq,
  forward,
  lt,
  msg,
  multicast,
  ne,
  not,
  plan,
  relay,
  type Step,
  setTag,
  srcaddr,
  startsWith,
  unicast,
  when,
} from '../../src/core/plan.ts'
import { ConfigError, createServer, defineModule, namedPseudoVariables } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { netstring, WireClient } from '../support/wire-client.ts'

const clock = defineModule({
  name: 'clock',
  pseudoVariables: { clock: namedPseudoVariables('clock', { now: { get: () => 'noon' } }) },
})

function mistakesOf(config: unknown): readonly string[] {
  try {
    resolveConfig(config)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.mistakes.map(({ path, problem }) => `${path}: ${problem}`)
  }
  return []
}

describe('a plan', () => {
  test('runs in the dispatcher when it knows all of it, and so does the default route', () => {
    const routes = {
      'evapi:connection-new': plan(setTag('t$evapi(conidx)')),
      'evapi:message-received': plan(when(eq(msg, 'bye'), close(), relay(msg))),
      'evapi:connection-closed': plan(relay('gone: $evapi(conidx)')),
    }
    const resolved = resolveConfig({ routes })
    assert.deepEqual(Object.keys(resolved.plans), ['connectionNew', 'messageReceived', 'connectionClosed'])
    assert.equal(resolved.routes.size, 0)
    assert.deepEqual(Object.keys(resolveConfig({}).plans), ['messageReceived'])
  })

  test('runs in JavaScript when it is told to, or names a variable of a module', () => {
    const off = resolveConfig({ plans: false })
    assert.deepEqual(off.plans, {})
    assert.deepEqual([...off.routes.keys()], ['evapi:message-received'])
    const own = resolveConfig({
      modules: [clock],
      routes: { 'evapi:message-received': plan(relay('$clock(now)')) },
    })
    assert.deepEqual(own.plans, {})
    assert.deepEqual([...own.routes.keys()], ['evapi:message-received'])
  })

  test('with mistakes is reported with the other mistakes', () => {
    const routes = {
      'evapi:connection-new': plan(forward()),
      'evapi:message-received': plan(when(not(unicast(msg, '$evapi(tag)')), relay(msg))),
      'evapi:connection-closed': plan(relay(undefined as unknown as string)),
    }
    const mistakes = mistakesOf({ plans: 'no', routes })
    assert.equal(mistakes.length, 4)
    assert.match(String(mistakes[0]), /^plans: "no" is not valid/)
    assert.match(
      String(mistakes[1]),
      /^routes\["evapi:connection-new"\]: forward\(\) is for message-received/,
    )
    assert.match(
      String(mistakes[2]),
      /^routes\["evapi:message-received"\]: unknown pseudo-variable \$evapi\(tag\)/,
    )
    assert.match(
      String(mistakes[3]),
      /^routes\["evapi:connection-closed"\]: a step of the plan needs a text, not undefined/,
    )
  })

  test('that is none is reported, and does not become a route that does nothing', () => {
    const none: readonly (readonly [unknown, RegExp])[] = [
      [relay, /a function is not a step/],
      [undefined, /undefined is not a step/],
      [{ step: 'reply' }, /\{"step":"reply"\} is not a step/],
      [{ step: 'when', condition: eq('a', 'b'), steps: 5 }, /the steps of a plan are an array, not 5/],
      [when({} as Step, close()), /\{\} is not a condition/],
      [when(not(null as unknown as Step), close()), /null is not a condition/],
      [when(lt(conidx, '5' as unknown as number), close()), /than a number, not than "5"/],
      [when(eq('a', 'b'), [close as unknown as Step]), /a function is not a step/],
    ]
    for (const [step, problem] of none) {
      const [mistake] = mistakesOf({ routes: { 'evapi:message-received': plan(step as Step) } })
      assert.match(String(mistake), problem)
    }
  })

  test('may be nested deep, but not endlessly', async () => {
    const nested = (depth: number) => {
      let step = relay('the bottom')
      for (let level = 0; level < depth; level += 1) step = when(eq(msg, 'down'), step)
      return { 'evapi:message-received': plan(step) }
    }
    assert.match(String(mistakesOf({ routes: nested(20_000) })[0]), /nested more than 500 deep/)
    for (const plans of [true, false]) {
      await using bus = await Bus.start({ plans, routes: nested(500) })
      const client = await bus.join()
      await client.send('down')
      await client.untilReceived('10:the bottom,')
    }
  })

  test('that names a variable of a module does what it says', async () => {
    await using server = createServer({
      evapi: { bindAddr: '127.0.0.1:0' },
      modules: [clock],
      routes: { 'evapi:message-received': plan(relay('$clock(now): $evapi(msg)')) },
      log: false,
    })
    const [bound] = await server.listen()
    assert.ok(bound && bound.family !== 'unix')
    const client = await WireClient.connect({ host: bound.address, port: bound.port })
    await client.send('a')
    await client.untilReceived(netstring('noon: a'))
    client.close()
    assert.equal(server.stats()['plans_run'], 0)
  })

  test('does what the documentation says of the first one', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': plan(
          when(ne(srcaddr, '127.0.0.1'), close(), setTag('client-$evapi(conidx)')),
        ),
        'evapi:message-received': plan(
          when(
            startsWith(msg, 'job:'),
            when(not(unicast(msg, 'client-0')), relay('nobody there')),
            relay(msg),
          ),
        ),
        'evapi:connection-closed': plan(relay(`gone: ${conidx}`)),
      },
    })
    const worker = await bus.join()
    const client = await bus.join()
    await client.send('hello', 'job:1')
    await worker.untilReceived('5:hello,5:job:1,')
    worker.close()
    await client.untilReceived('5:hello,7:gone: 0,')
    await client.send('job:2')
    await client.untilReceived('12:nobody there,')
    assert.equal(bus.stat('plans_run'), 2 + 3 + 1)
  })
})

describe('beside handlers', () => {
  test('a tag that a plan has set is found by a handler', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': plan(setTag('ä-$evapi(conidx)')),
        'evapi:message-received': (ctx) => {
          const reached = ctx.multicast(ctx.msg, 'ä-1')
          ctx.relay(`${ctx.client.tag}: ${reached}`)
        },
      },
    })
    const first = await bus.join()
    await first.send('a')
    await first.untilReceived(Buffer.from('11:ä-0: false,'))
    const second = await bus.join()
    await first.send('b')
    await second.untilReceived(Buffer.from('1:b,10:ä-0: true,'))
    second.close()
    await eventually('second has gone', () => bus.server.clients === 1)
    const from = first.length
    await first.send('d')
    await first.untilReceived(Buffer.from('11:ä-0: false,'), from)
  })

  test('a handler may take over a tag that a plan has set', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': plan(setTag('new')),
        'evapi:message-received': (ctx) => {
          ctx.setTag('known')
          ctx.relay(`${ctx.client.tag} ${ctx.multicast('x', 'new')} ${ctx.unicast('y', 'known')}`)
        },
      },
    })
    const client = await bus.join()
    await client.send('a')
    await client.untilReceived('1:y,16:known false true,')
  })

  for (const plans of [true, false]) {
    test(`a handler of connection-closed knows the tag that a plan gave, plans ${plans}`, async () => {
      const tags: string[] = []
      await using bus = await Bus.start({
        plans,
        routes: {
          'evapi:connection-new': plan(setTag('ä-$evapi(conidx)')),
          'evapi:message-received': plan(when(eq(msg, 'bye'), close(), setTag(msg))),
          'evapi:connection-closed': (ctx) => tags.push(ctx.client.tag),
        },
      })
      const leaves = await bus.join()
      leaves.close()
      await eventually('it has gone', () => tags.length === 1)
      const isClosed = await bus.join()
      await isClosed.send('own', 'bye')
      await eventually('it has gone', () => tags.length === 2)
      const hasNone = await bus.join()
      await hasNone.send('')
      await eventually('its tag is cleared', () => bus.stat('groups') === 0)
      hasNone.close()
      await eventually('it has gone', () => tags.length === 3)
      assert.deepEqual(tags, ['ä-0', 'own', ''])
    })
  }

  test('connection-closed as a plan runs after the handlers of the last messages, and frees the index', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
        'evapi:connection-closed': plan(relay('gone: $evapi(conidx)')),
      },
    })
    const stays = await bus.join()
    const leaves = await bus.join()
    await leaves.send('last')
    leaves.halfClose()
    await stays.untilReceived('4:last,7:gone: 1,')
    await bus.join()
    assert.equal(bus.server.clients, 2)
  })

  test('a plan that multicasts reaches a tag that a handler has set', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:connection-new': (ctx) => ctx.setTag(`t${ctx.client.index}`),
        'evapi:message-received': plan(when(not(multicast('for t1', 't1')), relay('nobody'))),
      },
    })
    const first = await bus.join()
    await first.send('a')
    await first.untilReceived('6:nobody,')
    const second = await bus.join()
    await first.send('b')
    await second.untilReceived('6:for t1,')
  })
})
