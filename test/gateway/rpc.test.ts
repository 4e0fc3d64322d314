// The methods of a running server, called over its Unix socket as people and programs call them.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { modulesOf } from '../../src/config.ts'
import {
  type Config,
  createServer,
  defineAsyncRpc,
  defineConfig,
  defineModule,
  defineRpc,
  type Server,
} from '../../src/index.ts'
import { RouteFiles } from '../cli/routefiles.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/rpc-caller.ts'
import { WireClient } from '../support/wire-client.ts'

const LIMIT = { timeout: 30_000 }

/** A server with a socket for calls, and clients of it. */
class Called implements AsyncDisposable {
  readonly server: Server
  private readonly files = new RouteFiles()
  private readonly clients: WireClient[] = []

  constructor(config: Config) {
    this.server = createServer({
      log: false,
      ...config,
      evapi: { bindAddr: '127.0.0.1:0', ...config.evapi },
      gateway: { rpcSocket: join(this.files.directory, 'rpc') },
    })
  }

  static async start(config: Config = {}): Promise<Called> {
    const called = new Called(config)
    await called.server.listen()
    return called
  }

  call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    return call(this.server.rpcSocket, method, ...params)
  }

  /** A client that the server has accepted. */
  async join(): Promise<WireClient> {
    const before = this.server.clients
    const [bound] = this.server.addresses
    assert.ok(bound && bound.family !== 'unix')
    const client = await WireClient.connect({ host: bound.address, port: bound.port })
    this.clients.push(client)
    await eventually('the client is there', () => this.server.clients > before)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.close()
    await this.server.close()
    this.files[Symbol.dispose]()
  }
}

interface ListedClient {
  readonly index: number
  readonly generation: number
  readonly since: string
  readonly age: number
  readonly [name: string]: unknown
}

