// Properties of transformations: nothing makes one throw, what is encoded can be decoded, and parts make up the whole.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RouteContext, TemplateError } from '../../src/index.ts'
import { Stage } from '../modules/stage.ts'
import { ARGUMENTS } from '../modules/transformations-seen/arguments.ts'
import { LISTS } from '../modules/transformations-seen/lists.ts'
import { variableWith } from '../modules/transformations-seen/seen.ts'
import { STRINGS } from '../modules/transformations-seen/strings.ts'
import { URIS } from '../modules/transformations-seen/uris.ts'
import { check } from './run.ts'

const bytes = fc.uint8Array({ maxLength: 60 }).map((all) => Buffer.from(all).toString('latin1'))

/** Text that has much of what transformations look for. */
const lively = fc
  .array(
    fc.constantFrom(
      ...'ab01;,=<>@:?&%+"\'\\/|~[]{}().- \t\r\n\0\x7f\xff',
      'sip:',
      'tel:',
      'transport=',
      'tag=',
      '%41',
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''))

const text = fc.oneof(bytes, lively)
const value = fc.oneof(text, fc.maxSafeInteger(), fc.integer({ min: -5, max: 5 }))

const CHAINS = [...new Set([STRINGS, ARGUMENTS, URIS, LISTS].flat().flatMap(({ seen }) => Object.keys(seen)))]
const NAMES = [...new Set(CHAINS.map((chain) => /^\{[ \t]*[^,}]+/.exec(chain)?.[0] ?? '{s.len'))]

function assign(ctx: RouteContext, name: string, what: string | number): void {
  ctx.runtime.templates.bytes(name).only?.set?.(ctx, what)
}

function read(ctx: RouteContext, chain: string): string | number | null | undefined {
  return ctx.runtime.templates.bytes(variableWith(chain)).only?.get(ctx)
}

test('no value and no argument makes a transformation throw', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  await check(
    fc.tuple(value, value, fc.array(fc.constantFrom(...CHAINS), { minLength: 1, maxLength: 3 })),
    async ([input, argument, chains]) => {
      assign(ctx, '$var(x)', input)
      assign(ctx, '$var(a)', argument)
      const template = ctx.runtime.templates.bytes(variableWith(chains.join('')))
      template.expand(ctx)
      template.only?.get(ctx)
    },
    4000,
  )
})

test('nothing that is written makes reading it throw anything but a TemplateError', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const written = fc.oneof(
    lively.map((all) => `{${all}}`),
    fc.tuple(fc.constantFrom(...NAMES), lively).map(([name, rest]) => `${name},${rest}}`),
  )
  await check(
    fc.tuple(value, written),
    async ([input, chain]) => {
      assign(ctx, '$var(x)', input)
      try {
        ctx.runtime.templates.bytes(variableWith(chain)).expand(ctx)
      } catch (error) {
        assert.ok(error instanceof TemplateError, String(error))
      }
    },
    4000,
  )
})

test('what was encoded is decoded to what it was', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const pairs = [
    '{s.encode.hexa}{s.decode.hexa}',
    '{s.encode.base64}{s.decode.base64}',
    '{s.encode.base64t}{s.decode.base64t}',
    '{s.encode.base58}{s.decode.base58}',
    '{s.escape.common}{s.unescape.common}',
    '{s.urlencode.param}{s.urldecode.param}',
  ]
  const ofSome = ['{s.encode.base64url}{s.decode.base64url}', '{s.encode.base64urlt}{s.decode.base64urlt}']
  const ofPrintable = ['{s.escape.user}{s.unescape.user}', '{s.escape.param}{s.unescape.param}']
  await check(
    text,
    async (input) => {
      assign(ctx, '$var(x)', input)
      const chains = [
        ...pairs,
        ...(input === '' ? [] : ofSome),
        ...(/^[ -~]*$/.test(input) ? ofPrintable : []),
      ]
      for (const chain of chains) assert.equal(read(ctx, chain), input, chain)
    },
    1500,
  )
})

test('the parts that select gives, with their separators, are the text, from either end', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  await check(
    lively,
    async (input) => {
      assign(ctx, '$var(x)', input)
      const separators = Number(read(ctx, '{s.count,;}'))
      const parts: unknown[] = []
      for (let index = 0; index <= separators; index++) {
        assign(ctx, '$var(i)', index)
        const part = read(ctx, '{s.select,$var(i),;}')
        assign(ctx, '$var(i)', index - separators - 1)
        assert.equal(read(ctx, '{s.select,$var(i),;}'), part)
        parts.push(part)
      }
      assert.equal(parts.join(';'), input)
      assert.equal(read(ctx, '{s.len}'), input.length)
    },
    1500,
  )
})
