// How transformations are written and read; not what each of them does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssignmentError, TemplateError } from '../../src/index.ts'
import { Stage } from '../modules/stage.ts'

test('a route reads transformed variables as values and in texts', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  ctx.setPv('$var(x)', 'sip:Grüße@example.com:5070;a=b')
  assert.equal(ctx.pv('$(var(x){uri.port})'), 5070)
  assert.equal(ctx.pv('$(var(x){uri.user})'), 'Grüße')
  assert.equal(ctx.pv('$(var(x){uri.user}{s.len})'), 7, 'bytes are counted')
  assert.equal(ctx.expand('<$(var(x){uri.user}{s.toupper}):$(var(x){uri.param,a})>'), '<GRüßE:b>')
  ctx.setPv('$var(n)', '007')
  assert.equal(ctx.pv('$(var(n){s.int})'), 7)
  assert.equal(ctx.expand('$(var(n){s.int})'), '007', 'its text stays what it was')
})

test('arguments are numbers, texts and variables, which may be transformed, too', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  ctx.setPv('$var(x)', 'a,b,c')
  ctx.setPv('$var(i)', 1)
  ctx.setPv('$avp(sep)', 'x,y')
  assert.equal(ctx.pv('$(var(x){s.select,$var(i),,})'), 'b')
  assert.equal(ctx.pv('$(var(x){s.select,$(avp(sep){s.len}),,})'), '')
  assert.equal(ctx.pv('$(var(x){s.replace,$(var(x){s.select,1,,}),$(avp(sep){s.select,0,,})})'), 'a,x,c')
  assert.equal(ctx.pv('$(avp(sep)[0]{s.len})'), 3, 'after an index')
})

test('a transformed variable cannot be assigned to', async () => {
  await using stage = await Stage.open()
  assert.throws(() => stage.context().setPv('$(var(x){s.len})', 1), AssignmentError)
})

test('a template is read once', async () => {
  await using stage = await Stage.open()
  const { templates } = stage.runtime
  const source = '$(var(x){s.select,1,$})'
  assert.equal(templates.bytes(source), templates.bytes(source))
})

test('a mistake is shown where the transformation is, with the name that was probably meant', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const wrong: readonly (readonly [source: string, at: number, problem: RegExp])[] = [
    ['a $(var(x){s.lenn})', 10, /unknown transformation \{s\.lenn\}; did you mean \{s\.len\}\?/],
    ['$(var(x){s.len}{uri.usr})', 15, /unknown transformation \{uri\.usr\}; did you mean \{uri\.user\}\?/],
    ['$(var(x){paran.count})', 8, /unknown transformation \{paran\.count\}; did you mean \{param\.count\}\?/],
    ['$(var(x){S.len})', 8, /unknown transformation \{S\.len\}/],
    ['$(var(x){line.zzzzzz})', 8, /known: count, at, sw/],
    ['$(var(x){s.len,1})', 8, /\{s\.len\} takes no argument/],
    ['$(var(x){s.len}{s.substr,1})', 15, /\{s\.substr\} takes two numbers/],
    ['$(var(x){s.substr,a,1})', 8, /\{s\.substr\} takes two numbers/],
    ['$(var(x){s.select,0,ab})', 8, /\{s\.select\} takes a number and a character/],
    ['$(var(x){s.len}{s.rm,$nope})', 15, /unknown pseudo-variable \$nope/],
    ['$(var(x){s.rm,$(var(y){s.lem})})', 8, /did you mean \{s\.len\}\?/],
    ['$(var(x){re.subst,/a/b})', 8, /\{re\.subst\} /],
    ['$(var(x){re.subst,/(/b/})', 8, /\{re\.subst\} /],
    ['$(var(x){sql.val})', 8, /database/],
    ['$(var(x){s})', 8, /is no transformation: \{class\.name\}/],
    ['$(var(x){})', 8, /is no transformation/],
    ['$(var(x){ s.len})', 8, /unknown transformation \{ s\.len\}/],
    ['$(var(x){s.len)', 8, /brace of the transformation is not closed/],
    ['a$(var(x){s.len}', 1, /bracket after \$ is not closed/],
    ['$(var(x) {s.len})', 0, /bracket after \$ is not closed/],
    ['$(var(x){s.len}x)', 0, /bracket after \$ is not closed/],
  ]
  for (const [source, at, problem] of wrong) {
    assert.throws(
      () => ctx.expand(source),
      (error) => {
        assert.ok(error instanceof TemplateError, source)
        assert.match(error.message, problem)
        assert.equal(error.offset, at, source)
        assert.equal(error.template, source)
        return true
      },
    )
  }
})

test('braces behind a variable without brackets are text', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  ctx.setPv('$var(x)', 'abc')
  assert.equal(ctx.expand('$var(x){s.len} $(var(x)){s.len}'), 'abc{s.len} abc{s.len}')
})
