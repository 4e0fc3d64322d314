// Server transactions as clients see them, by virtual time: what is answered, again, when, and what is absorbed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Line, makeStage, type Parts, parse, request, type Stage, toTagOf, Watcher } from './stage.ts'

/** All that was started is over: nothing is known any more, and nobody asks the clock. */
function assertOver({ clock, layer }: Stage): void {
  assert.equal(layer.size, 0)
  assert.equal(layer.finished, 0)
  assert.equal(clock.pending, 0)
}

// ---- requests that are no INVITE ----

test('a retransmission is answered with the last reply, provisional or final, and does not reach the route again', () => {
  const stage = makeStage()
  const { line, receive, routed } = stage
  const text = request('OPTIONS')
  const transaction = stage.open(text)
  receive(text)
  assert.deepEqual(line.take(), [])
  transaction.reply(183, 'Working')
  receive(text)
  assert.deepEqual(line.take(), ['183 Working OPTIONS', '183 Working OPTIONS'])
  transaction.reply(200, 'OK', 'X-A: 1\r\n', 'body')
  receive(text)
  const [first, second] = line.sent.splice(0)
  assert.equal(first, second)
  assert.match(String(first), /X-A: 1\r\nContent-Length: 4\r\n\r\nbody$/)
  assert.deepEqual(routed, ['OPTIONS'])
  assert.equal(stage.layer.stats()['tm_retransmissions_absorbed'], 3)
})

test('a finished transaction answers for wt_timer and is forgotten then', () => {
  const stage = makeStage({ wtTimer: 5000 })
  const text = request('OPTIONS')
  stage.open(text).reply(200, 'OK')
  stage.clock.advance(4900)
  stage.receive(text)
  assert.deepEqual(stage.line.takeCodes(), [200, 200])
  stage.clock.advance(200)
  assertOver(stage)
  stage.receive(text)
  assert.deepEqual(stage.routed, ['OPTIONS', 'OPTIONS'])
})

test('over TCP nothing is kept after the final reply of a request that is no INVITE', () => {
  const stage = makeStage()
  const line = new Line('tcp')
  stage.open(request('OPTIONS'), line).reply(404, 'Not Found')
  assert.deepEqual(line.takeCodes(), [404])
  assertOver(stage)
})

test('there is one final reply, and nothing after it', () => {
  const stage = makeStage()
  const transaction = stage.open(request('OPTIONS'))
  assert.equal(transaction.final, false)
  assert.equal(transaction.reply(404, 'Not Found'), true)
  assert.equal(transaction.reply(200, 'OK'), false)
  assert.equal(transaction.reply(183, 'Working'), false)
  assert.equal(transaction.suspend(), false)
  assert.equal(transaction.final, true)
  assert.equal(transaction.replyCode, 404)
  assert.deepEqual(stage.line.takeCodes(), [404])
})

