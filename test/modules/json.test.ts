// json: texts, what json_get_field and json_get_string made of their field x in Kamailio 5.6.3, and {json.parse}. Byte strings.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FieldPath } from '../../src/modules/json/field-path.ts'
import { printField } from '../../src/modules/json/field-printer.ts'
import { parseLenientJson } from '../../src/modules/json/lenient-parser.ts'
import { Stage } from './stage.ts'

/** By text: the field, and as a string; null where both were false. */
const FACTS: readonly (readonly [text: string, field: string | null, string?: string])[] = [
  ['{"x":"CALL \\"q\\" \\/ \\u00e9 \\n"}', '"CALL \\"q\\" \\/ \xc3\xa9 \\n"', 'CALL "q" / \xc3\xa9 \n'],
  ['{"x":42}', '42'],
  ['{"x":5000000000}', '5000000000'],
  ['{"x":9223372036854775808}', '9223372036854775808'],
  ['{"x":99999999999999999999}', '18446744073709551615'],
  ['{"x":-99999999999999999999}', '-9223372036854775808'],
  ['{"x":1.50}', '1.50'],
  ['{"x":1e3}', '1e3'],
  ['{"x":1E+5}', '1E+5'],
  ['{"x":1e400}', '1e400'],
  ['{"x":1.}', '1.'],
  ['{"x":1e}', '1'],
  ['{"x":-0.0}', '-0.0'],
  ['{"x":00012}', '12'],
  ['{"x":-012}', '-12'],
  ['{"x":true}', 'true'],
  ['{"x":TRUE}', 'true'],
  ['{"x":nan}', 'NaN'],
  ['{"x":Infinity}', 'Infinity'],
  ['{"x":-Infinity}', '-Infinity'],
  ['{"x":null}', null],
  ['{"x":NULL}', null],
  ['{"x":{"a":1,"b":[1, 2.0,"x"]}}', '{ "a": 1, "b": [ 1, 2.0, "x" ] }'],
  ['{"x":[[],{},-0,null,{"q":  1}]}', '[ [ ], { }, 0, null, { "q": 1 } ]'],
  ['{"x":""}', '""', ''],
  ['{"x":1,"x":2}', '2'],
  ['{"x":1} junk', '1'],
  ['{"x":5}}', '5'],
  ['{"x":5}/*', '5'],
  ["{'x':'a\"b'}", '"a\\"b"', 'a"b'],
  ['{"x":1,}', '1'],
  ['{"x":[1,]}', '[ 1 ]'],
  ['/*c*/{"x":/**/5}', '5'],
  ['{"x":1 // c\n}', '1'],
  ['{"x":"\\u0000a"}', '"\\u0000a"', ''],
  ['{"x":"\\ud83dx"}', '"\xef\xbf\xbdx"', '\xef\xbf\xbdx'],
  ['{"x":"\\ud83d\\ude00"}', '"\xf0\x9f\x98\x80"', '\xf0\x9f\x98\x80'],
  ['{"x":"a\tb\n\x1f\x7f"}', '"a\\tb\\n\\u001f\x7f"', 'a\tb\n\x1f\x7f'],
  ['{"x":"a\xff"}', '"a\xff"', 'a\xff'],
  ['', null],
  ['garbage', null],
  ['[1]', null],
  ['5', null],
  ['{', null],
  ['{x:1}', null],
  ['{"x":.5}', null],
  ['{"x":+1}', null],
  ['{"x":0x10}', null],
  ['{"x":-}', null],
  ['{"x":1x}', null],
  ['{"x":1 2}', null],
  ['{"x":[1 2]}', null],
  ['{"x":[,1]}', null],
  ['{"x":1,,"y":2}', null],
  ['{"x" 1}', null],
  ['{"a":1;"x":2}', null],
  ['{"x":trueish}', null],
  ['{"x":"a\\x"}', null],
  ['{"x":"\\u00e"}', null],
  ['{"x":"a', null],
  ['{"x":1 // c', null],
]

test('fields are read and printed as in Kamailio', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const { templates } = stage.runtime
  for (const [text, field, string = field] of FACTS) {
    templates.bytes('$var(text)').only?.set?.(ctx, text)
    const seen = ['json_get_field', 'json_get_string'].map((name) => {
      const code = ctx.call(name, '$var(text)', 'x', '$var(r)')
      return code === 1 ? templates.bytes('$var(r)').only?.get(ctx) : null
    })
    assert.deepEqual([text, ...seen], [text, field, string])
  }
})

test('{json.parse} leads to what Kamailio finds, or to an empty text', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  ctx.setPv(
    '$var(j)',
    '{"x":{"y":[1,"two",{"k":"v"}],"s":"st\\"r","n":null,"t":true,"r":1.50},"l":[[1,2],3]}',
  )
  ctx.setPv('$var(k)', 'x.s')
  const facts = {
    'x.y': '[ 1, "two", { "k": "v" } ]',
    'x.y[1]': 'two',
    'x.y[2].k': 'v',
    'x.s': 'st"r',
    'x.n': '',
    'x.t': 'true',
    'x.r': '1.50',
    nope: '',
    'l[0]': '[ 1, 2 ]',
    'l[5]': '',
    'l[-1]': '',
    'l.0': '',
    'x.y[*]': '1',
    'x.nope.q': '',
    '$var(k)': 'st"r',
  }
  for (const [path, value] of Object.entries(facts)) {
    assert.deepEqual([path, ctx.expand(`$(var(j){json.parse,${path}})`)], [path, value])
  }
  assert.throws(() => ctx.expand('$(var(j){json.encode})'), /json/)
  assert.throws(() => ctx.expand('$(var(j){json.parse})'), /path/)
})

test('nesting is bounded where json-c bounds it, and no text takes long or throws', () => {
  const nested = (depth: number) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  assert.notEqual(parseLenientJson(nested(32)), undefined)
  assert.equal(parseLenientJson(nested(33)), undefined)
  assert.equal(typeof parseLenientJson('9'.repeat(1_000_000)), 'bigint')
  assert.equal(parseLenientJson(`[${'/*'.repeat(200_000)}`), undefined)
  assert.equal(parseLenientJson(`${'/*x*/ '.repeat(200_000)}7`), 7)
  const bits = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    ':',
    ',',
    '\\u',
    'd800',
    '1',
    '-',
    '.',
    'e',
    'true',
    '/*',
    '*/',
    '//',
    '\n',
    '\xff',
  )
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 30 }), fc.string(), (parts, path) => {
      const value = parseLenientJson(parts.join(''))
      if (value === undefined) return
      assert.equal(typeof printField(value), 'string')
      new FieldPath(path).get(value)
    }),
    { numRuns: 2000 },
  )
})