describe('methods of the bus', LIMIT, () => {
  test('evapi.list tells everything that is known of each client', async () => {
    await using called = await Called.start()
    const first = await called.join()
    const second = await called.join()
    await first.send('hello')
    await second.untilReceived('5:hello,')
    const list = (await called.call('evapi.list')) as ListedClient[]
    const told = list.map(({ generation, since, age, ...rest }) => {
      assert.ok(Number.isInteger(generation) && Math.abs(Date.parse(since) - Date.now()) < 20_000 && age < 20)
      return rest
    })
    const same = { address: '127.0.0.1', tag: '', kind: 'tcp', state: 'open', slow: 'no' }
    const out = { messages_out: 1, bytes_out: 8, waiting: 0, dropped: 0 }
    assert.deepEqual(told, [
      { index: 0, port: first.port, ...same, messages_in: 1, bytes_in: 8, ...out },
      { index: 1, port: second.port, ...same, messages_in: 0, bytes_in: 0, ...out },
    ])
  })

  test('evapi.list gives the few that have the most of something', async () => {
    await using called = await Called.start()
    await called.join()
    const second = await called.join()
    await second.send('hello')
    await second.untilReceived('5:hello,')
    const indexes = async (...params: readonly unknown[]) =>
      ((await called.call('evapi.list', ...params)) as ListedClient[]).map(({ index }) => index)
    assert.deepEqual(await indexes('messages_in', 1), [1])
    assert.deepEqual(await indexes('bytes_in'), [1, 0])
    assert.deepEqual(await indexes('age'), [0, 1])
    assert.deepEqual(await indexes('index', 0), [])
    assert.deepEqual(await called.call('evapi.list', 'toString'), [
      400,
      'Unknown order (index, age, messages_in, bytes_in, messages_out, bytes_out, waiting, dropped)',
    ])
  })

  test('relay, multicast and unicast reach whom they say they reach', async () => {
    await using called = await Called.start()
    const first = await called.join()
    const second = await called.join()
    assert.equal(await called.call('evapi.set_tag', 0, 'grün'), 'Ok. Tag set.')
    assert.equal(await called.call('evapi.set_tag', 1, 'grün'), 'Ok. Tag set.')
    assert.deepEqual(
      ((await called.call('evapi.list')) as ListedClient[]).map(({ tag }) => tag),
      ['grün', 'grün'],
    )
    assert.deepEqual(await called.call('evapi.relay', 'äll'), { clients: 2 })
    assert.deepEqual(await called.call('evapi.multicast', 'group', 'grün'), { clients: 2 })
    assert.deepEqual(await called.call('evapi.unicast', 'one', 'grün'), { clients: 1 })
    assert.deepEqual(await called.call('evapi.multicast', 'nobody', 'other'), { clients: 0 })
    assert.deepEqual(await called.call('evapi.unicast', 'nobody', 'other'), { clients: 0 })
    assert.deepEqual(await called.call('evapi.relay', { an: 'object', n: [1, true, null] }), { clients: 2 })
    assert.deepEqual(await called.call('evapi.relay', ''), [400, 'The message is empty'])
    assert.deepEqual(await called.call('evapi.relay'), [400, 'Message expected'])
    const object = '33:{"an":"object","n":[1,true,null]},'
    await first.untilReceived(`3:one,${object}`)
    await second.untilReceived(`5:group,${object}`)
    assert.equal(Buffer.from(first.received).toString('utf8'), `4:äll,5:group,3:one,${object}`)
    assert.equal(Buffer.from(second.received).toString('utf8'), `4:äll,5:group,${object}`)
  })

  test('a tag that was given by a call is gone with its client, where no route hears of that', async () => {
    await using called = await Called.start()
    const client = await called.join()
    await called.join()
    await called.call('evapi.set_tag', 0, 't')
    assert.equal(called.server.multicast('x', 't'), true)
    client.close()
    await eventually('the client is gone', () => called.server.clients === 1)
    assert.equal(called.server.multicast('x', 't'), false)
    assert.deepEqual(await called.call('evapi.multicast', 'x', 't'), { clients: 0 })
  })

  test('evapi.close closes a client, which has got what was relayed before', async () => {
    await using called = await Called.start()
    const client = await called.join()
    const [listed] = (await called.call('evapi.list')) as ListedClient[]
    await called.call('evapi.relay', 'last')
    assert.deepEqual(await called.call('evapi.close', 0, (listed?.generation ?? 0) + 1), [
      404,
      'No such client',
    ])
    assert.equal(await called.call('evapi.close', 0, listed?.generation), 'Ok. Client closed.')
    await client.untilEnd()
    assert.equal(Buffer.from(client.received).toString(), '4:last,')
    await eventually('the client is gone', () => called.server.clients === 0)
    assert.deepEqual(await called.call('evapi.list'), [])
    assert.deepEqual(await called.call('evapi.close', 0), [404, 'No such client'])
    assert.deepEqual(await called.call('evapi.close', 'x'), [400, 'Parameter index is not an integer'])
    assert.deepEqual(await called.call('evapi.set_tag', 0, 't'), [404, 'No such client'])
    assert.deepEqual(await called.call('evapi.set_tag', 0, 't'.repeat(64)), [
      400,
      'A tag has at most 63 bytes',
    ])
  })

  test('a client that a call closes has its connection-closed', async () => {
    const reasons: string[] = []
    await using called = await Called.start({
      routes: { 'evapi:connection-closed': (ctx) => void reasons.push(ctx.reason) },
    })
    const client = await called.join()
    await called.call('evapi.close', 0)
    await client.untilEnd()
    await eventually('the route ran', () => reasons.length > 0)
    assert.deepEqual(reasons, ['route'])
  })

  test('evapi.routes tells which routes there are, and which of them are plans', async () => {
    await using plain = await Called.start()
    assert.deepEqual(await plain.call('evapi.routes'), [
      { name: 'evapi:message-received', kind: 'plan', runs: 0 },
    ])
    await using called = await Called.start(
      defineConfig({
        routes: { 'evapi:message-received': () => {}, request: () => {}, 'route[x]': () => {} },
      }),
    )
    assert.deepEqual(await called.call('evapi.routes'), [
      { name: 'evapi:message-received', kind: 'function' },
      { name: 'request', kind: 'function' },
      { name: 'route[x]', kind: 'function' },
    ])
    await called.server.reload({})
    assert.deepEqual(await called.call('evapi.routes'), [
      { name: 'evapi:message-received', kind: 'plan', runs: 0 },
    ])
  })
})

