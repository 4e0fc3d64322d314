// What an address may do, over real sockets of several addresses of the loopback: allow, max_clients_per_address, rate_limit and
// rate_limit_burst, for TCP, for clients whose sockets are somebody else's, and for requests of those who are no clients. How input that is held
// back comes out again is native/test/limits_test.cc's.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Mistake } from '../../src/core/errors.ts'
import { readModparam, readParameters } from '../../src/core/parameters.ts'
import type { ForeignHandler } from '../../src/dispatcher.ts'
import { ConfigError, createServer } from '../../src/index.ts'
import { evapi } from '../../src/modules/evapi.ts'
import { Bus } from '../support/bus.ts'
import { TestDispatcher } from '../support/dispatcher.ts'
import { eventually, turns } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { netstring, WireClient } from '../support/wire-client.ts'

/** Options to connect to the bus from that address. */
function from(bus: Bus, localAddress: string): { host: string; port: number; localAddress: string } {
  const [bound] = bus.server.addresses
  assert.ok(bound && bound.family !== 'unix')
  return { host: bound.address, port: bound.port, localAddress }
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i))
}

/** A door that only counts what it is told is readable. */
function door(readable: () => void): ForeignHandler {
  const nothing = () => {}
  return {
    admitted: nothing,
    closed: nothing,
    joined: nothing,
    left: nothing,
    toAll: nothing,
    toGroup: nothing,
    toOne: nothing,
    handedOver: nothing,
    readable,
  }
}

describe('allow', { timeout: 30_000 }, () => {
  test('who comes from elsewhere is closed before any route, counted, and told of with its address', async () => {
    const routes: string[] = []
    await using bus = await Bus.start({
      evapi: { allow: ['127.0.0.2', '127.0.1.0/24,::1'] },
      routes: {
        'evapi:connection-new': (ctx) => void routes.push(ctx.client.address),
        'evapi:connection-closed': (ctx) => void routes.push(`gone ${ctx.client.address}`),
      },
    })
    const refused = await bus.connect(from(bus, '127.0.0.1'))
    await refused.untilEnd()
    await bus.join(from(bus, '127.0.0.2'))
    await bus.join(from(bus, '127.0.1.77'))
    const alsoRefused = await bus.connect(from(bus, '127.0.2.1'))
    await alsoRefused.untilEnd()
    await eventually('two have come', () => routes.length === 2)
    assert.deepEqual(routes, ['127.0.0.2', '127.0.1.77'])
    assert.equal(bus.stat('clients_not_allowed'), 2)
    assert.equal(bus.stat('accepted'), 2)
    const line = await bus.logbook.line(
      /rejected 1 clients or requests: allow has no network of 127\.0\.0\.1;/,
    )
    assert.equal(line['address'], '127.0.0.1')
  })

  test('many who are not allowed are a line a second', async () => {
    await using bus = await Bus.start({ evapi: { allow: ['10.0.0.0/8'] } })
    const began = performance.now()
    for (let count = 0; count < 20; count += 1) await (await bus.connect()).untilEnd()
    assert.equal(bus.stat('clients_not_allowed'), 20)
    const lines = bus.logbook.lines.filter(({ msg }) => msg.startsWith('rejected'))
    assert.ok(lines.length >= 1 && lines.length <= 1 + (performance.now() - began) / 1000)
  })

  test('IPv6 is allowed by networks of IPv6, and IPv4 that comes to an IPv6 socket by those of IPv4', async () => {
    await using bus = await Bus.start({ evapi: { bindAddr: '[::]:0', allow: ['::1', '127.0.0.3'] } })
    const [bound] = bus.server.addresses
    assert.ok(bound && bound.family !== 'unix')
    const { port } = bound
    await bus.join({ host: '::1', port })
    await bus.join({ host: '127.0.0.1', port, localAddress: '127.0.0.3' })
    const refused = await bus.connect({ host: '127.0.0.1', port, localAddress: '127.0.0.4' })
    await refused.untilEnd()
    assert.equal(bus.stat('clients_not_allowed'), 1)
  })

  test('clients of a Unix socket are not subject to any of it', async () => {
    await using bus = await Bus.startUnix({
      evapi: { allow: ['10.0.0.0/8'], maxClientsPerAddress: 1, rateLimit: 1 },
    })
    const first = await bus.join()
    await bus.join()
    await first.send(...numbered(50))
    await first.untilReceived(netstring('49'))
    assert.equal(bus.stat('addresses'), 0)
  })

  test('what is no network is a mistake with its reason, each of them', () => {
    const create = () =>
      createServer({ evapi: { allow: ['10.0.0.1/8, ::/129', '::1', '', 'example.org'] }, log: false })
    assert.throws(create, (error) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(
        error.mistakes.map(({ path, problem }) => [path, problem]),
        [
          [
            'evapi.allow',
            '"10.0.0.1/8" is no network: it has bits behind its first 8; that network is 10.0.0.0/8, this address is 10.0.0.1',
          ],
          ['evapi.allow', '"::/129" is no network: this kind of address has 128 bits, not 129'],
          ['evapi.allow', `"" is no network: '' is no IPv4 or IPv6 address`],
          ['evapi.allow', `"example.org" is no network: 'example.org' is no IPv4 or IPv6 address`],
        ],
      )
      assert.match(error.message, /expected networks such as 10\.0\.0\.0\/8/)
      return true
    })
    const noList: unknown = { allow: '10.0.0.0/8' }
    assert.throws(
      () => createServer({ evapi: noList as { allow: string[] }, log: false }),
      /evapi\.allow: "10\.0\.0\.0\/8" is not valid; expected networks such as/,
    )
  })

  test('modparam says one or several', () => {
    const mistakes: Mistake[] = []
    const set = readModparam(evapi.parameters, 'allow', '10.0.0.0/8, ::1', 'modparam', mistakes)
    assert.deepEqual(set, { name: 'allow', value: ['10.0.0.0/8, ::1'] })
    assert.deepEqual(mistakes, [])
    assert.equal(readModparam(evapi.parameters, 'allow', '10.0.0.0/8,', 'modparam', mistakes), undefined)
    assert.equal(mistakes.length, 1)
    const values = readParameters(
      evapi.parameters,
      { allow: ['10.0.0.0/8, ::1', '127.0.0.1'] },
      'evapi',
      mistakes,
    )
    assert.deepEqual(values.allow, ['10.0.0.0/8', '::1', '127.0.0.1'])
  })
})

