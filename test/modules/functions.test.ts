// Functions of the core, kex, corex, siputils, textops, maxfwd, sanity, cfgutils and pv. What they return is what Kamailio 5.6.3 was seen to return for the
// same request, but where a test says that we differ.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallError } from '../../src/core/errors.ts'
import type { RouteContext } from '../../src/index.ts'
import { compose, Stage, TestOrigin } from './stage.ts'

/** The request that Kamailio was asked about. */
const INVITE = compose(
  [
    'INVITE sip:+49-30@h.example.com:5080;transport=udp;gr=abc SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK1',
    'From: "Al" <sip:alice@x;a=b>;tag=1',
    'To: <sip:bob@x>;tag=2',
    'Call-ID: c1',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    'User-Agent: friendly-scanner',
    'Supported: 100rel, timer',
    'X-A: one',
    'X-A: two',
    'Contact: <sip:alice@1.2.3.4>',
    'Content-Type: text/plain; charset=x',
    'Content-Length: 11',
  ],
  'hello\r\nabc\n',
)

type Call = readonly [name: string, ...args: (string | number)[]]
/** A call and what it returns; or a template and what it expands to. */
type Step = readonly [Call, number] | Readonly<Record<string, string>>

function play(ctx: RouteContext, steps: readonly Step[]): void {
  for (const step of steps) {
    if (Array.isArray(step)) {
      const [[name, ...args], expected] = step as readonly [Call, number]
      assert.equal(ctx.call(name, ...args), expected, `${name}(${args.join(', ')})`)
    } else {
      for (const [template, expected] of Object.entries(step as Readonly<Record<string, string>>)) {
        assert.equal(ctx.expand(template), expected, template)
      }
    }
  }
}

async function playWithRequest(steps: readonly Step[], text = INVITE): Promise<void> {
  await using stage = await Stage.open()
  play(stage.request(text), steps)
}

test('flags are set, asked for and reset, and show in variables', () =>
  playWithRequest([
    [['setflag', 5], 1],
    [['setflag', 0], 1],
    { $mf: '33', $mF: '00000021' },
    [['isflagset', 5], 1],
    [['isflagset', 2], -1],
    [['setflag', 31], 1],
    { $mf: '2147483681', $mF: '80000021' },
    [['resetflag', 31], 1],
    [['resetflag', 30], 1],
    { $mf: '33' },
    [['setbflag', 2], 1],
    [['isbflagset', 2], 1],
    [['isbflagset', 3], -1],
    [['setbflag', 5, 1], -1],
    [['setbflag', 5, 0], 1],
    { $bf: '36', $bF: '00000024' },
    [['setsflag', 3], 1],
    [['issflagset', 3], 1],
    { $sf: '8', $sF: '00000008' },
    [['setxflag', 40], 1],
    [['isxflagset', 40], 1],
    [['isxflagset', 41], -1],
    [['isxflagset', 8], -1],
    [['resetxflag', 40], 1],
    [['isxflagset', 40], -1],
  ]))

test('$mf takes a number, and flags belong to one context', async () => {
  await using stage = await Stage.open()
  const ctx = stage.request()
  assert.equal(ctx.setPv('$mf', 2_863_311_530), true)
  play(ctx, [{ $mf: '2863311530', $mF: 'aaaaaaaa' }])
  assert.equal(ctx.setPv('$mf', 'a'), false)
  assert.equal(ctx.setPv('$mf', null), true)
  play(ctx, [{ $mf: '0' }])
  play(stage.request(), [{ $mf: '0' }])
  assert.throws(() => ctx.call('setflag', 32), /no flag/)
  assert.throws(() => ctx.call('setflag', 'x'), /no flag/)
})

