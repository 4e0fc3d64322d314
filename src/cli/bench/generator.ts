// The load generator as a function: what to send in, what it measured out. It is a program of its own (bench/native), built
// with the addon and beside it: what measures must not share a thread, or a garbage collector, with anything.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Why nothing, or nothing meaningful, was measured, and what to do about it. */
export class BenchError extends Error {}

/** What it means that a subscriber got what the generator never published; it says so in more than one way. */
export const FOREIGN_TRAFFIC =
  'something came that was not published here: another client sends, or a route changes messages; the bus must be quiet while it is measured'

/** Whether the generator's complaint is about {@link FOREIGN_TRAFFIC}. */
export function isForeignTraffic(complaint: string): boolean {
  return /makes no sense|never sent/.test(complaint)
}

/** What is sent, to whom, for how long. */
export interface Load {
  /** HOST:PORT, [IPV6]:PORT or unix:/path; no name that has to be looked up. */
  readonly address: string
  /** The server's processes on this machine, for their CPU time. */
  readonly pids: readonly number[]
  readonly subscribers: number
  /** So many of the subscribers publish. */
  readonly publishers: number
  /** Bytes of a message. */
  readonly payload: number
  /** Messages in one write. */
  readonly batch: number
  /** A rate in messages a second, or how many messages are kept in flight. */
  readonly pace: { readonly rate: number } | { readonly window: number }
  readonly warmUp: number
  readonly seconds: number
}

/** What a run found (bench/native/report.cc). Shares of time are from 0 to 1, or more for a server with several processes. */
export interface Run {
  readonly seconds: number
  readonly published: number
  readonly deliveriesPerSecond: number
  readonly loadBusy: number
  /** Others kept the generator waiting for its core for this part of the time. */
  readonly loadWaited: number
  /** Only with `pids`. */
  readonly serverBusy?: number
  readonly cpuUsPerDelivery?: number
  readonly lost: number
  readonly doubled: number
  readonly outOfOrder: number
  /** Connections that ended before the run did. */
  readonly disconnected: number
  /** Nothing came for seconds while something was owed. */
  readonly stalled: boolean
  /** The first thing that went wrong. */
  readonly complaint?: string
  /** Only with a rate: how late the generator itself was, at worst, and the latencies. */
  readonly worstDelayUs?: number
  readonly latencyUs?: Latency
}

/** In microseconds, from when a message was due. */
export interface Latency {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

// EVAPID_ADDON names another build of the addon (src/dispatcher/addon.ts); the generator is beside it there, too.
const ADDON =
  process.env['EVAPID_ADDON'] ?? fileURLToPath(new URL('../../../build/Release/evapid.node', import.meta.url))
const PROGRAM = join(dirname(ADDON), 'evapid-load')

/**
 * Runs the generator once.
 * @param signal ends it early; what it measured is then lost
 * @throws BenchError when it cannot run, cannot connect, or not everybody gets what is published
 */
export async function runGenerator(load: Load, signal: AbortSignal): Promise<Run> {
  signal.throwIfAborted()
  const child = spawn(PROGRAM, generatorArguments(load), { stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => child.kill()
  signal.addEventListener('abort', kill, { once: true })
  let output = ''
  let complaint = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    signal.throwIfAborted()
    if (code !== 0) throw failure(complaint.trim(), code ?? killedBy, load)
    return JSON.parse(output) as Run
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new BenchError(`there is no load generator at ${PROGRAM}: npm rebuild evapid builds it`)
    }
    throw error
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

function generatorArguments(load: Load): string[] {
  const args = [`--connect=${load.address}`]
  const { subscribers, publishers, payload, batch, seconds } = load
  const numbers = { subscribers, publishers, payload, batch, seconds, 'warm-up': load.warmUp, ...load.pace }
  for (const [name, value] of Object.entries(numbers)) args.push(`--${name}=${value}`)
  if (load.pids.length > 0) args.push(`--server=${load.pids.join(',')}`)
  // It polls, so that the server is not billed for waking it; on the only core it would take the server's time.
  if (availableParallelism() === 1) args.push('--sleep')
  return args
}

function failure(complaint: string, code: number | NodeJS.Signals | null, { subscribers }: Load): BenchError {
  const text = complaint.replace(/^load: /, '')
  if (isForeignTraffic(text)) return new BenchError(FOREIGN_TRAFFIC)
  if (/got nothing/.test(text) && /closed a connection|reset|broken pipe/i.test(text)) {
    return new BenchError(
      `the server closed some of the ${subscribers} connections as soon as they were made: ` +
        `are more than its max_clients, or than its descriptors? Its log says. (${text})`,
    )
  }
  if (/got nothing/.test(text)) {
    return new BenchError(
      `the server does not relay to everybody: ${text}; are there tags, or a full backlog?`,
    )
  }
  return new BenchError(text === '' ? `the load generator ended with ${code}` : text)
}
