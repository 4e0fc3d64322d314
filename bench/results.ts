// What a run writes down: the figures of all cells with the facts of the machine, as JSON.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Cell, Pace } from './cells.ts'
import type { Figure } from './figure.ts'
import type { MachineFacts } from './machine.ts'

export interface CellFigures {
  readonly cell: Cell
  readonly figures: readonly Figure[]
  /** Why it was not measured. */
  readonly skipped?: string
}

export interface PeerFacts {
  readonly name: string
  /** Null where it is missing. */
  readonly version: string | null
  readonly setup: string
}

export type Verdict = 'aim met' | 'met' | 'even' | 'missed' | 'not measured'

export interface Target {
  readonly name: string
  readonly must: string
  readonly aim: string
  /** What was seen in the worst cell. */
  readonly seen: string
  /** The worst cell, with what it is about where that is not plain; empty where nothing was measured. */
  readonly where: string
  readonly verdict: Verdict
}

export interface Results {
  readonly when: string
  readonly machine: MachineFacts
  readonly pace: Pace
  readonly peers: readonly PeerFacts[]
  readonly results: readonly CellFigures[]
  readonly targets: readonly Target[]
}

export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true })
  // Buckets of latencies come by the thousand: a pair a line would be most of the file.
  const text = JSON.stringify(results, null, 1).replaceAll(/\[\s+([\d.]+),\s+([\d.]+)\s+\]/g, '[$1,$2]')
  writeFileSync(file, `${text.replaceAll(/\],\s+\[/g, '],[')}\n`)
}

/** @throws Error when it is no file of results */
export function readResults(file: string): Results {
  const results: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof results !== 'object' || results === null || !('results' in results)) {
    throw new Error(`${file} is not what a benchmark run writes`)
  }
  return results as Results
}
