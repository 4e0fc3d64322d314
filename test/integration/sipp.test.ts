// evapid under sipp, a SIP client that is none of ours: calls that an application decides about over the bus, over UDP, TCP and IPv6,
// with lost packets, late and missing ACKs, CANCEL and time-outs.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { type Client, connect } from '../../src/client/index.ts'
import { type Config, createServer, type Server } from '../../src/index.ts'
import { eventually } from '../support/eventually.ts'
import { findSipp, runSipp, type SippResult, type SippRun } from '../support/sipp.ts'
import { headerOf } from '../support/sipp-log.ts'

/** What the server asks, and the application answers. */
interface Question {
  readonly index: number
  readonly label: number
  readonly method: string
  readonly user: string
  readonly callId: string
}
interface Verdict {
  readonly code: number
  readonly reason: string
}

/** A server that asks an application about everything that begins something, and that application. */
class Exchange implements AsyncDisposable {
  readonly server: Server
  readonly questions: Question[] = []
  readonly #client: Client
  readonly #decide: (user: string) => Verdict | undefined

  private constructor(server: Server, client: Client, decide: (user: string) => Verdict | undefined) {
    this.server = server
    this.#client = client
    this.#decide = decide
    client.on('message', (message) => this.#answer(message.text))
  }

  /** @param decide what becomes of a request for a user; undefined: the application says nothing */
  static async open(decide: (user: string) => Verdict | undefined, tm: Config['tm'] = {}): Promise<Exchange> {
    const server = createServer({
      listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', 'udp:[::1]:0', 'tcp:[::1]:0'],
      evapi: { bindAddr: '127.0.0.1:0' },
      // On a busy machine nothing is sent again before it could be answered, unless a test is about that.
      tm: { retrTimer1: 2_000, retrTimer2: 4_000, ...tm },
      routes: {
        request: async (ctx) => {
          if (ctx.method === 'ACK') return
          if (ctx.method === 'BYE' || ctx.request.header('X-Steps') === 'fence') {
            ctx.reply(200)
            return
          }
          const { code, reason } = await ctx.ask<Verdict>({
            method: ctx.method,
            user: ctx.pv('$rU'),
            callId: ctx.pv('$ci'),
          })
          ctx.reply(code, reason)
        },
        'evapi:message-received': (ctx) => ctx.continueFromJson(),
      },
      log: false,
    })
    await server.listen()
    const client = connect(server.address)
    await once(client, 'connect')
    return new Exchange(server, client, decide)
  }

  /** Runs a scenario of test/sipp against the server. */
  async dial(run: Pick<SippRun, 'scenario'> & Partial<SippRun>): Promise<SippResult> {
    const { host = '127.0.0.1', transport = 'udp' } = run
    const address = this.server.sipAddresses.find(
      (each) => each.protocol === transport && each.address === host,
    )
    assert.ok(address)
    return runSipp(String(sipp), { ...run, host, transport, port: address.port })
  }

  /** One of the server's counters. */
  count(name: string): number {
    const value = this.server.stats()[name]
    if (value === undefined) throw new Error(`no counter ${name}`)
    return value
  }

  #answer(text: string): void {
    const question = JSON.parse(text) as Question
    this.questions.push(question)
    const verdict = this.#decide(question.user)
    if (verdict)
      void this.#client.send(JSON.stringify({ index: question.index, label: question.label, ...verdict }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
    await this.server.close()
  }
}

const DECIDE = (user: string): Verdict | undefined =>
  user === 'silent'
    ? undefined
    : user === 'busy'
      ? { code: 486, reason: 'Busy Here' }
      : { code: 200, reason: 'OK' }

/** The replies to a method as their status lines, retransmissions included. */
function replies({ messages }: SippResult, method: string): string[] {
  return messages
    .filter(
      (message) => message.direction === 'received' && headerOf(message, 'CSeq')?.endsWith(` ${method}`),
    )
    .map(({ startLine }) => startLine.replace('SIP/2.0 ', ''))
}

const TRYING = '100 trying -- your call is important to us'
const sipp = findSipp()

