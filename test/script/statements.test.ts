// What the parser makes of statements, and which mistakes it reports, all in one go.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { printScript } from '../../src/script/printer.ts'
import { parse, parsed, shapeOf, statementsOf } from './parse.ts'

/** Statements as the printer shows them, in one line. */
function printed(text: string): string {
  return printScript(parsed(`request_route { ${text} }`))
    .replace(/\s+/g, ' ')
    .replace(/^ request_route \{ (.*) \} $/, '$1')
}

function mistakes(text: string): readonly string[] {
  return parse(text).messages.map((each) => each.replace(/^a\.cfg:/, ''))
}

describe('statements', () => {
  for (const [written, expected] of [
    ['exit; exit(); exit(1); exit -1;', 'exit; exit; exit 1; exit -1;'],
    ['drop; drop(0); drop 1;', 'drop; drop 0; drop 1;'],
    ['return; return(); return -1; return(1)+1;', 'return; return; return -1; return 1 + 1;'],
    ['return ($var(x) == 1); return"a";', 'return $var(x) == 1; return "a";'],
    ['return f("x"); return route(X);', 'return f("x"); return route(X);'],
    [';;', '; ;'],
    ['break;', 'break;'],
    ['$var(x)=1; $var(x)+=2;', '$var(x) = 1; $var(x) += 2;'],
    ['$(avp(x)[*]) = $null;', '$(avp(x)[*]) = $null;'],
    ['f(); f("a", 1);', 'f(); f("a", 1);'],
    ['force_rport; force_rport();', 'force_rport(); force_rport();'],
    ['force_send_socket(udp:127.0.0.1:5060);', 'force_send_socket(udp:127.0.0.1:5060);'],
    ['forward(uri:host, uri:port);', 'forward(uri:host, uri:port);'],
    ['setflag(FOO); setflag(1);', 'setflag(FOO); setflag(1);'],
    ['route(X); route("a b"); route($var(x));', 'route(X); route("a b"); route($var(x));'],
    ['if 1 exit;', 'if (1) exit;'],
    ['if (1) || (2) exit;', 'if (1 || 2) exit;'],
    ['if is_method("A") && 1 exit;', 'if (is_method("A") && 1) exit;'],
    ['if (1) ; else ;', 'if (1) ; else ;'],
    ['if (1) { exit; };', 'if (1) { exit; } ;'],
    ['if (1) exit; else if (2) drop; else { break; }', 'if (1) exit; else if (2) drop; else { break; }'],
    ['if (1) while(2) if (3) exit; else drop;', 'if (1) while (2) if (3) exit; else drop;'],
    ['while 1 { exit; }', 'while (1) { exit; }'],
    [
      'switch $var(x) { case 1: case 2+3: exit; break; default: }',
      'switch ($var(x)) { case 1: case (2 + 3): exit; break; default: }',
    ],
    [
      'switch(1) { default: exit; case "a" "b": ; case /"x.*": exit; }',
      'switch (1) { default: exit; case "ab": ; case /"x.*": exit; }',
    ],
    ['switch (1) { }', 'switch (1) { }'],
    [
      'switch (1) { case -1: switch (2) { case 3: exit; } break; }',
      'switch (1) { case -1: switch (2) { case 3: exit; } break; }',
    ],
  ] as const) {
    test(`${written} is read`, () => assert.equal(printed(written), expected))
  }

  test('an else belongs to the nearest if', () => {
    const [outer] = statementsOf('if (1) if (2) exit; else drop;')
    assert.equal(outer?.kind, 'if')
    if (outer?.kind !== 'if') return
    assert.equal(outer.otherwise, undefined)
    assert.equal(outer.then.kind === 'if' && outer.then.otherwise?.kind, 'drop')
  })

  test('a statement knows where it stands', () => {
    const [, second] = statementsOf('exit;\n  $var(x) = 1 +\n 2;')
    assert.deepEqual(
      { line: second?.place.line, column: second?.place.column, file: second?.place.file.name },
      { line: 2, column: 3, file: 'a.cfg' },
    )
  })
})

