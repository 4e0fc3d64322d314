/**
 * `evapid bench`: measures a server that runs, evapid or any other EVAPI that relays what it gets to everybody. The
 * command line and the order of things; the load is src/cli/bench/generator.ts, the figures src/cli/bench/report.ts.
 * Not the benchmark beside other servers: that is bench/, in a checkout.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Address, DEFAULT_ADDRESS, parseAddress } from '../client/index.ts'
import { BenchError, type Load, runGenerator } from './bench/generator.ts'
import { MIN_PAYLOAD, preflight } from './bench/preflight.ts'
import { Progress, type Terminal } from './bench/progress.ts'
import { type Measurement, painter, problems, remarks, table, toJson } from './bench/report.ts'

/** What `evapid bench --help` prints. */
export const help = `Usage: evapid bench [--connect ADDR] [--pid PID] [--json] [OPTION]...

Measures a server that runs: evapid, or any other EVAPI that relays what it gets
to everybody. First how much it can deliver, then how soon at a modest rate.

CAUTION: it sends as much as the server takes, and the server relays that to
EVERYBODY who is connected to it. Measure only where that harms nobody.

  --connect ADDR   HOST:PORT, HOST, [IPV6]:PORT or unix:/path
                   (default 127.0.0.1:8448)
  --subscribers N  connections that get every message (10)
  --publishers N   how many of them publish (1)
  --payload BYTES  bytes of a message, at least ${MIN_PAYLOAD} (100)
  --batch N        messages in one write (16; for latencies 1)
  --window N       messages in flight (1024, or 4 MB if that is less)
  --rate N         measure latencies only, at N messages a second
  --seconds S      how long each part takes (3)
  --warm-up S      before that, without measuring (0.5)
  --pid PID        the server's process on this machine, or several as 1,2,3:
                   shows what CPU time it takes
  --json           print one JSON object
  --help           print this

The server must relay every message, as it came, to everybody: evapid without
routes does. It must have room for the subscribers (max_clients), and nobody
else may publish meanwhile. The load generator takes a core to itself; on the
server's machine there should be two.

The exit code is 0 when everything that was published was delivered once and in
order, 1 when it was not, when the server cannot be measured and for wrong
usage, 130 or 143 when Ctrl-C or SIGTERM ended it early.
`

/** Where the command writes to: process, or streams of a test. */
export interface BenchStreams {
  readonly stdout: Terminal
  readonly stderr: Terminal
}

interface Command {
  readonly address: Address
  readonly json: boolean
  /** What was said of the load; what was not depends on what is measured. */
  readonly load: Omit<Load, 'address' | 'batch' | 'pace'>
  readonly batch: number | undefined
  readonly window: number | undefined
  readonly rate: number | undefined
}

const BATCH = 16
const WINDOW = 1024
/** Half of the send_buffer_limit that a server has by default: more in flight might make a subscriber a slow client. */
const WINDOW_BYTES = 4 * 1024 * 1024
/** Messages a second at which latencies are measured unless told otherwise, or a part of what the server can do. */
const RATE = 1000
const RATE_PART = 1 / 4

/**
 * Runs `evapid bench`. When it returns, nothing of it is left to run.
 *
 * @param argv the arguments behind `bench`.
 * @returns the exit code, see {@link help}.
 */
export async function bench(argv: readonly string[], io: BenchStreams): Promise<number> {
  let command: Command | undefined
  try {
    command = parse(argv)
  } catch (error) {
    io.stderr.write(`evapid bench: ${(error as Error).message}\nTry 'evapid bench --help'.\n`)
    return 1
  }
  if (command !== undefined) return await run(command, io)
  io.stdout.write(help)
  return 0
}

/** @returns undefined when only help was asked for. */
function parse(argv: readonly string[]): Command | undefined {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      connect: text,
      subscribers: text,
      publishers: text,
      payload: text,
      batch: text,
      window: text,
      rate: text,
      seconds: text,
      'warm-up': text,
      pid: text,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const integer = (name: Exclude<keyof typeof values, 'json' | 'help'>, min: number, max: number) =>
    parseNumber(name, values[name], /^\d+$/, 'a whole number', min, max)
  const decimal = (name: 'rate' | 'seconds' | 'warm-up', min: number, max: number) =>
    parseNumber(name, values[name], /^\d+(\.\d+)?$/, 'a number', min, max)
  const subscribers = integer('subscribers', 1, 1_000_000) ?? 10
  return {
    address: parseAddress(values.connect ?? DEFAULT_ADDRESS),
    json: values.json,
    load: {
      subscribers,
      // Who publishes is one of them; the generator's stamps have room for 4094.
      publishers: integer('publishers', 1, Math.min(subscribers, 4094)) ?? 1,
      payload: integer('payload', MIN_PAYLOAD, 64 * 1024 * 1024) ?? 100,
      seconds: decimal('seconds', 0.1, 3600) ?? 3,
      warmUp: decimal('warm-up', 0, 3600) ?? 0.5,
      pids: parsePids(values.pid),
    },
    batch: integer('batch', 1, 65_536),
    window: integer('window', 1, 1_000_000),
    rate: decimal('rate', 0.1, 10_000_000),
  }
}

