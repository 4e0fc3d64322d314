// Running a script: what it has, what it has not, and how its functions end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, start } from './stage.ts'

/** A script whose callback relays what an expression is. */
const EVALUATES = `
function ksr_evapi_event(evname) {
  if (evname !== 'evapi:message-received') return
  var value
  try { value = eval(KSR.pv.get('$evapi(msg)')) } catch (error) { value = error instanceof Error ? error.name + ': ' + error.message : error }
  KSR.evapi.relay(typeof value + ' ' + value)
}
`

const EXPRESSIONS: readonly (readonly [title: string, expression: string, answer: string])[] = [
  [
    "nothing of Node's",
    'typeof process + typeof require + typeof Buffer + typeof fetch + typeof setTimeout',
    'string undefinedundefinedundefinedundefinedundefined',
  ],
  [
    'what JavaScript has',
    '[typeof JSON, typeof Math, typeof Map, typeof Intl].join()',
    'string object,object,function,object',
  ],
  ['a print of its own', 'typeof print + typeof console.log', 'string functionfunction'],
  [
    "no way from KSR to Node's globals",
    'KSR.pv.get.constructor("return typeof process")()',
    'string undefined',
  ],
  ["no way from print to Node's globals", 'print.constructor("return typeof process")()', 'string undefined'],
  [
    "errors of KSR that are the script's own",
    'try { KSR.pv.nosuch } catch (error) { error instanceof TypeError }',
    'boolean true',
  ],
  ['a KSR that stays as it is', 'KSR.pv.get = 1; typeof KSR.pv.get', 'string function'],
  [
    'a name in KSR that is computed',
    '[KSR.pv["no" + "such"]]',
    'string TypeError: there is no KSR.pv.nosuch',
  ],
  [
    'a name in KSR that is mistyped',
    '[KSR.pv["ge" + "tt"]]',
    'string TypeError: there is no KSR.pv.gett; did you mean KSR.pv.get?',
  ],
  [
    'a name that Kamailio has',
    '[KSR["dia" + "log"]]',
    'string TypeError: KSR.dialog is not here: evapid keeps no calls: it sees requests, not what becomes of them',
  ],
  ['a way to ask without an error', "'dialog' in KSR", 'boolean false'],
  ['a KSR that can be shown', 'String(KSR) + JSON.stringify(KSR.pv)', 'string [object Object]{}'],
  ['names of functions', 'KSR.evapi.relay.name', 'string relay'],
  ['a wrong variable that is null', 'KSR.pv.get("$no" + "such")', 'object null'],
  ['no WebAssembly', 'typeof WebAssembly', 'string undefined'],
]

for (const [title, expression, answer] of EXPRESSIONS) {
  test(`a script has ${title}`, async () => {
    await using bus = await start(EVALUATES)
    await ask(await bus.join(), expression, answer)
  })
}

test('any payload passes through a script unharmed', async () => {
  await using bus = await start(`
    function ksr_evapi_event(evname) {
      if (evname !== 'evapi:message-received') return
      var message = KSR.pv.get('$evapi(msg)')
      KSR.pv.sets('$var(x)', '<' + message + '>')
      KSR.evapi.relay(KSR.pv.get('$var(x)'))
      KSR.evapi.relay(message)
    }`)
  const client = await bus.join()
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte))
  await ask(client, all, `<${all}>`)
  await client.untilReceived(`256:${all},`)
})

test('an error is one line that says where in the script', async () => {
  await using bus = await start(`
function deep() { throw new Error('on purpose') }
function ksr_evapi_event(evname) {
  if (evname === 'evapi:message-received') deep()
}`)
  const client = await bus.join()
  await client.send('x')
  const line = await bus.logbook.line(/failed/)
  assert.match(line.msg, /^route evapi:message-received failed: .*routes\.kemi\.js:2:25: Error: on purpose$/)
  assert.equal(bus.stat('route_failures'), 1)
})

test('exit and drop are no failures', async () => {
  await using bus = await start(`
    function ksr_evapi_event(evname) {
      if (evname !== 'evapi:message-received') return
      KSR.evapi.relay('before')
      if (KSR.pv.get('$evapi(msg)') === 'exit') KSR.x.exit()
      KSR.x.drop()
    }`)
  const client = await bus.join()
  await ask(client, 'exit', 'before')
  await ask(client, 'drop', 'before')
  assert.equal(bus.stat('route_failures'), 0)
})

