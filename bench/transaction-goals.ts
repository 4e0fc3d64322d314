// What the bus is to reach with SIP requests that are suspended: mostly ratios to Kamailio within the run.

import type { SuspensionCell } from './cells.ts'
import { type LoadFigure, roundsOf, type SuspensionFigure, timeOutFaults } from './figure.ts'
import { cpu, type Goal, latencyOver, loadOf, over, rate, rateOver } from './goal.ts'
import type { Run } from './run.ts'

/** What the target about memory speaks of. */
const ENOUGH_SUSPENDED = 100_000
const THIRD = 0.333

export function transactionGoals(run: Run): Goal[] {
  const ways = ['evapid', 'evapid-named'] as const
  const crowded = run
    .transactions()
    .filter(({ cell }) => cell.window === 128 && cell.transactions === undefined)
  const single = run.transactions().filter(({ cell }) => cell.window === 1)
  const suspended = run.suspension('evapid')
  const most = suspended.filter(({ figure }) => figure.mostSuspended >= ENOUGH_SUSPENDED)
  return [
    {
      name: 'transactions/s to Kamailio, 128 in flight',
      must: 3,
      aim: 5,
      atLeast: true,
      seen: crowded.flatMap((cell) =>
        ways.flatMap((peer) => rateOver(cell, peer, rate(cell, 'kamailio'), peer === 'evapid' ? '' : peer)),
      ),
    },
    {
      name: 'server CPU of a transaction to Kamailio, 128 in flight',
      must: THIRD,
      aim: 0.2,
      digits: 3,
      atLeast: false,
      seen: crowded.flatMap((cell) =>
        ways.flatMap((peer) =>
          over(cell, cpu(cell, peer), cpu(cell, 'kamailio'), peer === 'evapid' ? '' : peer),
        ),
      ),
    },
    {
      name: 'p50 of a transaction to Kamailio, 1 in flight',
      must: 1,
      atLeast: false,
      seen: single.flatMap((cell) => ways.flatMap((peer) => latencyOver(cell, 'p50', ['kamailio'], peer))),
    },
    {
      name: 'memory with 100,000 requests suspended',
      must: 400,
      aim: 250,
      unit: ' MB',
      digits: 0,
      atLeast: false,
      seen: most.map(({ cell, figure }) => ({ value: figure.peakBytes / 1e6, where: cell.name })),
    },
    {
      name: 'suspended requests without a 408 in time',
      must: 0,
      digits: 0,
      atLeast: false,
      seen: suspended.map(({ cell, figure }) => ({ value: missedTimeOuts(cell, figure), where: cell.name })),
    },
    {
      name: 'final replies lost or doubled in 1,000,000 transactions',
      must: 0,
      digits: 0,
      atLeast: false,
      seen: run
        .transactions()
        .filter(({ cell }) => (cell.transactions ?? 0) >= 1e6)
        .flatMap((result) =>
          ways.flatMap((peer) => {
            const figure = loadOf(result, peer)
            if (figure === undefined) return []
            return { value: wrongReplies(figure), where: `${result.cell.name} ${peer}` }
          }),
        ),
    },
  ]
}

function wrongReplies(figure: LoadFigure): number {
  return roundsOf(figure).reduce((sum, { lost, doubled, wrong = 0 }) => sum + lost + doubled + wrong, 0)
}

/** All of them, where one was not in time: which ones is not known. */
function missedTimeOuts(cell: SuspensionCell, figure: SuspensionFigure): number {
  const missing = cell.requests - figure.timeOuts.count
  return missing === 0 && timeOutFaults(cell, figure).length > 0 ? cell.requests : missing
}