function parseNumber(
  name: string,
  written: string | undefined,
  form: RegExp,
  what: string,
  min: number,
  max: number,
): number | undefined {
  if (written === undefined) return undefined
  const value = form.test(written) ? Number(written) : Number.NaN
  if (value >= min && value <= max) return value
  throw new Error(`--${name} ${written}: expected ${what} from ${min} to ${max}`)
}

function parsePids(written: string | undefined): readonly number[] {
  if (written === undefined) return []
  return written.split(',').map((each) => {
    if (!/^[1-9]\d*$/.test(each))
      throw new Error(`--pid ${written}: expected process ids as in 1234 or 12,13,14`)
    if (!existsSync(`/proc/${each}`))
      throw new Error(`--pid ${written}: there is no process ${each} on this machine`)
    return Number(each)
  })
}

async function run(command: Command, io: BenchStreams): Promise<number> {
  const interrupt = new AbortController()
  let exitCode = 0
  // Only the first signal is ours: a second Ctrl-C ends the process the hard way, should we hang.
  const onInterrupt = (signal: NodeJS.Signals) => {
    exitCode = signal === 'SIGINT' ? 130 : 143
    interrupt.abort()
  }
  process.once('SIGINT', onInterrupt)
  process.once('SIGTERM', onInterrupt)
  // Whoever was to read the figures has gone (EPIPE), or the disk is full: there is nobody to measure for.
  io.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') io.stderr.write(`evapid bench: cannot write: ${error.message}\n`)
    exitCode = 1
    interrupt.abort()
  })
  try {
    if (!(await measure(command, io, interrupt.signal))) exitCode = 1
  } catch (error) {
    if (!interrupt.signal.aborted) {
      if (!(error instanceof BenchError)) throw error
      io.stderr.write(`evapid bench: ${error.message}\n`)
      exitCode = 1
    }
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onInterrupt)
  }
  return exitCode
}

/** @returns whether the server did everything right */
async function measure(command: Command, io: BenchStreams, signal: AbortSignal): Promise<boolean> {
  const { load, json } = command
  using progress = new Progress(io.stderr)
  progress.begin('looking for the server')
  const address = await preflight(command.address, load.payload, signal)
  const measurements: Measurement[] = []
  const faults: string[] = []

  const once = async (what: string, part: Pick<Load, 'batch' | 'pace'>): Promise<Measurement> => {
    progress.begin(`measuring ${what}:`, load.warmUp + load.seconds)
    const asked = { ...load, address, ...part }
    const measurement = { load: asked, run: await runGenerator(asked, signal) }
    progress.end()
    measurements.push(measurement)
    faults.push(...problems(measurement))
    if (!json) show(measurement, io)
    return measurement
  }

  let rate = command.rate
  if (rate === undefined) {
    const { run } = await once('throughput', throughput(command))
    rate = Math.max(1, Math.min(RATE, Math.floor((run.deliveriesPerSecond / load.subscribers) * RATE_PART)))
  }
  // Of a server that has failed, latencies say nothing.
  if (faults.length === 0) {
    const batch = command.rate === undefined ? 1 : (command.batch ?? 1)
    await once('latency', { batch, pace: { rate } })
  }
  if (json) io.stdout.write(`${JSON.stringify(asJson(address, measurements, faults))}\n`)
  const paint = painter(hasColour(io.stderr))
  for (const fault of faults) io.stderr.write(`${paint('red', 'evapid bench:')} ${fault}\n`)
  return faults.length === 0
}

function throughput({ load, batch, window }: Command): Pick<Load, 'batch' | 'pace'> {
  const inFlight = window ?? Math.max(1, Math.min(WINDOW, Math.floor(WINDOW_BYTES / load.payload)))
  return { batch: batch ?? Math.min(BATCH, inFlight), pace: { window: inFlight } }
}

function show(measurement: Measurement, { stdout }: BenchStreams): void {
  const paint = painter(hasColour(stdout))
  const notes = remarks(measurement).map((remark) => `  ${paint('yellow', remark)}\n`)
  stdout.write(`${table(measurement, paint)}${notes.join('')}\n`)
}

function asJson(address: string, measurements: readonly Measurement[], faults: readonly string[]) {
  const parts = measurements.map((measurement) => {
    const name = 'rate' in measurement.load.pace ? 'latency' : 'throughput'
    return [name, { ...toJson(measurement), remarks: remarks(measurement) }] as const
  })
  return { address, ...Object.fromEntries(parts), problems: faults }
}

function hasColour({ isTTY }: Terminal): boolean {
  return isTTY === true && process.env['NO_COLOR'] === undefined
}
