// What scripts ask of transactions, in the request route, without and with a transaction, in a failure route and in one that was continued:
// answers are those that Kamailio 5.6.3 was seen to give.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestContext } from '../../src/index.ts'
import { compose, Stage, TestOrigin } from './stage.ts'

const QUESTIONS = [
  't_is_canceled',
  't_is_expired',
  't_any_timeout',
  't_branch_timeout',
  't_any_replied',
  't_branch_replied',
  't_lookup_request',
  't_is_request_route',
  't_is_failure_route',
  't_is_reply_route',
  't_is_branch_route',
  't_flush_flags',
  't_save_lumps',
  't_reset_fr',
  't_use_uac_headers',
] as const

/** The questions that are answered with yes. */
function yes(ctx: RequestContext): string[] {
  return QUESTIONS.filter((name) => {
    const code = ctx.call(name)
    assert.ok(code === 1 || code === -1, name)
    return code === 1
  })
}

function invite(n: number): string {
  return compose([
    'INVITE sip:bob@example.com SIP/2.0',
    `Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK-call-${n}`,
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    `Call-ID: call-${n}`,
    `CSeq: ${n} INVITE`,
    'Content-Length: 0',
  ])
}

const firstLines = (origin: TestOrigin) => origin.replies.map((reply) => reply.split('\r\n')[0])

test('a request without a transaction, and with one, answers as in Kamailio', async () => {
  await using stage = await Stage.open()
  const ctx = stage.request(invite(1))
  const always = ['t_reset_fr', 't_use_uac_headers']
  assert.deepEqual(yes(ctx), ['t_is_request_route', ...always])
  assert.deepEqual(
    [ctx.call('t_precheck_trans'), ctx.call('t_lookup_cancel'), ctx.call('t_check_status', '4..')],
    [-1, -1, -1],
  )
  assert.equal(ctx.call('t_newtran'), 1)
  assert.deepEqual(yes(ctx), [
    't_lookup_request',
    't_is_request_route',
    't_flush_flags',
    't_save_lumps',
    ...always,
  ])
  assert.equal(stage.context().call('t_precheck_trans'), -2)
  assert.throws(() => ctx.call('t_check_status', '['), /./)
})

test('a failure route and a continued one know what they are', async () => {
  const seen: string[][] = []
  let status: number[] = []
  let done: (() => void) | undefined
  const failed = new Promise<void>((resolve) => {
    done = resolve
  })
  await using stage = await Stage.open({
    'failure_route[F]': (ctx) => {
      seen.push(yes(ctx))
      status = ['408', '4..', '5'].map((pattern) => ctx.call('t_check_status', pattern))
      seen.push([ctx.expand('$T_req($rU) $T_rpl($rU) $T_branch_idx [$T_reply_last] [$T_reply_ruid]')])
      ctx.call('t_reply', 480, 'x')
      done?.()
    },
    'route[C]': (ctx) => {
      seen.push(yes(ctx))
      ctx.call('t_reply', 481, 'x')
    },
  })
  const usual = [
    't_lookup_request',
    't_is_failure_route',
    't_flush_flags',
    't_save_lumps',
    't_reset_fr',
    't_use_uac_headers',
  ]
  const continued = stage.request(invite(1))
  continued.call('t_suspend')
  assert.equal(continued.expand('$T_req($rU)'), '<null>')
  const [index, label] = [continued.expand('$T(id_index)'), continued.expand('$T(id_label)')]
  assert.deepEqual([continued.expand('$T(id_index_n)'), continued.expand('$T(id_label_n)')], [index, label])
  assert.equal(stage.context().call('t_continue', index, label, 'C'), 1)
  assert.deepEqual(seen, [usual])

  const late = stage.request(invite(2))
  late.call('t_on_failure', 'F')
  late.call('t_set_fr', 1, 1)
  late.call('t_suspend')
  // The timers of transactions keep no process alive: something else must.
  const alive = setInterval(() => {}, 1000)
  await failed
  clearInterval(alive)
  const timeout = ['t_any_timeout', 't_branch_timeout', ...usual].sort()
  assert.deepEqual(seen[1]?.toSorted(), timeout)
  assert.deepEqual(status, [1, 1, -1])
  assert.deepEqual(seen[2], ['bob <null> 1 [] []'])
})

test('a request that waits is answered by its call, once', async () => {
  await using stage = await Stage.open()
  const origin = new TestOrigin()
  const ctx = stage.request(invite(7), origin)
  ctx.call('t_suspend')
  const other = stage.context()
  assert.equal(other.call('t_reply_callid', 'call-7', '8', 486, 'Busy'), -1)
  assert.equal(other.call('t_reply_callid', 'call-7', '7', 486, 'Busy'), 1)
  assert.equal(other.call('t_reply_callid', 'call-7', '7', 486, 'Busy'), -1)
  assert.deepEqual(firstLines(origin), [
    'SIP/2.0 100 trying -- your call is important to us',
    'SIP/2.0 486 Busy',
  ])
})

test('the last reply is sent again, also a final one', async () => {
  await using stage = await Stage.open()
  const origin = new TestOrigin()
  const ctx = stage.request(invite(1), origin)
  assert.equal(ctx.call('t_retransmit_reply'), -1)
  ctx.call('t_newtran')
  ctx.call('t_reply', 486, 'Busy')
  assert.equal(ctx.call('t_retransmit_reply'), 1)
  assert.deepEqual(firstLines(origin).slice(1), ['SIP/2.0 486 Busy', 'SIP/2.0 486 Busy'])
})

test('t_set_auto_inv_100 keeps the 100 back, when the transaction is made and when it is suspended', async () => {
  await using stage = await Stage.open()
  const origin = new TestOrigin()
  const ctx = stage.request(invite(1), origin)
  assert.equal(ctx.call('t_set_auto_inv_100', 0), 1)
  ctx.call('t_newtran')
  ctx.call('t_suspend')
  assert.deepEqual(origin.replies, [])
})

test('t_drop forgets the transaction without a reply and ends the script', async () => {
  await using stage = await Stage.open()
  const origin = new TestOrigin()
  const ctx = stage.request(invite(1), origin)
  assert.equal(ctx.call('t_drop'), -1)
  ctx.call('t_newtran')
  assert.equal(ctx.call('t_drop'), 0)
  assert.equal(ctx.call('t_reply', 200, 'OK'), -1)
  assert.equal(origin.replies.length, 1)
})

test('sl_reply_error answers in the words of Kamailio', async () => {
  await using stage = await Stage.open()
  const origin = new TestOrigin()
  assert.equal(stage.request(invite(1), origin).call('sl_reply_error'), 1)
  assert.deepEqual(firstLines(origin), ["SIP/2.0 500 I'm terribly sorry, server error occurred (1/SL)"])
})
