// The variables of a request, against what Kamailio 5.6.3 printed for the same requests (kamailio-values.ts). Where we differ, a test of its
// own says so.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deferred } from '../../src/client/deferred.ts'
import { REQUEST_ROUTES } from '../../src/tm/request-routes.ts'
import { SEEN_IN_KAMAILIO } from './kamailio-values.ts'
import { compose, OPTIONS, play, Stage, TestOrigin } from './stage.ts'

/** In these we differ, by title of the request: a value is one line, without the white space around it. */
const OURS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'bare addresses, compact names, folding': { '$hdr(X-F)': 'a b c' },
  'tel: URIs': { $ua: 'spaced  agent' },
}

describe('variables of a request are what Kamailio prints', () => {
  for (const { title, head, body, seen } of SEEN_IN_KAMAILIO) {
    test(title, async () => {
      await using stage = await Stage.open()
      const text = compose(head, body)
      const ctx = stage.request(text)
      for (const [template, expected] of Object.entries({ ...seen, ...OURS[title] })) {
        assert.equal(ctx.expandBytes(template).toString('latin1'), expected, template)
      }
      assert.equal(ctx.expandBytes('$mb').toString('latin1'), text)
    })
  }
})

test('numbers are numbers, and what Kamailio keeps as text is text', async () => {
  await using stage = await Stage.open()
  const ctx = stage.request()
  const values = {
    $rp: 5080,
    $ml: OPTIONS.length,
    $bs: 0,
    $cl: 0,
    $sp: 5099,
    $Rp: 5060,
    $T_reply_code: 0,
    $cs: '1',
  }
  for (const [name, value] of Object.entries(values)) assert.equal(ctx.pv(name), value, name)
})

test('a header is named by a variable as well', async () => {
  await using stage = await Stage.open()
  const ctx = stage.request(
    compose([...OPTIONS.trimEnd().split('\r\n'), 'X-One: first', 'x-one: second', 'X-Two: a, b']),
  )
  play(ctx, [
    ['$var(n)', 'X-One'],
    ['$avp(n)', 'X-Two'],
    ['$var(i)', 1],
    {
      '$hdr($var(n))': 'first',
      '$(hdr($var(n)))': 'first',
      '$hdr($(var(n)))': 'first',
      '$hdr($avp(n))': 'a, b',
      '$(hdr($var(n))[1])': 'second',
      '$(hdr($var(n))[$var(i)])': 'second',
      '$(hdr($var(n))[*])': 'first,second',
      '$(hdr(X-One)[$(var(i))])': 'second',
      '$hdr(X-One )': 'first',
      '$(hdr(X-One)[-0])': 'first',
      '$(hdr(X-One)[01])': 'second',
      '$(hdr(X-One)[99999999999])': '<null>',
      '$hdr(X-One)[1]': 'first[1]',
      '$hdr($avp(none))': '<null>',
      '$hdr($var(unset))': '<null>',
      '$(hdr(X-One)[$avp(n)])': '<null>',
    },
    ['$var(n)', 'no header name'],
    { '$hdr($var(n))': '<null>' },
    ['$var(n)', ''],
    { '$hdr($var(n))': '<null>' },
  ])
})

