import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Backoff } from '../../src/client/backoff.ts'

test('delays double from min to max, and are between half and the whole of that', () => {
  const options = { min: 100, max: 1000, factor: 2, retries: Infinity }
  const lowest = new Backoff(options, () => 0)
  const highest = new Backoff(options, () => 1)
  assert.deepEqual(
    Array.from({ length: 6 }, () => [lowest.next(), highest.next()]),
    [
      [50, 100],
      [100, 200],
      [200, 400],
      [400, 800],
      [500, 1000],
      [500, 1000],
    ],
  )
})

test('there are as many attempts as retries', () => {
  const backoff = new Backoff({ min: 1, max: 1, factor: 1, retries: 2 })
  assert.notEqual(backoff.next(), undefined)
  assert.notEqual(backoff.next(), undefined)
  assert.equal(backoff.next(), undefined)
  assert.equal(backoff.attempt, 2)
})

test('only a connection that lived for max starts the series anew', () => {
  const backoff = new Backoff({ min: 100, max: 1000, factor: 2, retries: 5 }, () => 1)
  backoff.next()
  backoff.lived(999)
  assert.equal(backoff.next(), 200)
  backoff.lived(1000)
  assert.equal(backoff.attempt, 0)
  assert.equal(backoff.next(), 100)
})

test('property: a delay is never above max, nor under half of min', () => {
  const options = fc.record({
    min: fc.integer({ min: 1, max: 1000 }),
    max: fc.integer({ min: 1000, max: 100_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    retries: fc.constant(2000),
  })
  fc.assert(
    fc.property(options, (given) => {
      const backoff = new Backoff(given)
      // Far enough for factor ** attempt to be Infinity.
      for (let delay = backoff.next(); delay !== undefined; delay = backoff.next()) {
        assert.ok(delay >= given.min / 2 && delay <= given.max, String(delay))
      }
    }),
    { numRuns: 20 },
  )
})
