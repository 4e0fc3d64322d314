// Runs sipp, an independent SIP client, and reads what it sent and received from its message log. The scenarios are in test/sipp;
// words in {braces} in them are filled in here, since sipp has no variables for what a scenario expects. A sipp ends when its calls
// have; one that does not is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freeTcpPort, freeUdpPort } from './free-port.ts'
import { parseSippLog, type SippMessage } from './sipp-log.ts'

const SCENARIOS = fileURLToPath(new URL('../sipp/', import.meta.url))

/**
 * Ends sipp when our end of standard input does, however that comes about, SIGKILL included. Says how sipp ended, and takes its
 * directory along when standard input ends. A pipe to a test that is gone must not end it before that.
 */
const WARDEN = [
  `trap '' PIPE; exec 3<&0; "$@" </dev/null >/dev/null & k=$!; { cat <&3 >/dev/null; kill -9 $k; } 2>/dev/null &`,
  'wait $k; echo $?; cat <&3 >/dev/null; rm -rf "$0"',
].join(' ')

/** Attempts to start, since a port that was free a moment ago may be taken by now. */
const ATTEMPTS = 4
/** What sipp ends with when it cannot bind a socket: -2. */
const CANNOT_BIND = 254

export interface SippRun {
  /** A file in test/sipp, without `.xml`. */
  readonly scenario: string
  /** What the words in braces stand for. One that the scenario has and this has not is empty. */
  readonly words?: Readonly<Record<string, string>>
  readonly host: string
  readonly port: number
  readonly transport?: 'udp' | 'tcp'
  /** How many calls. Default: 1. */
  readonly calls?: number
  /** Calls a second. Default: 10. */
  readonly rate?: number
  /** Percent of messages lost, each way. */
  readonly lost?: number
  /** Seconds until sipp gives up. Default: 20. */
  readonly timeout?: number
}

export interface SippResult {
  /** 0: every call went as the scenario says. */
  readonly code: number
  /** What sipp complains of. */
  readonly errors: string
  /** Everything that was sent and received, in order; what sipp lost on purpose is not in it. */
  readonly messages: readonly SippMessage[]
}

/** The path of sipp, or null. */
export function findSipp(): string | null {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  return directories.map((directory) => join(directory, 'sipp')).find((path) => existsSync(path)) ?? null
}

/** Runs a scenario to its end. */
export async function runSipp(program: string, run: SippRun): Promise<SippResult> {
  for (let attempt = 1; ; attempt++) {
    const result = await runOnce(program, run)
    if (result.code !== CANNOT_BIND || attempt === ATTEMPTS) return result
  }
}

async function runOnce(program: string, run: SippRun): Promise<SippResult> {
  const directory = await mkdtemp(join(tmpdir(), 'evapid-sipp-'))
  const file = (name: string): string => join(directory, name)
  const local = run.host.includes(':') ? '::1' : '127.0.0.1'
  const tcp = run.transport === 'tcp'
  try {
    await writeFile(file('scenario.xml'), await fill(run.scenario, run.words ?? {}))
    const port = await (tcp ? freeTcpPort : freeUdpPort)(local)
    const options = [
      ...[run.host.includes(':') ? `[${run.host}]:${run.port}` : `${run.host}:${run.port}`],
      ...['-sf', file('scenario.xml'), '-i', local, '-p', String(port), '-bind_local', '-ci', '127.0.0.1'],
      ...['-t', tcp ? 't1' : 'u1', '-m', String(run.calls ?? 1), '-r', String(run.rate ?? 10)],
      ...['-nostdin', '-default_behaviors', 'none', '-timeout', `${run.timeout ?? 20}s`, '-timeout_error'],
      ...['-trace_msg', '-message_file', file('messages'), '-trace_err', '-error_file', file('errors')],
      ...(run.lost === undefined ? [] : ['-lost', String(run.lost)]),
    ]
    const shell = spawn('/bin/sh', ['-c', WARDEN, directory, program, ...options], {
      cwd: directory,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const exited = once(shell, 'exit')
    const complaints: Buffer[] = []
    shell.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
    // sipp's own time-out ends it; this one is for a sipp that hangs.
    const late = setTimeout(() => shell.stdin.end(), ((run.timeout ?? 20) + 5) * 1000)
    const [code] = (await once(shell.stdout, 'data')) as [Buffer]
    clearTimeout(late)
    const errors = await readFile(file('errors'), 'latin1').catch(() => '')
    const messages = parseSippLog(await readFile(file('messages'), 'latin1').catch(() => ''))
    shell.stdin.end()
    await exited
    return { code: Number(code), errors: errors || Buffer.concat(complaints).toString('latin1'), messages }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function fill(scenario: string, words: Readonly<Record<string, string>>): Promise<string> {
  const text = await readFile(join(SCENARIOS, `${scenario}.xml`), 'latin1')
  for (const word of Object.keys(words)) {
    if (!new RegExp(`\\{${word}[=}]`).test(text)) throw new Error(`${scenario}.xml has no {${word}}`)
  }
  return text
    .replace(/\{(\w+)(?:=([^}]*))?\}/g, (_, word: string, otherwise = '') => words[word] ?? otherwise)
    .replace(/^(?:X-\w+|Record-Route): *\n/gm, '')
}
