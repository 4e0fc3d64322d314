// The command line: what it prints, and what it answers to everything that is wrong.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { modulesOf } from '../../src/config.ts'
import { evapid } from './evapid.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 120_000 }
const MODULES = modulesOf(undefined)
  .filter(({ parameters }) => Object.keys(parameters).length > 0)
  .map(({ name }) => name)

describe('the evapid command', LIMIT, () => {
  test('--help prints the usage', async () => {
    const { code, stdout, stderr } = await evapid(['--help'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Usage: evapid \[-f FILE\]/)
  })

  test('--version prints the version of the package', async () => {
    const { code, stdout } = await evapid(['--version'])
    assert.equal(code, 0)
    assert.match(stdout, /^evapid \d+\.\d+\.\d+\n$/)
  })

  test('-c without a file is ok, and starts nothing', async () => {
    assert.deepEqual(await evapid(['-c']), { code: 0, stdout: 'ok\n', stderr: '' })
  })

  const usage: readonly [string[], RegExp][] = [
    [['--bnd', 'x'], /unknown option --bnd; did you mean --bind\?/],
    [['-q'], /unknown option -q/],
    [['--bind'], /option --bind needs a value/],
    [['--check=yes'], /option --check takes no value/],
    [['lissten'], /unknown command lissten; did you mean listen\?/],
    [['--modparam', 'evapi'], /--modparam evapi: expected MODULE:NAME=VALUE/],
    [['--log-level', 'infoo'], /unknown log level infoo; did you mean info\?/],
  ]
  for (const [args, message] of usage) {
    test(`evapid ${args.join(' ')}: a line of what is wrong, a hint, exit code 1`, async () => {
      const { code, stdout, stderr } = await evapid(args)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
      assert.match(stderr, /^evapid: .*\nTry 'evapid --help'\.\n$/)
    })
  }

  const values: readonly [string[], string][] = [
    [
      ['--modparam', 'evpi:workers=1'],
      '--modparam evpi:workers=1: unknown module evpi; did you mean "evapi"?',
    ],
    [
      ['--modparam', 'dialog:x=1'],
      `--modparam dialog:x=1: unknown module dialog; expected ${MODULES.join(', ')}`,
    ],
    [
      ['--modparam', 'tm:fr_timer=0'],
      '--modparam tm:fr_timer=0: 0 is not valid; expected an integer, at least 1',
    ],
    [
      ['--listen', 'udp:127.0.0.1:0'],
      'listen: nothing would answer the requests; expected a route for them: routes: { request: (ctx) => ... }',
    ],
    [
      ['--modparam', 'evapi:max_client=1'],
      '--modparam evapi:max_client=1: unknown parameter; did you mean "max_clients"?',
    ],
    [
      ['--modparam', 'evapi:max_clients=many'],
      '--modparam evapi:max_clients=many: "many" is not valid; expected an integer from 0 to 1000000',
    ],
    [
      ['--modparam', 'evapi:event_callback=f'],
      'evapi.eventCallback: "f" is no function of a KEMI script; expected none, where there is no such script; routes have the names of their events',
    ],
    [
      ['--bind', '127.0.0.1:99999'],
      '--bind 127.0.0.1:99999: "127.0.0.1:99999" is not valid; expected IPV4:PORT, [IPV6]:PORT, HOST:PORT, HOST (port 8448) or unix:/path',
    ],
  ]
  for (const [args, line] of values) {
    test(`evapid ${args.join(' ')}: one line, exit code 1, with and without -c`, async () => {
      const expected = { code: 1, stdout: '', stderr: `evapid: ${line}\n` }
      assert.deepEqual(await evapid(args), expected)
      assert.deepEqual(await evapid(['-c', ...args]), expected)
    })
  }

  test("wrong addresses of --listen are told as the command line's, and not as the file's", async () => {
    using files = new RouteFiles()
    const file = files.write('routes.mjs', 'export default { routes: { request() {}, nonsense() {} } }')
    const twice = 'udp:127.0.0.1:5060'
    const { code, stderr } = await evapid(['-c', '-f', file, '-l', '5060', '-l', twice, '-l', twice])
    const lines = stderr.split('\n').map((line) => line.replace(/; expected.*/, ''))
    assert.equal(code, 1)
    assert.deepEqual(lines, [
      `evapid: ${file}: routes["nonsense"]: unknown route`,
      'evapid: --listen: "5060" does not begin with udp: or tcp:',
      'evapid: --listen: "udp:127.0.0.1:5060" is there twice',
      '',
    ])
  })

  test('a port in use is one line, exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(address && typeof address === 'object')
    const bind = `127.0.0.1:${address.port}`
    const { code, stdout, stderr } = await evapid(['--bind', bind])
    other.close()
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(
      stderr,
      /^evapid: cannot listen on 127\.0\.0\.1:\d+: the address is in use; .*\(EADDRINUSE\)\n$/,
    )
  })

  test('an address that is not ours is one line, exit code 1', async () => {
    assert.deepEqual(await evapid(['--bind', '192.0.2.1:0']), {
      code: 1,
      stdout: '',
      stderr:
        'evapid: cannot listen on 192.0.2.1:0: no network interface of this machine has that address (EADDRNOTAVAIL)\n',
    })
  })
})