describe('methods of transactions', LIMIT, () => {
  test('tm.list tells who is suspended, since when and in which route; tm.reply answers', async () => {
    await using called = await Called.start({
      routes: { request: (ctx) => ctx.ask({ event: 'x' }) },
    })
    const answers = ['alice', 'bob'].map((name) =>
      called.server.request({ method: 'MESSAGE', uri: `sip:${name}@example.com` }),
    )
    const list = (await called.call('tm.list')) as Record<string, unknown>[]
    assert.deepEqual(
      list.map(({ method, suspended, route, age }) => [
        method,
        suspended,
        route,
        Number(age) >= 0 && Number(age) < 20,
      ]),
      Array(2).fill(['MESSAGE', 'yes', 'request', true]),
    )
    assert.equal(((await called.call('tm.list', 1)) as unknown[]).length, 1)
    const stats = (await called.call('tm.stats')) as Record<string, number>
    assert.deepEqual([stats['current'], stats['suspended'], stats['created']], [2, 2, 2])
    for (const { tindex, tlabel } of list) await called.call('tm.reply', 603, 'No', `${tindex}:${tlabel}`)
    for (const answer of answers) assert.equal((await answer).code, 603)
    assert.deepEqual(await called.call('tm.list'), [])
  })
})

describe('methods of a server as a whole', LIMIT, () => {
  test('statistics have the forms of Kamailio, the counters of the bus among them', async () => {
    await using called = await Called.start({ statistics: { variable: ['a'] } })
    const client = await called.join()
    await client.send('x')
    await client.untilReceived('1:x,')
    assert.deepEqual(await called.call('stats.get_statistics', 'messages_received'), [
      'evapid:messages_received = 1',
    ])
    assert.deepEqual(await called.call('stats.fetch', 'messages_received', 'a'), {
      'evapid.messages_received': '1',
      'script.a': '0',
    })
    assert.deepEqual(await called.call('stats.fetchn', 'clients'), { 'evapid.clients': 1 })
    assert.deepEqual(await called.call('stats.reset_statistics', 'a'), {})
    assert.deepEqual(await called.call('htable.store', 't'), [500, 'No htable db_url'])
  })

  test('cfg.reload does what the program has said, tells what needs a restart, and what was wrong', async () => {
    await using called = await Called.start()
    const [code, message] = (await called.call('cfg.reload')) as [number, string]
    assert.deepEqual([code, /^There is nothing to reload/.test(message)], [500, true])
    const { server } = called
    server.reloadWhenAsked(() => server.reload({ evapi: { busyPoll: 5, maxClients: 3 } }))
    assert.deepEqual(await called.call('cfg.reload'), {
      reloaded: 'yes',
      need_restart: ['evapi.bind_addr', 'evapi.busy_poll', 'gateway.rpc_socket', 'log'],
    })
    // Two mistakes: both are told.
    server.reloadWhenAsked(() => server.reload(Object({ evapi: { maxClients: -1 }, nonsense: 1 })))
    const [refusal, why] = (await called.call('cfg.reload')) as [number, string]
    assert.equal(refusal, 500)
    assert.match(why, /^Not reloaded: .*nonsense.*; .*maxClients/)
    server.reloadWhenAsked(() => Promise.reject(new Error('grün')))
    assert.deepEqual(await called.call('cfg.reload'), [500, 'Not reloaded: grün'])
  })

  test('methods of modules that a reload brings are there afterwards, those whose result comes later too', async () => {
    await using called = await Called.start()
    assert.deepEqual(await called.call('new.method'), [500, 'Method Not Found'])
    const added = defineModule({
      name: 'new',
      rpc: {
        'new.method': defineRpc({ parameters: [], doc: 'One.', call: () => 'here' }),
        'new.later': defineAsyncRpc({ parameters: [], doc: 'Two.', call: async () => 'later' }),
        'new.failing': defineAsyncRpc({
          parameters: [],
          doc: 'Three.',
          call: () => Promise.reject(new Error('a secret')),
        }),
      },
    })
    await called.server.reload({ modules: [added] })
    assert.equal(await called.call('new.method'), 'here')
    assert.equal(await called.call('new.later'), 'later')
    assert.deepEqual(await called.call('new.failing'), [-32603, 'Internal error'])
  })

  test('system.methods tells of every method what it takes, and all of it stands in docs/rpc.md', async () => {
    await using called = await Called.start()
    const methods = (await called.call('system.methods')) as {
      name: string
      parameters: string[]
      scope: string
      doc: string
    }[]
    const names = modulesOf(undefined).flatMap(({ rpc }) => Object.keys(rpc))
    assert.deepEqual(
      methods.map(({ name }) => name),
      names.sort(),
    )
    const page = readFileSync(new URL('../../docs/rpc.md', import.meta.url), 'utf8')
    for (const { name, parameters, scope, doc } of methods) {
      const row = `| \`${[name, ...parameters].join(' ')}\` | ${scope} | ${doc.replaceAll('|', '\\|')} |`
      assert.ok(page.includes(row), `docs/rpc.md has no line\n${row}`)
    }
  })
})
