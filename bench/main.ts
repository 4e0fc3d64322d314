// `npm run bench`: evapid and its peers side by side, on the terminal, as JSON and as charts. README.md says what the cells are
// and how to read them.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Cell, cells, type Pace, quickCells, type Suite, suiteOf, suites } from './cells.ts'
import { drawCharts } from './charts.ts'
import { type Figure, figureFaults } from './figure.ts'
import { machineFacts } from './machine.ts'
import { contestantsOf, measureCell, obstacle } from './measure.ts'
import { updatePage } from './page.ts'
import { peers } from './peers/index.ts'
import type { Peer } from './peers/peer.ts'
import { pinned } from './processes.ts'
import { type CellFigures, type PeerFacts, type Results, readResults, writeResults } from './results.ts'
import { Schedule } from './schedule.ts'
import { describe, paint, progressLine, tables } from './table.ts'
import { judge, targetsTable } from './targets.ts'

const RESULTS = join(import.meta.dirname, 'results')
/** A full run of a suite writes a file of its own. */
const RESULTS_OF: Readonly<Record<Suite, string>> = {
  messages: join(RESULTS, 'results.json'),
  transactions: join(RESULTS, 'transactions.json'),
  websocket: join(RESULTS, 'websocket.json'),
}
const USAGE = `usage: npm run bench -- [--suite NAME] [--quick] [--cells NAMES] [--peers NAMES] [--json FILE]
       npm run bench -- --charts FILE
  --suite NAME    only the cells about ${suites.join(', or only those about ')}
  --quick         fewer cells, one short round each
  --cells NAMES   only cells with these names, or parts of names (comma between them)
  --peers NAMES   only these peers
  --json FILE     where the results go, with the charts beside them (bench/results/results.json and transactions.json;
                  with --quick, --cells or --peers bench/results/partial/results.json)
  --charts FILE   measure nothing; show such a file once more, and draw its charts
cells: ${cells.map((cell) => cell.name).join(', ')}
peers: ${peers.map((peer) => peer.name).join(', ')}
`

const FULL: Pace = { rounds: 3, seconds: 0.9, warmUp: 0.2 }
const QUICK: Pace = { rounds: 1, seconds: 0.8, warmUp: 0.25 }

interface Plan {
  readonly cells: readonly Cell[]
  readonly peers: readonly Peer[]
  readonly pace: Pace
  /** Where the results go; undefined for a full run, whose suites have their files and are shown in docs/performance.md. */
  readonly file: string | undefined
}

class UsageError extends Error {}

