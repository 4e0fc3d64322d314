// Transformations against what Kamailio 5.6.3 made of the same values (transformations-seen/), and where they differ on purpose.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteContext } from '../../src/index.ts'
import { Stage } from './stage.ts'
import { ARGUMENTS, REFUSED } from './transformations-seen/arguments.ts'
import { LISTS } from './transformations-seen/lists.ts'
import {
  type SeenTransformations,
  type SeenValue,
  textOfSeen,
  variableWith,
} from './transformations-seen/seen.ts'
import { STRINGS } from './transformations-seen/strings.ts'
import { URIS } from './transformations-seen/uris.ts'

/** Assigns a byte string or a number. */
function assign(ctx: RouteContext, name: string, value: string | number): void {
  ctx.runtime.templates.bytes(name).only?.set?.(ctx, value)
}

/** Values as they are, and in a text, by byte strings. */
function compare(ctx: RouteContext, { input, argument, seen }: SeenTransformations): void {
  assign(ctx, '$var(x)', input)
  if (argument !== undefined) assign(ctx, '$var(a)', argument)
  for (const [chain, expected] of Object.entries(seen)) {
    const template = ctx.runtime.templates.bytes(variableWith(chain))
    const about = `${JSON.stringify(input)} ${JSON.stringify(argument)} ${chain}`
    assert.equal(template.only?.get(ctx), valueOfSeen(expected), about)
    assert.equal(template.expand(ctx), textOfSeen(expected), `${about} in a text`)
  }
}

function valueOfSeen(seen: SeenValue): string | number | null {
  return typeof seen === 'object' && seen !== null ? seen[0] : seen
}

const RECORDS = { texts: STRINGS, arguments: ARGUMENTS, URIs: URIS, lists: LISTS }

for (const [about, record] of Object.entries(RECORDS)) {
  test(`transformations make of values what they do in Kamailio: ${about}`, async () => {
    await using stage = await Stage.open()
    const ctx = stage.context()
    for (const seen of record) compare(ctx, seen)
  })
}

test('what Kamailio refuses to read is refused', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  for (const chain of REFUSED) {
    assert.throws(() => ctx.runtime.templates.bytes(variableWith(chain)), { code: 'ERR_TEMPLATE' }, chain)
  }
})

/** By input: what is not as in Kamailio, on purpose. */
const DIFFERENT: Readonly<Record<string, readonly SeenTransformations[]>> = {
  'no byte ends a text: in Kamailio a NUL does, for these': [
    {
      input: 'a\0bc',
      seen: {
        '{s.substr,1,2}': '\0b',
        '{s.select,0,c}': 'a\0b',
        '{s.strip,1}': '\0bc',
        '{s.striptail,1}': 'a\0b',
        '{re.subst,/b/X/}': 'a\0Xc',
        '{re.subst,/[^a-z]/X/}': 'aXbc',
      },
    },
  ],
  'rbefore and rafter look for the last one: Kamailio reads what lies behind the text': [
    {
      input: 'a.b.c',
      seen: { '{s.rbefore,.}': 'a.b', '{s.rafter,.}': 'c', '{s.rbefore,x}': 'a.b.c', '{s.rafter,x}': '' },
    },
    { input: '', seen: { '{s.rbefore,x}': '', '{s.rafter,x}': '' } },
  ],
  'what is no base64, no digits, no escape is not guessed at': [
    { input: '!!!!', seen: { '{s.decode.base64}': null, '{s.decode.base64t}': null } },
    { input: 'hello', seen: { '{s.decode.7bit}': null, '{s.decode.base58}': null } },
    { input: 'a%zzb', seen: { '{s.urldecode.param}': 'a%zzb' } },
  ],
  'what base58 gives has no NUL at its end': [
    { input: 'Cn8eVZg', seen: { '{s.decode.base58}': 'hello' } },
    {
      input: 'hello',
      seen: { '{s.encode.base58}': 'Cn8eVZg', '{s.encode.base58}{s.decode.base58}': 'hello' },
    },
    {
      input: '\0\0\x01',
      seen: { '{s.encode.base58}': '112', '{s.encode.base58}{s.decode.base58}': '\0\0\x01' },
    },
  ],
  'lines are counted from the end as from the beginning: Kamailio takes two line ends for one': [
    {
      input: 'a\n\nb',
      seen: { '{line.at,-1}': 'b', '{line.at,-2}': '', '{line.at,-3}': 'a', '{line.at,-4}': '' },
    },
  ],
  'a URI made of another has nothing between scheme and host: Kamailio has a byte of rubbish': [
    {
      input: 'sip:al:pw@b:5070;transport=tcp;x=y?h=1',
      seen: {
        '{uri.duri}': 'sip:b:5070;transport=tcp',
        '{uri.saor}': 'sip:al@b',
        '{uri.suri}': 'sip:al@b:5070;transport=tcp',
      },
    },
    { input: 'sip:b', seen: { '{uri.duri}': 'sip:b', '{uri.saor}': 'sip:b', '{uri.suri}': 'sip:b' } },
  ],
  'nothing is removed, and nothing replaced: Kamailio does not come back from it, or leaves nothing': [
    { input: 'abc', seen: { '{s.rm,}': 'abc', '{s.replace,,x}': 'abc' } },
  ],
  'arguments may have brackets and braces that Kamailio takes for the end': [
    {
      input: 'a(b{c}',
      seen: {
        '{s.select,0,(}': 'a',
        '{s.replace,b,{x}}': 'a({x}{c}',
        '{s.count,}}': 1,
        '{s.select,0,}}{s.len}': 5,
        '{s.before,}}': 'a(b{c',
      },
    },
  ],
  'sockets of all transports, also when no module for them is loaded': [
    {
      input: 'tls:[::1]:5061',
      seen: {
        '{sock.host}': '[::1]',
        '{sock.port}': '5061',
        '{sock.proto}': 'tls',
        '{sock.touri}': 'sip:[::1]:5061;transport=tls',
      },
    },
    { input: 'udp:1.2.3.4', seen: { '{sock.port}': '', '{sock.touri}': 'sip:1.2.3.4;transport=udp' } },
    { input: '1.2.3.4:5', seen: { '{sock.proto}': '', '{sock.touri}': 'sip:1.2.3.4:5' } },
    { input: 'udp:h:x', seen: { '{sock.host}': null } },
  ],
  'the class val, which Kamailio 5.6 documents and 5.6.3 does not know': [
    {
      input: 'a"b\\\n\xc3\xa9',
      seen: {
        '{val.n0}': 'a"b\\\n\xc3\xa9',
        '{val.ne}': 'a"b\\\n\xc3\xa9',
        '{val.json}': 'a\\"b\\\\\\n\xc3\xa9',
        '{val.jsonqe}': '"a\\"b\\\\\\n\xc3\xa9"',
      },
    },
    { input: 5, seen: { '{val.n0}': 5, '{val.ne}': 5, '{val.json}': 5, '{val.jsonqe}': 5 } },
  ],
}

