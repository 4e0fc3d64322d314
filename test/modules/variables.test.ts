// $var, $shv, $avp and $xavp. Scripts and values are those that Kamailio 5.6.3 was seen to play and print, but where a test says
// that we differ.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from '../../src/index.ts'
import { Peer } from '../core/peer.ts'
import { play, Stage } from './stage.ts'

test('$var is 0 until it is assigned, and after null', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    { '$var(x)': '0' },
    ['$var(x)', 'a'],
    { '$var(x)': 'a', '$(var(x))': 'a' },
    ['$var(x)', 5],
    { '$var(x)': '5' },
    ['$var(x)', ''],
    { '[$var(x)]': '[]' },
    ['$var(x)', null],
    { '$var(x)': '0' },
    ['$var(x)', -5],
    { '$var(x)': '-5' },
  ])
})

test('$shv is empty after null', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    { '$shv(x)': '0' },
    ['$shv(x)', 'a'],
    { '$shv(x)': 'a' },
    ['$shv(x)', null],
    { '[$shv(x)]': '[]' },
    ['$shv(x)', 7],
    { '$shv(x)': '7' },
  ])
})

test('$var and $shv belong to the server: every context sees them, another server does not', async () => {
  await using stage = await Stage.open()
  await using other = await Stage.open()
  play(stage.context(), [
    ['$var(x)', 'var'],
    ['$shv(x)', 'shv'],
  ])
  play(stage.context(), [{ '$var(x) $shv(x)': 'var shv' }])
  play(other.context(), [{ '$var(x) $shv(x)': '0 0' }])
})

test('the name of a $var is taken as it is written', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$var(n)', 'x'],
    ['$var(x)', 'not this'],
    { '$var($var(n))': '0', '$var(a b)': '0', '$var( n )': '0' },
    ['$var($var(n))', 'odd'],
    { '$var($var(n))': 'odd', '$var(x)': 'not this' },
  ])
})

test('numbers are not cut to 32 bits, in which we differ from Kamailio', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  play(ctx, [
    ['$var(label)', 3_000_000_000],
    ['$avp(label)', 4_294_967_295],
    { '$var(label)': '3000000000', '$avp(label)': '4294967295' },
  ])
  assert.equal(ctx.pv('$var(label)'), 3_000_000_000)
})

test('assigning to an $avp adds a value on top, null takes the newest away', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    { '$avp(a)': '<null>', '$(avp(a)[*])': '<null>' },
    ['$avp(a)', 'one'],
    ['$avp(a)', 2],
    ['$avp(a)', 'three'],
    { '$avp(a)': 'three', '$(avp(a)[1])': '2', '$(avp(a)[3])': '<null>', '$(avp(a)[*])': 'three, 2, one' },
    ['$avp(a)', null],
    { '$avp(a)': '2', '$(avp(a)[1])': 'one' },
    ['$(avp(a)[0])', null],
    { '$avp(a)': 'one', '$(avp(a)[1])': '<null>' },
    ['$(avp(a)[*])', null],
    { '$avp(a)': '<null>', '$(avp(a)[*])': '<null>' },
    ['$avp(a)', null],
    { '$avp(a)': '<null>' },
  ])
})

test('[*] of an $avp replaces all values; other indexes are only for reading', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$avp(a)', 'one'],
    ['$avp(a)', 'two'],
    ['$(avp(a)[*])', 'only'],
    { '$(avp(a)[*])': 'only' },
    ['$(avp(a)[9])', 'nine'],
    { '$(avp(a)[*])': 'nine, only' },
    ['$(avp(a)[-1])', 'last'],
    { '$(avp(a)[*])': 'last, nine, only' },
    ['$(avp(a)[9])', null],
    { '$(avp(a)[*])': 'nine, only' },
    ['$(avp(b)[1])', 'b'],
    { '$avp(b)': 'b' },
  ])
})

test('an empty $avp value is one', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$avp(d)', 'd'],
    ['$avp(d)', ''],
    { '[$avp(d)]': '[]', '$(avp(d)[*])': 'd' },
    ['$avp(d)', 3],
    { '$(avp(d)[*])': '3, , d' },
  ])
})

test('a negative index of an $avp counts from the oldest value, where Kamailio finds nothing', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$avp(a)', 'one'],
    ['$avp(a)', 'two'],
    ['$avp(a)', 'three'],
    { '$(avp(a)[-1])': 'one', '$(avp(a)[-3])': 'three', '$(avp(a)[-4])': '<null>' },
  ])
})

