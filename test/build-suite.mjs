// Compiles the tests and what they test into .suite/, where the suite runs: to translate them when they are run, as tsx does, takes each of the many
// test files more time than most of them run. Beside each compiled file stands the one it was made of, for tests that hand files to somebody else.
// A single file runs as it is: npx tsx --test FILE

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const suite = `${root}.suite/`

rmSync(suite, { recursive: true, force: true })
mkdirSync(suite)
for (const part of ['bench', 'docs', 'examples', 'package.json', 'src', 'test', 'tsconfig.json']) {
  cpSync(root + part, suite + part, { recursive: true })
}
// The addon and the libraries are the same, and the package is what was compiled here: a module must not be there twice.
symlinkSync(`${root}build`, `${suite}build`)
symlinkSync(`${root}node_modules`, `${suite}node_modules`)
symlinkSync('src', `${suite}dist`)

const tsc = (...args) =>
  spawnSync(`${root}node_modules/.bin/tsc`, args, { cwd: root, stdio: 'inherit' }).status ?? 1
const failed =
  tsc('-p', 'tsconfig.suite.json') || tsc('-p', 'src/gateway/page', '--outDir', '.suite/src/gateway/page')
process.exit(failed)
