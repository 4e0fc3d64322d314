// The same kamailio.cfg in Kamailio and in evapid: what each case relays, and replies, is compared byte for byte. What a case is, is in
// script-topics.ts and script-requests.ts; where evapid differs on purpose, script-differences.ts says how and why.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { findKamailio } from './kamailio.ts'
import { ScriptClient } from './script-client.ts'
import { DIFFERENCES } from './script-differences.ts'
import { checkWithEvapid, startScriptEvapid } from './script-evapid.ts'
import { refusalOfKamailio, type ScriptServer, startScriptKamailio } from './script-kamailio.ts'
import { playRequest, readRequestCases } from './script-requests.ts'
import { fileNames, mainScript, readTopics, SCRIPTS } from './script-topics.ts'

/** What each case came to, by its name. */
type Outcomes = ReadonlyMap<string, readonly string[]>

const topics = readTopics().filter(({ cases }) => cases.length > 0)
const requests = readRequestCases()

async function play(server: ScriptServer): Promise<Outcomes> {
  const outcomes = new Map<string, readonly string[]>()
  const client = await ScriptClient.connect(server.ports.evapi)
  try {
    for (const { name, cases } of topics) {
      const lines = await client.run(cases.map(({ route }) => route))
      for (const [position, { title }] of cases.entries())
        outcomes.set(`${name}: ${title}`, lines[position] ?? [])
    }
    for (const name of requests)
      outcomes.set(`requests: ${name}`, await playRequest(client, server.ports.sip, name))
    return outcomes
  } finally {
    client.close()
    await server.stop()
  }
}

const program = findKamailio()

if (program === null) {
  test('conformance of scripts with Kamailio', {
    skip: process.env['CI'] ? false : 'no Kamailio with evapi here',
  }, () => {
    assert.fail('install kamailio and kamailio-extra-modules: in CI conformance is not skipped')
  })
} else {
  describe('conformance of scripts with Kamailio', () => {
    let kamailio: Outcomes = new Map()
    let evapid: Outcomes = new Map()

    before(async () => {
      const running = play(await startScriptKamailio(program, mainScript))
      // A throw here must not leave the other one running.
      const [theirs, ours] = await Promise.allSettled([running, startScriptEvapid(mainScript).then(play)])
      if (theirs.status === 'rejected') throw theirs.reason
      if (ours.status === 'rejected') throw ours.reason
      kamailio = theirs.value
      evapid = ours.value
    })

    const names = [
      ...topics.flatMap(({ name, cases }) => cases.map(({ title }) => `${name}: ${title}`)),
      ...requests.map((name) => `requests: ${name}`),
    ]
    for (const name of names) {
      const difference = DIFFERENCES[name]
      test(difference ? `${name} (differs)` : name, () => {
        const theirs = kamailio.get(name) ?? []
        const ours = evapid.get(name) ?? []
        assert.notDeepEqual(theirs, [], 'a case that says nothing shows nothing')
        if (!difference) assert.deepEqual(ours, theirs)
        else {
          assert.deepEqual(theirs, difference.kamailio)
          assert.deepEqual(ours, difference.evapid)
          assert.notDeepEqual(ours, theirs)
        }
      })
    }

    test('every difference is that of a case', () => {
      assert.deepEqual(
        Object.keys(DIFFERENCES).filter((name) => !names.includes(name)),
        [],
      )
    })
  })

  // Starting Kamailio for each is what takes the time.
  describe('scripts that are refused or accepted', { concurrency: 4 }, () => {
    const expect = (directory: string, kamailio: boolean, evapid: boolean, says: string): void => {
      for (const file of fileNames(directory)) {
        test(`${file.replace(/\.cfg$/, '').replaceAll('-', ' ')} ${says}`, async () => {
          const path = join(SCRIPTS, directory, file)
          const theirs = await refusalOfKamailio(program, path, kamailio ? 'look' : 'start')
          const ours = checkWithEvapid(path)
          const accepted = { kamailio: theirs === undefined, evapid: ours.length === 0 }
          const why = `Kamailio: ${theirs ?? 'accepted'}\nevapid: ${ours.join('\n') || 'accepted'}`
          assert.deepEqual(accepted, { kamailio, evapid }, why)
        })
      }
    }
    expect('refused', false, false, 'is refused by both')
    expect('accepted', true, true, 'is accepted by both')
    expect('stricter', true, false, 'is refused by evapid alone, at start and not at 3 a.m.')
    expect('newer', false, true, 'is accepted by evapid, and by newer releases of Kamailio')
  })
}