test('a function that returns a promise fails, and what it rejects with harms nobody', async () => {
  await using bus = await start(`
    async function ksr_evapi_event(evname) { if (evname === 'evapi:message-received') { await null; throw new Error('late') } }`)
  const client = await bus.join()
  await client.send('x')
  await bus.logbook.line(/returned a promise; functions of KEMI cannot wait/)
})

test('KSR does nothing when no event runs', async () => {
  await using bus = await start(`
    var seen = 'nothing'
    function ksr_evapi_event(evname) {
      if (evname !== 'evapi:message-received') return
      KSR.evapi.relay(seen)
      Promise.resolve().then(function () { seen = String(KSR.pv.get('$evapi(msg)')) })
    }`)
  const client = await bus.join()
  await ask(client, 'x', 'nothing')
  await ask(client, 'y', 'null')
})

test('print goes to the log', async () => {
  await using bus = await start(`function ksr_evapi_event(evname) { print(evname, 1, null, Symbol('s')) }`)
  await bus.join()
  const line = await bus.logbook.line(/^evapi:connection-new 1 null Symbol\(s\)$/)
  assert.equal(line['route'], 'evapi:connection-new')
})

test('another function may be put in the place of one', async () => {
  await using bus = await start(`
    function ksr_evapi_event(evname) {
      ksr_evapi_event = function (evname) { KSR.evapi.relay('second') }
      KSR.evapi.relay('first')
    }`)
  const client = await bus.join()
  await client.untilReceived('5:first,')
  await ask(client, 'x', 'second')
})

test('what is missing is false where that is allowed, and told once', async () => {
  await using bus = await start(
    `function ksr_evapi_event(evname) {
      if (evname !== 'evapi:message-received') return
      KSR.evapi.relay([KSR.tm.t_relay(), KSR.is_nothing, KSR.dialog.dlg_manage(), KSR.dialog.get_x(), KSR.to_TLS()].join())
    }`.replace('KSR.is_nothing, ', ''),
    { options: { allowMissing: true } },
  )
  const client = await bus.join()
  await ask(client, 'x', '-1,-1,,false')
  await ask(client, 'y', '-1,-1,,false')
  const told = bus.logbook.lines.filter(({ msg }) => /KSR\.tm\.t_relay is not here/.test(msg))
  assert.equal(told.length, 1)
})

test('a request is answered by ksr_request_route', async () => {
  await using bus = await start(
    `function ksr_request_route() {
      if (KSR.is_OPTIONS()) { KSR.hdr.append_to_reply('X-A: ' + KSR.hdr.gete('X-B') + '\\r\\n'); KSR.sl.send_reply(200, 'Fine') }
    }`,
    { listen: 'udp:127.0.0.1:0' },
  )
  const phone = await bus.phone()
  const reply = await phone.ask('OPTIONS', { lines: ['X-B: b'] })
  assert.equal(`${reply.code} ${reply.reason}`, '200 Fine')
  assert.deepEqual(reply.header('X-A'), ['b'])
})

test('an error after the transaction was made is answered with 500', async () => {
  await using bus = await start(
    `function ksr_request_route() { KSR.tm.t_newtran(); throw new Error('on purpose') }`,
    { listen: 'udp:127.0.0.1:0' },
  )
  const phone = await bus.phone()
  assert.equal((await phone.ask('OPTIONS')).code, 500)
})

test('an event that a script continues a request in is again its own when the request has gone on', async () => {
  await using bus = await start(
    `
    function ksr_request_route() {
      KSR.tm.t_newtran()
      KSR.tmx.t_suspend()
      KSR.evapi.relay(KSR.pv.get('$T(id_index)') + ':' + KSR.pv.get('$T(id_label)'))
    }
    function RESUME() {
      KSR.tm.t_reply(403, String(KSR.pv.get('$evapi(msg)')))
      KSR.x.exit()
    }
    function ksr_evapi_event(evname) {
      if (evname !== 'evapi:message-received') return
      var id = KSR.pv.get('$evapi(msg)').split(':')
      KSR.tmx.t_continue(id[0], id[1], 'RESUME')
      KSR.evapi.relay('still ' + KSR.pv.get('$evapi(conidx)'))
    }`,
    { listen: 'udp:127.0.0.1:0' },
  )
  const client = await bus.join()
  const phone = await bus.phone()
  phone.send('OPTIONS')
  await client.until('the id', () => /^\d+:\d+:\d+,$/.test(client.received.toString()))
  const id = client.received.toString().replace(/^\d+:(.*),$/, '$1')
  await ask(client, id, 'still 0')
  const reply = await phone.final()
  assert.equal(`${reply.code} ${reply.reason}`, '403 null')
})