describe('mistakes in statements', () => {
  for (const [what, text, expected] of [
    ['a missing ; at the end of a line', 'route {\n  exit\n  drop;\n}', ['2:7: a ; is missing']],
    ['a missing ; before }', 'route { exit }', ['1:13: a ; is missing before }']],
    ['a missing ; after a call', 'route { f("a") g("b"); }', ['1:16: found g, expected ;']],
    ['a missing ; before else', 'route { if (1) exit else drop; }', ['1:20: a ; is missing before else']],
    [
      'a missing ; at the end',
      'route { exit',
      ['1:7: the { of route is never closed; write } where it ends', '1:13: a ; is missing'],
    ],
    [
      'an empty block',
      'route { if (1) { } exit; }',
      ['1:16: a block must not be empty; write ; in it to do nothing'],
    ],
    ['an empty route', 'route { }', ['1:7: a block must not be empty; write ; in it to do nothing']],
    [
      'a block by itself',
      'route { { exit; } drop; }',
      ['1:9: a block cannot stand by itself; blocks stand after if, else, while and in routes'],
    ],
    [
      'an else after };',
      'route { if (1) { exit; }; else { drop; } }',
      ['1:27: this else belongs to no if; a ; after } ends the if'],
    ],
    ['no condition', 'route { if () { exit; } }', ['1:12: the condition of if is missing']],
    [
      'no body',
      'route { if (1) }',
      ['1:16: found }, expected a statement or a block after if; write ; to do nothing'],
    ],
    [
      'no body before else',
      'route { if (1) else exit; }',
      ['1:16: found else, expected a statement or a block after if; write ; to do nothing'],
    ],
    [
      '= for == without brackets',
      'route { if $var(x) = 1 { exit; } }',
      ['1:20: found =, expected the body of if; == compares'],
    ],
    [
      'a ) too many',
      'route { if ($var(x))) { exit; } }',
      ['1:21: found ), expected the body of if; no ( is open'],
    ],
    [
      'a ( that is not closed',
      'route { if (1 { exit; } drop; }',
      ['1:15: found {, expected ) for the ( in line 1, column 12'],
    ],
    [
      'a mistyped keyword',
      'route { retrun; }',
      ['1:9: found retrun, expected a statement; did you mean return?'],
    ],
    [
      'a name alone',
      'route { xlog; }',
      ['1:9: found xlog, expected a statement; xlog(...) calls a function'],
    ],
    ['an expression alone', 'route { 1 + 2; }', ['1:9: found 1, expected a statement']],
    [
      'an operator that there is not',
      'route { $var(x) .= "a"; }',
      ['1:17: found ., expected = after $var(x)'],
    ],
    ['== for =', 'route { $var(x) == 1; }', ['1:17: found ==, expected = after $var(x); = assigns']],
    [
      'a transformation on the left',
      'route { $(var(x){s.len}) = 1; }',
      ['1:9: $(var(x){s.len}) cannot be assigned to: it has a transformation'],
    ],
    ['a case outside of a switch', 'route { case 1: exit; drop; }', ['1:9: case stands outside of a switch']],
    [
      'a statement before the first case',
      'route { switch (1) { exit; case 1: drop; } }',
      ['1:22: found exit, expected case, default or }'],
    ],
    [
      'two defaults',
      'route { switch (1) { default: exit; default: drop; } }',
      ['1:37: the switch in line 1 has a default already'],
    ],
    [
      'a case with braces',
      'route { switch (1) { case 1: { exit; } case 2: drop; } }',
      ['1:30: a case has no block; the statements of a case stand without braces'],
    ],
    [
      'a case of a bare expression',
      'route { switch (1) { case /a.*/: exit; } }',
      ['1:28: found a, expected a string after case /; write case /"expression":'],
    ],
    [
      'a case without :',
      'route { switch (1) { case 1 exit; } }',
      ['1:29: found exit, expected : after the value of the case'],
    ],
    [
      'a route that is not closed',
      'route {\n  if (1) {\n    exit;\n}\nroute[A] { exit; }',
      ['1:7: the { of route is never closed before the route in line 5; write } where it ends'],
    ],
    ['a } too many', 'route { exit; } }\nroute[A] { exit; }', ['1:17: this } closes nothing']],
    [
      'a string that is not closed',
      "route { f(\"abc);\n g('x'); }",
      ['1:11: this string is never closed; write " where it ends, or see whether a " is missing before it'],
    ],
    [
      'a comment that is not closed',
      'route { exit; }\n /* a /* b */',
      ['2:2: this comment is never closed; write */ where it ends'],
    ],
    [
      'nested comments that are not closed',
      '/* a /* b',
      ['1:1: this comment is never closed; write */ where it ends; 2 /* are open, for comments nest'],
    ],
    [
      'a $ alone',
      'route { $var(x) = $; exit; }',
      ['1:19: a $ without the name of a pseudo-variable', '1:20: found ;, expected an expression'],
    ],
  ] as const) {
    test(`${what} is reported`, () => {
      const found = mistakes(text)
      if (what === 'a missing ; at the end' || what === 'a string that is not closed') {
        for (const each of expected) assert.ok(found.includes(each), found.join('\n'))
      } else assert.deepEqual(found, expected)
    })
  }

  test('all mistakes are reported at once', () => {
    assert.deepEqual(
      mistakes(`debgu 2
loadmodule htable
modparam("tm", fr_timer, 1)
route {
  if ($var(x) == ) { f(; }
  $var(y) = 1 + ;
  g("a")
  switch ($var(x)) { case : exit; case 2: h( ; }
  else exit;
}
rout[X] { exit; }
event_route[tm] { exit; }
failure_route[A] { exit }
`),
      [
        '1:7: found 2, expected = after debgu',
        '2:12: found htable, expected a string after loadmodule; write loadmodule "htable.so"',
        '3:16: found fr_timer, expected the name of a parameter, a string',
        '5:18: found ), expected an expression',
        '5:24: found ;, expected an expression',
        '6:17: found ;, expected an expression',
        '7:9: a ; is missing',
        '8:27: found :, expected an expression',
        '8:46: found ;, expected an expression',
        '9:3: this else belongs to no if; a ; after } ends the if',
        '11:1: rout is no kind of route; did you mean route?',
        '12:13: tm is no name of an event; write event_route[module:event]',
        '13:24: a ; is missing before }',
      ],
    )
  })

  test('what could be read around a mistake is returned', () => {
    const { script } = parse('route { f("a"); g( ; h("b"); }\nroute[A] { exit; }')
    assert.equal(
      printScript(script),
      '\nrequest_route {\n  f("a");\n  h("b");\n}\n\nroute[A] {\n  exit;\n}\n',
    )
  })
})

