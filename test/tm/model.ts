// What a client and a route may expect of transactions, as simply as it can be said: a few lines for each event and no timer.
// Where the real thing may be a little late, the model takes either outcome.

import assert from 'node:assert/strict'
import type { TransactionOptions } from '../../src/tm/layer.ts'
import type { Transaction } from '../../src/tm/transaction.ts'
import { Line, makeStage, type Parts, request, type Stage, Watcher } from './stage.ts'

/** As late as a timer may be, in ms, and as late as something may be forgotten. */
const LATE = 10
const FORGOTTEN_LATE = 80

export const MODEL_OPTIONS: Partial<TransactionOptions> = {
  frTimer: 3000,
  frInvTimer: 5000,
  retrTimer1: 50,
  retrTimer2: 400,
  wtTimer: 1000,
}
const UNACKNOWLEDGED = 64 * 50

/** One thing that happens to one of the clients. */
export type Step =
  | {
      readonly kind: 'request' | 'suspend' | 'resume' | 'cancelSuspend' | 'release' | 'cancel' | 'ack'
      readonly who: number
    }
  | { readonly kind: 'reply'; readonly who: number; readonly code: number }
  | { readonly kind: 'wrongAck' | 'wrongCancel'; readonly who: number; readonly parts: Parts }
  | { readonly kind: 'setTimers'; readonly who: number; readonly ms: number }
  | { readonly kind: 'find'; readonly who: number; readonly index: number; readonly label: number }
  | { readonly kind: 'pass'; readonly ms: number }

/** One request of a client, and what became of it. */
interface Call {
  readonly parts: Parts
  readonly transaction: Transaction
  readonly user: Watcher
  suspended: boolean
  released: boolean
  /** Of the last reply; 0: none. */
  code: number
  /** The final reply as it was sent first. */
  final: string | undefined
  acknowledged: boolean
  patience: number
  /** When it times out, or is forgotten. */
  until: number
}

/** A client and its line; one request after the other, each with a branch of its own. */
class Client {
  readonly name: number
  readonly method: string
  readonly line: Line
  call: Call | undefined
  count = 0

  constructor(name: number) {
    this.name = name
    this.method = name % 2 === 0 ? 'INVITE' : 'OPTIONS'
    this.line = new Line(name < 4 ? 'udp' : 'tcp')
  }

  get invite(): boolean {
    return this.method === 'INVITE'
  }
}

/** The number of clients: INVITE and OPTIONS over UDP and TCP, UDP twice. */
export const CLIENTS = 6

/** Plays steps to a layer and says where it did what nobody may expect. */
export class Model {
  readonly stage: Stage
  readonly #clients = Array.from({ length: CLIENTS }, (_, name) => new Client(name))
  readonly #ids = new Set<string>()
  #opened = 0
  #ended = 0

  constructor() {
    this.stage = makeStage(MODEL_OPTIONS)
  }

  play(step: Step): void {
    if (step.kind === 'pass') this.#pass(step.ms)
    else {
      const client = this.#clients[step.who] as Client
      if (step.kind === 'request') this.#request(client)
      else if (client.call !== undefined) this.#step(client, client.call, step)
    }
    this.#compareCounts()
  }