const OPTIONS = {
  suite: { type: 'string' },
  quick: { type: 'boolean', default: false },
  cells: { type: 'string' },
  peers: { type: 'string' },
  json: { type: 'string' },
  charts: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

function planOf(values: Values): Plan {
  const wantedCells = values.cells?.split(',')
  const wantedPeers = values.peers?.split(',')
  for (const name of wantedPeers ?? []) {
    if (!peers.some((peer) => peer.name === name)) throw new UsageError(`no peer is called ${name}`)
  }
  const suite = suites.find((name) => name === values.suite)
  if (values.suite !== suite) throw new UsageError(`no suite is called ${values.suite}`)
  const inSuite = cells.filter((cell) => suite === undefined || suiteOf(cell) === suite)
  const chosen = inSuite.filter((cell) =>
    wantedCells === undefined
      ? !values.quick || quickCells.has(cell.name)
      : wantedCells.some((part) => isCalled(cell, part)),
  )
  if (chosen.length === 0) throw new UsageError('no cell has such a name')
  const full = !values.quick && wantedCells === undefined && wantedPeers === undefined
  return {
    cells: chosen,
    peers: peers.filter((peer) => wantedPeers === undefined || wantedPeers.includes(peer.name)),
    pace: values.quick ? QUICK : FULL,
    file:
      values.json === undefined && full
        ? undefined
        : resolve(values.json ?? join(RESULTS, 'partial', 'results.json')),
  }
}

/** By its name, or by a part of it that is not the name of another. */
function isCalled({ name }: Cell, wanted: string): boolean {
  return name === wanted || (name.includes(wanted) && !cells.some((other) => other.name === wanted))
}

function buildNative(): void {
  const { status, stderr } = spawnSync('make', ['-s', '-C', join(import.meta.dirname, 'native')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the load generator does not build:\n${stderr}`)
}

function findPeers(plan: Plan): { readonly present: Peer[]; readonly facts: PeerFacts[] } {
  const versions = plan.peers.map((peer) => ({ peer, version: peer.version() }))
  for (const { peer, version } of versions) {
    const state = version === undefined ? `missing (${peer.install})` : `${version}  ${peer.setup}`
    console.log(`  ${peer.name.padEnd(10)} ${state}`)
  }
  return {
    present: versions.filter(({ version }) => version !== undefined).map(({ peer }) => peer),
    facts: versions.map(({ peer, version }) => ({
      name: peer.name,
      version: version ?? null,
      setup: peer.setup,
    })),
  }
}

async function measure(plan: Plan, present: readonly Peer[]): Promise<CellFigures[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'evapid-bench-'))
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
  const schedule = new Schedule(plan.cells, present, plan.pace)
  const results: CellFigures[] = []
  for (const [index, cell] of plan.cells.entries()) {
    console.log(`${paint('bold', schedule.heading(index))} ${paint('dim', describe(cell))}`)
    const skipped = obstacle(cell)
    if (skipped !== undefined) {
      console.log(`  not measured: ${skipped}`)
      results.push({ cell, figures: [], skipped })
      continue
    }
    const report = (figure: Figure): void => console.log(progressLine(cell, figure))
    const figures = await measureCell(cell, contestantsOf(cell, present), plan.pace, scratch, report)
    results.push({ cell, figures })
  }
  return results
}

async function run(plan: Plan): Promise<boolean> {
  buildNative()
  const when = new Date().toISOString()
  const machine = machineFacts()
  console.log(`${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}`)
  if (!pinned) console.log('only one core: server and load share it, so deliveries/s mean little')
  const { present, facts } = findPeers(plan)
  console.log()
  const results = await measure(plan, present)
  const document: Results = {
    when,
    machine,
    pace: plan.pace,
    peers: facts,
    results,
    targets: judge(results),
  }
  const documents = plan.file === undefined ? bySuite(document) : new Map([[plan.file, document]])
  for (const [file, part] of documents) {
    writeResults(file, part)
    const charts = show(part, file)
    if (plan.file === undefined) updatePage(part)
    console.log(`\nresults: ${file}, with ${charts.length} charts beside it`)
  }
  return results.every(({ cell, figures }) => figures.every((figure) => sound(cell, figure)))
}

/** What each suite of a run writes, by the file it goes to. */
function bySuite(document: Results): Map<string, Results> {
  const ran = suites.filter((suite) => document.results.some(({ cell }) => suiteOf(cell) === suite))
  return new Map(
    ran.map((suite) => {
      const results = document.results.filter(({ cell }) => suiteOf(cell) === suite)
      return [RESULTS_OF[suite], { ...document, results, targets: judge(results) }]
    }),
  )
}

/** Tables to the terminal, charts beside `file`; returns their names. */
function show(document: Results, file: string): string[] {
  console.log(`\n${tables(document.results)}\n\n${targetsTable(document.targets)}`)
  return drawCharts(document, dirname(file))
}

/** A peer may lose messages, that is a finding; evapid may not, that is a bug. */
function sound(cell: Cell, figure: Figure): boolean {
  if (!figure.peer.startsWith('evapid')) return true
  return !('failure' in figure) && figureFaults(cell, figure).length === 0
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

try {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help) {
    process.stdout.write(USAGE)
  } else if (values.charts !== undefined) {
    const file = resolve(values.charts)
    const document = readResults(file)
    // The targets of today, whatever they were when it was written.
    show({ ...document, targets: judge(document.results) }, file)
  } else if (!(await run(planOf(values)))) {
    process.exitCode = 1
  }
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const wrongUse = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
  console.error(`bench: ${error instanceof Error ? error.message : error}${wrongUse ? `\n${USAGE}` : ''}`)
  process.exitCode = wrongUse ? 2 : 1
}
