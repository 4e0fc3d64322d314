// The native load generator as a function: options in, what it measured out.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { CORES, pinned, startPinned, stopProcess } from './processes.ts'

export type Protocol = 'netstring' | 'redis' | 'nats' | 'websocket'

export interface LoadOptions {
  readonly protocol: Protocol
  readonly port: number
  /** Where publishers connect, to speak netstrings; without, they are subscribers. */
  readonly publishPort?: number
  /** The server's processes, for their CPU time. */
  readonly serverPids: readonly number[]
  readonly subscribers: number
  readonly publishers?: number
  readonly payload?: number
  readonly batch?: number
  readonly window?: number
  readonly rate?: number
  readonly warmUp?: number
  readonly seconds?: number
  readonly messages?: number
  readonly dead?: number
  readonly stall?: number
  /** Connections that come and go, this many at once, in place of messages. */
  readonly storm?: number
  /** Messages to one client each; wants a server with unicast-routes.ts. */
  readonly unicast?: boolean
}

export interface Latency {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  /** Upper bound of a bucket in µs, and how many fell into it. */
  readonly buckets: readonly (readonly [number, number])[]
}

/**
 * One run of a generator (bench/native/report.cc prints it). A delivery is a message at one client; in a storm it is a
 * connection that was accepted and closed; in sip-load.ts a transaction that has ended.
 */
export interface LoadResult {
  readonly seconds: number
  readonly published: number
  readonly received: number
  readonly deliveries: number
  readonly deliveriesPerSecond: number
  /** The part of the time in which the generator, and the server's core, had something to do: 0 to 1. */
  readonly loadBusy: number
  readonly serverBusy: number
  readonly cpuUsPerDelivery: number
  /** The part of the time that others kept the generator waiting, or took of the server's core: 0 to 1. */
  readonly loadWaited: number
  readonly coreTaken: number
  readonly lost: number
  readonly doubled: number
  readonly outOfOrder: number
  readonly disconnected: number
  readonly stalled: boolean
  readonly longestGapMs: number
  readonly complaint?: string
  /** How late the generator itself was with a message, at worst; open loop only. */
  readonly worstDelayUs?: number
  readonly latencyUs?: Latency
  /** Transactions only: final replies with another code than the expected one, and messages that are no reply to anything. */
  readonly wrong?: number
  readonly strange?: number
  /** Transactions only: requests that were sent again for want of a reply, and final replies that came again in due time. */
  readonly retransmitted?: number
  readonly repeated?: number
}

const PROGRAM = join(import.meta.dirname, 'build', 'load')
/** How long connecting all clients may take. */
const CONNECT_LIMIT_MS = 60_000
/** Beyond what a run may take by its options; a generator that is still there then hangs. */
const GRACE_MS = 30_000

function start(options: LoadOptions, hold: boolean): ChildProcess {
  const args = [`--connect=127.0.0.1:${options.port}`, `--protocol=${options.protocol}`, '--histogram']
  const add = (name: string, value: number | undefined): void => {
    if (value !== undefined) args.push(`--${name}=${value}`)
  }
  add('subscribers', options.subscribers)
  add('publishers', options.publishers)
  add('payload', options.payload)
  add('batch', options.batch)
  add('window', options.window)
  add('rate', options.rate)
  add('warm-up', options.warmUp)
  add('seconds', options.seconds)
  add('messages', options.messages)
  add('dead', options.dead)
  add('stall', options.stall)
  add('storm', options.storm)
  if (options.publishPort !== undefined) args.push(`--publish-to=127.0.0.1:${options.publishPort}`)
  if (options.unicast) args.push('--unicast')
  if (hold) args.push('--hold')
  if (options.serverPids.length > 0) args.push(`--server=${options.serverPids.join(',')}`)
  if (pinned) add('server-core', CORES.server)
  return startPinned(CORES.load, PROGRAM, args)
}

/**
 * The child's last line as a result.
 * @param seconds how long it may take by its options
 * @throws Error with its complaint
 */
export async function finish(child: ChildProcess, seconds: number): Promise<LoadResult> {
  const limit = setTimeout(() => void stopProcess(child), seconds * 1000 + GRACE_MS)
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (piece: Buffer) => {
    output.stdout += piece.toString()
  })
  child.stderr?.on('data', (piece: Buffer) => {
    output.stderr += piece.toString()
  })
  try {
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(output.stderr.trim() || `the load generator ended with ${code}`)
    return JSON.parse(output.stdout.trimEnd().split('\n').at(-1) ?? '')
  } finally {
    clearTimeout(limit)
  }
}

function duration({ seconds = 2, warmUp = 1 }: LoadOptions): number {
  return seconds + warmUp
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  return finish(start(options, false), duration(options))
}

/** Clients that are connected and do nothing yet. */
export interface Held {
  /** Runs the load of the options. */
  run(): Promise<LoadResult>
  release(): Promise<void>
}

/** Connects clients and keeps them. */
export async function holdConnections(options: LoadOptions): Promise<Held> {
  const child = start(options, true)
  let complaint = ''
  child.stderr?.on('data', (piece: Buffer) => {
    complaint += piece.toString()
  })
  const connected = new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('close', () => reject(new Error(complaint.trim())))
    setTimeout(() => {
      reject(new Error(`it did not take ${options.subscribers} clients in ${CONNECT_LIMIT_MS / 1000} s`))
    }, CONNECT_LIMIT_MS).unref()
  })
  const release = (): Promise<void> => stopProcess(child)
  try {
    await connected
  } catch (error) {
    await release()
    throw error
  }
  const run = (): Promise<LoadResult> => {
    const result = finish(child, duration(options))
    child.stdin?.write('\n')
    return result
  }
  return { run, release }
}
