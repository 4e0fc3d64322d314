// Many requests suspended at one server: what memory they take, whether each times out as it should, and what becomes of the
// requests beside them that are answered.

import type { SuspensionCell } from './cells.ts'
import type { Figure } from './figure.ts'
import type { Peer, TransactionNeeds } from './peers/peer.ts'
import type { ServerProcess } from './processes.ts'
import { runSuspension } from './sip-load.ts'

const SAMPLE_MS = 250
/** As in other cells, and so that what is seen before the INVITEs is a server at its best. */
const WARM_UP = 2
/** Longer than a server remembers the transactions of the warm-up (wt_timer). */
export const SUSPENSION_QUIET = 6
/** INVITEs that have no provisional reply: as many as the window of other cells. */
const WINDOW = 128
/** A final reply may be repeated by the server's timers; one that comes twice comes soon. */
const LINGER = 1

export async function measureSuspension(
  cell: SuspensionCell,
  peer: Peer,
  needs: TransactionNeeds,
): Promise<Figure> {
  let server: ServerProcess | undefined
  let sampling: NodeJS.Timeout | undefined
  try {
    server = await peer.startForTransactions?.(needs)
    if (server === undefined) throw new Error('it knows no transactions')
    const { memory } = server
    const emptyBytes = memory().resident
    let peakBytes = 0
    const sample = (): void => {
      peakBytes = Math.max(peakBytes, memory().resident)
    }
    const result = await runSuspension(
      server,
      {
        suspend: cell.requests,
        fillRate: cell.fillRate,
        timeOut: cell.timeOut,
        rate: cell.rate,
        window: WINDOW,
        seconds: SUSPENSION_QUIET,
        warmUp: WARM_UP,
        linger: LINGER,
      },
      () => {
        sample()
        sampling = setInterval(sample, SAMPLE_MS)
      },
    )
    const { mostSuspended, fillingSeconds, timeOuts, phases, ...load } = result
    return {
      peer: peer.name,
      kind: 'suspension',
      mostSuspended,
      fillingSeconds,
      emptyBytes,
      peakBytes,
      timeOuts,
      latencyUs: {
        quiet: phases.quiet.latencyUs,
        holding: phases.holding.latencyUs,
        ending: phases.ending.latencyUs,
      },
      load,
    }
  } catch (error) {
    return { peer: peer.name, failure: error instanceof Error ? error.message : String(error) }
  } finally {
    clearInterval(sampling)
    await server?.stop()
  }
}
