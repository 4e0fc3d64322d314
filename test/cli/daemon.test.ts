// The daemon as a process: listening, signals, systemd, and user code that fails outside of routes.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Peer } from '../core/peer.ts'
import { EVAPID, Evapid, NO_CALLS, NO_HTTP, Program } from './evapid.ts'
import { NOTIFY_RECEIVER } from './notify-receiver.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 60_000 }
const ANY = ['--bind', '127.0.0.1:0']

describe('the daemon', LIMIT, () => {
  test('says what it listens on and, without a file, relays every message to every client', async () => {
    await using daemon = new Evapid(ANY)
    const address = await daemon.listening()
    const line = await daemon.logged(/listening on/)
    assert.deepEqual([line['level'], line['addresses']], ['info', address])
    await using first = await Peer.connect(address)
    await using second = await Peer.connect(address)
    // A connection may stand before the daemon has accepted it: its own echo shows that it has.
    assert.equal(await second.ask('here I am'), 'here I am')
    assert.equal(await first.next(), 'here I am')
    assert.equal(await first.ask('hello'), 'hello')
    assert.equal(await second.next(), 'hello')
    assert.equal(daemon.stdout, '')
  })

  test('runs the routes of a file; the command line stands over what it says', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'routes.ts',
      `import { defineConfig } from 'evapid'
       export default defineConfig({
         evapi: { bindAddr: '192.0.2.1:1', maxMessageSize: 3 },
         routes: { 'evapi:message-received': (ctx) => ctx.relay('got ' + ctx.msg.text) },
       })`,
    )
    await using daemon = new Evapid(['-f', file, ...ANY, '--modparam', 'evapi:max_message_size=100'])
    await using peer = await Peer.connect(await daemon.listening())
    assert.equal(await peer.ask('more than three'), 'got more than three')
  })

  test('--modparam changes the wire too', async () => {
    await using daemon = new Evapid([...ANY, '--modparam', 'evapi:netstring_format=0'])
    const address = await daemon.listening()
    const { connect } = await import('node:net')
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
    socket.write('5:bare,')
    const [echoed] = (await once(socket, 'data')) as [Buffer]
    assert.equal(echoed.toString(), '5:bare,')
    socket.destroy()
  })

  test('--log-pretty is for people, --log-level silences', async () => {
    await using pretty = new Evapid([...ANY, '--log-pretty'])
    await pretty.listening()
    assert.doesNotMatch(pretty.stderr, /^\{/)
    await using quiet = new Evapid([...ANY, '--log-level', 'error'])
    await using other = new Evapid(ANY)
    await other.listening()
    quiet.child.kill('SIGTERM')
    await quiet.ended
    assert.equal(quiet.stderr, '')
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} lets routes under way end, delivers what waits, and exits with 0`, async () => {
      using files = new RouteFiles()
      const file = files.write(
        'slow.ts',
        `export default { routes: {
           'evapi:message-received': async (ctx) => {
             ctx.relay('begun')
             await new Promise((resolve) => process.once('${signal}', () => setImmediate(resolve)))
             ctx.relay('ended')
           },
           'evapi:connection-closed': (ctx) => ctx.log.info('closed by ' + ctx.reason),
         } }
         setInterval(() => {}, 1000)`,
      )
      await using daemon = new Evapid(['-f', file, ...ANY])
      await using peer = await Peer.connect(await daemon.listening())
      assert.equal(await peer.ask('work'), 'begun')
      daemon.child.kill(signal)
      assert.equal(await peer.next(), 'ended')
      assert.equal(await peer.next(), undefined)
      assert.deepEqual(await daemon.ended, { code: 0, signal: null })
      assert.match(daemon.stderr, /closed by shutdown/)
    })
  }

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    test(`a second ${signal} quits at once with ${code}`, async () => {
      using files = new RouteFiles()
      const file = files.write(
        'stuck.ts',
        `export default { routes: { 'evapi:message-received': (ctx) => {
           ctx.relay('begun')
           return new Promise(() => {})
         } } }`,
      )
      await using daemon = new Evapid(['-f', file, ...ANY, '--modparam', 'evapi:drain_timeout=600000000'])
      await using peer = await Peer.connect(await daemon.listening())
      assert.equal(await peer.ask('work'), 'begun')
      daemon.child.kill(signal)
      await daemon.logged(/once more to quit at once/)
      daemon.child.kill(signal)
      assert.deepEqual(await daemon.ended, { code, signal: null })
    })
  }

  test('a log that nobody reads any more keeps the daemon neither from working nor from ending', async () => {
    await using daemon = new Evapid(ANY)
    await using peer = await Peer.connect(await daemon.listening())
    daemon.child.stderr?.destroy()
    await once(daemon.child.stderr ?? daemon.child, 'close')
    assert.equal(await peer.ask('hello'), 'hello')
    daemon.child.kill('SIGTERM')
    assert.deepEqual(await once(daemon.child, 'exit'), [0, null])
  })

  test('what user code throws outside of routes is logged and counted, and harms nobody', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'strays.ts',
      `export default { routes: { 'evapi:message-received': (ctx) => {
         if (ctx.msg.text === 'throw') setTimeout(() => { throw new Error('late throw') })
         else if (ctx.msg.text === 'reject') void Promise.reject(new Error('late rejection'))
         else ctx.relay(ctx.msg)
       } } }`,
    )
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using peer = await Peer.connect(await daemon.listening())
    await peer.send('throw', 'reject')
    assert.equal((await daemon.logged(/late throw/))['level'], 'error')
    assert.equal((await daemon.logged(/late rejection/))['level'], 'error')
    assert.equal(await peer.ask('still here'), 'still here')
  })

  test('a handler that does not return for a second delays, and loses nothing', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'busy.ts',
      `export default { routes: { 'evapi:message-received': (ctx) => {
         const end = Date.now() + 1000
         while (ctx.msg.text === 'block' && Date.now() < end) {}
         ctx.relay(ctx.msg)
       } } }`,
    )
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using peer = await Peer.connect(await daemon.listening())
    await using other = await Peer.connect(await daemon.listening())
    assert.equal(await other.ask('here I am'), 'here I am')
    assert.equal(await peer.next(), 'here I am')
    await peer.send('block')
    await other.send('one', 'two')
    for (const each of [peer, other]) {
      assert.deepEqual([await each.next(), await each.next(), await each.next()].sort(), [
        'block',
        'one',
        'two',
      ])
    }
  })

  test('listens on a Unix socket', async () => {
    using files = new RouteFiles()
    await using daemon = new Evapid(['--bind', `unix:${join(files.directory, 'bus.sock')}`])
    await using peer = await Peer.connect(await daemon.listening())
    assert.equal(await peer.ask('hello'), 'hello')
  })
})

describe('under systemd, the daemon', LIMIT, () => {
  for (const kind of ['a path', 'an abstract name']) {
    test(`says READY and STOPPING on a NOTIFY_SOCKET that is ${kind}`, async () => {
      using files = new RouteFiles()
      const socket = kind === 'a path' ? join(files.directory, 'notify') : `@${files.directory}`
      await using receiver = new Program(['python3', '-c', NOTIFY_RECEIVER, socket])
      await receiver.prints(/^ready$/m)
      await using daemon = new Evapid(ANY, { env: { ...process.env, NOTIFY_SOCKET: socket } })
      await receiver.prints(/^'READY=1\\nSTATUS=listening on 127\.0\.0\.1:\d+'$/m)
      daemon.child.kill('SIGTERM')
      await receiver.prints(/^'STOPPING=1'$/m)
      assert.deepEqual(await daemon.ended, { code: 0, signal: null })
    })
  }

  test('a NOTIFY_SOCKET that nobody reads harms nobody', async () => {
    await using daemon = new Evapid(ANY, { env: { ...process.env, NOTIFY_SOCKET: '/no/such/socket' } })
    await using peer = await Peer.connect(await daemon.listening())
    assert.equal(await peer.ask('hello'), 'hello')
  })

  /** Starts the daemon with a listening socket as descriptor 3, as systemd does. The pid is known only to the shell. */
  async function activated(pid: string) {
    const opener = createServer().listen(0, '127.0.0.1')
    await once(opener, 'listening')
    const handle: unknown = Reflect.get(opener, '_handle')
    const descriptor: unknown = Reflect.get(Object(handle), 'fd')
    const bound = opener.address()
    assert.ok(typeof descriptor === 'number' && bound && typeof bound === 'object')
    const script = `LISTEN_PID=${pid} LISTEN_FDS=1 exec "$@"`
    const daemon = new Program(['sh', '-c', script, 'sh', ...EVAPID, ...NO_HTTP, ...NO_CALLS, ...ANY], {
      stdio: ['pipe', 'pipe', 'pipe', descriptor],
    })
    // The child has its own descriptor now; clients must not find this process.
    opener.close()
    return { daemon, address: `127.0.0.1:${bound.port}` }
  }

  test('takes over the socket that was opened for it', async () => {
    const { daemon, address } = await activated('$$')
    await using _daemon = daemon
    await daemon.prints(new RegExp(`listening on ${address}`), 'stderr')
    await using peer = await Peer.connect(address)
    assert.equal(await peer.ask('hello'), 'hello')
  })

  test('leaves alone a socket that was meant for another process', async () => {
    const { daemon, address } = await activated('1')
    await using _daemon = daemon
    const [, own] = await daemon.prints(/listening on ([\d.:]+)/, 'stderr')
    assert.notEqual(own, address)
  })
})
