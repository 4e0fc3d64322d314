// Kamailio with its evapi module as a server under test: started on free ports from a generated kamailio.cfg in a
// temporary directory, its routes' trace read from its log. It takes 25 ms to be up, so each scenario has its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts'
import { PATIENCE } from '../support/wire-client.ts'
import { kamailioConfig, TRACE_PREFIX } from './kamailio-routes.ts'
import { type BusSettings, HOST, type ServerUnderTest } from './server-under-test.ts'
import type { Trace } from './trace.ts'

/** Where Debian puts the program; not on everybody's PATH. */
const DIRECTORIES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

/** The modules of a 64-bit Debian; `kamailio-extra-modules` brings evapi. */
const EVAPI_MODULES = [
  '/usr/lib/x86_64-linux-gnu/kamailio/modules/evapi.so',
  '/usr/lib/aarch64-linux-gnu/kamailio/modules/evapi.so',
]

/**
 * Kamailio is a family of processes. This shell, the head of their process group, ends it when standard input ends, and
 * that it does however the test ends, SIGKILL included. The shell ends with Kamailio, and takes its directory along, whether
 * or not anybody still reads what it says.
 */
const WARDEN =
  'trap "" PIPE; exec 3<&0; "$@" & k=$!; { cat <&3 >/dev/null; kill $k; } 2>/dev/null & wait $k; rm -r "$0"'

/** Attempts to start, since a port that was free a moment ago may be taken by now. */
const ATTEMPTS = 4

/** The path of a Kamailio that has evapi, or null. */
export function findKamailio(): string | null {
  if (!EVAPI_MODULES.some((path) => existsSync(path))) return null
  return DIRECTORIES.map((directory) => join(directory, 'kamailio')).find((path) => existsSync(path)) ?? null
}

/** A Kamailio that is up. */
export interface RunningKamailio {
  /** Where it accepts clients of the bus. */
  readonly port: number
  stop(): Promise<void>
}

/** Starts Kamailio and resolves when it accepts clients. */
export async function startKamailio(
  program: string,
  settings: BusSettings,
  trace: Trace,
): Promise<ServerUnderTest> {
  const kamailio = await launchKamailio(
    program,
    async (port) => kamailioConfig(settings, port, await freeUdpPort(HOST)),
    (words) => addEntry(trace, words),
  )
  return { ...kamailio, trace }
}

/**
 * Starts Kamailio with the configuration that `configOf` makes for a port, and resolves when it accepts clients there.
 * `traced` gets each line that the routes log behind TRACE_PREFIX, as its words and whole.
 */
export async function launchKamailio(
  program: string,
  configOf: (port: number) => Promise<string>,
  traced: (words: readonly string[], line: string) => void,
): Promise<RunningKamailio> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launchOnce(program, configOf, traced)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function launchOnce(
  program: string,
  configOf: (port: number) => Promise<string>,
  traced: (words: readonly string[], line: string) => void,
): Promise<RunningKamailio> {
  const directory = await mkdtemp(join(tmpdir(), 'evapid-kamailio-'))
  const port = await freeTcpPort(HOST)
  const config = join(directory, 'kamailio.cfg')
  await writeFile(config, await configOf(port))

  const options = ['-DD', '-E', '-m', '32', '-M', '16', '-w', directory, '-Y', directory, '-f', config]
  const shell = spawn('/bin/sh', ['-c', WARDEN, directory, program, ...options], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const exited = once(shell, 'exit')
  let running = true
  void exited.then(() => {
    running = false
  })

  const log: string[] = []
  createInterface({ input: shell.stderr, crlfDelay: Infinity }).on('line', (line) => {
    log.push(line)
    const at = line.indexOf(TRACE_PREFIX)
    if (at !== -1) traced(line.slice(at + TRACE_PREFIX.length).split('|'), line)
  })

  const stop = async (): Promise<void> => {
    shell.stdin.end()
    const late = setTimeout(() => {
      if (running && shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
    }, PATIENCE)
    await exited
    clearTimeout(late)
  }

  try {
    await untilAccepting(port, () => running)
  } catch (error) {
    await stop()
    throw new Error(`kamailio did not start:\n${log.join('\n')}`, { cause: error })
  }
  return { port, stop }
}

/** Listening is in no log line, and a connection that asks would be an event: the kernel's table is asked instead. */
async function untilAccepting(port: number, running: () => boolean): Promise<void> {
  const entry = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]+:0000 0A `)
  for (const until = Date.now() + PATIENCE; ; ) {
    if (entry.test(await readFile('/proc/net/tcp', 'utf8'))) return
    if (!running()) throw new Error('it ended')
    if (Date.now() > until) throw new Error('it does not listen')
    await delay(2)
  }
}

function addEntry(trace: Trace, words: readonly string[]): void {
  const [kind, first, second, third, fourth] = words.map((word) => (word === '<null>' ? null : word))
  if (kind === 'step') {
    trace.add({ kind, verb: String(first), result: second === 'null' ? null : Number(second) })
  } else if (kind === 'new' || kind === 'message' || kind === 'closed') {
    trace.add({
      kind,
      index: first == null ? null : Number(first),
      address: second ?? null,
      port: third == null ? null : Number(third),
      message: fourth == null ? null : Buffer.from(fourth, 'hex').toString('latin1'),
    })
  }
}
