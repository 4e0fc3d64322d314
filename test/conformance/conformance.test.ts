// Runs every scenario against Kamailio and against evapid. What a scenario is, and what it should come to, is in
// scenarios.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startEvapid } from './evapid.ts'
import { findKamailio, startKamailio } from './kamailio.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import type { BusSettings, StartServer } from './server-under-test.ts'
import { CONDUCTOR, type Outcome, Stage } from './stage.ts'
import { Trace } from './trace.ts'

const DEFAULTS: BusSettings = { maxClients: 32, netstringFormat: 1, onBadFrame: 'close' }

async function play(scenario: Scenario, start: StartServer): Promise<Outcome> {
  const settings = { ...DEFAULTS, ...scenario.settings }
  const server = await start(settings, new Trace(CONDUCTOR))
  const stage = new Stage(server, settings)
  try {
    if (scenario.alone !== true) await stage.conduct()
    await scenario.play(stage)
    return await stage.outcome()
  } finally {
    stage.clear()
    await server.stop()
  }
}

const program = findKamailio()

if (program === null) {
  test('conformance with Kamailio', {
    skip: process.env['CI'] ? false : 'no Kamailio with evapi here',
  }, () => {
    assert.fail('install kamailio and kamailio-extra-modules: in CI conformance is not skipped')
  })
} else {
  // Kamailio's Nagle makes a scenario wait for 40 ms here and there, which others can use.
  describe('conformance with Kamailio', { concurrency: 4 }, () => {
    for (const scenario of scenarios) {
      const expected =
        'outcome' in scenario ? { kamailio: scenario.outcome, evapid: scenario.outcome } : scenario
      describe('differs' in scenario ? `${scenario.name} (differs)` : scenario.name, () => {
        test('Kamailio', async () => {
          const outcome = await play(scenario, (settings, trace) => startKamailio(program, settings, trace))
          assert.deepEqual(outcome, expected.kamailio)
        })
        test('evapid', async () => {
          // A difference that is none any more must leave the list.
          if ('differs' in scenario) assert.notDeepEqual(expected.evapid, expected.kamailio)
          assert.deepEqual(await play(scenario, startEvapid), expected.evapid)
        })
      })
    }
  })
}
