// Whatever happens to transactions, in whatever order: they do what the model says.

import { test } from 'node:test'
import fc from 'fast-check'
import { CLIENTS, Model, type Step } from './model.ts'

const { EVAPID_SEED: seed, EVAPID_PATH: path } = process.env

const WHO = fc.nat(CLIENTS - 1)

const WRONG_PARTS = fc.constantFrom(
  { branch: 'z9hG4bKguessed' },
  { callId: 'another' },
  { fromTag: 'another' },
  { toTag: 'another' },
  { cseq: 999 },
  { sentBy: '10.9.9.9' },
)

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'request',
        'request',
        'request',
        'suspend',
        'suspend',
        'resume',
        'cancelSuspend',
        'cancel',
        'ack',
        'ack',
        'release',
      ),
      who: WHO,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reply' as const),
      who: WHO,
      code: fc.constantFrom(100, 180, 183, 200, 200, 302, 404, 486, 603, 699),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wrongAck' as const), who: WHO, parts: WRONG_PARTS }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wrongCancel' as const),
      who: WHO,
      parts: WRONG_PARTS.filter((parts) => !('toTag' in parts)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('setTimers' as const),
      who: WHO,
      ms: fc.constantFrom(0, 300, 2000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('find' as const),
      who: WHO,
      index: fc.constantFrom(0, 0, 1, -1, 0.5, 2 ** 32, -(2 ** 32), Number.NaN),
      label: fc.constantFrom(0, 0, 1, -1, 0.5, 2 ** 32, -(2 ** 32), Number.NaN),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat(100), fc.nat(1500), fc.nat(6000)),
    }),
  },
)

test('no final reply is doubled, lost or late, ids are never wrong, and at the end nothing is left', () => {
  fc.assert(
    fc.property(fc.array(STEP, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
      const model = new Model()
      for (const step of steps) model.play(step)
      model.end()
    }),
    {
      numRuns: 1000,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    },
  )
})
