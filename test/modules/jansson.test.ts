// jansson: what Kamailio 5.6.3 was seen to do, and what is ours: that nothing is parsed twice, that depth is bounded.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../../src/core/json/parser.ts'
import { JsonPath } from '../../src/core/json/path.ts'
import { printJson } from '../../src/core/json/printer.ts'
import { significant } from '../../src/core/json/real.ts'
import type { RouteContext } from '../../src/index.ts'
import { JSON_TEXTS } from '../../src/modules/jansson/texts.ts'
import { ARRAY, CHANGES, DOCUMENT, GOT, GOT_OF_ARRAY, TEXTS } from './jansson-facts.ts'
import { Stage } from './stage.ts'

/** Byte strings, as scripts have them: ctx.setPv() takes text. */
function assign(ctx: RouteContext, name: string, value: string | number | null): void {
  ctx.runtime.templates.bytes(name).only?.set?.(ctx, value)
}

function read(ctx: RouteContext, name: string): string | number | null {
  return ctx.runtime.templates.bytes(name).only?.get(ctx) ?? null
}

function get(ctx: RouteContext, path: string, text: string): string | number | null {
  assign(ctx, '$var(path)', path)
  assign(ctx, '$var(text)', text)
  assign(ctx, '$var(result)', 'as before')
  const code = ctx.call('jansson_get', '$var(path)', '$var(text)', '$var(result)')
  if (code === 1) return read(ctx, '$var(result)')
  assert.equal(code, -1)
  assert.equal(read(ctx, '$var(result)'), 'as before')
  return null
}

test('a path leads to what Kamailio finds', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  for (const [path, value] of GOT) assert.deepEqual([path, get(ctx, path, DOCUMENT)], [path, value])
  for (const [path, value] of GOT_OF_ARRAY) assert.deepEqual([path, get(ctx, path, ARRAY)], [path, value])
})

test('a text is JSON where Kamailio says so, and its values print as there', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  for (const [text, value] of TEXTS) assert.deepEqual([text, get(ctx, 'x', text)], [text, value])
})

test('jansson_set and jansson_append change a text as in Kamailio, or not at all', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  for (const [text, changes] of CHANGES) {
    assign(ctx, '$var(json)', text)
    for (const { call, type, path, value, then } of changes) {
      const before = read(ctx, '$var(json)')
      assign(ctx, '$var(path)', path)
      assign(ctx, '$var(value)', value)
      const code = ctx.call(call, type, '$var(path)', '$var(value)', '$var(json)')
      const what = `${call} ${type} ${path} ${value}`
      assert.deepEqual([what, code, read(ctx, '$var(json)')], [what, then === null ? -1 : 1, then ?? before])
    }
  }
})

test('jansson_array_size counts elements, of arrays only', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  assign(ctx, '$var(text)', '{"a":[1,2,3],"o":{"x":1},"e":[]}')
  const sizes = ['a', 'e', 'o', 'a[0]', 'nope', ''].map((path) => {
    const code = ctx.call('jansson_array_size', path, '$var(text)', '$var(size)')
    return code === 1 ? read(ctx, '$var(size)') : code
  })
  assert.deepEqual(sizes, [3, 0, -1, -1, -1, -1])
})

test('jansson_get_field and jansson_pv_get take their arguments in other ways', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  assign(ctx, '$var(text)', '{"a":[1],"b":{"c":1.5}}')
  assert.equal(ctx.call('jansson_get_field', '$var(text)', 'b.c', '$var(r)'), 1)
  assert.equal(read(ctx, '$var(r)'), '1.5')
  assert.equal(ctx.call('jansson_pv_get', 'a[0]', '$var(text)', '$var(r)'), 1)
  assert.equal(read(ctx, '$var(r)'), 1)
})

test('an object becomes an $xavp, one level deep, and back', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const text = '{"s":"str","i":5,"r":1.5,"t":true,"n":null,"o":{"x":1},"l":[1,"two"],"big":5000000000}'
  assign(ctx, '$var(text)', text)
  assert.equal(ctx.call('jansson_xdecode', '$var(text)', 'd'), 1)
  const fields = ['s', 'i', 'r', 't', 'n', 'o', 'l', 'big'].map((name) => read(ctx, `$xavp(d=>${name})`))
  assert.deepEqual(fields, ['str', 5, '1.5', 1, null, '{"x":1}', '[1,"two"]', '5000000000'])
  assert.equal(ctx.call('jansson_xencode', 'd', '$var(r)'), 1)
  assert.equal(
    read(ctx, '$var(r)'),
    '{"big": "5000000000", "l": "[1,\\"two\\"]", "o": "{\\"x\\":1}", "n": null, "t": 1, "r": "1.5", "i": 5, "s": "str"}',
  )
  assert.equal(ctx.call('jansson_xencode', 'nope', '$var(r)'), -1)
  assign(ctx, '$xavp(w=>a)', 'one')
  assign(ctx, '$xavp(w[0]=>b)', 5)
  ctx.avps.xavps.push('plain', 'text')
  assert.equal(ctx.call('jansson_xencode', 'plain', '$var(r)'), -1)
})

