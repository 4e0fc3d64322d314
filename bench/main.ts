// `npm run bench`: evapid and its peers side by side, on the terminal and in bench/results/latest.json. README.md says
// what the cells are and how to read them.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Cell, cells, quickCells } from './cells.ts'
import { machineFacts } from './machine.ts'
import { type Figure, faults, measureCell, type Pace } from './measure.ts'
import { peers } from './peers/index.ts'
import type { Peer } from './peers/peer.ts'
import { pinned } from './processes.ts'
import { type CellFigures, progressLine, tables } from './table.ts'

const USAGE = `usage: npm run bench -- [--quick] [--cells NAMES] [--peers NAMES] [--json FILE]
  --quick         fewer cells, one short round each
  --cells NAMES   only cells whose name contains one of these (comma between them)
  --peers NAMES   only these peers
  --json FILE     where the results go (bench/results/latest.json)
cells: ${cells.map((cell) => cell.name).join(', ')}
peers: ${peers.map((peer) => peer.name).join(', ')}
`

const FULL: Pace = { rounds: 3, seconds: 1.5, warmUp: 0.3 }
const QUICK: Pace = { rounds: 1, seconds: 1, warmUp: 0.3 }

interface Plan {
  readonly cells: readonly Cell[]
  readonly peers: readonly Peer[]
  readonly pace: Pace
  readonly file: string
}

class UsageError extends Error {}

function readPlan(): Plan | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      cells: { type: 'string' },
      peers: { type: 'string' },
      json: { type: 'string', default: join(import.meta.dirname, 'results', 'latest.json') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const wantedCells = values.cells?.split(',')
  const wantedPeers = values.peers?.split(',')
  for (const name of wantedPeers ?? []) {
    if (!peers.some((peer) => peer.name === name)) throw new UsageError(`no peer is called ${name}`)
  }
  const chosen = cells.filter((cell) =>
    wantedCells === undefined
      ? !values.quick || quickCells.has(cell.name)
      : wantedCells.some((part) => cell.name.includes(part)),
  )
  if (chosen.length === 0) throw new UsageError('no cell has such a name')
  return {
    cells: chosen,
    peers: peers.filter((peer) => wantedPeers === undefined || wantedPeers.includes(peer.name)),
    pace: values.quick ? QUICK : FULL,
    file: resolve(values.json),
  }
}

function buildNative(): void {
  const { status, stderr } = spawnSync('make', ['-s', '-C', join(import.meta.dirname, 'native')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the load generator does not build:\n${stderr}`)
}

async function run(plan: Plan): Promise<boolean> {
  buildNative()
  const machine = machineFacts()
  console.log(`${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}`)
  if (!pinned) console.log('only one core: server and load share it, so deliveries/s mean little')

  const versions = plan.peers.map((peer) => ({ peer, version: peer.version() }))
  for (const { peer, version } of versions) {
    console.log(
      `  ${peer.name.padEnd(10)} ${version === undefined ? `missing (${peer.install})` : `${version}  ${peer.setup}`}`,
    )
  }
  console.log()
  const present = versions.filter(({ version }) => version !== undefined).map(({ peer }) => peer)

  const results: CellFigures[] = []
  const scratch = mkdtempSync(join(tmpdir(), 'evapid-bench-'))
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
  for (const cell of plan.cells) {
    const report = (figure: Figure): void => console.log(progressLine(cell, figure))
    results.push({ cell, figures: await measureCell(cell, present, plan.pace, scratch, report) })
  }

  console.log(`\n${tables(results)}`)
  mkdirSync(dirname(plan.file), { recursive: true })
  const peerFacts = versions.map(({ peer, version }) => ({
    name: peer.name,
    version: version ?? null,
    setup: peer.setup,
  }))
  const document = { when: new Date().toISOString(), machine, pace: plan.pace, peers: peerFacts, results }
  writeFileSync(plan.file, `${JSON.stringify(document, null, 1)}\n`)
  console.log(`\nresults: ${plan.file}`)
  return results.every(({ figures }) => figures.every(sound))
}

/** A peer may lose messages, that is a finding; evapid may not, that is a bug. */
function sound(figure: Figure): boolean {
  if (!figure.peer.startsWith('evapid')) return true
  if ('failure' in figure) return false
  return figure.kind === 'idle' || figure.rounds.every((round) => faults(round).length === 0)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

try {
  const plan = readPlan()
  if (plan === undefined) process.stdout.write(USAGE)
  else if (!(await run(plan))) process.exitCode = 1
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const wrongUse = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
  console.error(`bench: ${error instanceof Error ? error.message : error}${wrongUse ? `\n${USAGE}` : ''}`)
  process.exitCode = wrongUse ? 2 : 1
}