describe('max_clients_per_address', { timeout: 30_000 }, () => {
  test('one more is closed before any route, counted and told of; others may come, and it when one has gone', async () => {
    let seen = 0
    await using bus = await Bus.start({
      evapi: { maxClientsPerAddress: 2 },
      routes: {
        'evapi:connection-new': () => {
          seen += 1
        },
      },
    })
    const first = await bus.join(from(bus, '127.0.0.2'))
    await bus.join(from(bus, '127.0.0.2'))
    const third = await bus.connect(from(bus, '127.0.0.2'))
    await third.untilEnd()
    await bus.join(from(bus, '127.0.0.3'))
    assert.equal(bus.stat('clients_over_address_limit'), 1)
    assert.equal(bus.stat('rejected'), 0)
    assert.equal(seen, 3)
    await bus.logbook.line(/rejected 1 clients: max_clients_per_address is 2, and 127\.0\.0\.2 has as many;/)
    first.close()
    await eventually('there is room again', () => bus.server.clients === 2)
    await bus.join(from(bus, '127.0.0.2'))
  })

  test('clients with sockets of ours and with others count together', async () => {
    const dispatcher = new TestDispatcher({}, { maxClientsPerAddress: 2 })
    await using _ = dispatcher
    const bound = dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
    assert.ok(bound.family !== 'unix')
    const foreign = dispatcher.openDoor(door(() => {}))
    const client = await WireClient.connect({ host: bound.address, port: bound.port })
    await eventually('it is in', () => dispatcher.clientCount === 1)
    const second = foreign.add('::ffff:127.0.0.1', 1)
    assert.ok(second)
    assert.equal(second.address, '127.0.0.1')
    assert.equal(foreign.add('127.0.0.1', 2), undefined)
    assert.ok(foreign.add('2001:db8::1', 3))
    assert.ok(foreign.add('2001:db8::2', 4))
    assert.equal(foreign.add('2001:db8:0:0:ffff::3', 5), undefined)
    assert.equal(dispatcher.stats()['clients_over_address_limit'], 2)
    foreign.end(second, 'peer')
    await eventually('it is gone', () => dispatcher.clientCount === 3)
    assert.ok(foreign.add('127.0.0.1', 6))
    client.close()
  })
})

