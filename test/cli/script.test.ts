// A kamailio.cfg as a user runs it: checked, started, and loaded anew.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Peer } from '../core/peer.ts'
import { SipPhone } from '../support/sip-phone.ts'
import { Evapid, evapid } from './evapid.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 120_000 }
const ANY = ['--bind', '127.0.0.1:0']

const relaying = (text: string) => `#!KAMAILIO
loadmodule "evapi.so"
event_route[evapi:message-received] {
  evapi_relay("${text} $evapi(msg)");
}
`

describe('evapid -c -f kamailio.cfg', LIMIT, () => {
  test('prints ok, and what the script came to', async () => {
    using files = new RouteFiles()
    files.write('more.cfg', 'event_route[evapi:connection-new] { $var(n) = $var(n) + 1; }\n')
    const file = files.write(
      'kamailio.cfg',
      `${relaying('got')}loadmodule "pv.so"\nchildren=4\ninclude_file "more.cfg"\n`,
    )
    const { code, stdout, stderr } = await evapid(['-c', '-f', file])
    assert.deepEqual([code, stderr], [0, ''])
    const [ok, ...summary] = stdout.trimEnd().split('\n')
    assert.equal(ok, 'ok')
    assert.deepEqual(
      summary.map((line) => line.replace(/: .*/, '')),
      ['files', 'modules', 'routes', 'plans', 'no plan', 'without effect'],
    )
    assert.match(stdout, /^files: \S*kamailio\.cfg, \S*more\.cfg$/m)
    assert.match(stdout, /^plans: evapi:message-received$/m)
    assert.match(stdout, /^no plan: evapi:connection-new: /m)
  })

  test('prints every mistake with its place to stderr, without colours, and exits with 1', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'kamailio.cfg',
      `${relaying('got')}route[X] {\n\tevapi_rely("x");\n\tevapi_relay("$evpi(msg)");\n}\nmodparam("evapi", "max_client", 1)\n`,
    )
    const { code, stdout, stderr } = await evapid(['-c', '-f', file])
    assert.deepEqual([code, stdout], [1, ''])
    const heads = stderr.split('\n').filter((line) => line.startsWith(file))
    assert.equal(heads.length, 3)
    assert.match(stderr, /kamailio\.cfg:7:2: error: unknown function evapi_rely.*; did you mean evapi_relay/)
    assert.match(stderr, /^ {4}\tevapi_rely\("x"\);\n {4}\t\^+$/m)
    assert.ok(!stderr.includes('\u001b'))
    // Starting it says the same.
    assert.deepEqual(await evapid(['-f', file]), { code, stdout, stderr })
  })

  test('a script is known by its first line, too; -A defines what #!ifdef asks for', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'script',
      `${relaying('MARK').replace('\n', '\n#!ifdef WITH_X\nlodmodule "x"\n#!endif\n')}`,
    )
    assert.equal((await evapid(['-c', '-f', file])).code, 0)
    const wrong = await evapid(['-c', '-f', file, '-A', 'WITH_X'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, new RegExp(`^${file}:3:`))
  })

  test('what is not here is an error, and a warning with --allow-missing', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'kamailio.cfg',
      `${relaying('got')}loadmodule "dialog.so"\nroute[X] { dlg_manage(); }\n`,
    )
    const refused = await evapid(['-c', '-f', file])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /:6:12: error: the module dialog is not here/)
    const allowed = await evapid(['-c', '-f', file, '--allow-missing'])
    assert.deepEqual([allowed.code, allowed.stdout.split('\n')[0]], [0, 'ok'])
    assert.match(allowed.stderr, /:6:12: warning: the module dialog is not here/)
    // A daemon that runs says so in its log.
    await using daemon = new Evapid(['-f', file, '--allow-missing', ...ANY])
    assert.equal((await daemon.logged(/the module dialog is not here/))['level'], 'warn')
    await daemon.listening()
  })

  const usage: readonly [(file: string) => string[], RegExp][] = [
    [(file) => ['-f', file.replace('.cfg', '-x.cfg')], /-x\.cfg: no such file/],
    [() => ['-A', 'X'], /-A \(defines\) is for a kamailio\.cfg, and there is none/],
    [() => ['--allow-missing'], /--allow-missing \(allowMissing\) is for a kamailio\.cfg or a KEMI script/],
    [
      (file) => ['-f', `${file}.ts`, '--kemi', 'x.js'],
      /--kemi x\.js: a KEMI script goes with a kamailio\.cfg/,
    ],
    [
      (file) => ['-f', `${file}.kemi.js`, '--kemi', 'x.js'],
      /--kemi x\.js: the file is a KEMI script already/,
    ],
    [() => ['-A', 'X-Y'], /-A X-Y: expected NAME or NAME=VALUE/],
    [() => ['-A'], /option -A needs a value/],
    [() => ['-u', 'nobody'], /-u is an option of Kamailio's that evapid does not have; .*User=/],
    [() => ['--kamailio-D'], /unknown option --kamailio-D/],
    [() => ['--alow-missing'], /did you mean --allow-missing\?/],
  ]
  for (const [args, message] of usage) {
    test(`evapid -c ${args('k.cfg').join(' ')}: a line of what is wrong, exit code 1`, async () => {
      using files = new RouteFiles()
      const file = files.write('k.cfg', relaying('got'))
      const { code, stdout, stderr } = await evapid(['-c', ...args(file)])
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
      assert.match(stderr, /^evapid: /)
    })
  }

  test("options of Kamailio's that would change nothing are taken", async () => {
    using files = new RouteFiles()
    const file = files.write('kamailio.cfg', relaying('got'))
    const args = [
      '-DD',
      '-E',
      '-e',
      '-m',
      '64',
      '-M',
      '8',
      '-n',
      '4',
      '-w',
      '/',
      '-x',
      'qm',
      '-L',
      '/usr/lib/kamailio',
    ]
    assert.equal((await evapid(['-c', '-f', file, ...args])).code, 0)
  })
})

