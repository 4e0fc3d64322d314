// How long the rest of a run will take: an estimate for each cell, corrected by what the cells so far really took.

import type { Cell, Pace } from './cells.ts'
import { contestantsOf, obstacle, roundsOf, TRANSACTION_WARM_UP } from './measure.ts'
import type { Peer } from './peers/peer.ts'
import { SUSPENSION_QUIET } from './suspension.ts'

/** Seconds to start and stop the servers of a cell, and what goes by around a round or a crowd. */
const SERVERS = 1.5
const ROUND = 0.25
const CONNECTION = 0.00008
const CROWD = 2.5
const SLOW_CLIENT = 2
/** Of time-outs that are awaited, and of transactions, for each thousand. */
const SUSPENSION = 1.4
const THOUSAND_TRANSACTIONS = 0.03

function estimate(cell: Cell, peers: readonly Peer[], pace: Pace): number {
  if (obstacle(cell) !== undefined) return 0
  const contestants = contestantsOf(cell, peers)
  const { seconds, warmUp } = pace
  if (cell.kind === 'crowd') {
    return contestants.length * (CROWD + 2 * seconds + cell.clients * CONNECTION)
  }
  if (cell.kind === 'suspension')
    return contestants.length * (SERVERS + TRANSACTION_WARM_UP + SUSPENSION_QUIET + SUSPENSION * cell.timeOut)
  if (cell.kind === 'transactions' && cell.transactions !== undefined) {
    return SERVERS + contestants.length * (cell.transactions / 1000) * THOUSAND_TRANSACTIONS
  }
  if (cell.kind === 'slow-client') return SERVERS + contestants.length * SLOW_CLIENT
  const each = warmUp + ROUND + (cell.kind === 'latency' ? 1.5 * seconds : seconds)
  const servers = cell.kind === 'transactions' ? SERVERS + contestants.length * TRANSACTION_WARM_UP : SERVERS
  const all = contestants.reduce((sum, peer) => sum + roundsOf(cell, peer, pace), 0)
  return servers + all * each
}

export class Schedule {
  private readonly cells: readonly Cell[]
  private readonly estimates: readonly number[]
  private readonly begin = performance.now()

  constructor(cells: readonly Cell[], peers: readonly Peer[], pace: Pace) {
    this.cells = cells
    this.estimates = cells.map((cell) => estimate(cell, peers, pace))
  }

  /** What to show before the cell with this index: `[ 3/29] fan-out-10x16 (about 6 min left)`. */
  heading(index: number): string {
    const total = String(this.cells.length)
    const place = `[${String(index + 1).padStart(total.length)}/${total}]`
    return `${place} ${this.cells[index]?.name ?? ''} (${remaining(this.secondsLeft(index))})`
  }

  private secondsLeft(index: number): number {
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
    const done = sum(this.estimates.slice(0, index))
    const taken = (performance.now() - this.begin) / 1000
    return sum(this.estimates.slice(index)) * (done > 0 ? taken / done : 1)
  }
}

function remaining(seconds: number): string {
  if (seconds < 90) return `about ${Math.ceil(seconds / 5) * 5} s left`
  return `about ${Math.round(seconds / 60)} min left`
}