test('what is wrong with a variable of the request is said', async () => {
  await using stage = await Stage.open()
  const ctx = stage.request()
  const wrong: Readonly<Record<string, RegExp>> = {
    $hdr: /\$hdr needs a name in brackets/,
    '$hdr()': /\$hdr needs a name/,
    '$hdr( X-One )': /" X-One " in \$hdr is not the name of a header/,
    '$hdr(X One)': /not the name of a header/,
    '$hdr(X(One))': /not the name of a header/,
    '$hdr(x$var(n))': /not the name of a header/,
    '$hdr($nope)': /unknown pseudo-variable \$nope/,
    '$hdr($)': /must be followed by a pseudo-variable/,
    '$hdr($var(n)x)': /expected exactly one pseudo-variable/,
    '$(hdr(X-One) )': /not closed/,
    '$(hdr(X-One)[ 1 ])': /\[ 1 \] is not an index/,
    '$(hdr(X-One)[+1])': /\[\+1\] is not an index/,
    '$(hdr(X-One)[1a])': /\[1a\] is not an index/,
    '$(hdr(X-One)[**])': /\[\*\*\] is not an index/,
    '$(hdr(X-One)[])': /\[\] is not an index/,
    '$(hdr(X-One)[1)': /square bracket after \$\(hdr is not closed/,
    '$(hdr(X-One)[1]': /not closed/,
    '$(rm[0])': /\$rm takes no index/,
    '$(rm{s.lenn})': /unknown transformation/,
    '$rm(x)': /\$rm takes no brackets/,
    '$rm()': /\$rm takes no brackets/,
    $rUx: /unknown pseudo-variable \$rUx/,
    '$($rm)': /must be followed by a pseudo-variable/,
    '$TV(x)': /unknown pseudo-variable \$TV\(x\)/,
    $TV: /\$TV needs a name in brackets: s, u, sn, un, Sn/,
    '$expires(x)': /unknown pseudo-variable \$expires\(x\)/,
    '$T(method)': /unknown pseudo-variable \$T\(method\)/,
    $T: /\$T needs a name in brackets: id_index, id_label/,
  }
  for (const [template, problem] of Object.entries(wrong)) {
    assert.throws(() => ctx.expand(template), { code: 'ERR_TEMPLATE', message: problem }, template)
  }
  play(ctx, [{ '$(rm){s.len}': 'OPTIONS{s.len}', '$(rU)x': 'bobx', '$rU-x': 'bob-x' }])
})

test('the times of Expires and Contact are read as Kamailio reads them', async () => {
  await using stage = await Stage.open()
  const cases: readonly (readonly [lines: readonly string[], min: number | null, max: number | null])[] = [
    [[], null, null],
    [['Contact: <sip:a@b>', 'Contact: <sip:c@d>;expires=100', 'Expires: 50'], 50, 100],
    [['Contact: <sip:a@b>, <sip:c@d>;expires=100', 'Expires: 500'], 100, 500],
    [['Contact: <sip:a@b>', 'Expires: 50'], 50, 50],
    [['Contact: <sip:a@b>'], null, null],
    [['Contact: <sip:a@b>;expires="5"'], 5, 5],
    [['Contact: <sip:a@b>;expires=abc', 'Expires: 50'], null, null],
    [['Contact: <sip:a@b>;expires=', 'Expires: 9'], 9, 9],
    [['Contact: <sip:a@b>;expires=4294967296'], null, null],
    [['Contact: *', 'Expires: 3'], 3, 3],
    [['Contact: bad<', 'Expires: 3'], null, null],
    [['Contact:', 'Expires: 3'], null, null],
    [['Expires: 99999999999'], 0, 0],
    [['Expires: 4294967295'], 4_294_967_295, 4_294_967_295],
    [['Expires: -5'], 0, 0],
    [['Expires: abc'], 0, 0],
    [['Expires: 60;x=y'], 60, 60],
    [['Expires:'], null, null],
    [['Expires: 7', 'Expires: 3'], 7, 7],
  ]
  const start = OPTIONS.trimEnd().split('\r\n')
  for (const [lines, min, max] of cases) {
    const ctx = stage.request(compose([...start, ...lines]))
    assert.deepEqual([ctx.pv('$expires(min)'), ctx.pv('$expires(max)')], [min, max], lines.join(' / '))
  }
})

test('malformed headers are null, whatever is asked of them', async () => {
  await using stage = await Stage.open()
  const ctx = stage.request(
    compose([
      'OPTIONS sip:bob@example.com SIP/2.0',
      'From: "never closed',
      'To: nothing at all <',
      'CSeq: x',
    ]),
  )
  for (const name of [
    '$fu',
    '$fU',
    '$fd',
    '$fn',
    '$ft',
    '$tu',
    '$tU',
    '$td',
    '$tn',
    '$tt',
    '$cs',
    '$ci',
    '$cl',
  ]) {
    assert.equal(ctx.pv(name), null, name)
  }
})

test('a body with every byte passes $rb and $mb unharmed', async () => {
  await using stage = await Stage.open()
  const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const head = OPTIONS.replace('Content-Length: 0', 'Content-Length: 256')
  const ctx = stage.request(head + body.toString('latin1'))
  assert.deepEqual(ctx.expandBytes('$rb'), body)
  assert.deepEqual(ctx.expandBytes('$mb'), Buffer.concat([Buffer.from(head), body]))
  assert.equal(ctx.pv('$bs'), 256)
})

test('the origin of a request that a program made is null', async () => {
  await using stage = await Stage.open()
  const origin = { ...new TestOrigin(), protocol: 'none', sourceAddress: '', sourcePort: 0 } as const
  const local = { ...origin, localAddress: '', localPort: 0, send: () => true }
  const ctx = stage.request(OPTIONS, local)
  for (const name of ['$si', '$sp', '$Ri', '$Rp', '$pr', '$proto']) assert.equal(ctx.pv(name), null, name)
})

test('$mi tells requests apart', async () => {
  await using stage = await Stage.open()
  const [one, other] = [stage.request(), stage.request()]
  assert.equal(one.pv('$mi'), 1)
  assert.equal(other.pv('$mi'), 2)
  assert.equal(one.pv('$mi'), 1)
})

test('outside of a request, its variables are null and cannot be assigned', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const [first] = SEEN_IN_KAMAILIO
  for (const template of Object.keys(first?.seen ?? {})) {
    assert.equal(ctx.pv(template), null, template)
  }
  for (const name of ['$mb', '$mi', '$sp', '$Rp']) assert.equal(ctx.pv(name), null, name)
  for (const name of ['$ru', '$rU', '$rd', '$rp', '$du'])
    assert.equal(ctx.setPv(name, 'sip:a@b'), false, name)
})

