// The native generator of SIP transactions as functions: options in, what it measured out.

import type { SipMethod } from './cells.ts'
import { finish, type Latency, type LoadResult } from './load.ts'
import { CORES, pinned, type ServerProcess, startPinned } from './processes.ts'

export interface SipLoadOptions {
  readonly methods?: readonly SipMethod[]
  readonly window?: number
  readonly warmUp?: number
  readonly seconds?: number
  readonly transactions?: number
  readonly linger?: number
  readonly suspend?: number
  readonly fillRate?: number
  readonly timeOut?: number
  readonly rate?: number
}

/** What a run finds that suspends many requests (bench/native/sip_suspension.h). Times in seconds. */
export interface SuspensionResult extends LoadResult {
  readonly mostSuspended: number
  readonly fillingSeconds: number
  readonly timeOuts: { readonly count: number; readonly shortest?: number; readonly longest?: number }
  /** Latencies of the requests that are answered, by what the server was busy with beside them. */
  readonly phases: Readonly<
    Record<'quiet' | 'filling' | 'holding' | 'ending', { readonly latencyUs: Omit<Latency, 'buckets'> }>
  >
}

const PROGRAM = `${import.meta.dirname}/build/sip_load`
/** What slowest peers take for what is not limited by a time. */
const SLOWEST_RATE = 4000

/**
 * @param suspended called when all requests are suspended that nobody answers
 * @throws Error with the generator's complaint
 */
async function run(
  server: ServerProcess,
  options: SipLoadOptions,
  suspended: () => void = () => {},
): Promise<LoadResult> {
  if (server.sipPort === undefined) throw new Error('the server takes no SIP')
  const args = [`--sip=127.0.0.1:${server.sipPort}`, `--evapi=127.0.0.1:${server.port}`, '--histogram']
  const add = (name: string, value: number | string | undefined): void => {
    if (value !== undefined) args.push(`--${name}=${value}`)
  }
  add('methods', options.methods?.join(','))
  add('window', options.window)
  add('warm-up', options.warmUp)
  add('seconds', options.seconds)
  add('transactions', options.transactions)
  add('linger', options.linger)
  add('suspend', options.suspend)
  add('fill-rate', options.fillRate)
  add('time-out', options.timeOut)
  add('rate', options.rate)
  add('server', server.pids().join(','))
  if (pinned) add('server-core', CORES.server)
  const child = startPinned(CORES.load, PROGRAM, args)
  if (options.suspend !== undefined) child.stdout?.once('data', suspended)
  const { warmUp = 0, seconds = 0, transactions = 0, linger = 0, timeOut = 0 } = options
  return finish(child, warmUp + seconds + transactions / SLOWEST_RATE + linger + 2 * timeOut)
}

export function runSipLoad(server: ServerProcess, options: SipLoadOptions): Promise<LoadResult> {
  return run(server, options)
}

export async function runSuspension(
  server: ServerProcess,
  options: SipLoadOptions & { readonly suspend: number; readonly timeOut: number },
  suspended: () => void,
): Promise<SuspensionResult> {
  // Asked to suspend, it prints the fields of a suspension.
  return (await run(server, options, suspended)) as SuspensionResult
}