test('the Request-URI is changed in parts', () =>
  playWithRequest([
    [['seturi', 'sip:a@b.c'], 1],
    { $ru: 'sip:a@b.c' },
    [['setuser', 'bob'], 1],
    [['setuserpass', 'a:b'], 1],
    { $ru: 'sip:a:b@b.c' },
    [['sethost', 'x.y'], 1],
    [['sethostport', 'x.z:99'], 1],
    { $ru: 'sip:a:b@x.z:99' },
    [['setport', '88'], 1],
    { $ru: 'sip:a:b@x.z:88' },
    [['setport', ''], 1],
    [['prefix', '00'], 1],
    { $ru: 'sip:00a:b@x.z' },
    [['strip', 1], 1],
    [['strip_tail', 1], 1],
    { $ru: 'sip:0:b@x.z' },
    [['strip', 10], 1],
    { $ru: 'sip:x.z' },
    [['strip_tail', 10], 1],
    [['prefix', '12'], 1],
    { $ru: 'sip:12@x.z' },
    [['revert_uri'], 1],
    { $ru: 'sip:+49-30@h.example.com:5080;transport=udp;gr=abc' },
    [['rewritehostporttrans', 'n'], 1],
    { $ru: 'sip:+49-30@n;gr=abc' },
    [['seturi', 'sip:abc:pw@h'], 1],
    [['setuserpass', 'x:'], 1],
    { $ru: 'sip:x:@h' },
    [['seturi', 'tel:+123;x=y'], 1],
    [['strip', 1], 1],
    { $ru: 'tel:123;x=y' },
    [['setport', '5'], -1],
    [['prefix', '9'], 1],
    { $ru: 'tel:9123;x=y' },
    [['sethost', 'h'], 1],
    { $ru: 'sip:9123;x=y@h;user=phone' },
    [['seturi', 'foo'], 1],
    { $ru: '<null>' },
    [['strip', 1], -1],
  ]))

test('the next hop is set and removed', () =>
  playWithRequest([
    [['isdsturiset'], -1],
    { '$nh(u)': 'sip:+49-30@h.example.com:5080;transport=udp;gr=abc', '$nh(p)': '5080', '$nh(P)': 'udp' },
    [['setdsturi', 'sip:u@9.8.7.6:77;transport=tcp'], 1],
    [['isdsturiset'], 1],
    { $dd: '9.8.7.6', $dp: '77', $dP: 'tcp', '$nh(U)': 'u', '$nh(d)': '9.8.7.6' },
    [['resetdsturi'], 1],
    { $du: '<null>', $dp: '<null>' },
  ]))

test('force_rport sends replies back to the port that the request came from, and says so in Via', async () => {
  await using stage = await Stage.open()
  const answered = (force: boolean) => {
    const ports: number[] = []
    class Recorder extends TestOrigin {
      override send(reply: string, port = 0): boolean {
        ports.push(port)
        return super.send(reply)
      }
    }
    const origin = new Recorder()
    const ctx = stage.request(INVITE.replace('127.0.0.1:5099', '127.0.0.1:7777'), origin)
    if (force) assert.equal(ctx.call('force_rport'), 1)
    assert.equal(ctx.call('sl_send_reply', 200, 'OK'), 1)
    return { port: ports[0], via: /Via: (.*)\r\n/.exec(origin.replies[0] ?? '')?.[1] }
  }
  assert.deepEqual(answered(false), { port: 7777, via: 'SIP/2.0/UDP 127.0.0.1:7777;branch=z9hG4bK1' })
  assert.deepEqual(answered(true), {
    port: 5099,
    via: 'SIP/2.0/UDP 127.0.0.1:7777;branch=z9hG4bK1;rport=5099;received=127.0.0.1',
  })
})

test('is_method takes lists, in any case, and unknown names by themselves', async () => {
  await playWithRequest([
    [['is_method', 'INVITE'], 1],
    [['is_method', 'invite'], 1],
    [['is_method', 'BYE|INVITE'], 1],
    [['is_method', 'INVITE , BYE'], 1],
    [['is_method', 'BYE|OPTIONS'], -1],
    [['is_method', 'INVITE|'], 1],
    [['is_method', 'FOO'], -1],
  ])
  await using stage = await Stage.open()
  for (const list of ['BYE|FOO|INVITE', '|', '']) {
    assert.throws(() => stage.request().call('is_method', list), CallError, list)
  }
  assert.equal(stage.context().call('is_method', 'INVITE'), -1)
})