describe('evapid -f kamailio.cfg', LIMIT, () => {
  test('runs the script; the command line stands over it', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'kamailio.cfg',
      `${relaying('got')}modparam("evapi", "bind_addr", "192.0.2.1:1")\nmodparam("evapi", "max_message_size", 3)\ndebug=3\n`,
    )
    await using daemon = new Evapid(['-f', file, ...ANY, '--modparam', 'evapi:max_message_size:i:100'])
    await using peer = await Peer.connect(await daemon.listening())
    assert.equal(await peer.ask('more than three'), 'got more than three')
  })

  test('has the log level that debug says, unless --log-level says another', async () => {
    using files = new RouteFiles()
    const file = files.write('kamailio.cfg', `${relaying('got')}debug=-1\n`)
    await using quiet = new Evapid(['-f', file, ...ANY])
    await using loud = new Evapid(['-f', file, ...ANY, '--log-level', 'info'])
    await loud.listening()
    quiet.child.kill('SIGTERM')
    await quiet.ended
    assert.equal(quiet.stderr, '')
  })

  test('writes the file of -P while it listens', async () => {
    using files = new RouteFiles()
    const { existsSync, readFileSync } = await import('node:fs')
    const pidFile = files.write('pid', 'old')
    await using daemon = new Evapid([...ANY, '-P', pidFile])
    await daemon.listening()
    assert.equal(readFileSync(pidFile, 'utf8'), `${daemon.child.pid}\n`)
    daemon.child.kill('SIGTERM')
    await daemon.ended
    assert.ok(!existsSync(pidFile))
    const { code, stderr } = await evapid([...ANY, '-P', '/no/such/directory/pid'])
    assert.equal(code, 1)
    assert.match(stderr, /^evapid: -P \/no\/such\/directory\/pid: ENOENT/m)
  })

  test('SIGHUP loads it anew with what it includes; with a mistake nothing changes, and the log has each', async () => {
    using files = new RouteFiles()
    files.write('more.cfg', relaying('one'))
    const file = files.write('kamailio.cfg', '#!KAMAILIO\ninclude_file "more.cfg"\n')
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using peer = await Peer.connect(await daemon.listening())
    assert.equal(await peer.ask('a'), 'one a')
    // No plan this time.
    files.write(
      'more.cfg',
      `loadmodule "pv.so"\nloadmodule "evapi.so"\nevent_route[evapi:message-received] { $var(n) = $var(n) + 1; evapi_relay("two $var(n) $evapi(msg)"); }\n`,
    )
    daemon.child.kill('SIGHUP')
    await daemon.prints(/"reloads":1,/, 'stderr')
    assert.equal(await peer.ask('b'), 'two 1 b')
    files.write(
      'more.cfg',
      'loadmodule "evapi.so"\nevent_route[evapi:mesage-received] { evapi_rely("x"); }\n',
    )
    daemon.child.kill('SIGHUP')
    await daemon.logged(/more\.cfg:2:\d+: error: .*evapi_rely/)
    await daemon.logged(/not reloaded; the configuration of before stays/)
    assert.equal(await peer.ask('c'), 'two 2 c')
    files.write('more.cfg', relaying('three'))
    daemon.child.kill('SIGHUP')
    await daemon.prints(/"reloads":2,/, 'stderr')
    assert.equal(await peer.ask('d'), 'three d')
  })

  const kemi = (text: string) => `
function ksr_request_route() { KSR.sl.send_reply(200, "${text}"); }
function ksr_evapi_event(evname) {
  if (evname === "evapi:message-received") KSR.evapi.relay("${text} " + KSR.pv.get("$evapi(msg)"));
}
`

  test('SIGHUP loads a KEMI script anew, also one that a kamailio.cfg names', async () => {
    using files = new RouteFiles()
    const script = files.write('routes.kemi.js', kemi('one'))
    const cfg = files.write(
      'kamailio.cfg',
      `#!KAMAILIO
loadmodule "evapi.so"
loadmodule "app_jsdt.so"
modparam("app_jsdt", "load", "routes.kemi.js")
modparam("evapi", "event_callback", "ksr_evapi_event")
listen=udp:127.0.0.1:0
cfgengine="jsdt"
`,
    )
    const plain = files.write('plain.cfg', relaying('replaced'))
    for (const args of [
      ['-f', script],
      ['-f', cfg],
      ['--kemi', script],
      ['-f', plain, '--kemi', script],
    ]) {
      files.write('routes.kemi.js', kemi('one'))
      await using daemon = new Evapid([...args, ...ANY])
      await using peer = await Peer.connect(await daemon.listening())
      assert.equal(await peer.ask('a'), 'one a')
      files.write('routes.kemi.js', 'function ksr_evapi_event() { KSR.evapi.rely("x"); }')
      daemon.child.kill('SIGHUP')
      await daemon.logged(/routes\.kemi\.js:1:\d+: error: there is no KSR\.evapi\.rely/)
      assert.equal(await peer.ask('b'), 'one b')
      files.write('routes.kemi.js', kemi('two'))
      daemon.child.kill('SIGHUP')
      await daemon.prints(/"reloads":1,/, 'stderr')
      assert.equal(await peer.ask('c'), 'two c')
    }
  })

  test('-c says which routes a KEMI script has in place of those of a kamailio.cfg', async () => {
    using files = new RouteFiles()
    const script = files.write('routes.kemi.js', kemi('one'))
    const file = files.write('kamailio.cfg', `${relaying('got')}listen=udp:127.0.0.1:0\n`)
    const { code, stdout, stderr } = await evapid(['-c', '-f', file, '--kemi', script])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^ok\nfiles: \S*kamailio\.cfg, \S*routes\.kemi\.js\n/)
    assert.match(stdout, /^routes: .*\brequest, .*evapi:message-received/m)
    assert.match(stdout, /^plans: none$/m)
  })

  test('a request that waits is continued by the script that it began with', async () => {
    using files = new RouteFiles()
    const version = (name: string) =>
      files.write(
        'kamailio.cfg',
        `#!KAMAILIO
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "evapi.so"
listen=udp:127.0.0.1:0
request_route {
  evapi_async_relay("$T(id_index):$T(id_label)");
}
route[NEXT] {
  t_reply("200", "${name}");
}
event_route[evapi:message-received] {
  $var(index) = $(evapi(msg){s.select,0,:});
  $var(label) = $(evapi(msg){s.select,1,:});
  t_continue("$var(index)", "$var(label)", "NEXT");
}
`,
      )
    const file = version('old')
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using application = await Peer.connect(await daemon.listening())
    const [, port = ''] = await daemon.prints(/SIP requests are taken on udp:127\.0\.0\.1:(\d+)/, 'stderr')
    await using phone = await SipPhone.open({ address: '127.0.0.1', port: Number(port) })
    phone.send('OPTIONS')
    const first = (await application.next()) ?? ''
    version('new')
    daemon.child.kill('SIGHUP')
    await daemon.prints(/"reloads":1,/, 'stderr')
    phone.send('OPTIONS')
    const second = (await application.next()) ?? ''
    await application.send(second)
    assert.equal((await phone.reply()).reason, 'new')
    await application.send(first)
    assert.equal((await phone.reply()).reason, 'old')
  })
})