describe('a route file', LIMIT, () => {
  const GOOD = `import { defineConfig } from 'evapid'
    import { connect } from 'evapid/client'
    interface Typed { readonly yes: true }
    const typed: Typed = { yes: true }
    if (typeof connect !== 'function') throw new Error('no client library')
    export default defineConfig({ routes: { 'evapi:message-received': (ctx) => typed.yes && ctx.relay(ctx.msg) } })`

  const sources: readonly [what: string, name: string, source: string, stderr: RegExp][] = [
    [
      'a syntax error',
      'syntax.ts',
      'export default {\n  routes: {{\n}\n',
      /^evapid: \S*syntax\.ts:2:12: syntax error: Unexpected token\n$/,
    ],
    [
      'a syntax error in JavaScript',
      'syntax.mjs',
      '\nconst = 5\n',
      /^evapid: \S*syntax\.mjs:2:7: syntax error: Unexpected token\n$/,
    ],
    [
      'an unknown route',
      'unknown.ts',
      "export default { routes: { 'evapi:mesage-received': () => {} } }",
      /^evapid: \S*unknown\.ts: routes\["evapi:mesage-received"\]: unknown route; did you mean "evapi:message-received"\?\n$/,
    ],
    [
      'nothing exported',
      'nothing.ts',
      'const x = 1\n',
      /^evapid: \S*nothing\.ts: no default export \(it exports nothing\);/,
    ],
    ['an empty file', 'empty.ts', '', /^evapid: \S*empty\.ts: no default export \(it exports nothing\);/],
    [
      'no default export',
      'named.ts',
      'export const config = {}',
      /^evapid: \S*named\.ts: no default export \(it exports config\); expected: export default defineConfig/,
    ],
    [
      'a default export that is no configuration',
      'number.ts',
      'export default 5',
      /^evapid: \S*number\.ts: configuration: 5 is not a configuration; expected an object as defineConfig/,
    ],
    [
      'a wrong type',
      'type.ts',
      "export default { evapi: { maxClients: 'x' } }",
      /^evapid: \S*type\.ts: evapi\.maxClients: "x" is not valid; expected an integer from 0 to 1000000\n$/,
    ],
    [
      'a throw while it loads',
      'throws.ts',
      "const a: number = 1\n\nthrow new Error('no database')\n",
      /^evapid: \S*throws\.ts:3:\d+: no database\n$/,
    ],
    [
      'an import of what is not there',
      'imports.ts',
      "import { x } from './nowhere.ts'\nexport default { x }",
      /^evapid: \S*imports\.ts\S*: Cannot find module .*nowhere\.ts.*\n$/,
    ],
  ]
  for (const [what, name, source, stderr] of sources) {
    test(`with ${what} is told so, exit code 1`, async () => {
      using files = new RouteFiles()
      const result = await evapid(['-f', files.write(name, source), '--bind', '127.0.0.1:0'])
      assert.match(result.stderr, stderr)
      assert.deepEqual([result.code, result.stdout], [1, ''])
    })
  }

  test('that is not there, or of another kind, is told so', async () => {
    using files = new RouteFiles()
    const absent = await evapid(['-f', '/no/such/routes.ts'])
    assert.deepEqual(absent, { code: 1, stdout: '', stderr: 'evapid: /no/such/routes.ts: no such file\n' })
    const config = await evapid(['-f', files.write('routes.yaml', 'routes: none')])
    assert.match(config.stderr, /not a route file; expected one of \.ts, /)
    assert.equal(config.code, 1)
  })

  test('in CommonJS that sets no exports is told so', async () => {
    using files = new RouteFiles()
    const { code, stderr } = await evapid(['-c', '-f', files.write('nothing.cjs', 'const x = 1')])
    assert.match(stderr, /no default export \(it exports nothing\)/)
    assert.equal(code, 1)
  })

  test('-c reports every mistake of file and command line', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'many.ts',
      "export default { rotes: 1, evapi: { workers: -1 }, routes: { 'evapi:conection-new': 5 } }",
    )
    const { code, stdout, stderr } = await evapid([
      '-c',
      '-f',
      file,
      '--modparam',
      'evapi:x=1',
      '--bind',
      '::',
    ])
    assert.deepEqual([code, stdout], [1, ''])
    const paths = stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(file, 'FILE').split(/: (?=unknown|"|-1)/)[0])
    assert.deepEqual(paths, [
      'evapid: FILE: rotes',
      'evapid: FILE: evapi.workers',
      'evapid: FILE: routes["evapi:conection-new"]',
      'evapid: --modparam evapi:x=1',
      'evapid: --bind ::',
    ])
  })

  for (const name of ['good.ts', 'good.mts']) {
    test(`${name} imports evapid and evapid/client wherever it lies: -c says ok`, async () => {
      using files = new RouteFiles()
      assert.deepEqual(await evapid(['-c', '-f', files.write(name, GOOD)]), {
        code: 0,
        stdout: 'ok\n',
        stderr: '',
      })
    })
  }

  test('may be plain JavaScript', async () => {
    using files = new RouteFiles()
    const module = files.write(
      'routes.mjs',
      "import { x } from './x.mjs'\nawait null\nexport default { routes: x }\n",
    )
    files.write('x.mjs', "export const x = { 'evapi:connection-new': () => {} }\n")
    assert.deepEqual(await evapid(['-c', '-f', module]), { code: 0, stdout: 'ok\n', stderr: '' })
    const common = files.write('routes.cjs', 'module.exports = { routes: {} }\n')
    assert.deepEqual(await evapid(['-c', '-f', common]), { code: 0, stdout: 'ok\n', stderr: '' })
  })
})