test('textops finds what is in the request', () =>
  playWithRequest([
    [['has_body'], 1],
    [['has_body', 'TEXT/PLAIN'], 1],
    [['has_body', 'application/sdp'], -1],
    [['is_present_hf', 'x-a'], 1],
    [['is_present_hf', 'v'], 1],
    [['is_present_hf', 'X-B'], -1],
    [['is_present_hf_re', '^x-'], 1],
    [['is_present_hf_re', '^Y-'], -1],
    [['search', 'HELLO'], 1],
    [['search', '^X-A: two'], 1],
    [['search', '^INVITE'], 1],
    [['search', 'nope'], -1],
    [['search_body', '^abc'], 1],
    [['search_body', 'X-A'], -1],
    [['search_hf', 'X-A', 'two', 'a'], 1],
    [['search_hf', 'X-A', 'two', 'f'], -1],
    [['search_hf', 'X-A', 'two', 'l'], 1],
    [['search_hf', 'X-A', 'one', 'l'], -1],
    [['search_hf', 'X-B', 'one'], -1],
    [['is_privacy', 'id'], -1],
  ]))

test('textops compares texts', () =>
  playWithRequest([
    [['cmp_str', 'a', 'a'], 1],
    [['cmp_str', 'a', 'A'], -1],
    [['cmp_str', 'abc', 'abd'], -2],
    [['cmp_str', '', ''], 1],
    [['cmp_istr', 'a', 'A'], 1],
    [['cmp_istr', 'a', 'b'], -2],
    [['starts_with', 'abc', 'ab'], 1],
    [['starts_with', 'abc', 'b'], -2],
    [['starts_with', '', 'a'], -1],
    [['starts_with', 'abc', ''], 1],
    [['ends_with', 'abc', 'bc'], 1],
    [['ends_with', 'abc', 'b'], -1],
    [['str_find', 'aab', 'ab'], 2],
    [['str_find', 'abc', 'x'], -1],
    [['str_find', '', 'a'], -1],
    [['str_ifind', 'abc', 'B'], 2],
    [['search_str', 'abc', 'b.$$'], 1],
    [['search_str', 'ABC', '^a'], 1],
    [['search_str', 'abc', '^b'], -1],
    [['in_list', 'a', 'a,b', ','], 1],
    [['in_list', 'b', 'a, b', ','], 1],
    [['in_list', 'A', 'a,b', ','], -1],
    [['in_list', ' b', 'a,b', ','], -1],
    [['in_list', '', 'a,b', ','], -1],
    [['in_list_prefix', 'abc', 'x,ab', ','], 1],
    [['in_list_prefix', 'a', 'x,ab', ','], -1],
  ]))

test('what would change a request on its way returns what it returns in Kamailio, and changes nothing', () =>
  playWithRequest([
    [['append_hf', 'X-N: 1\r\n'], 1],
    [['append_hf', 'X-N: 1\r\n', 'Via'], 1],
    [['append_hf', ''], -1],
    [['insert_hf', 'X-I: 2\r\n'], 1],
    [['is_present_hf', 'X-N'], -1],
    [['remove_hf', 'X-A'], 1],
    { '$hdr(X-A)': 'one' },
    [['remove_hf', 'X-Nope'], -1],
    [['remove_hf_re', '^X-'], 1],
    [['remove_hf_re', '^Y-'], -1],
    [['replace', 'hello', 'x'], 1],
    [['replace_all', 'l', 'x'], 1],
    [['replace_body_all', 'zzz', 'x'], -1],
    [['subst', '/hello/x/'], 1],
    [['subst', '/zzz/x/'], -1],
    [['subst_body', '/hello/x/'], 1],
    { $rb: 'hello\r\nabc\n' },
  ]))

