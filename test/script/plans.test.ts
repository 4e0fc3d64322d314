// Event routes whose every step the dispatcher knows become plans, and do there what they do when they are run as scripts: each is run both
// ways over a real bus, by clients with and without tags.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Config } from '../../src/config.ts'
import { isPlan } from '../../src/core/plan.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'
import { compileText, HEAD, messagesOf } from './script-bus.ts'

const RECEIVED = 'evapi:message-received'

/** Bodies of message-received, with routes that they call. */
const PLANNED: Readonly<Record<string, readonly [body: string, routes?: string]>> = {
  'a relay': ['evapi_relay("$evapi(msg)");'],
  'a variable without quotes': ['evapi_relay($evapi(msg));'],
  'a text with variables': ['evapi_relay("from $evapi(srcaddr):$evapi(conidx): $evapi(msg) $$ $null");'],
  'a tag, and what is sent to it': [
    'if ($evapi(msg) == "tag") { evapi_set_tag("t"); } else { evapi_multicast("m $evapi(msg)", "t"); evapi_unicast("u", "t"); }',
  ],
  'the result of a call as a condition': [
    'if (!evapi_multicast("$evapi(msg)", "nobody")) evapi_relay("nobody is there"); evapi_relay("after");',
  ],
  'an exit in a branch': ['if ($evapi(msg) == "one") { evapi_relay("1"); exit; } evapi_relay("other");'],
  'ends in all branches': [
    'if ($evapi(msg) == "one") { evapi_relay("1"); exit; } else if ($evapi(msg) == "two") { evapi_relay("2"); return; } else { drop; } evapi_relay("never");',
  ],
  'an end deep within': [
    'if ($evapi(msg) != "two") { if ($evapi(conidx) > 0) { evapi_relay("late"); exit; } evapi_relay("early"); } evapi_relay("all");',
  ],
  'numbers in both orders': [
    'if ($evapi(conidx) == 0 && 1 > $evapi(conidx)) evapi_relay("first"); if ("1" == $evapi(conidx) || 2 <= $evapi(conidx)) evapi_relay("x");',
  ],
  'a number and a text that is one': [
    'if ($evapi(conidx) == "1") evapi_relay("second"); if ($evapi(conidx) == "abc") evapi_relay("zero"); if ($evapi(msg) == 7) evapi_relay("seven");',
  ],
  'dollars in what is compared': [
    'if ($evapi(msg) == "$evapi(msg)") evapi_relay("literally"); else evapi_relay("no");',
  ],
  'routes that are called': [
    'route(A); evapi_relay("back");',
    'route[A] { if ($evapi(msg) == "one") { route(B); return; } evapi_relay("A"); }\nroute[B] { evapi_relay("B"); if ($evapi(conidx) == 1) exit; }',
  ],
  'a route that ends the script': [
    'route(A); evapi_relay("back");',
    'route[A] { if ($evapi(msg) == "two") return 0; }',
  ],
  'two routes, one after the other': [
    'if ($evapi(msg) == "one") { route(A); route(A); }',
    'route[A] { evapi_relay("A"); return -1; }',
  ],
  closing: ['if ($evapi(msg) == "bye") { evapi_relay("gone"); evapi_close(); evapi_relay("not to it"); }'],
  'bytes that are no ASCII': [
    'if ($evapi(msg) == "\u00c3\u00a9") evapi_relay("\u00c3\u00a9 too"); else evapi_relay("no");',
  ],
}

/** Bodies that have no plan. */
const UNPLANNED: Readonly<Record<string, string>> = {
  'a variable of the script': 'evapi_relay("$var(x)");',
  'an assignment': '$var(x) = 1; evapi_relay("a");',
  'an empty text on the right': 'if ($evapi(msg) == "") evapi_relay("a");',
  'a text as a number': 'if ($evapi(msg) < 5) evapi_relay("a");',
  'a regular expression': 'if ($evapi(msg) =~ "^a") evapi_relay("a");',
  'a loop': 'while ($evapi(conidx) == 0) { evapi_relay("a"); break; }',
  'a function that the dispatcher does not know': 'is_method("INVITE"); evapi_relay("a");',
  'two variables that are compared': 'if ($evapi(msg) == $evapi(srcaddr)) evapi_relay("a");',
  'a route that calls itself': 'route(SELF);',
  'a return that is computed': 'return $evapi(conidx);',
}

const MESSAGES = ['one', 'two', 'tag', '7', '', '$evapi(msg)', '\u00c3\u00a9', 'bye']

function source(body: string, routes = ''): string {
  return `${HEAD}${routes}\nroute[SELF] { route(SELF); }\nevent_route[${RECEIVED}] { ${body} }`
}

/** What two clients receive whose messages come one after the other. */
async function received(config: Config): Promise<readonly (readonly string[])[]> {
  await using bus = await Bus.start(config)
  const clients = [await bus.join(), await bus.join()]
  let sent = 0
  for (const message of MESSAGES) {
    for (const client of clients) {
      if (client.end !== 'open') continue
      await client.send(message)
      sent += 1
      await eventually('it was routed', () => bus.stat('messages_received') === sent)
    }
  }
  bus.server.relay('end')
  for (const client of clients) {
    await client.until('the end', () => client.end !== 'open' || client.received.includes('3:end,'))
  }
  return clients.map((client) => texts(client.received))
}

describe('plans of scripts', () => {
  for (const [name, [body, routes]] of Object.entries(PLANNED)) {
    test(`${name}: runs in the dispatcher, and does there what the script does`, async () => {
      const { compiled, diagnostics } = compileText(source(body, routes))
      assert.deepEqual(messagesOf(diagnostics), [])
      assert.deepEqual([compiled.plans, [...compiled.unplanned]], [[RECEIVED], []])
      assert.equal(isPlan(compiled.routes[RECEIVED]), true)
      // The same text with a statement that has no plan, and no effect.
      const interpreted = compileText(source(`$var(unplanned) = 1; ${body}`, routes)).compiled
      assert.deepEqual(interpreted.plans, [])
      const inDispatcher = await received({ routes: compiled.routes as NonNullable<Config['routes']> })
      const asScript = await received({ routes: interpreted.routes as NonNullable<Config['routes']> })
      const inJavaScript = await received({
        routes: compiled.routes as NonNullable<Config['routes']>,
        plans: false,
      })
      assert.deepEqual(inDispatcher, asScript)
      assert.deepEqual(inJavaScript, asScript)
      assert.notDeepEqual(asScript, [['end'], ['end']])
    })
  }

  for (const [name, body] of Object.entries(UNPLANNED)) {
    test(`${name}: is run as a script, and it is said why`, () => {
      const { compiled, diagnostics } = compileText(source(body))
      assert.deepEqual(messagesOf(diagnostics), [])
      assert.deepEqual(compiled.plans, [])
      assert.equal(typeof compiled.unplanned.get(RECEIVED), 'string')
    })
  }

  test('$evapi(msg) is $null where there is no message, and is not compared in a plan', () => {
    const text = `${HEAD}event_route[evapi:connection-new] { if ($evapi(msg) == "x") evapi_close(); }`
    assert.deepEqual([...compileText(text).compiled.unplanned.keys()], ['evapi:connection-new'])
  })
})
