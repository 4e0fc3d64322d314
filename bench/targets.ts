// What the bus is to reach, and whether a run saw it: each goal is judged by its worst cell.

import { type Suite, suiteOf } from './cells.ts'
import { type Goal, verdictOf } from './goal.ts'
import { messageGoals } from './message-goals.ts'
import type { CellFigures, Target } from './results.ts'
import { Run } from './run.ts'
import { columns, paint } from './table.ts'
import { transactionGoals } from './transaction-goals.ts'
import { websocketGoals } from './websocket-goals.ts'

/** The targets of the suites that `results` have cells of. */
export function judge(results: readonly CellFigures[]): Target[] {
  const run = new Run(results)
  const ran = new Set(results.map(({ cell }) => suiteOf(cell)))
  const of = (suite: Suite, goals: readonly Goal[]): Target[] => (ran.has(suite) ? goals.map(verdictOf) : [])
  return [
    ...of('messages', messageGoals(run)),
    ...of('transactions', transactionGoals(run)),
    ...of('websocket', websocketGoals(run)),
  ]
}

const COLOURS = {
  'aim met': 'green',
  met: 'green',
  even: 'yellow',
  missed: 'red',
  'not measured': 'dim',
} as const

/** The targets as a table for the terminal. */
export function targetsTable(targets: readonly Target[]): string {
  const rows = targets.map(({ name, must, aim, seen, verdict, where }) => [
    name,
    must,
    aim,
    seen,
    verdict,
    where,
  ])
  const [head = '', ...lines] = columns([['target', 'must', 'aim', 'seen', '', 'worst cell'], ...rows])
  const painted = lines.map((line, row) => {
    const word = targets[row]?.verdict ?? 'missed'
    return line.replace(` ${word}`, ` ${paint(COLOURS[word], word)}`)
  })
  return [paint('dim', head), ...painted].map((line) => `  ${line}`).join('\n')
}
