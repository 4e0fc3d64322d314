// What happens around a script that runs: failures and where they were, limits, what the log says, what modules and core parameters lead to.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Bus } from '../support/bus.ts'
import { compileText, HEAD, messagesOf, relayedBy, startScript } from './script-bus.ts'

/** The head takes three lines, `top` its own, the body begins in the next but one. */
const received = (body: string, top = '') =>
  `${HEAD}${top}${top === '' ? '' : '\n'}event_route[evapi:message-received] {\n${body}\n}`

describe('a script that runs', () => {
  test('that fails in a function is told with file, line and block; the next message runs', async () => {
    const route = 'route[X] {\n\n  if ($evapi(msg) == "bad") t_set_fr("$evapi(msg)"); }'
    await using bus = await startScript(
      received('evapi_relay("a $evapi(msg)"); route(X); evapi_relay("on");', `loadmodule "tm.so"\n${route}`),
    )
    assert.deepEqual(await relayedBy(bus, 'bad', '5'), ['a bad', 'a 5', 'on'])
    const line = await bus.logbook.line(/^route evapi:message-received failed/)
    assert.match(line.msg, /test\.cfg:7: in route\[X\]: argument fr_inv is "bad"; expected an integer/)
    assert.equal(bus.stat('route_failures'), 1)
  })

  test('goes on after an expression without a value, with one line in the log', async () => {
    await using bus = await startScript(
      received(
        '$var(z) = 0;\n$var(x) = 5;\n$var(x) = 1 / $var(z);\nif (1 / $var(z)) evapi_relay("yes");\nelse evapi_relay("no $var(x)");',
      ),
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['no 5'])
    assert.deepEqual(
      bus.logbook.lines.filter(({ level }) => level >= 50).map(({ msg }) => msg),
      ['test.cfg:7: division by zero', 'test.cfg:8: division by zero'],
    )
  })

  test('a pattern that is none when it is used is false, and told', async () => {
    await using bus = await startScript(
      received('$var(p) = "a(";\nif ($evapi(msg) =~ $var(p)) evapi_relay("yes"); else evapi_relay("no");'),
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['no'])
    assert.match((await bus.logbook.line(/is not a regular expression/)).msg, /^test\.cfg:6: "a\(" is/)
  })

  test('an endless loop ends after max_while_loops, and it is said where', async () => {
    await using bus = await startScript(
      received('while (1 == 1) {\n$var(i) = $var(i) + 1; }\nevapi_relay("$var(i)");', 'max_while_loops=7'),
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['7'])
    const line = await bus.logbook.line(/max_while_loops/)
    assert.deepEqual([line['file'], line['line'], line.level], ['test.cfg', 6, 50])
  })

  test('routes that call one another without end are stopped, and it is said where', async () => {
    await using bus = await startScript(
      received(
        'route(A); evapi_relay("$var(n) $rc");',
        'max_recursive_level=10\nroute[A] { $var(n) = $var(n) + 1; route(B); }\nroute[B] { route(A); }',
      ),
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['5 -1'])
    await bus.logbook.line(/nested more than 10 deep/)
  })

  test('an assignment that cannot be made now is told, and the script goes on', async () => {
    await using bus = await startScript(received('$ru = "sip:a@b";\nevapi_relay("on");'))
    assert.deepEqual(await relayedBy(bus, 'go'), ['on'])
    assert.match((await bus.logbook.line(/does not take/)).msg, /^test\.cfg:5: \$ru/)
  })

  test('the log at level debug says which blocks it enters and leaves', async () => {
    await using bus = await startScript(received('$var(x) = 1; route(A);', 'route[A] { return 3; }'))
    await relayedBy(bus, 'go')
    const traced = bus.logbook.lines.filter(({ block }) => block !== undefined)
    assert.deepEqual(
      traced.map(({ msg, value }) => (value === undefined ? msg : `${msg}: ${value}`)),
      [
        'enters event_route[evapi:message-received]',
        'enters route[A]',
        'leaves route[A]: 3',
        'leaves event_route[evapi:message-received]: 3',
      ],
    )
  })

  test('$cfg knows the line and the route, and finds back from a route that was called', async () => {
    await using bus = await startScript(
      received(
        'route(A);\nevapi_relay("$cfg(line) $cfg(route) $cfg(file)");',
        'route[A] {\n\n  evapi_relay("$cfg(line) $cfg(route)"); }',
      ),
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['6 A', '9 evapi:message-received test.cfg'])
  })

  test('$rc begins with 0 for each event', async () => {
    await using bus = await startScript(received('evapi_relay("$rc"); evapi_relay("$rc");'))
    assert.deepEqual(await relayedBy(bus, 'a', 'b'), ['0', '1', '0', '1'])
  })

  test('what is known to be missing is false, and $null, where that is allowed', async () => {
    await using bus = await startScript(
      received('if (dlg_manage()) evapi_relay("yes"); else evapi_relay("no $dlg_var(x) $rc");'),
      { allowMissing: true },
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['no <null> -1'])
  })

  test('parameters of its own and defines can be read', async () => {
    await using bus = await startScript(
      received(
        'evapi_relay("$sel(cfg_get.my.limit) $def(NAME) $defn(COUNT)"); if (@cfg_get.my.limit == 5) evapi_relay("five");',
        '#!define NAME "x y"\n#!define COUNT 12\nmy.limit = 5 desc "how many"',
      ),
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['5 "x y" 12', 'five'])
  })

  test('core:worker-one-init runs once, before anything is received', async () => {
    await using bus = await startScript(
      received('evapi_relay("$shv(n)");', 'event_route[core:worker-one-init] { $shv(n) = $shv(n) + 1; }'),
    )
    assert.deepEqual(await relayedBy(bus, 'a', 'b'), ['1', '1'])
  })

  test('expressions may be arguments, also where Kamailio refuses them', async () => {
    await using bus = await startScript(
      received('$var(a) = 2; evapi_relay("x" + ($var(a) + 1)); evapi_relay($var(a) * 4);'),
    )
    assert.deepEqual(await relayedBy(bus, 'go'), ['x3', '8'])
  })

  test('strings are bytes', async () => {
    await using bus = await startScript(
      received(
        '$var(m) = $evapi(msg); evapi_relay("$var(m)"); $var(n) = strlen($var(m)); evapi_relay("$var(n)");',
      ),
    )
    assert.deepEqual(await relayedBy(bus, '\u00ff\u0000\u00c3('), ['\u00ff\u0000\u00c3(', '4'])
  })
})