test('each object of an array becomes an $xavp, the last on top', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  assign(ctx, '$var(text)', '[[1],{"z":5},"x",{"z":6,"y":7}]')
  assert.equal(ctx.call('jansson_xdecode', '$var(text)', 'l'), 1)
  const values = ['', '[0]', '[1]', '[2]', '[3]'].map((index) => read(ctx, `$xavp(l${index}=>z)`))
  assert.deepEqual(values, [6, 6, null, 5, null])
  assert.equal(ctx.call('jansson_xdecode', '5', 'l'), -1)
})

test('a destination that cannot be assigned to is a mistake', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  assert.throws(() => ctx.call('jansson_get', 'a', '{}', '$evapi(msg)'), /can be assigned to/)
  assert.throws(() => ctx.call('jansson_get', 'a', '{}', 'plain text'), /is a pseudo-variable/)
})

test('nesting is bounded where jansson bounds it', () => {
  const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  assert.equal(typeof parseJson(nested(2048)), 'object')
  assert.equal(typeof parseJson(nested(2049)), 'string')
  assert.equal(typeof parseJson('['.repeat(1_000_000)), 'string')
  // What a long path would make could be read by nobody.
  assert.equal(new JsonPath('a.'.repeat(5000)).append(parseJsonRoot('{}'), parseJsonRoot('{}')), false)
})

test('a number of a million digits takes no time', () => {
  const begun = performance.now()
  assert.equal(typeof parseJson(`[${'9'.repeat(1_000_000)}]`), 'string')
  assert.ok(performance.now() - begun < 1000)
})

test('the same text is parsed once, and what was built is not parsed again', async () => {
  await using stage = await Stage.open()
  const texts = stage.runtime.state(JSON_TEXTS)
  const root = texts.read('{"a":1}')
  assert.equal(texts.read('{"a":1}'), root)
  const taken = texts.take('{"a":1}')
  assert.notEqual(taken, root)
  assert.ok(typeof taken !== 'string')
  assert.equal(texts.take(texts.put(taken)), taken)
})

function parseJsonRoot(text: string) {
  const root = parseJson(text)
  if (typeof root === 'string') throw new Error(root)
  return root
}

/** JSON.stringify() of it has no surrogates by halves, no NUL, and no integer beyond 64 bits. */
const json = fc
  .jsonValue({
    maxDepth: 4,
    stringUnit: fc.constantFrom('a', 'b', 'é', '€', '😀', '"', '\\', '/', '\n', '\x1f', '1'),
  })
  .filter((value) => !/\d{19}/.test(JSON.stringify(value)))

function bytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}

test('whatever JSON.stringify writes is read, and printed so that JSON.parse reads the same', () => {
  fc.assert(
    fc.property(json, (value) => {
      const root = parseJsonRoot(bytes(JSON.stringify([value])))
      const printed = Buffer.from(printJson(root), 'latin1').toString()
      assert.deepEqual(JSON.parse(printed), JSON.parse(JSON.stringify([value])))
    }),
  )
})

test('every value is found by its path', () => {
  fc.assert(
    fc.property(json, (value) => {
      const root = parseJsonRoot(bytes(JSON.stringify({ top: value })))
      walk(JSON.parse(JSON.stringify(value)), 'top', (path, found) => {
        const value = new JsonPath(bytes(path)).get(root)
        assert.ok(value !== undefined, path)
        assert.deepEqual(JSON.parse(Buffer.from(printJson(value), 'latin1').toString()), found)
      })
    }),
  )
})

/** All values whose path can be written: names with dots and brackets cannot stand in one. */
function walk(value: unknown, path: string, visit: (path: string, value: unknown) => void): void {
  visit(path, value)
  if (Array.isArray(value))
    for (const [index, each] of value.entries()) walk(each, `${path}[${index}]`, visit)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      // After a dot at the end of a path nothing is looked for.
      if (name !== '' && !/[.[\]]/.test(name)) walk(each, `${path}.${name}`, visit)
    }
  }
}

test('no bytes at all make the parser throw', () => {
  const bits = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\u',
    'd800',
    '1',
    '-',
    '.',
    'e',
    'true',
    'null',
    ' ',
    '\0',
    '\xff',
    'x',
  )
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 30 }), (parts) => {
      const root = parseJson(parts.join(''))
      if (typeof root !== 'string') assert.equal(typeof printJson(root), 'string')
    }),
    { numRuns: 2000 },
  )
})

test('reals are written with the digits that C writes', () => {
  const facts: readonly (readonly [number, number, string])[] = [
    [0.1, 17, '0.10000000000000001'],
    [2 ** 50 + 0.25, 17, '1125899906842624.2'],
    [2 ** 50 + 0.75, 17, '1125899906842624.8'],
    [5e-324, 17, '4.9406564584124654e-324'],
    [1.7976931348623157e308, 17, '1.7976931348623157e+308'],
    [123456789012345680000, 17, '1.2345678901234568e+20'],
    [100000, 15, '100000'],
    [-0, 15, '-0'],
  ]
  for (const [value, digits, text] of facts) assert.equal(significant(value, digits), text)
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(Object.is(Number(significant(value, 17)), value))
    }),
  )
})
