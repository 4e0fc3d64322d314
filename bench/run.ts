// The figures of a run, by kind of cell.

import type { CrowdCell, LatencyCell, SuspensionCell, ThroughputCell, TransactionCell } from './cells.ts'
import type { CrowdFigure, SuspensionFigure } from './figure.ts'
import type { CellFigures } from './results.ts'

export class Run {
  private readonly results: readonly CellFigures[]

  constructor(results: readonly CellFigures[]) {
    this.results = results
  }

  throughput(group: ThroughputCell['group']): (CellFigures & { readonly cell: ThroughputCell })[] {
    return this.results.flatMap((result) => {
      const { cell } = result
      return cell.kind === 'throughput' && cell.group === group ? [{ ...result, cell }] : []
    })
  }

  /** @param group of peers; by default those of no group */
  latency(group?: LatencyCell['group']): (CellFigures & { readonly cell: LatencyCell })[] {
    return this.results.flatMap((result) => {
      const { cell } = result
      return cell.kind === 'latency' && cell.group === group ? [{ ...result, cell }] : []
    })
  }

  storm(): CellFigures[] {
    return this.results.filter(({ cell }) => cell.kind === 'storm')
  }

  transactions(): (CellFigures & { readonly cell: TransactionCell })[] {
    return this.results.flatMap((result) => {
      const { cell } = result
      return cell.kind === 'transactions' ? [{ ...result, cell }] : []
    })
  }

  suspension(peer: string): { readonly cell: SuspensionCell; readonly figure: SuspensionFigure }[] {
    return this.results.flatMap(({ cell, figures }) => {
      const figure = figures.find((each) => each.peer === peer)
      return cell.kind === 'suspension' && figure !== undefined && 'peakBytes' in figure
        ? [{ cell, figure }]
        : []
    })
  }

  crowd(peer: string): { readonly cell: CrowdCell; readonly figure: CrowdFigure }[] {
    return this.results.flatMap(({ cell, figures }) => {
      const figure = figures.find((each) => each.peer === peer)
      return cell.kind === 'crowd' && figure !== undefined && 'broadcast' in figure ? [{ cell, figure }] : []
    })
  }
}