test('an $avp is named by text, by a number, or by another variable', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$avp(s:b)', 'text'],
    { '$avp(b)': 'text', '$avp(S:b)': 'text', '$avp(B)': '<null>' },
    ['$avp(i:5)', 'number'],
    ['$avp(5)', 'digits'],
    { '$avp(i:5)': 'number', '$avp(I:005)': 'number', '$avp(5)': 'digits', '$avp(s:5)': 'digits' },
    ['$var(n)', 'b'],
    { '$avp($var(n))': 'text' },
    ['$avp($var(n))', 'newer'],
    { '$avp(b)': 'newer', '$(avp($var(n))[1])': 'text' },
    ['$var(n)', 5],
    { '$avp($var(n))': 'number' },
    ['$var(n)', 'i:5'],
    { '$avp($var(n))': '<null>' },
    ['$avp($avp(none))', 'x', false],
    ['$var(n)', ''],
    ['$avp($var(n))', 'x', false],
    ['$var(i)', 1],
    { '$(avp(b)[$var(i)])': 'text' },
    ['$var(i)', '1'],
    { '$(avp(b)[$var(i)])': '<null>' },
    ['$(avp(b)[$var(i)])', 'x', false],
  ])
})

test('$avp and $xavp belong to their context', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$avp(a)', 'a'],
    ['$xavp(x=>y)', 'b'],
  ])
  play(stage.context(), [{ '$avp(a) $xavp(x=>y)': '<null> <null>' }])
})

test('a message finds no $avp of an earlier message, but every $var', async () => {
  await using server = createServer({
    evapi: { bindAddr: '127.0.0.1:0' },
    log: false,
    routes: {
      'evapi:message-received': (ctx) => {
        ctx.relay(ctx.expand('$avp(a) $xavp(x=>y) $var(v)'))
        ctx.setPv('$avp(a)', 'a')
        ctx.setPv('$xavp(x=>y)', 'y')
        ctx.setPv('$var(v)', 'v')
      },
    },
  })
  await server.listen()
  await using peer = await Peer.connect(server.address)
  assert.equal(await peer.ask('1'), '<null> <null> 0')
  for (const message of ['2', '3', '4', '5']) assert.equal(await peer.ask(message), '<null> <null> v')
})

test('$xavp(name=>field) makes a new record with each assignment, $xavp(name[0]=>field) does not', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$xavp(a=>b)', '1'],
    { '$xavp(a=>b)': '1', '$xavp(a=>c)': '<null>', '$(xavp(a=>b))': '1' },
    ['$xavp(a=>b)', '2'],
    { '$xavp(a=>b)': '2', '$xavp(a=>b[0])': '2', '$xavp(a=>b[1])': '<null>', '$xavp(a[1]=>b)': '1' },
    ['$xavp(a[0]=>c)', 'c0'],
    { '$xavp(a=>c)': 'c0', '$xavp(a=>b)': '2', '$xavp(a[1]=>b)': '1' },
    ['$xavp(a[0]=>c)', 'c1'],
    { '$xavp(a=>c)': 'c1', '$xavp(a=>c[0])': 'c1', '$xavp(a=>c[1])': 'c0' },
    ['$xavp(a[0]=>c[0])', 'C'],
    ['$xavp(a[0]=>c[1])', 'D'],
    { '$xavp(a=>c)': 'C', '$xavp(a=>c[0])': 'C', '$xavp(a=>c[1])': 'D' },
    ['$xavp(a[0]=>c[9])', 'E', false],
    ['$xavp(a[0]=>c[-1])', 'F', false],
    ['$xavp(a[0]=>c[*])', 'G', false],
    {
      '$xavp(a=>c[2])': '<null>',
      '$xavp(a=>c[-1])': 'D',
      '$xavp(a=>c[-2])': 'C',
      '$xavp(a=>c[-3])': '<null>',
    },
  ])
})

test('null takes fields and records of an $xavp away', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$xavp(a=>b)', '1'],
    ['$xavp(a=>b)', '2'],
    ['$xavp(a[0]=>c)', 'C'],
    ['$xavp(a[0]=>b)', null],
    { '$xavp(a=>c[0])': 'C', '$xavp(a[0]=>b)': '<null>', '$xavp(a[1]=>b)': '1' },
    ['$xavp(a[0]=>c[0])', null],
    ['$xavp(a=>b)', null],
    { '$xavp(a[0]=>c)': '<null>', '$xavp(a[1]=>b)': '1' },
    ['$xavp(a)', null],
    { '$xavp(a[1])': '<null>', '$xavp(a[0]=>b)': '1' },
    ['$xavp(a[*])', null],
    { '$xavp(a)': '<null>', '$xavp(a[0]=>b)': '<null>' },
    ['$xavp(none)', null],
    ['$xavp(none=>x)', null],
    ['$xavp(none[0]=>x)', null],
    ['$xavp(a=>x)', '1'],
    ['$xavp(a[0]=>x)', '2'],
    ['$xavp(a[0]=>x)', '3'],
    ['$xavp(a=>x)', null],
    { '$xavp(a[0]=>x[0])': '2', '$xavp(a[0]=>x[1])': '1', '$xavp(a[0]=>x[2])': '<null>' },
    ['$xavp(a=>x[*])', null],
    { '$xavp(a[0]=>x[0])': '<null>' },
  ])
})

