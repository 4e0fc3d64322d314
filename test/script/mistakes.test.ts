// What is wrong with a script is told at start: all of it at once, where it is, and what to do.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatDiagnostic } from '../../src/script/diagnostics.ts'
import { compileText, HEAD, messagesOf } from './script-bus.ts'

/** The mistakes of a body in message-received, each as `COLUMN: problem; advice`. */
function mistakesIn(body: string): readonly string[] {
  const { diagnostics } = compileText(`${HEAD}event_route[evapi:message-received] {\n${body}\n}`)
  return messagesOf(diagnostics).map((message) => message.replace(/^5:/, ''))
}

describe('mistakes of a script', () => {
  test('are told all at once, each with its line and a caret under it', () => {
    const { diagnostics } = compileText(
      `${HEAD}event_route[evapi:message-received] {
  evapi_rely("x");
  $var(a) = $evapi(adr);
  evapi_relay("a $evapi(msg) b $vat(x)");
  if ($var(a) < "5") route(NOWHERE);
}`,
    )
    assert.deepEqual(diagnostics.errors.map(formatDiagnostic), [
      'test.cfg:5:3: error: unknown function evapi_rely(); did you mean evapi_relay()?\n      evapi_rely("x");\n      ^^^^^^^^^^^^^^^',
      'test.cfg:6:13: error: unknown pseudo-variable $evapi(adr); known: srcaddr, srcport, conidx, msg\n      $var(a) = $evapi(adr);\n                ^^^^^^^^^^^',
      'test.cfg:7:32: error: unknown pseudo-variable $vat; did you mean $var?\n      evapi_relay("a $evapi(msg) b $vat(x)");\n                                   ^',
      'test.cfg:8:17: error: type mismatch: a string, where an integer is needed\n      if ($var(a) < "5") route(NOWHERE);\n                    ^^^',
      'test.cfg:8:22: error: there is no route[NOWHERE]; define it: route[NOWHERE] { ... }\n      if ($var(a) < "5") route(NOWHERE);\n                         ^^^^^^^^^^^^^^',
    ])
  })

  test('are found in arguments, at the argument', () => {
    assert.deepEqual(mistakesIn('evapi_relay("a", "b");'), [
      '1: evapi_relay(evdata) takes 1 arguments, got 2',
    ])
    assert.deepEqual(mistakesIn('t_reply("200");').length, 1)
    assert.match(mistakesIn('append_to_reply();')[0] ?? '', /^1: append_to_reply\(/)
  })

  test('name the module that has what is missing', () => {
    const { diagnostics } = compileText(
      'loadmodule "evapi.so"\nevent_route[evapi:message-received] { $var(x) = 1; t_newtran(); evapi_relay("$(var(y){s.len})"); }',
    )
    assert.deepEqual(messagesOf(diagnostics), [
      '2:39: $var is a pseudo-variable of the module pv, which is not loaded; loadmodule "pv.so"',
      '2:52: t_newtran() is a function of the module tm, which is not loaded; loadmodule "tm.so"',
      '2:78: $var is a pseudo-variable of the module pv, which is not loaded; loadmodule "pv.so"',
    ])
  })

  test('say of what Kamailio has and evapid has not that it is so, and why', () => {
    const { diagnostics } = compileText(
      `${HEAD}loadmodule "dialog.so"\nloadmodule "tm.so"\nrequest_route { dlg_manage(); t_relay(); $var(x) = $dlg_var(y); drop; }`,
    )
    assert.deepEqual(
      messagesOf(diagnostics).map((message) => message.replace(/; .*/, '')),
      [
        '4:12: the module dialog is not here',
        "6:17: dlg_manage() of Kamailio's dialog is not here",
        "6:31: t_relay() of Kamailio's tm is not here",
        "6:52: $dlg_var of Kamailio's dialog is not here",
        '6:1: there is no listen, so that no SIP is taken and this never runs (Kamailio would take it on all addresses)',
      ],
    )
    assert.match(messagesOf(diagnostics)[1] ?? '', /follows no dialogs/)
  })

  test('become one warning each where missing things are allowed, but typing mistakes do not', () => {
    const { diagnostics } = compileText(
      `${HEAD}loadmodule "dialog.so"\nroute[X] { dlg_manage(); dlg_manage(); if ($dlg_var(y) == "x") exit; dlg_mange(); }`,
      { allowMissing: true },
    )
    assert.deepEqual(
      messagesOf(diagnostics).map((message) => message.replace(/;.*/, '')),
      [
        '4:12: the module dialog is not here',
        "5:12: dlg_manage() of Kamailio's dialog is not here",
        "5:44: $dlg_var of Kamailio's dialog is not here",
        '5:70: unknown function dlg_mange()',
      ],
    )
    assert.equal(diagnostics.errors.length, 1)
  })

  test('of modules and their parameters name the nearest', () => {
    const { diagnostics } = compileText(
      'loadmodule "evapy.so"\nloadmodule "evapi.so"\nmodparam("evapi", "bind_adr", "x")\nmodparam("evapi|tm", "workers", "a")\nloadmodule "ctl.so"\nmodparam("ctl", "binrpc", "unix:/x")',
    )
    assert.deepEqual(messagesOf(diagnostics), [
      '1:12: unknown module evapy; did you mean evapi?',
      '3:19: the module evapi has no parameter bind_adr; did you mean bind_addr?',
      '4:33: evapi:workers: "a" is not valid; expected an integer from 0 to 1024',
      '4:17: the module tm is not loaded; loadmodule "tm.so"',
    ])
  })

  test('of core parameters name the nearest, and those that rely on what is not here say why', () => {
    const { diagnostics, compiled } = compileText(
      'debg=3\nmemlog=5\nenable_tls=yes\nenable_tls=no\nlisten=tls:127.0.0.1:5061\nmy.limit = 5\nchildren=2',
    )
    assert.deepEqual(messagesOf(diagnostics), [
      '1:1: unknown core parameter debg; did you mean debug?',
      '3:1: the core parameter enable_tls is not here; evapid speaks no TLS with SIP; take it off in the proxy in front',
      '5:8: cannot listen: "tls:127.0.0.1:5061": tls is not supported; udp:IPV4:PORT, udp:[IPV6]:PORT, udp:HOST:PORT or udp:HOST (port 5060), or the same with tcp:',
    ])
    assert.deepEqual(
      compiled.ignored.map(({ name }) => name),
      ['memlog', 'children'],
    )
  })

  test('of events name the nearest; those that never happen here are warned of', () => {
    const { diagnostics } = compileText(
      `${HEAD}event_route[evapi:message-recieved] { exit; }\nevent_route[dialog:start] { exit; }`,
    )
    assert.deepEqual(messagesOf(diagnostics), [
      '4:1: unknown event evapi:message-recieved; did you mean event_route[evapi:message-received]?',
      '5:1: event_route[dialog:start] never runs here; evapid follows no dialogs',
    ])
    assert.equal(diagnostics.warnings.length, 1)
  })

  test('of assignments: what is read-only', () => {
    assert.deepEqual(mistakesIn('$evapi(msg) = "x";'), [
      '1: $evapi(msg) is read-only; assign to $var(...) or $avp(...)',
    ])
    assert.deepEqual(mistakesIn('$rc = 5;'), ['1: $rc is read-only; assign to $var(...) or $avp(...)'])
  })

  test('of switches: cases of both kinds, and cases that are not constant', () => {
    assert.deepEqual(mistakesIn('switch ($var(x)) { case 1: exit; case "a": exit; }').length, 1)
    assert.deepEqual(mistakesIn('switch ($var(x)) { case $var(y): exit; }').length, 1)
  })

  test('of regular expressions are found at start', () => {
    assert.match(mistakesIn('if ($var(x) =~ "a(b") exit;')[0] ?? '', /^16: not a regular expression: /)
  })
})