test('a code that no reply can have is refused and changes nothing', () => {
  const stage = makeStage()
  const transaction = stage.open(request('OPTIONS'))
  for (const code of [0, -1, 99, 700, 1000, 200.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(transaction.reply(code, 'X'), false)
    assert.equal(stage.layer.replyStateless(parse(request('INFO')), stage.line, code, 'X'), false)
  }
  assert.deepEqual(stage.line.takeCodes(), [])
  assert.equal(transaction.replyCode, 0)
})

test("a line's end in a reason makes no header", () => {
  const stage = makeStage()
  stage.open(request('OPTIONS')).reply(200, 'OK\r\nX-Evil: 1')
  assert.match(String(stage.line.sent[0]), /^SIP\/2.0 200 OK X-Evil: 1\r\n/)
})

test('all replies of a transaction have the same To tag, another has another, and 100 has none', () => {
  const stage = makeStage()
  const first = stage.open(request('INVITE'))
  first.reply(180, 'Ringing')
  first.reply(486, 'Busy Here')
  const [trying, ringing, busy] = stage.line.takeReplies()
  assert.equal(toTagOf(trying), '')
  assert.match(toTagOf(ringing), /^[0-9a-f]{16}$/)
  assert.equal(toTagOf(ringing), toTagOf(busy))
  assert.equal(first.toTag, toTagOf(busy))
  stage.open(request('INVITE', { branch: 'z9hG4bKother' })).reply(486, 'Busy Here')
  assert.notEqual(toTagOf(stage.line.takeReplies()[1]), toTagOf(busy))
})

test('a request within a dialog keeps its To tag', () => {
  const stage = makeStage()
  const transaction = stage.open(request('BYE', { toTag: 'ours' }))
  assert.equal(transaction.toTag, 'ours')
  transaction.reply(200, 'OK')
  assert.equal(toTagOf(stage.line.takeReplies()[0]), 'ours')
})

test('lines of append_to_reply are in all replies but an automatic 100', () => {
  const stage = makeStage()
  const transaction = stage.open(request('INVITE'))
  transaction.extraLines = 'X-A: 1\r\n'
  transaction.reply(180, 'Ringing')
  transaction.reply(486, 'Busy Here', 'X-B: 2\r\n')
  const lines = stage.line.takeReplies().map((reply) => [reply.header('x-a'), reply.header('x-b')])
  assert.deepEqual(lines, [
    [undefined, undefined],
    ['1', undefined],
    ['1', '2'],
  ])
})

// ---- INVITE ----

test('an INVITE gets its 100 when it has a transaction, in the words of the parameter, and again when it comes again', () => {
  const stage = makeStage({ autoInv100Reason: 'Patience' })
  stage.open(request('INVITE'))
  stage.receive(request('INVITE'))
  const [first, second] = stage.line.sent.splice(0)
  assert.match(String(first), /^SIP\/2.0 100 Patience\r\n/)
  assert.equal(first, second)
})

test('with auto_inv_100=0 the 100 goes out when the INVITE is suspended, if nothing went out before', () => {
  const stage = makeStage({ autoInv100: false })
  const quiet = stage.open(request('INVITE'))
  assert.deepEqual(stage.line.takeCodes(), [])
  quiet.suspend()
  quiet.resume()
  quiet.suspend()
  assert.deepEqual(stage.line.take(), ['100 trying -- your call is important to us INVITE'])
  const ringing = stage.open(request('INVITE', { branch: 'z9hG4bKother' }))
  ringing.reply(180, 'Ringing')
  ringing.suspend()
  assert.deepEqual(stage.line.takeCodes(), [180])
})

test('a request that is no INVITE gets no 100', () => {
  const stage = makeStage()
  stage.open(request('OPTIONS')).suspend()
  assert.deepEqual(stage.line.takeCodes(), [])
})

for (const code of [200, 302, 486, 603]) {
  test(`${code} to an INVITE is sent again at T1, doubling to T2, for 64*T1, and then forgotten`, () => {
    const stage = makeStage()
    stage.open(request('INVITE')).reply(code, 'X')
    stage.line.takeCodes()
    const times: number[] = []
    for (let ms = 0; ms < 40_000; ms += 10) {
      stage.clock.advance(10)
      for (const sent of stage.line.takeCodes()) {
        assert.equal(sent, code)
        times.push(ms)
      }
    }
    const expected = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    assert.equal(times.length, expected.length, String(times))
    for (const [i, ms] of expected.entries())
      assert.ok(Math.abs((times[i] ?? 0) - ms) <= 10 * (i + 2), String(times))
    assert.equal(stage.layer.stats()['tm_unacknowledged'], 1)
    assertOver(stage)
  })

  test(`the ACK of a ${code} ends its retransmission, also when the ACK comes again`, () => {
    const stage = makeStage()
    const transaction = stage.open(request('INVITE'))
    transaction.reply(code, 'X')
    stage.clock.advance(510)
    assert.deepEqual(stage.line.takeCodes(), [100, code, code])
    const ack = request('ACK', {
      toTag: transaction.toTag,
      ...(code === 200 ? { branch: 'z9hG4bKack' } : {}),
    })
    stage.receive(ack)
    stage.clock.advance(2000)
    stage.receive(ack)
    stage.receive(request('INVITE'))
    assert.deepEqual(stage.line.takeCodes(), [])
    assert.deepEqual(stage.routed, ['INVITE'])
    stage.clock.advance(3100)
    assertOver(stage)
    stage.receive(ack)
    assert.deepEqual(stage.routed, ['INVITE', 'ACK'])
  })
}

test('an INVITE that comes again before the ACK is answered with the final reply at once', () => {
  const stage = makeStage()
  stage.open(request('INVITE')).reply(486, 'Busy Here')
  stage.receive(request('INVITE'))
  assert.deepEqual(stage.line.takeCodes(), [100, 486, 486])
})

test('over TCP a refusal of an INVITE is sent once; its ACK is absorbed and ends it', () => {
  const stage = makeStage()
  const line = new Line('tcp')
  const transaction = stage.open(request('INVITE'), line)
  transaction.reply(486, 'Busy Here')
  stage.clock.advance(20_000)
  assert.deepEqual(line.takeCodes(), [100, 486])
  stage.receive(request('ACK', { toTag: transaction.toTag }), line)
  assert.deepEqual(stage.routed, ['INVITE'])
  assertOver(stage)
})

test('over TCP a 200 to an INVITE is sent until its ACK comes, since hops behind may be UDP', () => {
  const stage = makeStage()
  const line = new Line('tcp')
  const transaction = stage.open(request('INVITE'), line)
  transaction.reply(200, 'OK')
  stage.clock.advance(1600)
  assert.deepEqual(line.takeCodes(), [100, 200, 200, 200])
  stage.receive(request('ACK', { toTag: transaction.toTag }), line)
  stage.clock.advance(20_000)
  assert.deepEqual(line.takeCodes(), [])
  assert.deepEqual(stage.routed, ['INVITE'])
  assertOver(stage)
})

test('over TCP an INVITE without an ACK is forgotten after 64*T1', () => {
  const stage = makeStage()
  stage.open(request('INVITE'), new Line('tcp')).reply(486, 'Busy Here')
  stage.clock.advance(32_100)
  assertOver(stage)
})

test('replies on a connection that has gone are lost without harm', () => {
  const stage = makeStage()
  const line = new Line('tcp')
  const transaction = stage.open(request('INVITE'), line)
  line.open = false
  transaction.suspend()
  transaction.resume()
  assert.equal(transaction.reply(200, 'OK'), true)
  stage.clock.advance(40_000)
  assertOver(stage)
})

// ---- ACK ----

const SPOOFED: Readonly<Record<string, Parts>> = {
  'another Call-ID': { callId: 'call-2' },
  'the beginning of the Call-ID': { callId: 'call' },
  'another From tag': { fromTag: 'from-2' },
  'another To tag': { toTag: 'guessed' },
  'another CSeq': { cseq: 2 },
  'another branch': { branch: 'z9hG4bKguessed' },
  'another sent-by': { sentBy: '127.0.0.1:5063' },
  'a branch without the cookie': { branch: 'abc' },
}

for (const [what, parts] of Object.entries(SPOOFED)) {
  test(`an ACK with ${what} changes nothing`, () => {
    const stage = makeStage()
    const transaction = stage.open(request('INVITE'))
    transaction.reply(486, 'Busy Here')
    stage.receive(request('ACK', { toTag: transaction.toTag, ...parts }))
    stage.line.takeCodes()
    stage.clock.advance(510)
    // What has the right ids in another place is the ACK of a 2xx; there was none.
    assert.deepEqual(stage.line.takeCodes(), [486])
  })
}

for (const [what, parts] of Object.entries(SPOOFED)) {
  if (['another branch', 'another sent-by', 'a branch without the cookie'].includes(what)) continue
  test(`an ACK to a 2xx with ${what} changes nothing, whatever its branch`, () => {
    for (const branch of ['z9hG4bKabc', 'z9hG4bKack']) {
      const stage = makeStage()
      const transaction = stage.open(request('INVITE'))
      transaction.reply(200, 'OK')
      stage.receive(request('ACK', { branch, toTag: transaction.toTag, ...parts }))
      stage.line.takeCodes()
      stage.clock.advance(510)
      assert.deepEqual(stage.line.takeCodes(), [200])
    }
  })
}

test('an ACK is absorbed while no final reply has been sent, and changes nothing', () => {
  const stage = makeStage()
  const transaction = stage.open(request('INVITE'))
  transaction.suspend()
  stage.receive(request('ACK', { toTag: transaction.toTag }))
  assert.equal(transaction.suspended, true)
  assert.deepEqual(stage.routed, ['INVITE'])
  assert.equal(stage.layer.stats()['tm_stray_acks'], 1)
  assert.equal(transaction.reply(486, 'Busy Here'), true)
})

test('an ACK without a To tag, as RFC 2543 allows, is known by the rest', () => {
  const stage = makeStage()
  stage.open(request('INVITE')).reply(486, 'Busy Here')
  stage.receive(request('ACK'))
  stage.line.takeCodes()
  stage.clock.advance(510)
  assert.deepEqual(stage.line.takeCodes(), [])
})

test('an INVITE within a dialog has its ACK and CANCEL matched with the tag that it came with', () => {
  const stage = makeStage()
  stage.open(request('INVITE', { toTag: 'dialog' })).reply(200, 'OK')
  stage.receive(request('CANCEL', { toTag: 'dialog' }))
  assert.deepEqual(stage.line.takeReplies().map(toTagOf), ['dialog', 'dialog', 'dialog'])
  stage.receive(request('ACK', { toTag: 'dialog', branch: 'z9hG4bKack' }))
  stage.clock.advance(510)
  assert.deepEqual(stage.line.takeCodes(), [])
  assert.deepEqual(stage.routed, ['INVITE'])
})

test('an ACK that matches nothing goes to the route and gets no transaction', () => {
  const stage = makeStage({}, (layer, ack, origin) => assert.equal(layer.create(ack, origin), null))
  stage.receive(request('ACK', { toTag: 'x' }))
  assert.deepEqual(stage.routed, ['ACK'])
  assertOver(stage)
})

test('the two ACKs of one INVITE whose 2xx was for another INVITE of the same call end neither', () => {
  const stage = makeStage()
  const first = stage.open(request('INVITE', { cseq: 1 }))
  const second = stage.open(request('INVITE', { cseq: 2, branch: 'z9hG4bKsecond', toTag: first.toTag }))
  first.reply(200, 'OK')
  second.reply(200, 'OK')
  stage.receive(request('ACK', { cseq: 2, branch: 'z9hG4bKack', toTag: first.toTag }))
  stage.line.takeReplies()
  stage.clock.advance(510)
  assert.deepEqual(
    stage.line.takeReplies().map(({ cseq }) => cseq?.number),
    [1],
  )
})

// ---- CANCEL ----

test('a CANCEL of a suspended INVITE: 487 and 200 with the same To tag, and its user is told', () => {
  const stage = makeStage()
  const transaction = stage.open(request('INVITE'))
  const user = new Watcher()
  transaction.user = user
  transaction.suspend()
  stage.line.takeCodes()
  stage.receive(request('CANCEL'))
  const replies = stage.line.takeReplies()
  assert.deepEqual(
    replies.map(({ code, cseq }) => `${code} ${cseq?.method}`),
    ['487 INVITE', '200 CANCEL'],
  )
  assert.equal(toTagOf(replies[0]), toTagOf(replies[1]))
  assert.deepEqual(user.heard, ['cancelled'])
  assert.equal(transaction.resume(), false)
  assert.equal(transaction.reply(200, 'OK'), false)
  assert.equal(stage.layer.find(transaction.index, transaction.label), undefined)
  assert.equal(stage.layer.stats()['tm_suspended'], 0)
  assert.deepEqual(stage.routed, ['INVITE'])
})

test('a CANCEL is answered as well while a route is under way', () => {
  const stage = makeStage()
  const transaction = stage.open(request('INVITE'))
  stage.receive(request('CANCEL'))
  assert.deepEqual(stage.line.takeCodes(), [100, 487, 200])
  assert.equal(transaction.reply(200, 'OK'), false)
})

test('a CANCEL that comes again gets the same 200 again and nothing else', () => {
  const stage = makeStage()
  const transaction = stage.open(request('INVITE'))
  stage.receive(request('CANCEL'))
  stage.receive(request('CANCEL'))
  const [, , first, second] = stage.line.sent.splice(0)
  assert.equal(first, second)
  stage.receive(request('ACK', { toTag: transaction.toTag }))
  stage.receive(request('CANCEL'))
  assert.deepEqual(stage.line.sent.splice(0), [first])
  stage.clock.advance(5100)
  assertOver(stage)
})

test('a CANCEL after the final reply gets 200 and changes nothing', () => {
  for (const code of [200, 486]) {
    const stage = makeStage()
    const transaction = stage.open(request('INVITE'))
    const user = new Watcher()
    transaction.user = user
    transaction.reply(code, 'X')
    stage.receive(request('CANCEL'))
    const replies = stage.line.takeReplies()
    assert.deepEqual(
      replies.map((reply) => `${reply.code} ${reply.cseq?.method}`),
      ['100 INVITE', `${code} INVITE`, '200 CANCEL'],
    )
    assert.equal(toTagOf(replies[1]), toTagOf(replies[2]))
    stage.clock.advance(510)
    assert.deepEqual(stage.line.takeCodes(), [code])
    assert.deepEqual(user.heard, [])
  }
})

for (const [what, parts] of Object.entries(SPOOFED)) {
  if (what === 'another To tag') continue
  test(`a CANCEL with ${what} changes nothing and goes to the route`, () => {
    const stage = makeStage()
    const transaction = stage.open(request('INVITE'))
    transaction.suspend()
    stage.receive(request('CANCEL', parts))
    assert.equal(transaction.suspended, true)
    assert.deepEqual(stage.routed, ['INVITE', 'CANCEL'])
    transaction.reply(486, 'Busy Here')
    stage.receive(request('CANCEL', parts))
    assert.deepEqual(stage.routed, ['INVITE', 'CANCEL', 'CANCEL'])
  })
}

test('a CANCEL that matches nothing may have a transaction of its own', () => {
  const stage = makeStage()
  stage.open(request('CANCEL')).reply(481, 'Call/Transaction Does Not Exist')
  stage.receive(request('CANCEL'))
  assert.deepEqual(stage.line.takeCodes(), [481, 481])
  assert.deepEqual(stage.routed, ['CANCEL'])
})

test('a CANCEL has no effect on a request that is no INVITE', () => {
  const stage = makeStage()
  const transaction = stage.open(request('OPTIONS'))
  transaction.suspend()
  stage.receive(request('CANCEL'))
  assert.deepEqual(stage.routed, ['OPTIONS', 'CANCEL'])
  assert.equal(transaction.suspended, true)
})

// ---- matching ----

test('the same branch with another method is another transaction', () => {
  const stage = makeStage()
  stage.open(request('INVITE'))
  stage.open(request('OPTIONS')).reply(200, 'OK')
  stage.open(request('INFO')).reply(404, 'Not Found')
  assert.deepEqual(stage.line.take(), [
    '100 trying -- your call is important to us INVITE',
    '200 OK OPTIONS',
    '404 Not Found INFO',
  ])
  assert.equal(stage.layer.size, 1)
})

test('another sent-by with the same branch is another client', () => {
  const stage = makeStage()
  for (const sentBy of ['10.0.0.1', '10.0.0.1:5060', '10.0.0.2', '[::1]:5060'])
    stage.open(request('OPTIONS', { sentBy }))
  assert.equal(stage.layer.size, 4)
})

for (const branch of ['1', 'z9hG4bK', 'z9hg4bkabc', '']) {
  test(`requests of an RFC 2543 client are known by all of their ids (branch "${branch}")`, () => {
    const stage = makeStage()
    const transaction = stage.open(request('INVITE', { branch }))
    stage.receive(request('INVITE', { branch }))
    assert.equal(stage.layer.stats()['tm_retransmissions_absorbed'], 1)
    const others = [
      { callId: 'call-2' },
      { cseq: 2 },
      { fromTag: 'from-2' },
      { uri: 'sip:carol@example.org' },
    ]
    for (const other of [...others, { sentBy: '127.0.0.1:5063' }])
      stage.open(request('INVITE', { branch, ...other }))
    assert.equal(stage.layer.size, 6)
    transaction.reply(486, 'Busy Here')
    stage.receive(request('ACK', { branch, toTag: transaction.toTag }))
    stage.line.takeCodes()
    stage.clock.advance(510)
    assert.deepEqual(stage.line.takeCodes(), [])
    const cancelled = stage.layer.stats()['tm_cancelled']
    stage.receive(request('CANCEL', { branch, callId: 'call-2' }))
    assert.equal(stage.layer.stats()['tm_cancelled'], Number(cancelled) + 1)
  })
}

test('a transaction is made once for a request, and found by it', () => {
  const stage = makeStage()
  const invite = parse(request('INVITE'))
  assert.equal(stage.layer.lookup(invite), undefined)
  const transaction = stage.layer.create(invite, stage.line)
  assert.ok(transaction)
  assert.equal(stage.layer.create(parse(request('INVITE')), stage.line), null)
  assert.equal(stage.layer.lookup(parse(request('INVITE'))), transaction)
  assert.equal(stage.layer.lookup(parse(request('CANCEL'))), transaction)
  assert.equal(stage.layer.lookup(parse(request('ACK'))), transaction)
  assert.equal(stage.layer.lookup(parse(request('OPTIONS'))), undefined)
  transaction.reply(200, 'OK')
  assert.equal(stage.layer.lookup(invite), undefined)
})

test('requests of a program are never the same, and leave nothing behind', () => {
  const stage = makeStage()
  const line = new Line('none')
  const first = stage.open(request('INVITE'), line)
  const second = stage.open(request('INVITE'), line)
  assert.notEqual(first, second)
  first.reply(200, 'OK')
  second.suspend()
  stage.clock.advance(121_000)
  assert.deepEqual(line.takeCodes(), [100, 100, 200, 408])
  assertOver(stage)
})

// ---- suspended ----

test('a suspended request is resumed once', () => {
  const stage = makeStage()
  const transaction = stage.open(request('OPTIONS'))
  assert.equal(transaction.resume(), false)
  assert.equal(transaction.suspend(), true)
  assert.equal(transaction.suspend(), false)
  assert.equal(stage.layer.stats()['tm_suspended'], 1)
  assert.equal(stage.layer.find(transaction.index, transaction.label), transaction)
  assert.equal(transaction.resume(), true)
  assert.equal(transaction.resume(), false)
  assert.equal(stage.layer.stats()['tm_suspended'], 0)
  assert.equal(transaction.suspend(), true)
  assert.equal(transaction.cancelSuspend(), true)
  assert.equal(transaction.cancelSuspend(), false)
  transaction.reply(200, 'OK')
  assert.equal(transaction.resume(), false)
})

test('an INVITE waits fr_inv_timer, others fr_timer; then 408 goes out', () => {
  for (const [method, ms] of [
    ['INVITE', 120_000],
    ['OPTIONS', 30_000],
  ] as const) {
    const stage = makeStage()
    const transaction = stage.open(request(method))
    const user = new Watcher()
    transaction.user = user
    transaction.suspend()
    stage.line.takeCodes()
    stage.clock.advance(ms - 1)
    assert.deepEqual(stage.line.take(), [])
    stage.clock.advance(10)
    assert.deepEqual(stage.line.take(), [`408 Request Timeout ${method}`])
    assert.deepEqual(user.heard, ['timed out'])
    assert.equal(transaction.resume(), false)
    assert.equal(transaction.reply(200, 'OK'), false)
    assert.equal(stage.layer.find(transaction.index, transaction.label), undefined)
    assert.equal(stage.layer.stats()['tm_timeouts'], 1)
    stage.clock.advance(40_000)
    assertOver(stage)
  }
})

test('a request that its route neither answers nor suspends times out as well', () => {
  const stage = makeStage()
  stage.open(request('OPTIONS'))
  stage.clock.advance(30_010)
  assert.deepEqual(stage.line.takeCodes(), [408])
})

test('the time begins anew with suspend() and with resume()', () => {
  const stage = makeStage()
  const transaction = stage.open(request('OPTIONS'))
  for (const step of ['suspend', 'resume', 'suspend', 'cancelSuspend'] as const) {
    stage.clock.advance(20_000)
    assert.equal(transaction[step](), true)
  }
  stage.clock.advance(29_999)
  assert.deepEqual(stage.line.takeCodes(), [])
  stage.clock.advance(10)
  assert.deepEqual(stage.line.takeCodes(), [408])
})

test('t_set_fr counts from the next suspend() on, and 0 keeps what is', () => {
  const stage = makeStage()
  const options = stage.open(request('OPTIONS'))
  const invite = stage.open(request('INVITE'))
  for (const transaction of [options, invite]) {
    transaction.setTimers(3000, 1000)
    transaction.setTimers(0, 0)
    transaction.suspend()
    transaction.setTimers(100, 100)
  }
  stage.line.takeCodes()
  stage.clock.advance(1010)
  assert.deepEqual(stage.line.take(), ['408 Request Timeout OPTIONS'])
  stage.clock.advance(2000)
  assert.deepEqual(stage.line.take(), ['408 Request Timeout INVITE'])
})

test('a user that is told of the time-out may reply, or suspend again, or think for as long as before', () => {
  const stage = makeStage()
  const user = new Watcher()
  const transaction = stage.open(request('OPTIONS'))
  transaction.user = user
  transaction.suspend()
  user.onTimeout = (late) => {
    assert.equal(late.suspended, false)
    return late.suspend()
  }
  stage.clock.advance(30_010)
  assert.equal(transaction.suspended, true)
  user.onTimeout = () => true
  stage.clock.advance(30_010)
  assert.equal(transaction.suspended, false)
  assert.deepEqual(stage.line.takeCodes(), [])
  user.onTimeout = (late) => late.reply(480, 'Temporarily Unavailable')
  stage.clock.advance(30_010)
  assert.deepEqual(stage.line.takeCodes(), [480])
  assert.equal(user.heard.length, 3)
})

test('what was released is absorbed in silence, or with its last reply, and replies no more', () => {
  for (const [method, provisional, again] of [
    ['OPTIONS', 0, []],
    ['OPTIONS', 183, [183]],
    ['INVITE', 0, []],
    ['INVITE', 183, []],
  ] as const) {
    const stage = makeStage()
    const transaction = stage.open(request(method))
    if (provisional > 0) transaction.reply(provisional, 'X')
    transaction.suspend()
    transaction.release()
    transaction.release()
    assert.equal(transaction.final, false)
    assert.equal(transaction.reply(200, 'OK'), false)
    assert.equal(transaction.suspend(), false)
    assert.equal(transaction.resume(), false)
    stage.line.takeCodes()
    stage.receive(request(method))
    assert.deepEqual(stage.line.takeCodes(), again)
    assert.deepEqual(stage.routed, [method])
    assert.equal(stage.layer.stats()['tm_suspended'], 0)
    stage.clock.advance(5100)
    assertOver(stage)
  }
})

// ---- ids ----

test('an id finds its transaction, and numbers that are no id find nothing', () => {
  const stage = makeStage()
  const { index, label } = stage.open(request('OPTIONS'))
  assert.ok(stage.layer.find(index, label))
  const wrong = [
    -1,
    index + 0.5,
    index + 2 ** 32,
    index - 2 ** 32,
    1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1,
  ]
  for (const number of wrong) assert.equal(stage.layer.find(number, label), undefined)
  const labels = [-1, label + 0.5, label + 2 ** 32, label - 2 ** 32, 1e300, Number.NaN, label + 1, label - 1]
  for (const number of labels) assert.equal(stage.layer.find(index, number), undefined)
  // Scripts have texts, and no type checker.
  assert.equal(stage.layer.find(String(index) as unknown as number, label), undefined)
  assert.equal(stage.layer.find(index, String(label) as unknown as number), undefined)
})

test('an index is used again with another label', () => {
  const stage = makeStage()
  const first = stage.open(request('OPTIONS'))
  first.reply(200, 'OK')
  const second = stage.open(request('OPTIONS', { branch: 'z9hG4bKother' }))
  assert.equal(second.index, first.index)
  assert.equal(second.label, first.label + 1)
  assert.equal(stage.layer.find(first.index, first.label), undefined)
  assert.equal(stage.layer.find(second.index, second.label), second)
})

// ---- limits ----

test('above max_transactions a new request gets 503 with Retry-After, and the others go on', () => {
  const stage = makeStage({ maxTransactions: 2 })
  const first = stage.open(request('INVITE', { branch: 'z9hG4bK1' }))
  const second = stage.open(request('INVITE', { branch: 'z9hG4bK2' }))
  first.suspend()
  second.suspend()
  stage.line.takeCodes()
  const third = request('INVITE', { branch: 'z9hG4bK3' })
  assert.equal(stage.layer.create(parse(third), stage.line), null)
  const [refusal] = stage.line.takeReplies()
  assert.equal(refusal?.code, 503)
  assert.match(String(refusal?.header('retry-after')), /^\d+$/)
  stage.receive(request('ACK', { branch: 'z9hG4bK3', toTag: toTagOf(refusal) }))
  assert.deepEqual(stage.routed, ['INVITE', 'INVITE'])
  assert.equal(stage.layer.stats()['tm_rejected'], 1)
  first.resume()
  first.reply(200, 'OK')
  // One with its final reply is not counted, though it is kept.
  assert.ok(stage.layer.create(parse(third), stage.line))
})

test('a flood that is refused is logged once in ten seconds', () => {
  const stage = makeStage({ maxTransactions: 0 })
  for (let ms = 0; ms < 19_000; ms += 10) {
    stage.clock.advance(10)
    stage.layer.create(parse(request('INVITE')), stage.line)
  }
  assert.equal(stage.logbook.lines.length, 2)
  assert.match(String(stage.logbook.lines[0]?.msg), /max_transactions/)
})

test('ten thousand that are over together are forgotten together', () => {
  const stage = makeStage()
  for (let i = 0; i < 10_000; i++) stage.open(request('OPTIONS', { branch: `z9hG4bK-${i}` })).reply(200, 'OK')
  assert.equal(stage.layer.finished, 10_000)
  stage.clock.advance(5100)
  assertOver(stage)
})

test('above finished_memory the oldest are forgotten early, those without an ACK last', () => {
  const stage = makeStage({ finishedMemory: 15_000 })
  stage.open(request('INVITE')).reply(486, 'Busy Here')
  const branches = Array.from({ length: 50 }, (_, i) => `z9hG4bK-${i}`)
  for (const branch of branches) stage.open(request('OPTIONS', { branch })).reply(200, 'OK')
  const stats = stage.layer.stats()
  assert.ok(Number(stats['tm_finished_bytes']) <= 15_000)
  assert.ok(Number(stats['tm_finished_bytes']) > 14_000)
  assert.equal(Number(stats['tm_finished']) + Number(stats['tm_forgotten_early']), 51)
  const routed = stage.routed.length
  stage.receive(request('OPTIONS', { branch: branches.at(-1) as string }))
  stage.receive(request('INVITE'))
  assert.equal(stage.routed.length, routed)
  stage.receive(request('OPTIONS', { branch: branches[0] as string }))
  assert.equal(stage.routed.length, routed + 1)
  stage.clock.advance(40_000)
  assertOver(stage)
})

test('with no memory for finished ones, INVITEs without an ACK are forgotten too', () => {
  const stage = makeStage({ finishedMemory: 0 })
  stage.open(request('INVITE')).reply(486, 'Busy Here')
  stage.open(request('INVITE', { branch: 'z9hG4bK2' })).reply(200, 'OK')
  stage.open(request('OPTIONS')).reply(200, 'OK')
  assertOver(stage)
})

// ---- stateless ----

test('a stateless reply is the same each time, nothing is remembered, and its ACK is absorbed', () => {
  for (const code of [404, 200]) {
    const stage = makeStage({}, (layer, one, origin) =>
      layer.replyStateless(one, origin, code, 'X', 'X-A: 1\r\n'),
    )
    stage.receive(request('INVITE'))
    stage.receive(request('INVITE'))
    const [first, second] = stage.line.sent.splice(0)
    assert.equal(first, second)
    assertOver(stage)
    assert.deepEqual(stage.routed, ['INVITE', 'INVITE'])
    const toTag = /To: .*;tag=([0-9a-f]+)/.exec(String(first))?.[1] as string
    stage.receive(request('ACK', { toTag, branch: code === 200 ? 'z9hG4bKack' : 'z9hG4bKabc' }))
    assert.equal(stage.routed.length, 2)
    assert.equal(stage.layer.stats()['sl_acks_absorbed'], 1)
    for (const parts of [
      { toTag: 'x' },
      { toTag, callId: 'call-2' },
      { toTag, fromTag: 'from-2' },
      { toTag, cseq: 2 },
      {},
    ]) {
      stage.receive(request('ACK', parts))
    }
    assert.equal(stage.layer.stats()['sl_acks_absorbed'], 1)
    stage.line.sent.splice(0)
  }
})

test('an ACK gets no stateless reply', () => {
  const stage = makeStage()
  assert.equal(stage.layer.replyStateless(parse(request('ACK')), stage.line, 404, 'Not Found'), false)
  assert.deepEqual(stage.line.takeCodes(), [])
})

// ---- the end ----

test('closeSuspended() answers what is suspended with 503, and a route that is under way may still reply', () => {
  const stage = makeStage()
  const user = new Watcher()
  const suspended = stage.open(request('INVITE', { branch: 'z9hG4bK1' }))
  suspended.user = user
  suspended.suspend()
  const working = stage.open(request('OPTIONS', { branch: 'z9hG4bK2' }))
  working.user = user
  stage.line.takeCodes()
  stage.layer.closeSuspended()
  assert.deepEqual(stage.line.take(), ['503 Service Unavailable INVITE'])
  assert.deepEqual(user.heard, ['ended'])
  assert.equal(working.reply(200, 'OK'), true)
})

test('cancel() does what a CANCEL does, once', () => {
  const stage = makeStage()
  const user = new Watcher()
  const transaction = stage.open(request('OPTIONS'), new Line('none'))
  transaction.user = user
  transaction.suspend()
  assert.equal(transaction.cancel(), true)
  assert.equal(transaction.cancel(), false)
  assert.equal(transaction.replyCode, 487)
  assert.deepEqual(user.heard, ['cancelled'])
  assert.equal(stage.layer.stats()['tm_cancelled'], 1)
  assertOver(stage)
})

test('close() answers what waits with 503, tells the users, and leaves no timer', () => {
  const stage = makeStage()
  const user = new Watcher()
  const suspended = stage.open(request('INVITE', { branch: 'z9hG4bK1' }))
  suspended.user = user
  suspended.suspend()
  stage.open(request('OPTIONS', { branch: 'z9hG4bK2' }))
  stage.open(request('INVITE', { branch: 'z9hG4bK3' })).reply(486, 'Busy Here')
  stage.open(request('OPTIONS', { branch: 'z9hG4bK4' })).reply(200, 'OK')
  stage.line.takeCodes()
  stage.layer.close()
  stage.layer.close()
  assert.deepEqual(stage.line.take(), ['503 Service Unavailable INVITE', '503 Service Unavailable OPTIONS'])
  assert.deepEqual(user.heard, ['ended'])
  assertOver(stage)
  stage.receive(request('OPTIONS'))
  assert.equal(stage.routed.length, 4)
  assert.equal(stage.layer.create(parse(request('OPTIONS')), stage.line), null)
})
