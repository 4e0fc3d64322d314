// `evapid bench` against daemons of the tests' own: what it prints, and what it says when there is nothing to measure.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { bench } from '../../src/cli/bench.ts'
import { Peer } from '../core/peer.ts'
import { Evapid, evapid } from './evapid.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 60_000 }
const ANY = ['--bind', '127.0.0.1:0']
/** A run that is too short to say much, but long enough to say something. */
const BRIEF = ['--subscribers', '3', '--seconds', '0.3', '--warm-up', '0.1']
/** One that lasts longer than any test. */
const ENDLESS = ['--subscribers', '2', '--seconds', '3000']

/** Runs `evapid bench` to its end, in this process. */
async function benched(address: string, ...args: readonly string[]) {
  return run(['--connect', address, ...args])
}

async function run(argv: readonly string[]) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const code = await bench(argv, { stdout, stderr })
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}

/** A daemon with a route file. */
class RoutedDaemon extends Evapid {
  constructor(files: RouteFiles, routes: string) {
    super(['-f', files.write('routes.ts', `export default { routes: { ${routes} } }`), ...ANY])
  }
}

describe('evapid bench', LIMIT, () => {
  test('prints throughput, then latencies, with what they were measured with and who was the limit', async () => {
    await using daemon = new Evapid(ANY)
    const address = await daemon.listening()
    const args = ['bench', '--connect', address, ...BRIEF, '--pid', String(daemon.child.pid)]
    const { code, stdout, stderr } = await evapid(args)
    assert.deepEqual([code, stderr], [0, ''])
    const [throughput = '', latency = ''] = stdout.split('\n\n')
    assert.match(
      throughput,
      /^Throughput {2}3 subscribers, 1 publisher, 100 bytes, 16 in a write, 1,024 in flight, 0\.3 s$/m,
    )
    for (const name of ['messages/s', 'deliveries/s', 'MB/s', 'generator busy', 'server CPU']) {
      assert.match(throughput, new RegExp(`^ {2}${name} +[1-9][\\d,.]*`, 'm'))
    }
    assert.match(throughput, /^ {2}lost, doubled, out of order +0, 0, 0$/m)
    assert.match(throughput, /^ {2}limit +(server|generator|server and generator|neither)$/m)
    assert.match(
      latency,
      /^Latency {2}3 subscribers, 1 publisher, 100 bytes, 1 in a write, 1,000 messages\/s due, 0\.3 s$/m,
    )
    for (const name of ['p50', 'p99', 'p99.9', 'max']) {
      assert.match(latency, new RegExp(`^ {2}${name} +[1-9][\\d,.]* µs`, 'm'))
    }
    // No terminal, no escapes.
    assert.ok(!stdout.includes('\x1b'))
  })

  test('--json prints one object with the same figures', async () => {
    await using daemon = new Evapid(ANY)
    const address = await daemon.listening()
    const options = ['--publishers', '2', '--payload', '50', '--batch', '4', '--window', '64', '--json']
    const { code, stdout, stderr } = await benched(address, ...BRIEF, ...options)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^\{.*\}\n$/)
    const found = JSON.parse(stdout)
    assert.deepEqual([found.address, found.problems], [address, []])
    const { throughput, latency } = found
    const { subscribers, publishers, payload, batch, window } = throughput
    assert.deepEqual([subscribers, publishers, payload, batch, window], [3, 2, 50, 4, 64])
    assert.ok(throughput.deliveriesPerSecond > 0)
    assert.equal(throughput.messagesPerSecond, throughput.deliveriesPerSecond / 3)
    assert.equal(throughput.megabytesPerSecond, (throughput.deliveriesPerSecond * 50) / 1e6)
    for (const part of [throughput, latency]) {
      assert.deepEqual([part.lost, part.doubled, part.outOfOrder, part.disconnected], [0, 0, 0, 0])
    }
    assert.deepEqual([latency.rate, latency.batch], [1000, 1])
    const { count, p50, p99, p999, max } = latency.latencyUs
    assert.ok(count > 0 && p50 > 0 && p50 <= p99 && p99 <= p999 && p999 <= max, JSON.stringify(latency))
  })

  test('--rate measures latencies only, at that rate', async () => {
    await using daemon = new Evapid(ANY)
    const { code, stdout } = await benched(await daemon.listening(), ...BRIEF, '--rate', '500', '--json')
    const { throughput, latency } = JSON.parse(stdout)
    assert.deepEqual([code, throughput, latency.rate], [0, undefined, 500])
    // It publishes at that rate, however long the machine let it wait.
    assert.ok(latency.latencyUs.count > 0 && latency.latencyUs.count <= 3 * 500 * 0.3)
  })

  test('takes every kind of address', async () => {
    using files = new RouteFiles()
    for (const bind of ['[::1]:0', 'localhost:0', `unix:${join(files.directory, 'bus.sock')}`]) {
      await using daemon = new Evapid(['--bind', bind])
      const bound = await daemon.listening()
      const address = bind.startsWith('localhost') ? bound.replace('127.0.0.1', 'localhost') : bound
      const { code, stdout, stderr } = await benched(address, ...BRIEF, '--rate', '200')
      assert.deepEqual([code, stderr], [0, ''], address)
      assert.match(stdout, /^Latency/)
    }
  })

  test('shows colours and what is under way on a terminal only', async () => {
    await using daemon = new Evapid(ANY)
    const argv = ['--connect', await daemon.listening(), ...BRIEF]
    const stdout = Object.assign(new PassThrough(), { isTTY: true })
    const stderr = Object.assign(new PassThrough(), { isTTY: true })
    assert.equal(await bench(argv, { stdout, stderr }), 0)
    assert.ok(String(stdout.read()).startsWith('\x1b[1mThroughput\x1b[0m'))
    const shown = String(stderr.read())
    assert.match(shown, /measuring throughput: 0 of 1 s/)
    assert.match(shown, /measuring latency: 0 of 1 s/)
    assert.ok(shown.endsWith('\r\x1b[K'), 'the line is cleared at the end')
  })

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`${signal} ends it with ${code}, and the generator with it`, async () => {
      await using daemon = new Evapid(ANY)
      const address = await daemon.listening()
      await using peer = await Peer.connect(address)
      await using running = new Evapid(['bench', '--connect', address, ...ENDLESS])
      // Everybody gets the load: that is how this client knows that it has begun.
      const generator = await generatorOf(running, peer)
      running.child.kill(signal)
      assert.deepEqual(await running.ended, { code, signal: null })
      assert.deepEqual([running.stdout, running.stderr], ['', ''])
      // It ended by itself, not because there was nobody to measure any more.
      assert.equal(daemon.child.signalCode, null)
      assert.ok(!existsSync(`/proc/${generator}`))
    })
  }

  test('--help warns that everybody gets the load', async () => {
    const { code, stdout, stderr } = await evapid(['bench', '--help'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Usage: evapid bench /)
    assert.match(stdout, /CAUTION: .*EVERYBODY who is connected/s)
  })
})

