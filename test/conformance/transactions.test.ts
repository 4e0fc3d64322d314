// Runs every scenario of transactions against Kamailio and against evapid, with sipp as the phone and one application on the bus.
// What a scenario is, and what it should come to, is in transaction-scenarios.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findSipp, runSipp } from '../support/sipp.ts'
import { Application } from './application.ts'
import { findKamailio } from './kamailio.ts'
import { HOST } from './server-under-test.ts'
import { faults, replyLines } from './sip-outcome.ts'
import type { StartSipServer, TransactionSettings } from './sip-server-under-test.ts'
import { startSipEvapid } from './transaction-evapid.ts'
import { startSipKamailio } from './transaction-kamailio.ts'
import {
  type TransactionOutcome,
  type TransactionScenario,
  transactionScenarios,
} from './transaction-scenarios.ts'

/** On a machine that is busy a scenario takes long; nothing is sent again or given up for that. */
const DEFAULTS: TransactionSettings = {
  frTimer: 20_000,
  frInvTimer: 20_000,
  retrTimer1: 2_000,
  retrTimer2: 4_000,
}

async function play(
  sipp: string,
  scenario: TransactionScenario,
  start: StartSipServer,
): Promise<TransactionOutcome> {
  const server = await start({ ...DEFAULTS, ...scenario.settings })
  try {
    const application = scenario.answers && (await Application.connect(server.evapiPort, scenario.answers))
    try {
      const { code, errors, messages } = await runSipp(sipp, {
        scenario: scenario.sipp,
        words: scenario.words,
        host: HOST,
        port: server.sipPorts[scenario.transport ?? 'udp'],
        transport: scenario.transport ?? 'udp',
      })
      const replies = replyLines(messages)
      assert.equal(code, 0, `sipp: ${errors}\n${JSON.stringify(replies, null, 1)}`)
      assert.deepEqual(faults(messages), [])
      await application?.fence()
      // Kamailio loses a message now and then when it is busy (EVAPI.md, Wire): it is told again until it has seen one.
      const again = setInterval(() => void application?.fence(), 1000)
      try {
        const routes = await server.runs(application ? 1 : 0)
        return { replies, routes, application: application?.lines ?? [] }
      } finally {
        clearInterval(again)
      }
    } finally {
      await application?.close()
    }
  } finally {
    await server.stop()
  }
}

const kamailio = findKamailio()
const sipp = findSipp()

if (kamailio === null || sipp === null) {
  test('conformance of transactions with Kamailio', {
    skip: process.env['CI'] ? false : 'no Kamailio with evapi here, or no sipp',
  }, () => {
    assert.fail('install kamailio, kamailio-extra-modules and sip-tester: in CI conformance is not skipped')
  })
} else {
  // Most of a scenario is waiting for timers.
  describe('conformance of transactions with Kamailio', { concurrency: 8 }, () => {
    for (const scenario of transactionScenarios) {
      const expected =
        'outcome' in scenario ? { kamailio: scenario.outcome, evapid: scenario.outcome } : scenario
      describe('differs' in scenario ? `${scenario.name} (differs)` : scenario.name, () => {
        test('Kamailio', async () => {
          assert.deepEqual(await play(sipp, scenario, startSipKamailio(kamailio)), expected.kamailio)
        })
        test('evapid', async () => {
          // A difference that is none any more must leave the list.
          if ('differs' in scenario) assert.notDeepEqual(expected.evapid, expected.kamailio)
          assert.deepEqual(await play(sipp, scenario, startSipEvapid), expected.evapid)
        })
      })
    }
  })
}
