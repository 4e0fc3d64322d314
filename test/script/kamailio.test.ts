// Asks Kamailio whether it takes each of the scripts in syntax-cases.ts, so that what is recorded there, which the parser is held
// against, is what it says.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findKamailio } from '../conformance/kamailio.ts'
import { parse } from './parse.ts'
import { HEAD, SYNTAX_CASES } from './syntax-cases.ts'

/** A check takes 30 ms; some scripts make Kamailio loop for ever. */
const LIMIT = 20_000

describe('the parser takes and refuses what Kamailio does', () => {
  for (const { text, taken, differs } of SYNTAX_CASES) {
    const title =
      differs === undefined ? JSON.stringify(text) : `${JSON.stringify(text)} (differs: ${differs})`
    test(title, () => {
      const { diagnostics, messages } = parse(HEAD + text)
      const here = diagnostics.errors.length === 0
      assert.equal(here, differs === undefined ? taken : !taken, messages.join('\n'))
      for (const { place } of diagnostics.errors)
        assert.ok(place.line > 3, 'a mistake of what stands before the case')
    })
  }
})

const program = findKamailio()

if (program === null) {
  test('what Kamailio takes and refuses', {
    skip: process.env['CI'] ? false : 'no Kamailio with evapi here',
  }, () => {
    assert.fail('install kamailio and kamailio-extra-modules: in CI conformance is not skipped')
  })
} else {
  describe('what Kamailio takes and refuses', { concurrency: 2 }, () => {
    let directory = ''
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'evapid-syntax-'))
    })
    after(() => rm(directory, { recursive: true }))

    for (const [number, { text, taken }] of SYNTAX_CASES.entries()) {
      test(JSON.stringify(text), async () => {
        const file = join(directory, `${number}.cfg`)
        await writeFile(file, HEAD + text, 'latin1')
        const { takes, said } = await check(program, file)
        assert.equal(takes, taken, said)
      })
    }
  })
}

/** What `kamailio -c` says of a file. */
function check(kamailio: string, file: string): Promise<{ takes: boolean; said: string }> {
  return new Promise((resolve) => {
    const args = ['-c', '-E', '-m', '16', '-M', '8', '-f', file]
    execFile(kamailio, args, { timeout: LIMIT, killSignal: 'SIGKILL' }, (error, _, said) => {
      resolve({ takes: error === null, said })
    })
  })
}
