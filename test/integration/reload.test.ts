// Server.reload(): other routes while clients are connected and requests are suspended. Nobody is dropped, and whatever has begun ends as it
// began.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { plan, relay, setTag } from '../../src/core/plan.ts'
import {
  type Config,
  ConfigError,
  defineFunction,
  defineModule,
  type MessageContext,
  type Module,
  type RequestContext,
  type Runtime,
  StateKey,
} from '../../src/index.ts'
import { Peer } from '../core/peer.ts'
import { Bus, type BusConfig } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'

const ANY = { bindAddr: '127.0.0.1:0' }

/** A configuration for the bus's own log and address. */
const configOf = (bus: Bus, config: Config = {}): Config => ({
  log: bus.logbook.log,
  ...config,
  evapi: { ...ANY, ...config.evapi },
})

const answering = (text: string): NonNullable<Config['routes']> => ({
  'evapi:message-received': (ctx) => ctx.relay(`${text} ${ctx.msg.text}`),
})

describe('a reload', () => {
  test('gives clients that are connected the new routes, be they functions, plans or none', async () => {
    await using bus = await Bus.start({ routes: answering('one') })
    await using peer = await Peer.connect(bus.server.address)
    assert.equal(await peer.ask('a'), 'one a')
    assert.deepEqual(await bus.server.reload(configOf(bus, { routes: answering('two') })), {
      needRestart: [],
    })
    assert.equal(await peer.ask('b'), 'two b')
    await bus.server.reload(
      configOf(bus, { routes: { 'evapi:message-received': plan(relay('plan $evapi(msg)')) } }),
    )
    assert.equal(await peer.ask('c'), 'plan c')
    await bus.server.reload(configOf(bus))
    assert.equal(await peer.ask('d'), 'd')
    await bus.server.reload(configOf(bus, { routes: answering('three') }))
    assert.equal(await peer.ask('e'), 'three e')
    assert.equal(bus.server.clients, 1)
    assert.equal(bus.stat('reloads'), 4)
  })

  test('with mistakes is refused: all are in the log and in the error, and the routes stay', async () => {
    await using bus = await Bus.start({ routes: answering('one') })
    await using peer = await Peer.connect(bus.server.address)
    const wrong = configOf(bus, {
      evapi: { maxClients: -1 },
      routes: { 'evapi:mesage-received': () => {} } as never,
    })
    await assert.rejects(bus.server.reload(wrong), (error) => {
      assert.ok(error instanceof ConfigError)
      return error.mistakes.length === 2
    })
    assert.ok(await bus.logbook.line(/^evapi\.maxClients: -1 is not valid/))
    assert.ok(await bus.logbook.line(/^routes\["evapi:mesage-received"\]: unknown route/))
    assert.ok(await bus.logbook.line(/^not reloaded; the configuration of before stays/))
    assert.equal(await peer.ask('a'), 'one a')
    assert.deepEqual([bus.stat('reloads'), bus.stat('reload_failures')], [0, 1])
  })

  test('whose configuration cannot be made is one that has failed', async () => {
    await using bus = await Bus.start({ routes: answering('one') })
    const fails = () => Promise.reject(new Error('no disk'))
    await assert.rejects(bus.server.reload(fails), { message: 'no disk' })
    assert.ok(await bus.logbook.line(/^not reloaded: no disk; the configuration/))
    assert.equal(bus.stat('reload_failures'), 1)
  })

  test('of a server that does not listen, or is closed, is refused', async () => {
    const bus = await Bus.start({ routes: answering('one') })
    await bus[Symbol.asyncDispose]()
    await assert.rejects(bus.server.reload(configOf(bus)), { code: 'ERR_CALL' })
  })

  test('that is asked for while another one is under way follows it', async () => {
    await using bus = await Bus.start({ routes: answering('one') })
    await using peer = await Peer.connect(bus.server.address)
    const trace: string[] = []
    const slowly = (name: string) => async () => {
      trace.push(`${name} begins`)
      await new Promise(setImmediate)
      trace.push(`${name} ends`)
      return configOf(bus, { routes: answering(name) })
    }
    await Promise.all([bus.server.reload(slowly('two')), bus.server.reload(slowly('three'))])
    assert.deepEqual(trace, ['two begins', 'two ends', 'three begins', 'three ends'])
    assert.equal(await peer.ask('a'), 'three a')
  })

  test('may be asked for by a route: the rest of what was read has the old routes', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received'(ctx: MessageContext) {
          if (ctx.msg.text === 'reload') void bus.server.reload(configOf(bus, { routes: answering('two') }))
          ctx.relay(`one ${ctx.msg.text}`)
        },
      },
    })
    const client = await bus.join()
    await client.send('reload', 'a', 'b')
    await client.untilReceived('10:one reload,5:one a,5:one b,')
    await eventually('it is reloaded', () => bus.stat('reloads') === 1)
    await client.send('c')
    await client.untilReceived('5:two c,')
  })

  test('lets an asynchronous route go on with its own message and context', async () => {
    let go = () => {}
    await using bus = await Bus.start({
      routes: {
        async 'evapi:message-received'(ctx: MessageContext) {
          await new Promise<void>((resolve) => {
            go = resolve
          })
          ctx.relay(`old ${ctx.msg.text} ${ctx.pv('$evapi(msg)')}`)
        },
      },
    })
    await using peer = await Peer.connect(bus.server.address)
    await peer.send('first')
    await eventually('the route runs', () => bus.stat('routes_running') === 1)
    await bus.server.reload(configOf(bus, { routes: answering('new') }))
    assert.equal(await peer.ask('second'), 'new second')
    go()
    assert.equal(await peer.next(), 'old first first')
  })

  test('gives each message a context of the routes that it is handled by', async () => {
    const seen = new Set<unknown>()
    const routes = (): NonNullable<Config['routes']> => ({
      'evapi:message-received': (ctx) => {
        seen.add(ctx)
        ctx.relay(ctx.msg)
      },
    })
    await using bus = await Bus.start({ routes: routes() })
    await using peer = await Peer.connect(bus.server.address)
    for (const text of ['a', 'b', 'c', 'd']) assert.equal(await peer.ask(text), text)
    assert.equal(seen.size, 2) // they take turns
    await bus.server.reload(configOf(bus, { routes: routes() }))
    for (const text of ['a', 'b', 'c', 'd']) assert.equal(await peer.ask(text), text)
    assert.equal(seen.size, 4)
  })

  test('keeps the tags that clients have, whoever gave them', async () => {
    const tagging = { 'evapi:message-received': plan(setTag('$evapi(msg)')) }
    const telling: NonNullable<Config['routes']> = {
      'evapi:message-received': (ctx) => {
        ctx.relay(`${ctx.client.tag} ${bus.server.multicast('to blue', 'blue')}`)
      },
      'evapi:connection-closed': (ctx) => ctx.relay(`closed ${ctx.client.tag}`),
    }
    await using bus = await Bus.start({ routes: tagging })
    const one = await bus.join()
    const other = await bus.join()
    await one.send('blue')
    await eventually('the plan has run', () => bus.stat('plans_run') === 1)
    await bus.server.reload(configOf(bus, { routes: telling }))
    await one.send('x')
    await one.untilReceived('9:blue true,')
    await one.untilReceived('7:to blue,')
    one.close()
    await other.untilReceived('11:closed blue,')
  })

  test('changes limits at once, and names what needs a restart', async () => {
    await using bus = await Bus.start({ evapi: { maxMessageSize: 5 }, tm: { frTimer: 1000 } })
    await using peer = await Peer.connect(bus.server.address)
    const changed = configOf(bus, {
      evapi: { maxMessageSize: 10, bindAddr: '127.0.0.1:1', busyPoll: 5 },
      tm: { frTimer: 2000, wtTimer: 1 },
      listen: [],
    })
    const { needRestart } = await bus.server.reload(changed)
    assert.deepEqual(needRestart, ['evapi.bind_addr', 'evapi.busy_poll', 'tm.wt_timer'])
    const line = await bus.logbook.line(/^not in effect before a restart: /)
    assert.deepEqual(line['needRestart'], needRestart)
    assert.equal(await peer.ask('ten bytes!'), 'ten bytes!')
    // Asked for again it still is not in effect; taken back, all is well.
    assert.deepEqual((await bus.server.reload(changed)).needRestart, needRestart)
    assert.deepEqual((await bus.server.reload(configOf(bus))).needRestart, [])
  })

  test('counts the age of the configuration', async () => {
    await using bus = await Bus.start()
    assert.equal(bus.stat('configuration_age_seconds'), 0)
  })
})

