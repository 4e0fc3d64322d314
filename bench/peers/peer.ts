// What the benchmark needs to know of a server it measures.

import { spawnSync } from 'node:child_process'
import type { Protocol } from '../load.ts'
import type { ServerProcess } from '../processes.ts'

export interface Peer {
  readonly name: string
  /** One line for the report: how it is set up. */
  readonly setup: string
  readonly protocol: Protocol
  /** Its version; undefined where it is not there. */
  version(): string | undefined
  /** How to get it. */
  readonly install: string
  /** So far behind that one round in each cell tells enough. */
  readonly far?: boolean
  /** Its connections are those of another peer: there is nothing to measure in the cells about connections. */
  readonly onlyMessages?: boolean
  /** Another way to write the routes of a peer's transactions: there is nothing to measure in the cells about messages. */
  readonly onlyTransactions?: boolean
  /** For the cells of that group alone; `gateway` is compared with evapid. */
  readonly group?: PeerGroup
  /** With more clients than this it is of no use. */
  readonly mostClients?: number
  /** Starts it on a free port of 127.0.0.1. */
  start(needs: Needs): Promise<ServerProcess>
  /** The same with routes for unicasts (unicast-routes.ts). */
  startForUnicast?(needs: Needs): Promise<ServerProcess>
  /**
   * The same as a SIP server: it suspends every OPTIONS and INVITE, relays what bench/native/sip_options.cc says in its usage,
   * and continues with a 200 at the answer.
   */
  startForTransactions?(needs: TransactionNeeds): Promise<ServerProcess>
}

export type PeerGroup = 'websocket' | 'gateway'

export interface Needs {
  /** A directory of its own that is removed afterwards. */
  readonly scratch: string
  /** How many connections there will be, for peers that pay for room they do not need. */
  readonly clients: number
}

export interface TransactionNeeds {
  /** A directory of its own that is removed afterwards. */
  readonly scratch: string
  /** How many transactions there may be that have not ended. */
  readonly transactions: number
  /** After how many seconds a suspended request of whatever method times out. */
  readonly timeOut: number
}

/** What a program says of its version; undefined where there is no such program. */
export function versionFrom(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 })
  if (error !== undefined) return undefined
  return pattern.exec(stdout)?.[1]
}