test('substitutions change the Request-URI', async () => {
  await using stage = await Stage.open()
  const substituted = (before: string, name: string, substitution: string, result: number, after: string) => {
    const ctx = stage.request(INVITE)
    ctx.setPv('$ru', before)
    assert.equal(ctx.call(name, substitution.replaceAll('$', '$$$$')), result, substitution)
    assert.equal(ctx.expand('$ru'), after, substitution)
  }
  substituted('sip:+49-30@h', 'subst_user', '/^\\+49/0/', 1, 'sip:0-30@h')
  substituted('sip:a.b/c@h', 'subst_user', '#b/c#x\\##', 1, 'sip:a.x#@h')
  substituted('sip:abab@h', 'subst_user', '/B/Y/ig', 1, 'sip:aYaY@h')
  substituted('sip:abab@h', 'subst_user', '/(a)(x)?/<\\1\\2>/', 1, '<null>')
  substituted('sip:abab@h', 'subst_user', '/^a/x/g', 1, 'sip:xbab@h')
  substituted('sip:abab@h', 'subst_user', '/a/$fU/', 1, 'sip:alicebab@h')
  substituted('sip:abab@h', 'subst_user', '/a/$$x/', 1, 'sip:$xbab@h')
  substituted('sip:abab@h', 'subst_user', '/a/\\$fU/', 1, 'sip:$fUbab@h')
  substituted('sip:abab@h', 'subst_user', '/a/$avp(nope)-$var(zz)/', 1, 'sip:-0bab@h')
  substituted('sip:abab@h', 'subst_user', '/zz/0/', -1, 'sip:abab@h')
  // To match nothing is a mistake there.
  substituted('sip:abab@h', 'subst_user', '/b*/-/g', -1, 'sip:abab@h')
  substituted('sip:abab@h', 'subst_user', '/$/x/', -1, 'sip:abab@h')
  substituted('sip:abc@h', 'subst_uri', '/sip:([^@]*)@(.*)/sips:\\2@\\1/', 1, 'sips:h@abc')
  substituted('tel:+123', 'subst_user', '/123/4/', 1, 'tel:+4')
  for (const wrong of ['', '/a', '/a/b', '/a/b/x', '/(/b/', '/a/\\9$$(/']) {
    assert.throws(() => stage.request().call('subst_user', wrong), CallError, wrong)
  }
})

