// How properties are run: bounded in time, and repeatable. A failure prints its seed and path; with both in the environment
// (EVAPID_SEED, EVAPID_PATH) the run begins with that very case.
import fc from 'fast-check'

/** Time after which a property begins no further case, in ms: a slow machine runs fewer, not longer. */
const LIMIT = 2500

/**
 * Runs a property over a case of `arbitrary`. Not with fast-check's own time limits: they give up the case that is under
 * way and count it as passed, which is what hides a bus that hangs.
 */
export async function check<Case>(
  arbitrary: fc.Arbitrary<Case>,
  holds: (one: Case) => Promise<void>,
  numRuns: number,
): Promise<void> {
  const { EVAPID_SEED: seed, EVAPID_PATH: path } = process.env
  const deadline = performance.now() + LIMIT
  let begun = 0
  const property = fc.asyncProperty(arbitrary, async (one) => {
    begun += 1
    if (begun === 1 || performance.now() < deadline) await holds(one)
  })
  await fc.assert(property, {
    numRuns,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  })
}