describe('a request that is under way when the routes change', () => {
  const UDP = 'udp:127.0.0.1:0'

  test('ends with the routes that it began with, and others have the new ones', async () => {
    const version = (name: string): Config => ({
      listen: UDP,
      routes: {
        request: async (ctx) => ctx.reply(200, `${name} ${await ctx.ask<object>({}).then(() => 'answered')}`),
        'evapi:message-received': (ctx) => ctx.continueFromJson(),
      },
    })
    await using bus = await Bus.start(version('old'))
    await using app = await Peer.connect(bus.server.address)
    await eventually('the application is in', () => bus.server.clients === 1)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    const first = await app.next()
    await bus.server.reload(configOf(bus, version('new')))
    phone.send('OPTIONS')
    const second = await app.next()
    await app.send(second ?? '')
    assert.equal((await phone.reply()).reason, 'new answered')
    await app.send(first ?? '')
    assert.equal((await phone.reply()).reason, 'old answered')
  })

  test('finds the routes that t_continue and t_on_failure name among its own', async () => {
    const only = (ctx: RequestContext) => ctx.reply(408, 'only')
    const version = (name: 'old' | 'new'): Config => ({
      listen: UDP,
      tm: { frTimer: 100 },
      routes: {
        request(ctx) {
          ctx.call('t_newtran')
          ctx.call('t_on_failure', 'LATE')
          // Also afterwards: whether there is such a route is a question to its own set.
          if (ctx.call('t_on_failure', `ONLY_${name}`) < 0) return ctx.reply(500, 'no such route')
          if (ctx.method === 'MESSAGE') ctx.call('t_on_failure', 'LATE')
          ctx.call('evapi_async_relay', '$T(id_index) $T(id_label)')
          return undefined
        },
        'route[NEXT]': (ctx) => ctx.reply(200, `${name} next`),
        'failure_route[LATE]': (ctx) => ctx.reply(408, `${name} late`),
        ...(name === 'old' ? { 'failure_route[ONLY_old]': only } : { 'failure_route[ONLY_new]': only }),
        'evapi:message-received': (ctx) => {
          const [index = '', label = ''] = ctx.msg.text.split(' ')
          ctx.call('t_continue', index, label, 'NEXT')
        },
      },
    })
    await using bus = await Bus.start(version('old'))
    await using app = await Peer.connect(bus.server.address)
    await eventually('the application is in', () => bus.server.clients === 1)
    const phone = await bus.phone()
    phone.send('OPTIONS')
    const first = await app.next()
    phone.send('MESSAGE')
    await app.next()
    await bus.server.reload(configOf(bus, version('new')))
    await app.send(first ?? '')
    assert.equal((await phone.reply()).reason, 'old next')
    assert.equal((await phone.reply()).reason, 'old late')
    phone.send('INFO')
    await app.next()
    assert.equal((await phone.reply()).reason, 'only')
  })

  test('gets 503 when the new configuration has no routes for requests, while SIP is still taken', async () => {
    await using bus = await Bus.start({ listen: UDP, routes: { request: (ctx) => ctx.reply(200) } })
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 200)
    assert.deepEqual((await bus.server.reload(configOf(bus))).needRestart, ['listen'])
    assert.equal((await phone.ask('OPTIONS')).code, 503)
  })
})