describe('core parameters of a script', () => {
  test('listen takes addresses with and without protocol and port', () => {
    const text = (lines: string) => `${lines}\nrequest_route { exit; }`
    const listen = (lines: string) =>
      compileText(text(lines)).compiled.settings.listen.map(({ address }) => address)
    assert.deepEqual(listen('listen=udp:127.0.0.1:5070'), ['udp:127.0.0.1:5070'])
    assert.deepEqual(listen('port=5080\nlisten=127.0.0.1'), ['udp:127.0.0.1:5080', 'tcp:127.0.0.1:5080'])
    assert.deepEqual(listen('listen=tcp:[::1]:5060\ndisable_tcp=yes\nlisten=127.0.0.2'), [
      'tcp:[::1]:5060',
      'udp:127.0.0.2:5060',
    ])
    assert.deepEqual(listen('listen=udp:lo:5070').includes('udp:127.0.0.1:5070'), true)
  })

  test('debug is the level of the log', () => {
    const level = (debug: number) => compileText(`debug=${debug}`).compiled.settings.logLevel
    assert.deepEqual([3, 2, 0, -1].map(level), ['debug', 'info', 'warn', 'error'])
  })

  test('a script that would listen in Kamailio and does not here is warned of, unless it drops everything', () => {
    const { diagnostics } = compileText(
      `${HEAD}loadmodule "sl.so"\nrequest_route { sl_send_reply("200", "OK"); }`,
    )
    assert.match(messagesOf(diagnostics)[0] ?? '', /^5:1: there is no listen/)
    assert.deepEqual(messagesOf(compileText(`${HEAD}request_route { drop; }`).diagnostics), [])
  })
})

describe('a request in a script', () => {
  test('is compared with words of the core, and with what this server is', async () => {
    const { compiled, diagnostics } = compileText(`${HEAD}loadmodule "sl.so"
alias=example.com
listen=udp:127.0.0.1:0
request_route {
  $var(r) = "";
  if (method == "options") $var(r) = $var(r) + "m";
  if (src_ip == 127.0.0.0/8 && src_ip != 10.0.0.1) $var(r) = $var(r) + "n";
  if (proto == UDP && af == INET) $var(r) = $var(r) + "u";
  if (uri == myself) $var(r) = $var(r) + "s";
  if (from_uri == myself) $var(r) = $var(r) + "f";
  if (src_ip == myself) $var(r) = $var(r) + "i";
  if (msg:len > 10) $var(r) = $var(r) + "l";
  sl_send_reply("200", "$var(r)");
}`)
    assert.deepEqual(messagesOf(diagnostics), [])
    await using bus = await Bus.start({ routes: compiled.routes as never, listen: 'udp:127.0.0.1:0' })
    const phone = await bus.phone()
    const reply = await phone.ask('OPTIONS')
    assert.deepEqual([reply.code, reply.reason], [200, 'mnusfil'])
  })
})
