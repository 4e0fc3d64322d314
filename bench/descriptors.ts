// How many connections a server and the generator may hold: the limit of descriptors, raised as far as we are allowed.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Enough for the largest cell. */
const WANTED = 120_000
/** What a process needs for itself, and for connections that come beside the clients. */
const OWN = 200

export interface DescriptorLimit {
  /** The hard limit our children get. */
  readonly limit: number
  /** What to put before a command, so that it gets that limit. */
  readonly prefix: readonly string[]
}

function hardLimit(): number {
  const text = readFileSync('/proc/self/limits', 'utf8')
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(text)?.[1]
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard ?? 1024)
}

function findLimit(): DescriptorLimit {
  const hard = hardLimit()
  if (hard < WANTED) {
    const prefix = ['prlimit', `--nofile=${WANTED}:${WANTED}`]
    if (spawnSync('prlimit', [...prefix.slice(1), 'true']).status === 0) return { limit: WANTED, prefix }
  }
  // The soft limit may always be raised up to the hard one; not every server does so itself.
  return { limit: hard, prefix: ['prlimit', `--nofile=${Math.min(hard, WANTED)}:`] }
}

export const descriptors: DescriptorLimit = findLimit()

/** How many clients a server can have here. */
export function mostClients(): number {
  return descriptors.limit - OWN
}

export function whatIsMissing(clients: number): string {
  return `${clients} clients need ${clients + OWN} descriptors and a process may have ${descriptors.limit} here: raise the hard limit (ulimit -Hn), or run as root where that is allowed`
}