test('the id of a transaction is null before there is one', async () => {
  await using stage = await Stage.open()
  const ctx = stage.request(OPTIONS)
  play(ctx, [{ '$T(id_index) $T(id_label) $T(reply_code) $T_reply_code': '<null> <null> 0 0' }])
  assert.equal(ctx.newTransaction(), true)
  assert.equal(ctx.pv('$T(id_index)'), ctx.transaction?.index)
  assert.equal(ctx.pv('$T(id_label)'), ctx.transaction?.label)
  play(ctx, [{ '[$T(reply_code)] [$T(reply_reason)] [$T_reply_reason]': '[0] [] []' }])
  ctx.reply(183, 'Session Progress')
  play(ctx, [{ '$T(reply_code) $T_reply_code': '183 183' }])
  ctx.reply(480, 'Gone')
  play(ctx, [
    { '[$T(reply_code)] [$T_reply_code] [$T_reply_reason] [$rs] [$rr]': '[480] [480] [] [<null>] [<null>]' },
  ])
})

test('a request that is continued has its $avp, $xavp and $ru again', async () => {
  let seen = ''
  await using stage = await Stage.open({
    'route[RESUME]': (ctx) => {
      seen = ctx.expand('$avp(a) $xavp(x=>y) $ru $T(id_index) $T(id_label)')
      ctx.reply(200, 'OK')
    },
  })
  const ctx = stage.request()
  play(ctx, [
    ['$avp(a)', 'A'],
    ['$xavp(x=>y)', 'Y'],
    ['$rU', 'carol'],
  ])
  const routes = stage.runtime.state(REQUEST_ROUTES)
  assert.ok(routes.suspend(ctx))
  const { index = -1, label = -1 } = ctx.transaction ?? {}
  assert.ok(routes.continueWith(index, label, 'RESUME'))
  assert.equal(seen, `A Y sip:carol@example.com:5080;transport=udp;lr ${index} ${label}`)
})

test('in a failure route, the reply code is the one of what happened', async () => {
  const ran = deferred()
  let seen = ''
  await using stage = await Stage.open({
    'failure_route[LATE]': (ctx) => {
      const before = ctx.expand('$T(reply_code) $T(reply_reason) $T_reply_code $T_reply_reason $avp(a)')
      ctx.reply(403, 'No')
      seen = `${before}, ${ctx.expand('$T_reply_code')}`
      ran.resolve()
    },
  })
  const ctx = stage.request()
  ctx.setPv('$avp(a)', 'A')
  ctx.armFailureRoute('LATE')
  ctx.setTimers(1, 1)
  assert.ok(stage.runtime.state(REQUEST_ROUTES).suspend(ctx))
  await ran.promise
  assert.equal(seen, '408 Request Timeout 408 Request Timeout A, 408')
})