test('an $xavp may be a value without fields', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$xavp(s)', 'plain'],
    ['$xavp(s)', 'plain2'],
    { '$xavp(s)': 'plain2', '$xavp(s[1])': 'plain', '$xavp(s[-1])': 'plain', '$xavp(s[*])': 'plain2' },
    ['$xavp(s[0])', 'p3'],
    ['$xavp(s[1])', 4],
    { '$xavp(s)': 'p3', '$xavp(s[1])': '4', '$xavp(s[2])': '<null>' },
    ['$xavp(s[9])', 'p9', false],
    ['$xavp(s[-1])', 'pL', false],
    ['$xavp(s[*])', 'star', false],
    ['$xavp(s[0]=>f)', 'field of a plain value', false],
    { '$xavp(s)': 'p3', '$xavp(s[0]=>f)': '<null>' },
    ['$xavp(s[0])', null],
    { '$xavp(s)': '4', '$xavp(s[1])': '<null>' },
    ['$xavp(s[2])', null],
    ['$xavp(s[-1])', null],
    { '$xavp(s)': '4' },
    ['$xavp(none[0])', 'x', false],
    ['$xavp(none[0]=>x)', 'x', false],
    ['$xavp(none[1]=>x)', 'x', false],
    { '$xavp(none)': '<null>', '$xavp(none=>x)': '<null>' },
  ])
})

test('the indexes of an $xavp may be variables, its names are taken as they are written', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [
    ['$xavp(a=>b)', '0'],
    ['$xavp(a=>b)', '1'],
    ['$var(i)', 1],
    { '$xavp(a[$var(i)]=>b)': '0' },
    ['$xavp(a[$var(i)]=>b)', 'dyn'],
    { '$xavp(a[0]=>b)': '1', '$xavp(a[1]=>b)': 'dyn' },
    ['$var(i)', '0'],
    { '$xavp(a[$var(i)]=>b)': '<null>' },
    ['$var(n)', 'a'],
    { '$xavp($var(n)=>b)': '<null>' },
    { '$xavp(A=>b)': '<null>', '$xavp(a=>B)': '<null>', '$xavp( a => b )': '1', '$xavp(a[*]=>b[*])': '1' },
    ['$xavp(a-b=>c.d_e)', 1],
    { '$xavp(a-b=>c.d_e)': '1' },
    ['$xavp(a b=>c)', 1],
    { '$xavp(a b=>c)': '1' },
  ])
})

test('an $xavp that has fields gives its name where Kamailio gives an address', async () => {
  await using stage = await Stage.open()
  play(stage.context(), [['$xavp(a=>b)', '1'], { '$xavp(a)': '<<xavp:a>>' }])
})

test('what is wrong with a name is said', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const wrong: Readonly<Record<string, RegExp>> = {
    $var: /\$var needs a name in brackets/,
    '$var()': /\$var needs a name/,
    '$(var(n)[0])': /\$var takes no index/,
    '$(shv(n)[*])': /\$shv takes no index/,
    $avp: /\$avp needs a name/,
    '$avp()': /\$avp needs a name/,
    '$avp(s:)': /\$avp needs a name/,
    '$avp(t:a)': /unknown kind of name in \$avp\(t:a\); known: s: text, i: number/,
    '$avp(i:x)': /named by a number: "x" is none/,
    '$avp(i:-5)': /named by a number/,
    '$avp(i:$var(n))': /named by a number/,
    '$avp($nope)': /unknown pseudo-variable \$nope/,
    '$(avp(a)[])': /\[\] is not an index/,
    '$(avp(a)[x])': /\[x\] is not an index/,
    '$xavp()': /\$xavp needs a name/,
    '$xavp(r=>)': /"" is not a name/,
    '$xavp(=>y)': /"" is not a name/,
    '$xavp(r=)': /"r=" is not a name/,
    '$xavp(r[x]=>y)': /\[x\] is not an index/,
    '$xavp(r[]=>y)': /\[\] is not an index/,
    '$xavp(r[0)': /square bracket after r is not closed/,
    '$(xavp(r=>x)[0])': /\$xavp takes no index/,
  }
  for (const [template, problem] of Object.entries(wrong)) {
    assert.throws(() => ctx.expand(template), { code: 'ERR_TEMPLATE', message: problem }, template)
  }
})

test('assigning to what cannot be assigned to throws', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  for (const name of ['$null', '$evapi(msg)', '$rm', '$dd', '$T_reply_code', '$Ts']) {
    assert.throws(() => ctx.setPv(name, 'x'), { code: 'ERR_ASSIGNMENT', message: `${name} is read-only` })
  }
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
    assert.throws(() => ctx.setPv('$var(x)', value), { code: 'ERR_ASSIGNMENT' }, String(value))
  }
  assert.throws(() => ctx.setPv('$nope', 'x'), { code: 'ERR_TEMPLATE' })
  assert.throws(() => ctx.setPv('$var(x) ', 'x'), { code: 'ERR_TEMPLATE' })
})

test('text that is assigned is UTF-8 inside and the same text again outside', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  ctx.setPv('$avp(name)', 'Grüße')
  assert.equal(ctx.pv('$avp(name)'), 'Grüße')
  assert.deepEqual(ctx.expandBytes('$avp(name)'), Buffer.from('Grüße'))
})
