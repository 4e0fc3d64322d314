// `evapid rpc` against a running daemon: what it prints, what its exit code says, and where the daemon takes calls.

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readArgument } from '../../src/cli/calls/arguments.ts'
import { defaultRpcPlace, rpcPlaces } from '../../src/gateway/rpc-place.ts'
import { Peer } from '../core/peer.ts'
import { call } from '../support/rpc-caller.ts'
import { EVAPID, Evapid, evapid, Program } from './evapid.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 120_000 }
const ANY = ['--bind', '127.0.0.1:0']

/** A daemon with a socket for calls in a directory of its own. */
async function started(...args: string[]) {
  const files = new RouteFiles()
  const socket = join(files.directory, 'rpc')
  const daemon = new Evapid([...ANY, '--rpc-socket', socket, ...args])
  const address = await daemon.listening()
  return {
    daemon,
    address,
    socket,
    files,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]()
      files[Symbol.dispose]()
    },
  }
}

describe('evapid rpc', LIMIT, () => {
  test('prints the result, on one line where nobody reads along', async () => {
    await using bus = await started()
    await using peer = await Peer.connect(bus.address)
    const rpc = (...args: string[]) => evapid(['rpc', '--socket', bus.socket, ...args])
    const echo = ['core.echo', 'text', '5', 's:5', '1.50', '--', '-1']
    assert.deepEqual(await rpc(...echo), { code: 0, stdout: '["text","5","5","1.50","-1"]\n', stderr: '' })
    assert.equal((await rpc('--raw', 'core.echo', 'a', 'b c')).stdout, 'a\nb c\n')
    assert.match((await rpc('core.version', '--raw')).stdout, /^evapid \d+\.\d+\.\d+ \(/)
    assert.equal((await rpc('evapi.relay', '{"event": "grün"}')).stdout, '{"clients":1}\n')
    assert.equal(await peer.next(), '{"event":"grün"}')
    assert.equal((await rpc('evapi.relay', 's:{"event": 1}')).stdout, '{"clients":1}\n')
    assert.equal(await peer.next(), '{"event": 1}')
    const [client] = JSON.parse((await rpc('evapi.list')).stdout)
    assert.deepEqual([client.index, client.address, client.state], [0, '127.0.0.1', 'open'])
    assert.equal((await rpc('evapi.close', '0')).stdout, '"Ok. Client closed."\n')
    assert.equal(await peer.next(), undefined)
  })

  test('without a method prints which there are and what they do', async () => {
    await using bus = await started()
    const { code, stdout } = await evapid(['rpc', '--socket', bus.socket])
    assert.equal(code, 0)
    assert.match(stdout, /^evapi\.close index \[generation\]\n {4}Closes a client: /m)
    assert.match(stdout, /^stats\.fetch \[statistics\.\.\.\]\n {4}\S.*\.$/m)
  })

  test('ends with 1 when the call is refused, with 2 for wrong usage, with 3 when nobody is there', async () => {
    await using bus = await started()
    const refused = await evapid(['rpc', '--socket', bus.socket, 'evapi.close', '7'])
    assert.deepEqual(refused, { code: 1, stdout: '', stderr: 'evapid rpc: No such client (404)\n' })
    const usage: readonly [string[], RegExp][] = [
      [['--nonsense'], /--nonsense/],
      [['x', '--socket', 'a', '--url', 'http://b'], /two places/],
      [['x', '--url', 'ftp://b'], /expected http:/],
      [['x', '--token-env', 'HOME'], /a token is for --url/],
      [['x', '--url', 'http://127.0.0.1:1', '--token-env', 'NOT_SET_HERE'], /NOT_SET_HERE is not set/],
      [['x', '--url', 'http://127.0.0.1:1', '--token-file', '/no/such/file'], /--token-file: .*ENOENT/],
    ]
    for (const [args, message] of usage) {
      const { code, stderr } = await evapid(['rpc', ...args])
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, message)
      assert.match(stderr, /Try 'evapid rpc --help'\.\n$/)
    }
    const nobody = await evapid(['rpc', '--socket', join(bus.files.directory, 'none'), 'core.version'])
    assert.equal(nobody.code, 3)
    assert.match(nobody.stderr, /cannot reach a bus at .*none: there is no such file\nIs evapid running\?/)
    const port = await evapid(['rpc', '--url', 'http://127.0.0.1:2', 'core.version'])
    assert.equal(port.code, 3)
    assert.match(
      port.stderr,
      /cannot reach http:\/\/127\.0\.0\.1:2\/rpc: nobody listens there\nDoes evapid take HTTP/,
    )
    const { code, stdout } = await evapid(['rpc', '--help'])
    assert.equal(code, 0)
    assert.match(stdout, /^Usage: evapid rpc /)
  })

  test('calls over HTTP with a token, and tells what is answered to that', async () => {
    const seen: (readonly [string | undefined, string | undefined])[] = []
    const server = createServer((request, response) => {
      seen.push([request.url, request.headers.authorization])
      if (request.headers.authorization === undefined) {
        response.writeHead(401).end('{"error":{"code":"unauthorized","message":"a token is needed"}}')
      } else if (request.headers.authorization === 'Bearer odd') response.end('<html>')
      else response.end('{"jsonrpc":"2.0","result":"here","id":1}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const bound = server.address()
    assert.ok(bound && typeof bound === 'object')
    const url = `http://127.0.0.1:${bound.port}`
    using files = new RouteFiles()
    const token = files.write('token', 'secret\n')
    const env = { ...process.env, TOKEN: 'from-env', ODD: 'odd' }
    const rpc = (...args: string[]) => evapid(['rpc', 'core.version', '--url', ...args], { env })
    assert.equal((await rpc(url, '--token-file', token)).stdout, '"here"\n')
    assert.equal((await rpc(`${url}/prefix/rpc`, '--token-env', 'TOKEN')).stdout, '"here"\n')
    const { code, stderr } = await rpc(url)
    assert.deepEqual([code, stderr], [1, 'evapid rpc: a token is needed (401)\n'])
    assert.match((await rpc(url, '--token-env', 'ODD')).stderr, /is not JSON .*is that an evapid\?/)
    server.close()
    assert.deepEqual(seen, [
      ['/rpc', 'Bearer secret'],
      ['/prefix/rpc', 'Bearer from-env'],
      ['/rpc', undefined],
      ['/rpc', 'Bearer odd'],
    ])
  })

  test('finds the daemon of its user where that opens its socket by itself', async () => {
    using files = new RouteFiles()
    const runtime = join(files.directory, 'runtime')
    mkdirSync(runtime)
    const env = { ...process.env, XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: '' }
    const args = [...ANY, '--http', 'off']
    // As a user starts it: nothing is said of the socket.
    await using daemon = new Program([...EVAPID, ...args], { env })
    await daemon.prints(/calls are taken on unix:/, 'stderr')
    await daemon.prints(/listening on/, 'stderr')
    const path = join(runtime, 'evapid.rpc')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal((await evapid(['rpc', 'core.echo', 'x'], { env })).stdout, '["x"]\n')

    await using second = new Program([...EVAPID, ...args], { env })
    await second.prints(
      /no calls over a Unix socket: another evapid takes calls at .*; --rpc-socket PATH/,
      'stderr',
    )
    await second.prints(/listening on/, 'stderr')
    second.child.kill('SIGTERM')
    assert.deepEqual(await second.ended, { code: 0, signal: null })
    assert.equal((await evapid(['rpc', 'core.echo', 'x'], { env })).stdout, '["x"]\n')

    daemon.child.kill('SIGKILL')
    await daemon.ended
    assert.ok(existsSync(path))
    assert.equal((await evapid(['rpc', 'core.echo', 'x'], { env })).code, 3)
    await using third = new Program([...EVAPID, ...args], { env })
    await third.prints(/calls are taken on unix:/, 'stderr')
    third.child.kill('SIGTERM')
    await third.ended
    assert.ok(!existsSync(path))
  })

  test('a place that somebody has named must be free', async () => {
    await using bus = await started()
    const { code, stderr } = await evapid([...ANY, '--rpc-socket', bus.socket])
    assert.equal(code, 1)
    assert.match(stderr, /cannot listen on unix:.*rpc: the address is in use/)
    const twice = await evapid(['-c', '--rpc-socket', 'x'.repeat(200)])
    assert.equal(twice.code, 1)
    assert.match(twice.stderr, /^evapid: --rpc-socket: .*at most 107 bytes/)
  })

  test('where the socket is opened, and looked for', () => {
    const at = (env: NodeJS.ProcessEnv) => defaultRpcPlace(env, 7)
    assert.deepEqual(at({ RUNTIME_DIRECTORY: '/run/a:/run/b', XDG_RUNTIME_DIR: '/x' }), {
      path: '/run/a/evapid.rpc',
      shared: false,
    })
    assert.deepEqual(at({ XDG_RUNTIME_DIR: '/x' }), { path: '/x/evapid.rpc', shared: false })
    assert.deepEqual(at({}), { path: '/tmp/evapid-7.rpc', shared: true })
    assert.deepEqual(
      rpcPlaces({ XDG_RUNTIME_DIR: '/x' }, 7).map(({ path }) => path),
      ['/x/evapid.rpc', '/tmp/evapid-7.rpc', '/run/evapid/evapid.rpc'],
    )
    assert.deepEqual(
      rpcPlaces({}, 7).map(({ path }) => path),
      ['/tmp/evapid-7.rpc', '/run/user/7/evapid.rpc', '/run/evapid/evapid.rpc'],
    )
  })

  test('arguments are what they look like, and keep their digits', () => {
    const facts: readonly (readonly [string, unknown])[] = [
      ['5', 5],
      ['-1.5', -1.5],
      ['true', true],
      ['null', null],
      ['[1,"a"]', [1, 'a']],
      ['{"a":1}', { a: 1 }],
      ['{"a":', '{"a":'],
      ['s:5', '5'],
      ['s:', ''],
      ['', ''],
      ['"quoted"', '"quoted"'],
      ['1.50', '1.50'],
      ['1e3', '1e3'],
      ['007', '007'],
      ['12345678901234567890', '12345678901234567890'],
      ['5 apples', '5 apples'],
      ['truely', 'truely'],
    ]
    for (const [written, value] of facts) assert.deepEqual(readArgument(written), value, written)
  })
})

describe('cfg.reload of a daemon', LIMIT, () => {
  test('loads its file anew as SIGHUP does, and says what is wrong with it', async () => {
    using files = new RouteFiles()
    const write = (text: string) => files.write('routes.ts', `export default { ${text} }`)
    const file = write(`routes: { 'evapi:message-received': (ctx) => ctx.relay('old') }`)
    await using bus = await started('-f', file)
    await using peer = await Peer.connect(bus.address)
    assert.equal(await peer.ask('x'), 'old')
    write(`routes: { 'evapi:message-received': (ctx) => ctx.relay('new') }, evapi: { busyPoll: 7 }`)
    assert.deepEqual(await call(bus.socket, 'cfg.reload'), {
      reloaded: 'yes',
      need_restart: ['evapi.busy_poll'],
    })
    assert.equal(await peer.ask('x'), 'new')
    await bus.daemon.logged(/cfg\.reload: reloading/)
    write(`routes: { 'evapi:nonsense': () => {} }`)
    const [code, message] = (await call(bus.socket, 'cfg.reload')) as [number, string]
    assert.equal(code, 500)
    assert.match(message, /^Not reloaded: .*evapi:nonsense.*unknown route/)
    assert.equal(await peer.ask('x'), 'new')
    rmSync(file)
    assert.match(
      String((await call(bus.socket, 'cfg.reload')) as [number, string]),
      /Not reloaded: .*routes\.ts/,
    )
    assert.equal(await peer.ask('x'), 'new')
  })

  test('that are asked for together are one', async () => {
    using files = new RouteFiles()
    const file = files.write('routes.ts', 'export default {}')
    await using bus = await started('-f', file)
    const replies = await Promise.all(Array.from({ length: 5 }, () => call(bus.socket, 'cfg.reload')))
    for (const reply of replies) assert.deepEqual(reply, { reloaded: 'yes', need_restart: [] })
    const { 'evapid.reloads': reloads } = (await call(bus.socket, 'stats.fetchn', 'reloads')) as Record<
      string,
      number
    >
    assert.ok(reloads !== undefined && reloads >= 1 && reloads <= 5)
  })
})

test('who may not open the socket is told so', { skip: process.getuid?.() === 0 }, async () => {
  await using bus = await started()
  chmodSync(bus.socket, 0)
  const { code, stderr } = await evapid(['rpc', '--socket', bus.socket, 'core.version'])
  assert.equal(code, 3)
  assert.match(stderr, /permission denied: it is for the user that the bus runs as/)
})
