// Property: whatever clients send, however it is cut, and whatever routes do with it, each client receives exactly what the
// model says, in order.
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { noWebSockets } from '../support/web-client.ts'
import type { Form, Step } from './model.ts'
import { type ClientPlan, play } from './play.ts'
import { check } from './run.ts'
import { cuts, sent, smallSent } from './traffic.ts'

const TAGS = ['a', 'b', 'ä€', 't'.repeat(63)]
const form = fc.constantFrom<Form>('message', 'message', 'bytes', 'text', 'own')
const tag = fc.constantFrom(...TAGS)

const quietStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('relay' as const), as: form }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('multicast' as const, 'unicast' as const), as: form, tag }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tag' as const), tag: fc.constantFrom('', ...TAGS) }) },
)
const closing: fc.Arbitrary<Step> = fc.constant({ do: 'close' })
const stepsOf = (step: fc.Arbitrary<Step>) =>
  fc.array(fc.array(step, { maxLength: 4 }), { minLength: 1, maxLength: 8 })

/** A client that stays to the end. */
const staying: fc.Arbitrary<ClientPlan> = fc.record({
  messages: fc.array(sent, { maxLength: 12 }),
  steps: stepsOf(quietStep),
  cuts,
  late: fc.constantFrom(0, 0, 0, 1, 5),
  halfCloses: fc.constant(false),
})
/** A client that one of its own messages may close. It sends little: what it is writing when it is closed must not block. */
const leaving: fc.Arbitrary<ClientPlan> = fc.record({
  messages: fc.array(smallSent, { maxLength: 12 }),
  steps: stepsOf(fc.oneof({ weight: 8, arbitrary: quietStep }, { weight: 1, arbitrary: closing })),
  cuts,
  late: fc.constantFrom(0, 0, 0, 1, 5),
  halfCloses: fc.boolean(),
})
const clients = fc.array(fc.oneof({ weight: 3, arbitrary: staying }, { weight: 2, arbitrary: leaving }), {
  minLength: 1,
  maxLength: 6,
})
const mixed = fc.array(
  fc
    .tuple(fc.oneof({ weight: 3, arbitrary: staying }, { weight: 2, arbitrary: leaving }), fc.boolean())
    .map(([client, web]) => ({ ...client, web })),
  { minLength: 1, maxLength: 6 },
)
const waits = fc.array(fc.constantFrom(0, 0, 1, 3), { minLength: 1, maxLength: 5 })

describe('each client receives what the model says', { timeout: 60_000 }, () => {
  for (const netstrings of [true, false]) {
    const wire = netstrings ? 'netstrings' : 'bare bytes'
    test(`with synchronous routes and ${wire}`, async () => {
      await check(
        clients,
        (clients) => play({ clients, netstrings, waits: undefined }),
        netstrings ? 150 : 60,
      )
    })
    test(`with asynchronous routes and ${wire}`, async () => {
      await check(
        fc.tuple(clients, waits),
        ([clients, waits]) => play({ clients, netstrings, waits }),
        netstrings ? 100 : 40,
      )
    })
    test(`some of them over WebSockets, beside ${wire}`, { skip: noWebSockets }, async () => {
      await check(
        fc.tuple(mixed, fc.option(waits, { nil: undefined })),
        ([clients, waits]) => play({ clients, netstrings, waits }),
        netstrings ? 150 : 60,
      )
    })
  }
})