describe('rate_limit', { timeout: 30_000 }, () => {
  test('who sends too much is not read for a while, loses nothing, and harms nobody else', async () => {
    await using bus = await Bus.start({ evapi: { rateLimit: 400, rateLimitBurst: 20 } })
    const loud = await bus.join(from(bus, '127.0.0.2'))
    const quiet = await bus.join(from(bus, '127.0.0.3'))
    const began = performance.now()
    await loud.send(...numbered(200))
    await eventually('it waits', () => bus.stat('rate_limited_clients') === 1)
    await quiet.send('meanwhile')
    await quiet.untilReceived(netstring('meanwhile'))
    assert.ok(performance.now() - began < 450)
    await quiet.untilReceived(netstring('199'))
    const seconds = (performance.now() - began) / 1000
    assert.ok(200 <= 20 + seconds * 400 + 1, `${seconds} s`)
    assert.deepEqual(
      texts(quiet.received).filter((text) => text !== 'meanwhile'),
      numbered(200),
    )
    assert.ok(bus.stat('rate_limited') >= 1)
    await eventually('it does not wait any more', () => bus.stat('rate_limited_clients') === 0)
  })

  test('the clients of an address share its rate', async () => {
    await using bus = await Bus.start({ evapi: { rateLimit: 1, rateLimitBurst: 5 } })
    const first = await bus.join(from(bus, '127.0.0.2'))
    const second = await bus.join(from(bus, '127.0.0.2'))
    await first.send(...numbered(4))
    await second.untilReceived(netstring('3'))
    await second.send('a', 'b')
    await first.untilReceived(netstring('a'))
    await eventually('the second waits', () => bus.stat('rate_limited_clients') === 1)
    assert.equal(bus.stat('messages_received'), 5)
  })

  test('with routes in JavaScript what was held back is a message like any other', async () => {
    const seen: string[] = []
    await using bus = await Bus.start({
      evapi: { rateLimit: 500, rateLimitBurst: 1 },
      routes: {
        'evapi:message-received': async (ctx) => {
          const { msg } = ctx
          await null
          seen.push(msg.text)
          ctx.relay(msg)
        },
      },
    })
    const client = await bus.join()
    await client.send(...numbered(40))
    await client.untilReceived(netstring('39'))
    assert.deepEqual(seen, numbered(40))
  })

  test('without a rate nothing is counted by address', async () => {
    await using bus = await Bus.start()
    const client = await bus.join()
    await client.send(...numbered(5000))
    await client.untilReceived(netstring('4999'))
    for (const name of ['addresses', 'rate_limited', 'clients_not_allowed', 'clients_over_address_limit']) {
      assert.equal(bus.stat(name), 0, name)
    }
    await using dispatcher = new TestDispatcher()
    assert.ok(dispatcher.admits('192.0.2.1'))
    assert.ok(dispatcher.admits('nonsense'))
    assert.ok(dispatcher.takeToken('192.0.2.1'))
    assert.equal(dispatcher.stats()['addresses'], 0)
  })

  test('a close does not wait for who waits', async () => {
    const bus = await Bus.start({ evapi: { rateLimit: 1, rateLimitBurst: 5 } })
    const client = await bus.join()
    await client.send(...numbered(100))
    await client.untilReceived(netstring('4'))
    const began = performance.now()
    await bus.server.close()
    assert.ok(performance.now() - began < 3000)
    assert.equal(client.length, Buffer.concat(numbered(5).map((text) => netstring(text))).length)
    await bus[Symbol.asyncDispose]()
  })

  test('a foreign client over it is refused, told when it may again, and then taken', async () => {
    const taken: string[] = []
    let readable = 0
    await using dispatcher = new TestDispatcher(
      { messageReceived: (_, message) => void taken.push(message.text) },
      { rateLimit: 50, rateLimitBurst: 2 },
    )
    const foreign = dispatcher.openDoor(
      door(() => {
        readable += 1
      }),
    )
    const client = foreign.add('127.0.0.1', 1)
    assert.ok(client)
    assert.ok(foreign.receive(client, Buffer.from('1')))
    assert.ok(foreign.receive(client, Buffer.from('2')))
    assert.ok(!foreign.receive(client, Buffer.from('3')))
    assert.equal(dispatcher.clients()[0]?.rateLimited, true)
    await eventually('it is told', () => readable === 1)
    assert.equal(dispatcher.clients()[0]?.rateLimited, false)
    assert.ok(foreign.receive(client, Buffer.from('3')))
    await eventually('all are there', () => taken.length === 3)
    assert.deepEqual(taken, ['1', '2', '3'])
  })
})