/** The process id of the generator, once messages that the benchmark publishes arrive. */
async function generatorOf(running: Evapid, peer: Peer): Promise<string> {
  const { pid } = running.child
  for (;;) {
    await peer.next()
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    if (children !== '') return children
  }
}

describe('evapid bench says what is wrong, and what to do, when', LIMIT, () => {
  test('nobody listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const bound = closed.address()
    assert.ok(bound && typeof bound === 'object')
    closed.close()
    await once(closed, 'close')
    const { code, stdout, stderr } = await benched(`127.0.0.1:${bound.port}`)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(
      stderr,
      /^evapid bench: cannot connect to 127\.0\.0\.1:\d+: .*refused.* Is the daemon running.*\(--connect ADDR\)\n$/,
    )
    assert.match(
      (await benched('unix:/no/such/socket')).stderr,
      /cannot connect to unix:\/no\/such\/socket: /,
    )
  })

  test('the server does not relay', async () => {
    using files = new RouteFiles()
    await using daemon = new RoutedDaemon(files, `'evapi:message-received': () => {}`)
    const { code, stdout, stderr } = await benched(await daemon.listening(), ...BRIEF)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /does not relay: a message that was sent to it did not come back\./)
    assert.match(stderr, /'evapi:message-received': \(ctx\) => ctx\.relay\(ctx\.msg\)/)
    assert.match(stderr, /event_route\[evapi:message-received\] \{ evapi_relay\("\$evapi\(msg\)"\); \}/)
  })

  test('the server answers something else', async () => {
    using files = new RouteFiles()
    await using daemon = new RoutedDaemon(files, `'evapi:message-received': (ctx) => ctx.relay('ok')`)
    const { code, stderr } = await benched(await daemon.listening(), ...BRIEF)
    assert.equal(code, 1)
    assert.match(stderr, /does not relay what it gets: something else came back\./)
  })

  test('somebody else publishes', async () => {
    using files = new RouteFiles()
    await using daemon = new RoutedDaemon(
      files,
      `'evapi:message-received': (ctx) => { ctx.relay('by the way'); ctx.relay(ctx.msg) }`,
    )
    const { code, stderr } = await benched(await daemon.listening(), ...BRIEF)
    assert.equal(code, 1)
    assert.match(stderr, /sends other messages, too: another client publishes.* must be quiet/)
  })

  test('somebody begins to publish meanwhile', async () => {
    // The one that publishes gets the load as well: on a busy machine it must not be closed for being slow before it is heard.
    await using daemon = new Evapid([...ANY, '--modparam', 'evapi:send_buffer_limit=1000000000'])
    const address = await daemon.listening()
    await using peer = await Peer.connect(address)
    await using running = new Evapid(['bench', '--connect', address, ...ENDLESS])
    await generatorOf(running, peer)
    await peer.send('by the way')
    const { code } = await running.ended
    assert.equal(code, 1)
    assert.match(running.stderr, /something came that was not published here: another client sends/)
  })

  test('the server has no room for anybody', async () => {
    await using daemon = new Evapid([...ANY, '--modparam', 'evapi:max_clients=1'])
    const address = await daemon.listening()
    await using peer = await Peer.connect(address)
    assert.equal(await peer.ask('here I am'), 'here I am')
    const { code, stderr } = await benched(address, ...BRIEF)
    assert.equal(code, 1)
    assert.match(stderr, /closed the connection at once: it has as many clients as max_clients allows/)
  })

  test('the server has no room for all subscribers', async () => {
    await using daemon = new Evapid([...ANY, '--modparam', 'evapi:max_clients=2'])
    const { code, stderr } = await benched(await daemon.listening(), ...BRIEF)
    assert.equal(code, 1)
    assert.match(stderr, /closed some of the 3 connections as soon as they were made: .* max_clients/)
  })

  test('the messages are too large for the server', async () => {
    await using daemon = new Evapid([...ANY, '--modparam', 'evapi:max_message_size=99'])
    const { code, stderr } = await benched(await daemon.listening(), ...BRIEF)
    assert.equal(code, 1)
    assert.match(
      stderr,
      /closed the connection when a message of 100 bytes came.* max_message_size.* --payload/,
    )
  })

  test('the server goes away', async () => {
    await using daemon = new Evapid(ANY)
    const address = await daemon.listening()
    await using peer = await Peer.connect(address)
    await using running = new Evapid(['bench', '--connect', address, ...ENDLESS])
    await generatorOf(running, peer)
    // Behind the generator's probes come messages that count.
    for (let count = 0; count < 2000; count++) await peer.next()
    daemon.child.kill('SIGKILL')
    const { code } = await running.ended
    assert.equal(code, 1)
    assert.match(running.stdout, /^Throughput/)
    assert.match(running.stderr, /the server closed 2 of the 2 connections \(.*\): was it stopped/)
  })

  test('messages are lost', async () => {
    using files = new RouteFiles()
    await using daemon = new RoutedDaemon(
      files,
      `'evapi:message-received': (() => { let count = 0; return (ctx) => ++count === 100 || ctx.relay(ctx.msg) })()`,
    )
    const { code, stdout, stderr } = await benched(await daemon.listening(), ...BRIEF, '--rate', '1000')
    assert.equal(code, 1)
    assert.match(stdout, /lost, doubled, out of order +3, 0, 0$/m)
    assert.match(stderr, /3 messages of those published did not come to a subscriber/)
  })

  const usage: readonly [string[], RegExp][] = [
    [['--subscribers', 'ten'], /--subscribers ten: expected a whole number from 1 to 1000000/],
    [['--subscribers', '2', '--publishers', '3'], /--publishers 3: expected a whole number from 1 to 2/],
    [['--payload', '15'], /--payload 15: expected a whole number from 16 to/],
    [['--rate', '0'], /--rate 0: expected a number from 0\.1 to/],
    [['--seconds', '1e3'], /--seconds 1e3: expected a number from 0\.1 to 3600/],
    [['--pid', 'x'], /--pid x: expected process ids as in 1234 or 12,13,14/],
    [['--pid', '4194305'], /--pid 4194305: there is no process 4194305 on this machine/],
    [['--connect', '8448'], /bad address '8448'/],
    [['--speed', '1'], /Unknown option '--speed'/],
    [['extra'], /Unexpected argument 'extra'/],
  ]
  for (const [args, message] of usage) {
    test(`it is called with ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(args)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
      assert.match(stderr, /^evapid bench: .*\nTry 'evapid bench --help'\.\n$/)
    })
  }
})