test('replies get header lines, a date and a body', async () => {
  await using stage = await Stage.open()
  const origin = new TestOrigin()
  const ctx = stage.request(INVITE, origin)
  play(ctx, [
    [['append_to_reply', 'X-R: $fU\r\n'], 1],
    [['append_to_reply', 'no header line'], -1],
    [['append_time'], 1],
    [['set_reply_body', 'hi $fU', 'text/$rm'], 1],
    [['set_reply_body', 'hi', 'text/plain\r\nX: y'], -1],
    [['sl_send_reply', 200, 'OK'], 1],
  ])
  const [reply = ''] = origin.replies
  assert.match(reply, /\r\nX-R: alice\r\n/)
  assert.match(reply, /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
  assert.match(reply, /\r\nContent-Type: text\/INVITE\r\nContent-Length: 8\r\n\r\nhi alice$/)
})

test('siputils knows URIs, numbers and names', () =>
  playWithRequest([
    [['has_totag'], 1],
    [['is_request'], 1],
    [['is_reply'], -1],
    [['is_first_hop'], 1],
    [['is_uri', 'sip:a@b'], 1],
    [['is_uri', 'urn:service:sos'], 1],
    [['is_uri', 'mailto:a@b'], -1],
    [['is_uri', 'foo'], -1],
    [['is_uri', ''], -1],
    [['is_gruu'], 1],
    [['is_gruu', 'sip:a@b;gr'], 2],
    [['is_gruu', 'sip:a@b'], -1],
    [['uri_param', 'transport'], -1],
    [['uri_param', 'transport', 'udp'], 1],
    [['uri_param', 'transport', 'UDP'], -1],
    [['uri_param', 'TRANSPORT', 'udp'], -1],
    [['uri_param_any', 'TRANSPORT'], 1],
    [['uri_param_any', 'x'], -1],
    [['add_uri_param', 'x=y;z'], 1],
    [['add_uri_param', ''], 1],
    [['uri_param_rm', 'X'], 1],
    [['uri_param_rm', 'nope'], 1],
    { $ru: 'sip:+49-30@h.example.com:5080;transport=udp;gr=abc;z' },
    [['get_uri_param', 'transport', '$var(p)'], 1],
    [['get_uri_param', 'nope', '$var(p)'], -1],
    { '$var(p)': 'udp' },
    [['tel2sip', 'tel:+1(23)45.6;ext=5', 'example.com', '$var(t)'], 1],
    { '$var(t)': 'sip:+123456;ext=5@example.com;user=phone' },
    [['tel2sip', 'sip:a@b', 'h', '$var(t)'], 2],
    [['is_tel_number', '+123'], 1],
    [['is_tel_number', '+1-2'], -2],
    [['is_tel_number', ''], -2],
    [['is_numeric', '0123'], 1],
    [['is_numeric', '-1'], -2],
    [['is_alphanum', 'a1'], 1],
    [['is_alphanum', 'a_1'], -3],
    [['is_alphanum', ''], -2],
    [['is_alphanumex', 'a_1', '_'], 1],
    [['is_alphanumex', 'a-1', '_'], -3],
    [['cmp_hdr_name', 'Via', 'v'], 1],
    [['cmp_hdr_name', 'X-A', 'x-b'], -2],
  ]))

test('siputils compares URIs', () =>
  playWithRequest([
    [['cmp_uri', 'sip:a@b', 'sip:A@b'], -1],
    [['cmp_uri', 'sip:a@b', 'SIP:a@B'], 1],
    [['cmp_uri', 'sip:a@b', 'sip:a@b:5060'], -1],
    [['cmp_uri', 'sip:a@b;x=1;y=2', 'sip:a@b;Y=2;x=1'], 1],
    [['cmp_uri', 'sip:a@b;x=1', 'sip:a@b'], 1],
    [['cmp_uri', 'sip:a@b;x=1', 'sip:a@b;x=2'], -1],
    [['cmp_uri', 'sip:a@b;user=phone', 'sip:a@b'], -1],
    [['cmp_uri', 'sip:a@b', 'sip:a@b;maddr=1'], -1],
    [['cmp_uri', 'sip:a@b;transport=tcp', 'sip:a@b'], 1],
    [['cmp_uri', 'sip:a@b', 'sips:a@b'], -1],
    [['cmp_uri', 'sip:a@b?x=1', 'sip:a@b?x=2'], 1],
    [['cmp_uri', 'sip:a:p@b', 'sip:a@b'], -1],
    [['cmp_uri', 'foo', 'foo'], -2],
    [['cmp_aor', 'sip:a@b;x=1', 'sips:a@B:5060'], 1],
    [['cmp_aor', 'sip:a@b:5061', 'sip:a@b'], -1],
    [['cmp_aor', 'foo', 'sip:a@b'], -2],
  ]))

test('Max-Forwards is counted down beside the request', async () => {
  const withCount = (lines: string) => INVITE.replace('Max-Forwards: 70\r\n', lines)
  await playWithRequest([
    [['is_maxfwd_lt', 70], -1],
    [['is_maxfwd_lt', 71], 1],
    [['mf_process_maxfwd_header', 10], 1],
    [['is_maxfwd_lt', 70], 1],
    // There $hdr shows what would be sent on; here the request stays as it came.
    { '$hdr(Max-Forwards)': '70' },
  ])
  await playWithRequest(
    [
      [['is_maxfwd_lt', 10], -2],
      [['mf_process_maxfwd_header', 10], 2],
      [['is_maxfwd_lt', 10], -1],
    ],
    withCount(''),
  )
  await playWithRequest(
    [
      [['mf_process_maxfwd_header', 10], 1],
      [['mf_process_maxfwd_header', 10], -1],
    ],
    withCount('Max-Forwards: 1\r\n'),
  )
  await playWithRequest(
    [
      [['mf_process_maxfwd_header', 10], 1],
      [['is_maxfwd_lt', 71], 1],
    ],
    withCount('Max-Forwards: 255\r\n'),
  )
})

test('sanity_check answers what is malformed and ends the script', async () => {
  await using stage = await Stage.open()
  await using tolerant = await Stage.open({}, { sanity: { autodrop: false, proxyRequire: 'foo' } })
  const checked = (on: Stage, change: (text: string) => string, ...args: number[]) => {
    const origin = new TestOrigin()
    const ctx = on.request(change(INVITE), origin)
    return [ctx.call('sanity_check', ...args), /^SIP\/2.0 (.*)\r\n/.exec(origin.replies[0] ?? '')?.[1]]
  }
  const header = (line: string) => (text: string) => text.replace('X-A: one', line)
  assert.deepEqual(
    checked(stage, (text) => text),
    [1, undefined],
  )
  assert.deepEqual(
    checked(stage, (text) => text.replace('sip:+49', 'foo:+49')),
    [0, '400 Bad Request URI'],
  )
  assert.deepEqual(checked(stage, header('Expires: 5x')), [0, '400 Expires value is illegal'])
  assert.deepEqual(checked(stage, header('Expires: 99999999999')), [0, '400 Expires value is illegal'])
  assert.deepEqual(checked(stage, header('Expires: 5x'), 2), [1, undefined])
  assert.deepEqual(checked(stage, header('Proxy-Require: foo')), [0, '420 Bad Proxy Require Extension'])
  assert.deepEqual(checked(tolerant, header('Proxy-Require: foo')), [1, undefined])
  assert.deepEqual(checked(tolerant, header('Proxy-Require: foo, bar')), [
    -1,
    '420 Bad Proxy Require Extension',
  ])
  const from = (text: string) => text.replace('<sip:alice@x;a=b>', '<foo:a>')
  assert.deepEqual(checked(stage, from, 1024, 15), [0, '400 Invalid From Header'])
  assert.deepEqual(checked(stage, from, 1024, 4), [1, undefined])
  assert.deepEqual(
    checked(stage, (text) => text.replace('<sip:alice@1.2.3.4>', '<sip:>'), 1024, 8),
    [0, '400 Bad Contact URI'],
  )
  assert.deepEqual(checked(stage, header('Authorization: Digest x'), 2048), [0, '400 Bad Auth Header'])
  assert.deepEqual(
    checked(
      stage,
      header('Authorization: Digest username="a", realm="r", nonce="n", uri="sip:x", response="r"'),
      2048,
    ),
    [1, undefined],
  )
  assert.deepEqual(
    checked(stage, (text) => text.replace(';tag=1', ';tag=1;tag=2'), 4096),
    [0, '400 Many From Tag Params'],
  )
})

test('sanity_reply sends what sanity_check found with noreply', async () => {
  await using stage = await Stage.open({}, { sanity: { noreply: true } })
  const origin = new TestOrigin()
  const ctx = stage.request(INVITE.replace('X-A: one', 'Expires: x'), origin)
  assert.equal(ctx.call('sanity_reply'), -1)
  assert.equal(ctx.call('sanity_check'), 0)
  assert.equal(origin.replies.length, 0)
  assert.equal(ctx.call('sanity_reply'), 1)
  assert.match(origin.replies[0] ?? '', /^SIP\/2.0 400 Expires value is illegal\r\n/)
})

test('cfgutils: chance, hashes, locks, and what is refused', async () => {
  await using stage = await Stage.open({}, { cfgutils: { initialProbability: 20 } })
  const ctx = stage.request(INVITE)
  play(ctx, [
    [['rand_get_prob'], 20],
    [['rand_set_prob', 0], 1],
    [['rand_event'], -1],
    [['rand_set_prob', 100], 1],
    [['rand_event'], 1],
    [['rand_get_prob'], 100],
    [['rand_reset_prob'], 1],
    [['rand_get_prob'], 20],
    [['core_hash', 'alice', 'bob', 16], 11170],
    [['core_hash', 'alice', '', 16], 63454],
    [['core_hash', '$fU', '$rU', 8], 143],
    [['core_hash', '', '', 4], 1],
    [['core_hash', 'alice', 'bob', 31], 1841376162],
    [['core_hash', 'alice', 'bob', 0], 2],
    [['core_hash', 'alice', 'bob', 32], 1],
    [['lock', 'a'], 1],
    [['trylock', 'a'], 1],
    [['unlock', 'a'], 1],
    [['check_route_exists', 'XX'], -1],
  ])
  assert.throws(() => ctx.call('rand_set_prob', 101), /0 to 100/)
  assert.throws(() => ctx.call('usleep', 5), /suspend the request/)
  const usleep = stage.runtime.modules.function('usleep')
  assert.throws(() => usleep?.bind([5]), /would stop every client/)
  assert.match(ctx.expand('$RANDOM'), /^\d+$/)
})

test('check_route_exists knows the routes that there are', async () => {
  await using stage = await Stage.open({ 'route[XX]': () => {} })
  assert.equal(stage.request().call('check_route_exists', 'XX'), 1)
})

test('pv functions ask for values, assign and remove them', () =>
  playWithRequest([
    [['pv_isset', '$fU'], 1],
    [['pv_isset', '$avp(nope)'], -1],
    [['pv_isset', '$var(nope)'], 1],
    [['is_int', '$bs'], 1],
    [['is_int', '$cs'], -1],
    [['is_int', '$avp(nope)'], -1],
    [['typeof', '$fU', 'str'], 1],
    [['typeof', '$bs', 'int'], 1],
    [['typeof', '$bs', 'str'], -1],
    [['typeof', '$avp(nope)', 'null'], 1],
    [['not_empty', '$fU'], 1],
    [['not_empty', '$bs'], -1],
    [['not_empty', '$avp(nope)'], -1],
    [['pv_printf', '$var(p)', 'a$fU'], 1],
    { '$var(p)': 'aalice' },
    [['avp_printf', '$avp(p)', 'b$fU'], 1],
    { '$avp(p)': 'balice' },
    [['pv_unset', '$avp(p)'], 1],
    { '$avp(p)': '<null>' },
    [['pv_unset', '$fU'], 1],
    [['pv_evalx', '$var(e)', '$$fU'], 1],
    { '$var(e)': 'alice', '$_s(x$fU)': 'xalice' },
    [['xavp_params_explode', 'a=1;b="2";c', 'px'], 1],
    { '$xavp(px=>a) $xavp(px=>b) [$xavp(px=>c)]': '1 2 []' },
    [['typeof', '$xavp(px)', 'xavp'], 1],
    [['xavp_params_explode', '', 'px'], -1],
    [['xavp_params_implode', 'px', '$var(im)'], 1],
    { '$var(im)': 'a=1;b=2;c;' },
    [['xavp_rm', 'px'], 1],
    [['xavp_params_implode', 'px', '$var(im)'], -1],
  ]))

test('$shv and $var begin as shvset and varset say', async () => {
  await using stage = await Stage.open(
    {},
    { pv: { shvset: ['debug=i:7', 'st=s:hello'], varset: ['vx=i:-9', 'vs=s:a=b'] } },
  )
  play(stage.context(), [{ '$shv(debug) $shv(st) $var(vx) $var(vs)': '7 hello -9 a=b' }])
  await assert.rejects(Stage.open({}, { pv: { varset: ['x=7'] } }), /name=i:7/)
})

test('variables say more of the request', () =>
  playWithRequest([
    {
      $rv: 'SIP/2.0',
      $rz: 'sip',
      $mt: '1',
      $prid: '1',
      $csb: '1 INVITE',
      '$rP $op $oP': 'udp 5080 udp',
      '$oUl $fUl $tUl $rUl': '6 5 3 6',
      '$hdrc(X-A) $hdrc(Nope)': '2 0',
      '$hfl(X-A) $(hfl(X-A)[1]) $(hfl(Supported)[0])': 'one two 100rel, timer',
      '$via0(host) $via0(port) $via0(branch) $via0(proto) $via0(protoid) $via0(rport)':
        '127.0.0.1 5099 z9hG4bK1 UDP 1 <null>',
      '$via1(host) $viaZ(host)': '<null> 127.0.0.1',
      '$msg(body_len) $msg(fline)': '11 INVITE sip:+49-30@h.example.com:5080;transport=udp;gr=abc SIP/2.0',
      '$su $sut $sas': 'sip:127.0.0.1:5099 sip:127.0.0.1:5099;transport=udp udp:127.0.0.1:5099',
      '$Ru $Rut $RAi $RAp': 'sip:127.0.0.1:5060 sip:127.0.0.1:5060;transport=udp 127.0.0.1 5060',
      '$ai $pu $pd $pn $di $re': '<null> <null> <null> <null> <null> <null>',
      $src_ip: '127.0.0.1',
    },
  ]))

test('variables of identities read their headers', () =>
  playWithRequest(
    [
      {
        $ai: 'sip:+4930@a',
        '$pu $pU $pd $pn': 'sip:c@d c d "C"',
        '$di $dir $dip': 'sip:x@y unconditional full',
        $re: '<sip:r@s>;party=calling',
      },
    ],
    INVITE.replace(
      'X-A: one',
      'P-Asserted-Identity: <sip:+4930@a>\r\nP-Preferred-Identity: "C" <sip:c@d>\r\nDiversion: <sip:x@y>;reason=unconditional;privacy=full\r\nRemote-Party-ID: <sip:r@s>;party=calling',
    ),
  ))

test('constants, the environment and the script', async () => {
  await using stage = await Stage.open()
  process.env['EVAPID_TEST'] = '42'
  const ctx = stage.context()
  play(ctx, [
    { '$K(IPv4) $K(IPv6) $K(UDP) $K(TCP) $K(TLS) $K(SCTP) $K(WS) $K(WSS)': '2 10 1 2 3 4 5 6' },
    { '$version(num)': '5.6.3', '$env(EVAPID_TEST) $envn(EVAPID_TEST) $env(EVAPID_NOPE)': '42 42 <null>' },
    { '$rc $retcode $cfg(line) $cfg(route)': '0 0 <null> <null>', '$def(A) $defn(A)': '<null> 0' },
  ])
  const { script } = stage.runtime
  Object.assign(script, { returnCode: -3, line: 7, file: '/etc/x.cfg', block: 'route[XX]' })
  play(ctx, [
    {
      '$rc $retcode': '-3 -3',
      '$cfg(line) $cfg(name) $cfg(route)': '7 /etc/x.cfg XX',
    },
  ])
  script.block = 'request_route'
  play(ctx, [{ '$cfg(route)': 'DEFAULT_ROUTE' }])
})

test('the calendar shows the time that $Ts is', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const moment = new Date(Number(ctx.expand('$Ts')) * 1000)
  const iso = moment.toISOString()
  assert.equal(ctx.expand('$utimef(%Y-%m-%dT%H:%M:%S.000Z)'), iso)
  assert.equal(
    ctx.expand('$utimef(%F %T %Z %z %% %q)'),
    `${iso.slice(0, 10)} ${iso.slice(11, 19)} GMT +0000 % %q`,
  )
  assert.equal(ctx.expand('$utimef(%a, %d %b %Y %H:%M:%S GMT)'), moment.toUTCString())
  assert.equal(
    ctx.expand('$utime(year)-$utime(mon)-$utime(mday)'),
    `${moment.getUTCFullYear()}-${moment.getUTCMonth() + 1}-${moment.getUTCDate()}`,
  )
  assert.equal(
    ctx.expand('$time(hour):$time(min):$time(sec)'),
    `${moment.getHours()}:${moment.getMinutes()}:${moment.getSeconds()}`,
  )
  assert.equal(ctx.expand('$utime(wday)'), String(moment.getUTCDay() + 1))
  const first = Date.UTC(moment.getUTCFullYear(), 0, 1)
  assert.equal(ctx.expand('$utime(yday)'), String(Math.floor((moment.getTime() - first) / 86_400_000) + 1))
  assert.equal(ctx.expand('$timef(%a %b %e %H:%M:%S %Y)'), ctx.expand('$Tf'))
})

test('is_myself knows what is listened on, and hosts by themselves', async () => {
  await using stage = await Stage.open(
    { request: () => {} },
    { listen: 'udp:127.0.0.1:0', sip: { alias: ['Example.com', 'other.org:5070'] } },
  )
  const { sipPort } = stage
  const ctx = stage.request()
  play(ctx, [
    [['is_myself', 'sip:127.0.0.1'], 1],
    [['is_myself', `sip:a@127.0.0.1:${sipPort}`], 1],
    [['is_myself', '127.0.0.1'], 1],
    [['is_myself', `127.0.0.1:${sipPort}`], 1],
    [['is_myself', `127.0.0.1:${sipPort + 1}`], -1],
    [['is_myself', 'sip:a@h.example.com'], -1],
    [['is_myself', 'garbage uri'], -1],
    [['is_myself', 'tel:123'], -1],
    [['is_myself', 'sip:bob@example.COM:1234'], 1],
    [['is_myself', 'other.org'], 1],
    [['is_myself', 'other.org:5070'], 1],
    [['is_myself', 'other.org:5060'], -1],
  ])
})