describe('requests of those who are no clients', () => {
  test('obey allow and rate_limit, and are counted apart', async () => {
    const notices: string[] = []
    await using dispatcher = new TestDispatcher(
      { notice: (notice) => void notices.push(notice.kind === 'not-allowed' ? notice.address : notice.kind) },
      { allow: ['192.0.2.0/24', '2001:db8::/32'], rateLimit: 1, rateLimitBurst: 2 },
    )
    assert.ok(dispatcher.admits('192.0.2.9'))
    assert.ok(dispatcher.admits('::ffff:192.0.2.9'))
    assert.ok(dispatcher.admits('2001:0db8:0000:0000:0000:0000:0000:0001'))
    assert.ok(!dispatcher.admits('2001:db9::1'))
    assert.ok(!dispatcher.admits(''))
    assert.ok(!dispatcher.admits('nonsense'))
    assert.equal(dispatcher.stats()['requests_not_allowed'], 3)
    assert.ok(dispatcher.takeToken('192.0.2.9'))
    assert.ok(dispatcher.takeToken('::ffff:192.0.2.9'))
    assert.ok(!dispatcher.takeToken('192.0.2.9'))
    assert.ok(dispatcher.takeToken('192.0.2.10'))
    assert.equal(dispatcher.stats()['requests_rate_limited'], 1)
    await eventually('it is noticed', () => notices.length === 1)
    assert.deepEqual(notices, ['2001:db9::1'])
  })
})

describe('a reload', { timeout: 30_000 }, () => {
  test('changes all of them; who is connected stays', async () => {
    await using bus = await Bus.start()
    const evapi = { bindAddr: '127.0.0.1:0' }
    const first = await bus.join(from(bus, '127.0.0.2'))
    const second = await bus.join(from(bus, '127.0.0.2'))
    await bus.server.reload({ evapi: { ...evapi, allow: ['127.0.0.2'], maxClientsPerAddress: 2 } })
    const elsewhere = await bus.connect(from(bus, '127.0.0.3'))
    await elsewhere.untilEnd()
    const third = await bus.connect(from(bus, '127.0.0.2'))
    await third.untilEnd()
    assert.equal(bus.stat('clients_not_allowed'), 1)
    assert.equal(bus.stat('clients_over_address_limit'), 1)
    await bus.server.reload({ evapi: { ...evapi, allow: ['127.0.0.3'], rateLimit: 1, rateLimitBurst: 3 } })
    assert.equal(bus.server.clients, 2)
    await first.send(...numbered(10))
    await second.untilReceived(netstring('2'))
    await turns()
    assert.equal(bus.stat('rate_limited_clients'), 1)
    await bus.server.reload({ evapi })
    await second.untilReceived(netstring('9'))
    assert.deepEqual(texts(second.received), numbered(10))
    await bus.join(from(bus, '127.0.0.9'))
    assert.equal(bus.stat('addresses'), 0)
    const lines = bus.logbook.lines.filter(({ msg }) => /not in effect before a restart: evapi/.test(msg))
    assert.deepEqual(lines, [])
  })

  test('with a network that is none changes nothing', async () => {
    await using bus = await Bus.start()
    await assert.rejects(
      bus.server.reload({ evapi: { bindAddr: '127.0.0.1:0', allow: ['10.0.0.0/40'] } }),
      ConfigError,
    )
    await bus.join()
  })
})