for (const [difference, cases] of Object.entries(DIFFERENT)) {
  test(difference, async () => {
    await using stage = await Stage.open()
    const ctx = stage.context()
    for (const seen of cases) compare(ctx, seen)
  })
}

test('null passes no transformation but those of val, and is nothing in a text', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  for (const chain of [
    '{s.len}',
    '{s.int}',
    '{uri.port}',
    '{param.count}',
    '{line.at,0}',
    '{re.subst,/a/b/}',
    '{s.len}{val.n0}',
  ]) {
    const variable = `$(null${chain})`
    if (chain.endsWith('{val.n0}')) {
      assert.equal(ctx.pv(variable), 0)
    } else {
      assert.equal(ctx.pv(variable), null, chain)
      assert.equal(ctx.expand(`[${variable}]`), '[]', chain)
    }
  }
  assert.equal(ctx.pv('$(null{val.n0})'), 0)
  assert.equal(ctx.pv('$(null{val.ne})'), '')
  assert.equal(ctx.expand('[$(null{val.json})$(null{val.jsonqe})]'), '[""]')
  assert.equal(ctx.pv('$(null{val.n0}{s.len})'), 1)
})

test('packed septets are those of short messages', async () => {
  await using stage = await Stage.open()
  compare(stage.context(), {
    input: 'hellohello',
    seen: {
      '{s.encode.7bit}': 'E8329BFD4697D9EC37',
      '{s.encode.7bit}{s.decode.7bit}': 'hellohello',
    },
  })
})

test('what would become huge is refused, whatever it is made of', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  assign(ctx, '$var(x)', 'a'.repeat(60_000))
  assign(ctx, '$var(a)', 1_000_000_000)
  assign(ctx, '$var(f)', '%900000000d%900000000d')
  for (const chain of [
    '{s.prefixes}',
    '{s.fmtlines,50000,100}',
    '{s.fmtlines,2,$var(a)}',
    '{s.replace,a,$var(x)}',
    '{re.subst,/a/$var(x)/g}',
    '{s.encode.base58}',
    '{s.decode.base58}',
    '{s.len}{s.ftime,$var(f)}',
  ]) {
    assert.equal(ctx.pv(variableWith(chain)), null, chain)
  }
  assert.equal(ctx.pv('$(var(x){s.len})'), 60_000)
})
