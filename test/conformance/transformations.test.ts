// Asks Kamailio again for what test/modules/transformations-seen/ records, all of it in one process: values and variables come as
// messages of the bus, are read as Kamailio reads them when a script is loaded, and what they came to is relayed.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ARGUMENTS, REFUSED } from '../modules/transformations-seen/arguments.ts'
import { LISTS } from '../modules/transformations-seen/lists.ts'
import {
  type SeenTransformations,
  textOfSeen,
  typeOfSeen,
  variableWith,
} from '../modules/transformations-seen/seen.ts'
import { STRINGS } from '../modules/transformations-seen/strings.ts'
import { URIS } from '../modules/transformations-seen/uris.ts'
import { freeUdpPort } from '../support/free-port.ts'
import { findKamailio, launchKamailio } from './kamailio.ts'
import { ScriptClient } from './script-client.ts'
import { HOST } from './server-under-test.ts'

const MODULES = ['tm', 'sl', 'pv', 'textops', 'evapi', 'app_jsdt']

/** A question: `x` and `a` as a letter for the type and hexadecimal digits or a number, and what is asked for. */
function question({ input, argument = '' }: SeenTransformations, chain: string): string {
  return `${written(input)},${written(argument)},${variableWith(chain)}`
}

function written(value: string | number): string {
  return typeof value === 'number' ? `n${value}` : `s${Buffer.from(value, 'latin1').toString('hex')}`
}

/** Assigns what question() wrote at `at`. */
function assignment(name: string, at: number): string {
  const part = `$(evapi(msg){s.select,${at},,})`
  return `
  $var(w) = ${part};
  if ($var(w) == "s") $var(${name}) = "";
  else if ($(var(w){s.substr,0,1}) == "s") $var(${name}) = $(var(w){s.strip,1}{s.decode.hexa});
  else $var(${name}) = $(var(w){s.strip,1}{s.int});`
}

function config(evapiPort: number, sipPort: number, script: string): string {
  return `debug=-3
log_stderror=yes
children=1
auto_aliases=no
listen=udp:${HOST}:${sipPort}
pv_buffer_size=131072
pv_cache_limit=16384
${MODULES.map((module) => `loadmodule "${module}.so"`).join('\n')}
modparam("evapi", "bind_addr", "${HOST}:${evapiPort}")
modparam("evapi", "workers", 0)
modparam("app_jsdt", "load", "${script}")
request_route { drop; }
event_route[evapi:message-received] {${assignment('x', 0)}${assignment('a', 1)}
  $var(q) = $(evapi(msg){s.after,,}{s.after,,});
  if (!pv_evalx("$var(r)", "$var(q)")) {
    evapi_relay("refused");
    return;
  }
  jsdt_run("type");
  evapi_relay("$var(t) $(var(r){s.encode.hexa})");
}
`
}

/** KEMI tells integers from text, which a script's texts do not. A text that begins with 0xff is a symbol to its engine. */
const TYPE = `function type() {
  var value = KSR.pv.get(KSR.pv.get("$var(q)"));
  KSR.pv.sets("$var(t)", value === null ? "null" : typeof value === "number" ? "number" : "string");
  return 1;
}
`

const program =
  ['x86_64', 'aarch64'].some((machine) =>
    existsSync(`/usr/lib/${machine}-linux-gnu/kamailio/modules/app_jsdt.so`),
  ) && findKamailio()

describe('the record of what Kamailio makes of values by transformations', {
  skip: program ? false : 'Kamailio with evapi and app_jsdt is not installed',
}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'evapid-transformations-'))
  const script = join(directory, 'type.js')
  writeFileSync(script, TYPE)
  const kamailio = program
    ? launchKamailio(
        program,
        async (port) => config(port, await freeUdpPort(HOST), script),
        () => {},
      )
    : undefined
  const client = kamailio?.then(({ port }) => ScriptClient.connect(port))
  after(async () => {
    ;(await client)?.close()
    await (await kamailio)?.stop()
    rmSync(directory, { recursive: true })
  })

  async function ask(text: string): Promise<string> {
    const bus = await client
    if (!bus) throw new Error('there is no Kamailio')
    await bus.send(text)
    return bus.next()
  }

  const records = { texts: STRINGS, arguments: ARGUMENTS, URIs: URIS, lists: LISTS }
  for (const [about, record] of Object.entries(records)) {
    test(about, async () => {
      for (const seen of record) {
        for (const [chain, expected] of Object.entries(seen.seen)) {
          const answer = await ask(question(seen, chain))
          const [type = '', hex = ''] = answer.split(' ')
          assert.deepEqual(
            [type, Buffer.from(hex, 'hex').toString('latin1')],
            [typeOfSeen(expected), textOfSeen(expected)],
            `${JSON.stringify(seen.input)} ${JSON.stringify(seen.argument)} ${chain}`,
          )
        }
      }
    })
  }

  test('what is refused', async () => {
    for (const chain of REFUSED) {
      assert.equal(await ask(question({ input: 'abc', argument: 'a', seen: {} }, chain)), 'refused', chain)
    }
  })
})
