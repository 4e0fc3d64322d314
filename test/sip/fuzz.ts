// The SIP parser against random input, for as long or as often as wanted:
//
//   npm run fuzz:sip -- --cases 1000000
//   npm run fuzz:sip -- --seconds 60
//
// A failure prints the smallest input that fails, and a seed; `--seed N` runs the same again.

import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { examineMessage, examineStream } from './examine.ts'
import { anyMessage } from './mutations.ts'

const { values } = parseArgs({
  options: { cases: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' } },
})
const cases = Number(values.cases ?? (values.seconds === undefined ? 100_000 : Number.MAX_SAFE_INTEGER))
const deadline = performance.now() + Number(values.seconds ?? Number.POSITIVE_INFINITY) * 1000
let seed = Number(values.seed ?? Date.now() % 2 ** 31)

/** Cases between two looks at the clock. */
const BATCH = 5000

const one = fc.oneof(
  { weight: 4, arbitrary: fc.record({ text: anyMessage, cuts: fc.constant(undefined) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      text: fc.array(anyMessage, { minLength: 1, maxLength: 4 }).map((messages) => messages.join('')),
      cuts: fc.array(fc.nat({ max: 0xffff }), { maxLength: 6 }),
    }),
  },
)

let done = 0
const begun = performance.now()
while (done < cases && performance.now() < deadline) {
  const numRuns = Math.min(BATCH, cases - done)
  fc.assert(
    fc.property(one, ({ text, cuts }) => {
      if (cuts === undefined) examineMessage(text)
      else examineStream(text, cuts)
    }),
    { seed, numRuns },
  )
  done += numRuns
  seed = (seed + 1) % 2 ** 31
}
const seconds = (performance.now() - begun) / 1000
console.log(`${done} cases in ${seconds.toFixed(1)} s: nothing found (next seed ${seed})`)
