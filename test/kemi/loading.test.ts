// Loading a script: which routes come of it, and what can be wrong with a file.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from '../../src/index.ts'
import { loadKemi } from '../../src/kemi/load.ts'
import { Logbook } from '../core/logbook.ts'
import { load, registry } from './stage.ts'

test('requests, events and every function of the global scope are routes', () => {
  const { routes, told } = load(`
    function ksr_request_route() {}
    function ksr_evapi_event(evname) {}
    function RESUME() { function inner() {} }
    var byVar = function () {}
    const byConst = () => {}
    let noFunction = 1
    class NoFunction {}
  `)
  assert.deepEqual(told, [])
  const names = ['ksr_request_route', 'ksr_evapi_event', 'RESUME', 'byVar', 'byConst']
  assert.deepEqual(
    Object.keys(routes ?? {}).sort(),
    [
      ...names.flatMap((name) => [`route[${name}]`, `failure_route[${name}]`]),
      'request',
      'evapi:connection-new',
      'evapi:message-received',
      'evapi:connection-closed',
    ].sort(),
  )
})

test('a script without the usual callback has no routes for events', () => {
  const { routes } = load('function ksr_request_route() {}')
  assert.equal(routes?.['evapi:message-received'], undefined)
})

test('event_callback names another function', () => {
  const { routes } = load('function mine(evname) {}; function ksr_evapi_event(evname) {}', {
    eventCallback: 'mine',
  })
  assert.ok(routes?.['evapi:message-received'])
})

test('an event_callback that the script does not define is a mistake', () => {
  const { told, routes } = load('function ksr_evapi_event(evname) {}', { eventCallback: 'ksr_evapi_evnt' })
  assert.deepEqual(told, [
    'routes.kemi.js:1:1: error: event_callback of evapi names ksr_evapi_evnt, which the script does not define; did you mean ksr_evapi_event?',
  ])
  assert.equal(routes, undefined)
})

test('modules that have events and a callback have their routes from it', () => {
  const { routes } = load('function tables(evname) {}', { eventCallbacks: { htable: 'tables' } })
  assert.ok(routes?.['htable:mod-init'])
})

test('routes that never run here are told', () => {
  const { told } = load('function ksr_onsend_route() {}\nfunction ksr_reply_route() {}')
  assert.deepEqual(told, [
    'routes.kemi.js:2:10: warning: ksr_reply_route never runs; evapid answers requests and forwards none',
    'routes.kemi.js:1:10: warning: ksr_onsend_route never runs; evapid answers requests and forwards none',
  ])
})

test('an event_callback without a script is a mistake of the configuration', () => {
  assert.throws(
    () =>
      createServer({
        evapi: { eventCallback: 'ksr_evapi_event' },
        routes: { 'evapi:message-received': () => {} },
      }),
    /evapi\.eventCallback: "ksr_evapi_event" is no function of a KEMI script/,
  )
})

const BROKEN: readonly (readonly [title: string, name: string, source: string, told: string])[] = [
  [
    'JavaScript',
    'a.js',
    'var a = 1;\nfunction ksr_request_route( {\n}',
    'a.js:3:1: error: syntax error: Unexpected end of input',
  ],
  [
    'TypeScript',
    'a.kemi.ts',
    'let a: number = 1\nlet b: = 2\n',
    'a.kemi.ts:2:8: error: syntax error: Unexpected token',
  ],
  ['an error', 'a.js', 'var a = 1\n\n  nobody()', 'a.js:3:3: error: ReferenceError: nobody is not defined'],
  [
    'an error in a function',
    'a.js',
    'function f() {\n  throw new Error("on purpose")\n}\nf()',
    'a.js:2:9: error: Error: on purpose',
  ],
  ['a text', 'a.js', 'throw "on purpose"', 'a.js:1:1: error: it threw on purpose'],
  [
    'a name that is defined twice',
    'a.js',
    'let a = 1\nlet a = 2',
    "a.js:2:5: error: syntax error: Identifier 'a' has already been declared",
  ],
]

for (const [title, name, source, told] of BROKEN) {
  test(`${title} that ends the loading is told with its place`, () => {
    const script = load(source, {}, name)
    assert.equal(script.told.length, 1)
    assert.ok(script.told[0]?.startsWith(told), script.told[0])
    assert.equal(script.routes, undefined)
  })
}

test('a file that is not there is told', () => {
  const { diagnostics, routes } = loadKemi('/nowhere/x.kemi.js', { registry })
  assert.match(diagnostics.errors[0]?.problem ?? '', /cannot be read: ENOENT/)
  assert.equal(routes, undefined)
})

test('a byte order mark is no part of a script', () => {
  assert.deepEqual(load('\ufefffunction ksr_request_route() {}').told, [])
})

test('TypeScript keeps its lines, and what only types say is gone', () => {
  const { told, routes } = load(
    `/// <reference types="evapid/kemi" />
import type {} from 'evapid/kemi'
interface Answer { readonly code: number }
enum Colour { Red = 'red' }
const answers: Readonly<Record<string, Answer>> = { x: { code: 1 } }
function ksr_evapi_event(evname: string): void {
  KSR.evapi.relay(\`\${answers['x']!.code} \${Colour.Red}\` satisfies string)
}
export function RESUME(): void {}
`,
    {},
    'routes.kemi.ts',
  )
  assert.deepEqual(told, [])
  assert.ok(routes?.['route[RESUME]'])
})

test('KSR does nothing while a script is loaded, and that is told', () => {
  const { told, routes } = load('var early = KSR.pv.get("$var(x)"); KSR.info("x"); function f() {}')
  assert.deepEqual(told, [
    'routes.kemi.js:1:20: warning: KSR.pv.get is called while the script is loaded, and does nothing',
    'routes.kemi.js:1:40: warning: KSR.info is called while the script is loaded, and does nothing',
  ])
  assert.ok(routes)
})

test('what a script prints while it is loaded is in the log', async () => {
  const logbook = new Logbook()
  load('print("one", 2); console.log("three")', { log: logbook.log })
  await logbook.line(/^one 2$/)
  await logbook.line(/^three$/)
})
