// What is wrong with a script is said when it is loaded: all at once, with its place.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kamailioFunctions } from '../../src/kemi/absent.ts'
import { lookUp, membersOf } from '../../src/kemi/members.ts'
import { formatDiagnostic } from '../../src/script/diagnostics.ts'
import { load, registry } from './stage.ts'

const MISTAKES: readonly (readonly [title: string, source: string, told: readonly string[]])[] = [
  [
    'a function that is mistyped',
    'function f() { KSR.pv.gte("$var(x)") }',
    ['1:16: error: there is no KSR.pv.gte; did you mean KSR.pv.gete?'],
  ],
  [
    'a module that is mistyped',
    'function f() {\n  KSR.evpai.relay("x")\n}',
    ['2:3: error: there is no KSR.evpai.relay; it is KSR.evapi.relay'],
  ],
  [
    'a function in the wrong module',
    'function f() { KSR.pv.is_present("X") }',
    ['1:16: error: there is no KSR.pv.is_present; it is KSR.hdr.is_present'],
  ],
  [
    'a function that forwards',
    'function f() { KSR.tm.t_relay() }',
    ['1:16: error: KSR.tm.t_relay is not here: evapid answers requests and forwards none'],
  ],
  [
    'a pseudo-variable that does not exist',
    "function f() { KSR.pv.get('$evapi(srcadr)') }",
    ['1:28: error: unknown pseudo-variable $evapi(srcadr); did you mean $evapi(srcaddr)?'],
  ],
  [
    'a pseudo-variable in a format',
    "function f() { KSR.xlog.xinfo('got $evapi(srcadr)\\n'.trim()); KSR.xlog.xinfo('got $evapi(srcadr)') }",
    ['1:83: error: unknown pseudo-variable $evapi(srcadr); did you mean $evapi(srcaddr)?'],
  ],
  [
    'text where a pseudo-variable is to stand',
    "function f() { KSR.pv.get('plain') }",
    ['1:28: error: argument pv is a pseudo-variable, such as "$var(x)"'],
  ],
  [
    'an assignment to what is read-only',
    "function f() { KSR.pv.sets('$evapi(msg)', 'x') }",
    ['1:29: error: $evapi(msg) is read-only'],
  ],
  [
    'too few arguments',
    "function f() { KSR.evapi.relay_multicast('x') }",
    ['1:41: error: KSR.evapi.relay_multicast(evdata, etag) gets 1 arguments; it takes 2'],
  ],
  [
    'all of them at once, in the order of the source',
    'function f() { KSR.absolutely() }\nfunction g() { KSR.pv.nothing_like_it() }',
    ['1:16: error: there is no KSR.absolutely', '2:16: error: there is no KSR.pv.nothing_like_it'],
  ],
  [
    'a column counts bytes',
    'function f() { "é€"; KSR.absolutely() }',
    ['1:25: error: there is no KSR.absolutely'],
  ],
]

for (const [title, source, told] of MISTAKES) {
  test(`${title} is told with its place`, () => {
    const script = load(source)
    assert.deepEqual(
      script.told,
      told.map((line) => `routes.kemi.js:${line}`),
    )
    assert.equal(script.routes, undefined)
  })
}

const FINE: readonly (readonly [title: string, source: string])[] = [
  [
    'names in strings and comments',
    'function f() { /* KSR.nosuch */ return "KSR.nosuch" + `KSR.nosuch` } // KSR.nosuch',
  ],
  [
    'members of something else',
    'var my = { KSR: { nosuch: 1 } }; function f() { return my.KSR.nosuch + xKSR.nosuch }; var xKSR = my',
  ],
  ['members of a function', 'function f() { KSR.evapi.relay.call(null, "x"); KSR.is_method.length }'],
  [
    'arguments that are made',
    'function f(n) { KSR.pv.get("$var(" + n + ")"); KSR.pv.get(`$var(1)`); KSR.pv.sets(...n) }',
  ],
  ['arguments with commas in them', "function f() { KSR.evapi.relay_multicast([1, 2].join(), '(,') }"],
  ['names that are computed', 'function f(n) { KSR.pv[n]("$var(x)") }'],
  ['spaces and lines between', 'function f() { KSR\n  .evapi\n  .relay ("x") }'],
]

for (const [title, source] of FINE) {
  test(`${title} are no mistake`, () => {
    assert.deepEqual(load(source).told, [])
  })
}

test('the source and a caret stand below a mistake', () => {
  const { diagnostics } = load('function f() {\n\tKSR.pv.gte("$var(x)")\n}')
  const [, source, caret] = formatDiagnostic(diagnostics.list[0] ?? assert.fail()).split('\n')
  assert.equal(source, '    \tKSR.pv.gte("$var(x)")')
  assert.equal(caret, '    \t^^^^^^^^^^')
})

test('what Kamailio has beyond evapid is a warning where it is allowed', () => {
  const script = load('function f() { KSR.tm.t_relay(); KSR.dialog.dlg_manage(); KSR.is_TLS() }', {
    allowMissing: true,
  })
  assert.deepEqual(script.told, [
    'routes.kemi.js:1:16: warning: KSR.tm.t_relay is not here: evapid answers requests and forwards none; it is false when it is called',
    'routes.kemi.js:1:34: warning: KSR.dialog.dlg_manage is not here: evapid keeps no calls: it sees requests, not what becomes of them; it is false when it is called',
  ])
  assert.ok(script.routes)
})

test('what nobody has is a mistake even where what is missing is allowed', () => {
  const script = load('function f() { KSR.tm.t_rely() }', { allowMissing: true })
  assert.match(script.told[0] ?? '', /error: there is no KSR\.tm\.t_rely; did you mean KSR\.tm\.t_reply\?/)
})

test('every function of Kamailio 5.6.3 is here, or it is said why not', () => {
  const members = membersOf(registry)
  for (const path of kamailioFunctions()) {
    const [, first = '', second] = path.split('.')
    const unknown = lookUp(members, first, second)
    if (unknown) assert.match(unknown.problem, /is not here: ./, path)
  }
})
