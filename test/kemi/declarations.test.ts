// The types that `evapid/kemi` ships: those of the functions that are there, and of use to a script in TypeScript.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { currentDeclarations, DECLARATIONS } from './write-declarations.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSC = join(ROOT, 'node_modules/.bin/tsc')

/** What the compiler says of a script whose package has evapid; `''`: nothing. */
async function check(source: string, ...options: readonly string[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'evapid-kemi-types-'))
  try {
    mkdirSync(join(directory, 'node_modules'))
    symlinkSync(ROOT, join(directory, 'node_modules/evapid'))
    writeFileSync(join(directory, 'routes.kemi.ts'), source)
    const strict = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', 'routes.kemi.ts']
    return await new Promise((resolve) =>
      execFile(TSC, [...strict, ...options], { cwd: directory }, (_, stdout) => resolve(stdout)),
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const FINE = `
function ksr_request_route(): void {
  if (KSR.is_INVITE()) KSR.tm.t_reply(404, 'Not ' + KSR.pv.gete('$rU'))
  const found: KemiValue = KSR.hdr.get('X-A')
  if (found === null) KSR.x.exit()
  print(KSR.pv.get('$rm'))
  console.log('x')
}
`

test('the types are those of the functions that are there: npm run kemi:types writes them', () => {
  assert.equal(readFileSync(DECLARATIONS, 'utf8'), currentDeclarations())
})

test('a script that refers to the types is checked', async () => {
  assert.equal(await check(`/// <reference types="evapid/kemi" />\n${FINE}`, '--lib', 'es2023'), '')
})

test('a script that imports the types is checked, also beside those of browsers', async () => {
  assert.equal(await check(`import type {} from 'evapid/kemi'\n${FINE}`, '--skipLibCheck'), '')
})

test('what is wrong in a script is told by the compiler', async () => {
  const told = await check(
    `/// <reference types="evapid/kemi" />
KSR.pv.get('plain')
KSR.evapi.rely('x')
KSR.tm.t_reply('200', 'OK')
`,
    '--lib',
    'es2023',
  )
  assert.match(told, /routes\.kemi\.ts\(2,12\).*"plain"/)
  assert.match(told, /routes\.kemi\.ts\(3,11\).*rely.*relay/)
  assert.match(told, /routes\.kemi\.ts\(4,16\).*string.*number/)
})