describe('modules of a program', () => {
  const COUNT = new StateKey(() => ({ calls: 0 }))
  const tracing = (trace: string[], name: string, failing = false) =>
    defineModule({
      name: 'mine',
      functions: {
        mine: defineFunction({
          parameters: [],
          doc: 'Says which one it is.',
          call(ctx) {
            trace.push(`${name} called ${++ctx.runtime.state(COUNT).calls}`)
            return 1
          },
        }),
      },
      start(runtime: Runtime) {
        // Its own runtime knows it already.
        trace.push(`${name} starts ${runtime.modules.function('mine') !== undefined}`)
        if (failing) throw new Error('no database')
      },
      stop: () => void trace.push(`${name} stops`),
    })
  /** The types of a bus leave modules to those who test them. */
  const using = (module: Module, routes?: Config['routes']): BusConfig => {
    const config: object = {
      modules: [module],
      routes: {
        'evapi:message-received': (ctx: MessageContext) => ctx.relay(String(ctx.call('mine'))),
        ...routes,
      },
    }
    return config
  }

  test('are started before the switch, and the old ones stopped after it, when their last route has ended', async () => {
    const trace: string[] = []
    let go = () => {}
    const waits = async (ctx: MessageContext) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      ctx.call('mine')
    }
    await using bus = await Bus.start(
      using(tracing(trace, 'old'), { 'evapi:message-received': waits }) as object,
    )
    await using peer = await Peer.connect(bus.server.address)
    await peer.send('x')
    await eventually('the route runs', () => bus.stat('routes_running') === 1)
    await bus.server.reload(configOf(bus, using(tracing(trace, 'new'))))
    assert.equal(await peer.ask('x'), '1')
    assert.deepEqual(trace, ['old starts true', 'new starts true', 'new called 1'])
    go()
    await eventually('the old one is stopped', () => trace.length === 5)
    assert.deepEqual(trace.slice(3), ['old called 2', 'old stops'])
  })

  test('whose start throws refuse the reload: they are stopped, and the old ones go on', async () => {
    const trace: string[] = []
    await using bus = await Bus.start(using(tracing(trace, 'old')))
    await using peer = await Peer.connect(bus.server.address)
    await assert.rejects(bus.server.reload(configOf(bus, using(tracing(trace, 'new', true)))), {
      message: 'no database',
    })
    assert.ok(await bus.logbook.line(/^not reloaded: no database; /))
    assert.equal(await peer.ask('x'), '1')
    assert.deepEqual(trace, ['old starts true', 'new starts true', 'new stops', 'old called 1'])
  })

  test('that are the same object go on', async () => {
    const trace: string[] = []
    const module = tracing(trace, 'one')
    const bus = await Bus.start(using(module))
    await bus.server.reload(configOf(bus, using(module)))
    assert.deepEqual(trace, ['one starts true'])
    await bus[Symbol.asyncDispose]()
    assert.deepEqual(trace, ['one starts true', 'one stops'])
  })

  test('that still start when the server is closed are stopped again', async () => {
    const trace: string[] = []
    let started = () => {}
    const slow = defineModule({
      name: 'slow',
      start: () =>
        new Promise<void>((resolve) => {
          started = resolve
          trace.push('starts')
        }),
      stop: () => void trace.push('stops'),
    })
    const bus = await Bus.start()
    const reload = bus.server.reload(configOf(bus, using(slow)))
    await eventually('it starts', () => trace.length === 1)
    const closing = bus[Symbol.asyncDispose]()
    await closing
    started()
    await assert.rejects(reload, { code: 'ERR_CALL' })
    assert.deepEqual(trace, ['starts', 'stops'])
  })
})