  /** Lets all come to its end: every request has had its one final reply, and nothing is left. */
  end(): void {
    this.#pass(1e6)
    assert.equal(this.stage.clock.pending, 0, 'somebody still asks the clock')
    assert.equal(this.stage.layer.finished, 0)
    assert.equal(this.stage.layer.size, 0)
    assert.equal(this.#ended, this.#opened, 'a request without an end')
  }

  #request(client: Client): void {
    const { stage } = this
    const { call, line } = client
    const now = stage.clock.now()
    const routedBefore = stage.routed.length
    if (call !== undefined) {
      // It comes again.
      stage.receive(request(client.method, call.parts), line)
      const routed = stage.routed.length > routedBefore
      const sent = line.sent.splice(0)
      if (!routed) {
        assert.ok(now <= call.until + FORGOTTEN_LATE, 'known after it had to be forgotten')
        if (call.final === undefined) {
          const silent = call.code === 0 || (call.released && client.invite)
          assert.equal(sent.length, silent ? 0 : 1)
        } else assert.deepEqual(sent, client.invite && call.acknowledged ? [] : [call.final])
        return
      }
      assert.ok(now >= call.until && this.#isOver(call), 'forgotten too early')
      assert.deepEqual(sent, [])
    }
    client.count += 1
    const parts = {
      branch: `z9hG4bK-${client.name}-${client.count}`,
      callId: `call-${client.name}`,
      cseq: client.count,
    }
    const transaction = stage.open(request(client.method, parts), line)
    const user = new Watcher()
    transaction.user = user
    const id = `${transaction.index} ${transaction.label}`
    assert.ok(!this.#ids.has(id), 'an id for the second time')
    this.#ids.add(id)
    this.#opened += 1
    const patience = client.invite ? 5000 : 3000
    client.call = {
      parts,
      transaction,
      user,
      suspended: false,
      released: false,
      code: client.invite ? 100 : 0,
      final: undefined,
      acknowledged: false,
      patience,
      until: now + patience,
    }
    assert.deepEqual(line.takeCodes(), client.invite ? [100] : [])
  }

  #step(client: Client, call: Call, step: Exclude<Step, { kind: 'pass' }>): void {
    const { stage } = this
    const { line, invite } = client
    const { transaction } = call
    const now = stage.clock.now()
    const over = this.#isOver(call)
    switch (step.kind) {
      case 'reply': {
        assert.equal(transaction.reply(step.code, 'X'), !over)
        const sent = line.sent.splice(0)
        assert.equal(sent.length, over ? 0 : 1)
        if (over) return
        call.code = step.code
        if (step.code >= 200) this.#final(client, call, sent[0] as string, now)
        return
      }
      case 'suspend':
        assert.equal(transaction.suspend(), !over && !call.suspended)
        if (!over && !call.suspended) {
          call.suspended = true
          call.until = now + call.patience
        }
        break
      case 'resume':
      case 'cancelSuspend':
        assert.equal(transaction[step.kind](), call.suspended)
        if (call.suspended) {
          call.suspended = false
          call.until = now + call.patience
        }
        break
      case 'setTimers':
        transaction.setTimers(step.ms, step.ms)
        if (step.ms > 0) call.patience = step.ms
        break
      case 'release':
        transaction.release()
        if (!over) {
          call.released = true
          call.suspended = false
          call.until = invite || !line.reliable ? now + 1000 : now
          this.#ended += 1
        }
        break
      case 'cancel':
        this.#cancel(client, call, now)
        return
      case 'ack':
        this.#acknowledge(client, call, now)
        break
      case 'wrongAck':
        // The ACK of a 2xx is a request of its own, with any branch.
        if (call.code < 300 && ('branch' in step.parts || 'sentBy' in step.parts)) break
        stage.receive(request('ACK', { ...call.parts, toTag: transaction.toTag, ...step.parts }), line)
        break
      case 'wrongCancel':
        stage.receive(request('CANCEL', { ...call.parts, ...step.parts }), line)
        break
      case 'find': {
        const right = step.index === 0 && step.label === 0
        const { index, label } = transaction
        const found = stage.layer.find(index + step.index, label + step.label)
        if (right) assert.equal(found, over ? undefined : transaction)
        // Another may have that index, but not that label.
        else assert.ok(found === undefined || step.label !== 0)
        if (found !== undefined) {
          assert.deepEqual([found.index, found.label], [index + step.index, label + step.label])
        }
      }
    }
    assert.deepEqual(line.takeCodes(), [])
  }

  #cancel(client: Client, call: Call, now: number): void {
    const { stage } = this
    const { line, invite } = client
    const over = this.#isOver(call)
    const heard = call.user.heard.length
    const routedBefore = stage.routed.length
    stage.receive(request('CANCEL', call.parts), line)
    const routed = stage.routed.length > routedBefore
    const sent = line.sent.slice()
    const codes = line.takeCodes()
    if (routed) {
      assert.ok(!invite || (over && now >= call.until), 'a CANCEL that was not matched')
      assert.deepEqual(codes, [])
      return
    }
    assert.ok(invite && now <= call.until + FORGOTTEN_LATE)
    assert.deepEqual(codes, over ? [200] : [487, 200])
    if (over) {
      assert.equal(call.user.heard.length, heard)
      return
    }
    assert.equal(call.user.heard.at(-1), 'cancelled')
    call.code = 487
    this.#final(client, call, sent[0] as string, now)
  }

  #acknowledge(client: Client, call: Call, now: number): void {
    const { stage } = this
    const { code } = call.transaction.final ? { code: call.code } : { code: 0 }
    const branch = code >= 200 && code < 300 ? `${call.parts.branch}-ack` : (call.parts.branch ?? '')
    stage.receive(request('ACK', { ...call.parts, branch, toTag: call.transaction.toTag }), client.line)
    if (!client.invite || call.final === undefined || call.acknowledged) return
    if (now > call.until) return
    call.acknowledged = true
    call.until = client.line.reliable ? now : now + 1000
  }

  #pass(ms: number): void {
    const { clock } = this.stage
    clock.advance(ms)
    const now = clock.now()
    for (const client of this.#clients) {
      const { call, line } = client
      const sent = line.sent.splice(0)
      if (call === undefined) {
        assert.deepEqual(sent, [])
        continue
      }
      if (!this.#isOver(call)) {
        if (sent.length === 0) {
          assert.ok(now <= call.until + LATE, 'no 408')
          continue
        }
        assert.ok(now >= call.until, '408 too early')
        const first = sent[0] as string
        assert.ok(first.startsWith('SIP/2.0 408 '), first)
        assert.equal(call.user.heard.at(-1), 'timed out')
        call.code = 408
        // It went out when it was due, or a little later.
        this.#final(client, call, first, call.until)
      }
      const silent =
        !client.invite || call.acknowledged || (line.reliable && call.code >= 300) || call.released
      if (silent && call.final !== undefined) assert.ok(sent.length <= 1)
      for (const text of sent) assert.equal(text, call.final, 'a second final reply')
    }
  }

  #final(client: Client, call: Call, text: string, now: number): void {
    assert.equal(call.final, undefined, 'a final reply for the second time')
    call.final = text
    call.suspended = false
    this.#ended += 1
    if (client.invite) call.until = now + UNACKNOWLEDGED
    else call.until = client.line.reliable ? now : now + 1000
  }

  #isOver(call: Call): boolean {
    return call.final !== undefined || call.released
  }

  #compareCounts(): void {
    const calls = this.#clients.flatMap(({ call }) => call ?? [])
    const stats = this.stage.layer.stats()
    assert.equal(stats['tm_transactions'], calls.filter((call) => !this.#isOver(call)).length)
    assert.equal(stats['tm_suspended'], calls.filter((call) => call.suspended).length)
    for (const call of calls) {
      const { transaction } = call
      assert.equal(transaction.suspended, call.suspended)
      assert.equal(transaction.final, call.final !== undefined)
      assert.equal(transaction.replyCode, call.code)
    }
  }
}
