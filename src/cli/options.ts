// The command line of the daemon: what may stand there, and what it says. Reads nothing and starts nothing.

import { parseArgs } from 'node:util'
import { UsageError } from '../core/errors.ts'
import { LOG_LEVELS, type LogLevel } from '../core/log.ts'
import { nearest } from '../core/nearest.ts'

/** One `--modparam MODULE:NAME=VALUE`. */
export interface Modparam {
  readonly module: string
  /** In snake_case, as modparam of a kamailio.cfg has it. */
  readonly name: string
  readonly value: string
  /** As it was written, for messages. */
  readonly written: string
}

/** What a command line says. */
export interface DaemonOptions {
  /** The route file; undefined: none. */
  readonly file: string | undefined
  readonly check: boolean
  /** Where SIP requests are taken, in place of what the file says; undefined: as the file says. */
  readonly listen: readonly string[] | undefined
  readonly modparams: readonly Modparam[]
  readonly logLevel: LogLevel | 'silent' | undefined
  readonly logPretty: boolean
  readonly version: boolean
  readonly help: boolean
}

/** What `evapid --help` prints. */
export const HELP = `Usage: evapid [-f FILE] [-c] [--bind ADDR] [-l SIPADDR]...
              [--modparam MODULE:NAME=VALUE]... [--log-level LEVEL] [--log-pretty]
              [--version] [--help]
       evapid listen [--json] [--connect ADDR] [--raw]
       evapid send [MESSAGE | -] [--connect ADDR] [--raw]
       evapid bench [--connect ADDR] [--pid PID] [--json] [OPTION]...

Starts the event bus. Without a file, every message is relayed to every client.

  -f, --file FILE      route file: .ts, .mts, .js, .mjs or .cjs, whose default
                       export is defineConfig({ ... })
  -c, --check          check the configuration, print "ok" or every mistake, end
  --bind ADDR          where to listen: IPV4:PORT, [IPV6]:PORT, HOST:PORT, HOST
                       (port 8448) or unix:/path (default 127.0.0.1:8448);
                       port 0 picks a free one
  -l, --listen SIPADDR where to take SIP requests, in place of what the file
                       says: udp:IPV4:PORT, tcp:[IPV6]:PORT, udp:HOST (port
                       5060); may be given more than once
  --modparam M:N=V     set parameter N of module M, over what the file says, e.g.
                       --modparam evapi:max_clients=100
  --log-level LEVEL    trace, debug, info (default), warn, error, fatal, silent
  --log-pretty         a log for people in place of JSON lines
  --version            print the version
  -h, --help           print this

The log goes to stderr. SIGTERM and SIGINT end the bus in order: it delivers
what waits, then exits with 0; a second signal ends it at once. A configuration,
address or option that cannot be used: exit code 1.

listen prints what the bus sends, send sends to it, bench measures it: see
evapid listen --help.
`

const OPTIONS = {
  file: { type: 'string', short: 'f' },
  check: { type: 'boolean', short: 'c' },
  bind: { type: 'string' },
  listen: { type: 'string', short: 'l', multiple: true },
  modparam: { type: 'string', multiple: true },
  'log-level': { type: 'string' },
  'log-pretty': { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** The words that may stand first and name another command. */
export const SUBCOMMANDS = ['bench', 'listen', 'send'] as const

/**
 * Reads the command line of the daemon.
 * @throws UsageError
 */
export function parseDaemonOptions(argv: readonly string[]): DaemonOptions {
  const values = parse(argv)
  const modparams = (values.modparam ?? []).map(parseModparam)
  if (values.bind !== undefined) {
    modparams.push({
      module: 'evapi',
      name: 'bind_addr',
      value: values.bind,
      written: `--bind ${values.bind}`,
    })
  }
  return {
    file: values.file,
    check: values.check ?? false,
    listen: values.listen,
    modparams,
    logLevel: parseLevel(values['log-level']),
    logPretty: values['log-pretty'] ?? false,
    version: values.version ?? false,
    help: values.help ?? false,
  }
}

function parse(argv: readonly string[]) {
  const { values, tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(unknown('command', token.value, SUBCOMMANDS))
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(OPTIONS, token.name)
      ? OPTIONS[token.name as keyof typeof OPTIONS]
      : undefined
    if (!option) {
      const names = Object.keys(OPTIONS).map((name) => `--${name}`)
      throw new UsageError(unknown('option', token.rawName, names))
    }
    if (option.type === 'string' && !token.value)
      throw new UsageError(`option ${token.rawName} needs a value`)
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`option ${token.rawName} takes no value`)
    }
  }
  // Each option was seen to be known and of its type, which is what strict parsing would have ensured.
  return values as {
    file?: string
    check?: boolean
    bind?: string
    listen?: string[]
    modparam?: string[]
    'log-level'?: string
    'log-pretty'?: boolean
    version?: boolean
    help?: boolean
  }
}

function parseModparam(written: string): Modparam {
  const match = /^([^:=]+):([^:=]+)=(.*)$/s.exec(written)
  const [, module, name, value] = match ?? []
  if (module === undefined || name === undefined || value === undefined) {
    throw new UsageError(`--modparam ${written}: expected MODULE:NAME=VALUE, e.g. evapi:max_clients=100`)
  }
  return { module, name, value, written: `--modparam ${written}` }
}

function parseLevel(written: string | undefined): LogLevel | 'silent' | undefined {
  if (written === undefined) return undefined
  const level = ([...LOG_LEVELS, 'silent'] as const).find((known) => known === written)
  if (level === undefined) throw new UsageError(unknown('log level', written, [...LOG_LEVELS, 'silent']))
  return level
}

function unknown(what: string, written: string, known: readonly string[]): string {
  const near = nearest(written, known)
  return near === undefined
    ? `unknown ${what} ${written}; known: ${known.join(', ')}`
    : `unknown ${what} ${written}; did you mean ${near}?`
}