describe('what stands outside of routes', () => {
  for (const [written, expected] of [
    ['debug=2; memdbg=-1', 'debug=2 memdbg=-1'],
    ['log_stderror=yes fork=off', 'log_stderror=1 fork=0'],
    ['log_facility=LOG_LOCAL0', 'log_facility=LOG_LOCAL0'],
    ['listen=udp:127.0.0.1:5060 tcp:lo:5061', 'listen=udp:127.0.0.1:5060 listen=tcp:lo:5061'],
    [
      'listen= udp : 10.0.0.1 : 5060 listen=[::1]:5060 listen=::1',
      'listen=udp:10.0.0.1:5060 listen=[::1]:5060 listen=::1',
    ],
    ['listen="udp:127.0.0.1:5060"', 'listen="udp:127.0.0.1:5060"'],
    ['listen=udp:a-b.example.com:5060', 'listen=udp:a-b.example.com:5060'],
    [
      'listen=udp:10.0.0.1:5060 advertise a.com:5061 name "s1" virtual',
      'listen=udp:10.0.0.1:5060 advertise a.com:5061 name "s1" virtual',
    ],
    ['listen=udp:10.0.0.1:5060 advertise "a.com":5061', 'listen=udp:10.0.0.1:5060 advertise a.com:5061'],
    ['alias=a.com b.com:5060\nalias="c.com" \'d.com\'', `alias=a.com b.com:5060 alias="c.com" /**/ 'd.com'`],
    ['alias="a.com":5060 alias=udp:"a.com":5060', 'alias=a.com:5060 alias=udp:a.com:5060'],
    ['listen=udp:10.0.0.1:5060\nmy.value = 3', 'listen=udp:10.0.0.1:5060 my.value=3'],
    ['a.b = "x" "y" desc "what" "for" c . d = 2', 'a.b="xy" desc "whatfor" c.d=2'],
    ['a[1].b = yes', 'a[1].b=1'],
    ['flags ONE, TWO:2; avpflags X', 'flags ONE, TWO:2 avpflags X'],
    ['loadpath "/a" mpath="/b"', 'loadpath="/a" mpath="/b"'],
    ['cfgengine "native"', 'cfgengine="native"'],
    ['loadmodule "a" ".so" loadmodulex "b"', 'loadmodule "a.so" loadmodulex "b"'],
    [
      `modparam("a|b", 'c', -1); modparamx("a", "b", "$env(X)")`,
      `modparam("a|b", 'c', -1) modparamx("a", "b", "$env(X)")`,
    ],
    ['advertised_address=1.2.3.4 server_id=0x10', 'advertised_address=1.2.3.4 server_id=16'],
    ['route{exit;}route[A]{exit;}', 'request_route { exit; } route[A] { exit; }'],
    [
      'route [ X ] { exit; } route["Y z"] { exit; } route[1] { exit; }',
      'route[X] { exit; } route["Y z"] { exit; } route[1] { exit; }',
    ],
    ['route[0] { exit; } onreply_route[0] { exit; }', 'request_route { exit; } reply_route { exit; }'],
    [
      'onreply_route { exit; } reply_route { exit; } onreply_route[A] { exit; }',
      'reply_route { exit; } reply_route { exit; } onreply_route[A] { exit; }',
    ],
    [
      'failure_route[A] { exit; } branch_route[A] { exit; } onsend_route { exit; }',
      'failure_route[A] { exit; } branch_route[A] { exit; } onsend_route { exit; }',
    ],
    [
      'event_route[a.b:c-d:e_F] { exit; } event_route["x:y z"] { exit; }',
      'event_route[a.b:c-d:e_F] { exit; } event_route["x:y z"] { exit; }',
    ],
    ['; route { exit; } ;', 'request_route { exit; }'],
    ['// a\n# b\n/* c /* d */ e */ debug=1 # f\n', 'debug=1'],
    ['', ''],
  ] as const) {
    test(`${JSON.stringify(written)} is read`, () => {
      assert.equal(printScript(parsed(written)).replace(/\s+/g, ' ').trim(), expected)
    })
  }

  for (const [what, text, expected] of [
    ['a parameter without =', 'debug 1', ['1:7: found 1, expected = after debug']],
    [
      'a parameter without a value',
      'debug=\nroute { exit; }',
      ['2:1: found route, expected a value for debug'],
    ],
    [
      'a global with a word',
      'a.b = foo\nroute { exit; }',
      ['1:7: found foo, expected a number or a string for a.b'],
    ],
    [
      'a mistyped loadmodule',
      'loadmodul "a.so"',
      ['1:11: found the string "a.so", expected = after loadmodul; did you mean loadmodule?'],
    ],
    ['an unknown kind of route', 'foo { exit; }\nroute { exit; }', ['1:1: foo is no kind of route']],
    [
      'a call outside of a route',
      'xlog("a");\nroute { exit; }',
      ['1:1: xlog() stands outside of a route; see whether a } before it is one too many'],
    ],
    [
      'a request_route with a name',
      'request_route[A] { exit; }',
      ['1:15: a request_route has no name; route[A] has one'],
    ],
    [
      'an event_route without a name',
      'event_route { exit; }',
      ['1:1: an event_route has a name; write event_route[module:event]'],
    ],
    [
      'a name of a route with other characters',
      'route[a-b] { exit; }',
      ['1:8: found -, expected ] after route[a; a name with other characters stands between " and "'],
    ],
    [
      'a route that is there twice',
      'route[A] { exit; }\nroute[A] { exit; }',
      ['2:1: route[A] is there already, at a.cfg:1'],
    ],
    ['an address that is none', 'listen=udp:1.2.3\nroute { exit; }', ['1:12: 1.2.3 is no IPv4 address']],
    [
      'a port that is missing',
      'listen=udp:\nroute { exit; }',
      ['2:1: found route, expected a host or a port after udp:'],
    ],
    [
      'a modparam without brackets',
      'modparam "a", "b", 1\nroute { exit; }',
      ['1:10: found the string "a", expected ( after modparam'],
    ],
    [
      'a modparam with an expression',
      'modparam("a", "b", 1+1)\nroute { exit; }',
      ['1:21: found +, expected ) after the value'],
    ],
  ] as const) {
    test(`${what} is reported`, () => assert.deepEqual(mistakes(text), expected))
  }

  test('bytes that begin nothing are passed over with a warning, as Kamailio does without one', () => {
    const { messages, diagnostics, script } = parse('route { exit; \x01\xe9 } ?')
    assert.deepEqual(messages, [
      'a.cfg:1:15: byte 0x01 0xe9 means nothing here, and is passed over',
      'a.cfg:1:20: ? means nothing here, and is passed over',
    ])
    assert.deepEqual(diagnostics.errors, [])
    assert.deepEqual(shapeOf(script), shapeOf(parsed('route { exit; }')))
  })
})