if (sipp === null) {
  test('evapid under sipp', { skip: process.env['CI'] ? false : 'no sipp here' }, () => {
    assert.fail('install sip-tester: in CI sipp is not skipped')
  })
} else {
  for (const [transport, host] of [
    ['udp', '127.0.0.1'],
    ['tcp', '127.0.0.1'],
    ['udp', '::1'],
    ['tcp', '::1'],
  ] as const) {
    describe(`sipp over ${transport} to ${host}`, { concurrency: 4 }, () => {
      test('a call that the application lets through is answered, acknowledged and ended', async () => {
        await using exchange = await Exchange.open(DECIDE)
        const result = await exchange.dial({ scenario: 'answered', transport, host })
        assert.equal(result.code, 0, result.errors)
        assert.deepEqual(replies(result, 'INVITE'), [TRYING, '200 OK'])
        assert.deepEqual(replies(result, 'BYE'), ['200 OK'])
        assert.equal(exchange.questions.length, 1)
      })

      test('a call that the application refuses is refused, and its ACK ends it', async () => {
        await using exchange = await Exchange.open(DECIDE)
        const result = await exchange.dial({ scenario: 'refused', words: { user: 'busy' }, transport, host })
        assert.equal(result.code, 0, result.errors)
        assert.deepEqual(replies(result, 'INVITE'), [TRYING, '486 Busy Here'])
        await eventually('the ACK came', () => exchange.count('tm_acks_absorbed') === 1)
        assert.equal(exchange.count('tm_unacknowledged'), 0)
      })

      test('a request that is no call is answered as the application says', async () => {
        await using exchange = await Exchange.open(DECIDE)
        const result = await exchange.dial({
          scenario: 'request',
          words: { method: 'MESSAGE' },
          transport,
          host,
        })
        assert.equal(result.code, 0, result.errors)
        assert.deepEqual(replies(result, 'MESSAGE'), ['200 OK'])
        assert.equal(exchange.questions[0]?.method, 'MESSAGE')
      })

      test('a call is cancelled while the application thinks', async () => {
        await using exchange = await Exchange.open(DECIDE)
        const result = await exchange.dial({
          scenario: 'cancelled',
          words: { user: 'silent' },
          transport,
          host,
        })
        assert.equal(result.code, 0, result.errors)
        assert.deepEqual(replies(result, 'INVITE'), [TRYING, '487 Request canceled'])
        assert.equal(replies(result, 'CANCEL').length, 1)
        const { index, label } = exchange.questions[0] ?? assert.fail('no question')
        assert.equal(exchange.server.continue(index, label, { code: 200, reason: 'OK' }), false)
      })

      test('a call about which the application says nothing ends with 408', async () => {
        await using exchange = await Exchange.open(DECIDE, { frInvTimer: 300 })
        const result = await exchange.dial({
          scenario: 'refused',
          words: { user: 'silent', code: '408' },
          transport,
          host,
        })
        assert.equal(result.code, 0, result.errors)
        assert.deepEqual(replies(result, 'INVITE'), [TRYING, '408 Request Timeout'])
        assert.equal(exchange.count('tm_timeouts'), 1)
      })
    })
  }

  describe('sipp over udp, with trouble', { concurrency: 4 }, () => {
    for (const [scenario, user, final] of [
      ['answered', 'bob', '200 OK'],
      ['refused', 'busy', '486 Busy Here'],
    ] as const) {
      test(`a ${final} is sent again until its ACK comes`, async () => {
        await using exchange = await Exchange.open(DECIDE, { retrTimer1: 100, retrTimer2: 200 })
        const result = await exchange.dial({ scenario, words: { user, wait: '700' } })
        assert.equal(result.code, 0, result.errors)
        // How often exactly is a matter of virtual time: test/tm.
        const finals = replies(result, 'INVITE').filter((reply) => reply === final)
        assert.ok(finals.length >= 3, `${finals.length} came`)
        await eventually('the ACK came', () => exchange.count('tm_unacknowledged') === 0)
        assert.equal(exchange.count('tm_replies_retransmitted'), finals.length - 1)
      })
    }

    test('calls get through when every fifth packet is lost, and the application is asked once about each', async () => {
      await using exchange = await Exchange.open(DECIDE, { retrTimer1: 100, retrTimer2: 400 })
      const result = await exchange.dial({
        scenario: 'answered',
        words: { retrans: '100' },
        calls: 50,
        rate: 50,
        lost: 20,
      })
      assert.equal(result.code, 0, result.errors)
      assert.equal(new Set(exchange.questions.map(({ callId }) => callId)).size, 50)
      assert.equal(exchange.questions.length, 50)
      // One 200 or its ACK in five is lost: that none of them is does not happen.
      assert.ok(exchange.count('tm_replies_retransmitted') > 0, 'nothing was lost')
    })

    test('refused calls are over when every fifth packet is lost', async () => {
      await using exchange = await Exchange.open(DECIDE, { retrTimer1: 100, retrTimer2: 400, wtTimer: 100 })
      const result = await exchange.dial({
        scenario: 'refused',
        words: { retrans: '100', user: 'busy' },
        calls: 50,
        rate: 50,
        lost: 20,
      })
      assert.equal(result.code, 0, result.errors)
      assert.equal(exchange.questions.length, 50)
    })
  })

  test('a hundred calls at two hundred a second each get their own answer', async () => {
    await using exchange = await Exchange.open(DECIDE)
    const result = await exchange.dial({ scenario: 'answered', calls: 100, rate: 200 })
    assert.equal(result.code, 0, result.errors)
    assert.equal(new Set(exchange.questions.map(({ index, label }) => `${index}:${label}`)).size, 100)
    assert.equal(new Set(exchange.questions.map(({ callId }) => callId)).size, 100)
    assert.equal(exchange.questions.length, 100)
    await eventually('every transaction is gone', () => exchange.count('tm_transactions') === 0)
  })
}
