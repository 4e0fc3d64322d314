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

/** One `-A NAME[=VALUE]`. */
export interface Define {
  readonly name: string
  /** Undefined: it is defined and says nothing. */
  readonly value: string | undefined
}

/** What a command line says. */
export interface DaemonOptions {
  /** The kamailio.cfg, KEMI script or route file; undefined: none. */
  readonly file: string | undefined
  /** The KEMI script that `--kemi` names. */
  readonly kemi: string | undefined
  readonly defines: readonly Define[]
  readonly allowMissing: boolean
  readonly check: boolean
  /** Where SIP requests are taken, in place of what the file says; undefined: as the file says. */
  readonly listen: readonly string[] | undefined
  readonly modparams: readonly Modparam[]
  /** Where to take HTTP, or `off`; undefined: as the file says, else where it is taken when nobody says. */
  readonly http: string | undefined
  /** The file of bearer tokens for HTTP; undefined: as the file says. */
  readonly httpTokenFile: string | undefined
  /** HTTP may be taken beyond loopback without a token. */
  readonly httpInsecure: boolean
  /** Where to take calls over a Unix socket, or `off`; undefined: as the file says, else at the usual place. */
  readonly rpcSocket: string | undefined
  readonly logLevel: LogLevel | 'silent' | undefined
  readonly logPretty: boolean
  readonly pidFile: string | undefined
  readonly version: boolean
  readonly help: boolean
}

/** What `evapid --help` prints. */
export const HELP = `Usage: evapid [-f FILE] [--kemi FILE] [-c] [--bind ADDR] [--http ADDR|off]
              [--http-token-file FILE] [--http-insecure]
              [--rpc-socket PATH|off] [-l SIPADDR]...
              [-A NAME[=VALUE]]... [--allow-missing]
              [--modparam MODULE:NAME=VALUE]... [--log-level LEVEL] [--log-pretty]
              [-P FILE] [--version] [--help]
       evapid listen [--json] [--connect ADDR] [--raw]
       evapid send [MESSAGE | -] [--connect ADDR] [--raw]
       evapid rpc [METHOD [ARGUMENT]...] [OPTION]...
       evapid top [OPTION]...
       evapid bench [--connect ADDR] [--pid PID] [--json] [OPTION]...

Starts the event bus. Without a file, every message is relayed to every client.

  -f, --file FILE      what the bus does; its name says what kind of file it is:
                       a kamailio.cfg (.cfg, or a first line #!KAMAILIO), a KEMI
                       script (.kemi.js, .kemi.ts), or a route file (.ts, .mts,
                       .cts, .js, .mjs, .cjs), whose default export is
                       defineConfig({ ... })
  --kemi FILE          a KEMI script for events and requests; the file of -f, a
                       kamailio.cfg, is then for parameters
  -A NAME[=VALUE]      define NAME for the preprocessor of a kamailio.cfg, as
                       #!define does; may be given more than once
  --allow-missing      what Kamailio has and evapid has not is a warning when a
                       script is loaded, and false when it is called
  -c, --check          check the configuration, print "ok" or every mistake, end
  --bind ADDR          where to listen: IPV4:PORT, [IPV6]:PORT, HOST:PORT, HOST
                       (port 8448) or unix:/path (default 127.0.0.1:8448);
                       port 0 picks a free one
  --http ADDR          where to take HTTP and WebSockets: the page, /ws, /metrics ...
                       (default 127.0.0.1:8480, if that is free); off: nowhere
  --http-token-file FILE
                       bearer tokens for HTTP, a line each: SCOPE TOKEN [NAME],
                       where SCOPE is read, publish or admin; or the environment
                       has them: EVAPID_TOKEN (admin), EVAPID_TOKEN_PUBLISH,
                       EVAPID_TOKEN_READ
  --http-insecure      take HTTP beyond loopback without any token
  --rpc-socket PATH    where to take calls (evapid rpc, evapid top), on a Unix socket
                       that only this user may open; by default evapid.rpc in
                       $RUNTIME_DIRECTORY or $XDG_RUNTIME_DIR, else
                       /tmp/evapid-UID.rpc, if no other bus is there; off: nowhere
  -l, --listen SIPADDR where to take SIP requests, in place of what the file
                       says: udp:IPV4:PORT, tcp:[IPV6]:PORT, udp:HOST (port
                       5060); may be given more than once
  --modparam M:N=V     set parameter N of module M, over what the file says, e.g.
                       --modparam evapi:max_clients=100
  --log-level LEVEL    trace, debug, info (default), warn, error, fatal, silent;
                       over "debug" of a kamailio.cfg
  --log-pretty         a log for people in place of JSON lines
  -P, --pid-file FILE  write the process id to FILE while the bus listens
  -v, --version        print the version
  -h, --help           print this

Accepted for Kamailio's sake, without effect: -D, -DD (evapid never goes to the
background), -E, -e (the log goes to stderr), -m MB, -M MB, -x NAME, -X NAME (memory
is taken as it is needed), -n N, -N N (there is one process), -L DIR (modules are
built in), -w DIR.

The log goes to stderr. SIGHUP loads the file anew: no client is dropped; if the file
has mistakes, what there was stays. SIGTERM and SIGINT end the bus in order: it
delivers what waits, then exits with 0; a second signal ends it at once. A
configuration, address or option that cannot be used: exit code 1.

listen prints what the bus sends, send sends to it, rpc calls its methods, top shows
what happens in it, bench measures it: see evapid listen --help.
`

const OPTIONS = {
  file: { type: 'string', short: 'f' },
  kemi: { type: 'string' },
  define: { type: 'string', short: 'A', multiple: true },
  'allow-missing': { type: 'boolean' },
  check: { type: 'boolean', short: 'c' },
  bind: { type: 'string' },
  http: { type: 'string' },
  'http-token-file': { type: 'string' },
  'http-insecure': { type: 'boolean' },
  'rpc-socket': { type: 'string' },
  listen: { type: 'string', short: 'l', multiple: true },
  modparam: { type: 'string', multiple: true },
  'log-level': { type: 'string' },
  'log-pretty': { type: 'boolean' },
  'pid-file': { type: 'string', short: 'P' },
  version: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Kamailio's options that are in many a unit file and would change nothing here, by letter; `string`: a value follows. */
const WITHOUT_EFFECT = {
  D: 'boolean',
  E: 'boolean',
  e: 'boolean',
  m: 'string',
  M: 'string',
  n: 'string',
  N: 'string',
  x: 'string',
  X: 'string',
  L: 'string',
  w: 'string',
} as const

/** Kamailio's options whose effect somebody would miss, by letter: what to do. */
const NOT_HERE: Readonly<Record<string, string>> = {
  u: 'run it as that user: User= in a systemd unit',
  g: 'run it as that group: Group= in a systemd unit',
  d: 'use --log-level debug',
  t: 'use RootDirectory= in a systemd unit',
  T: 'TCP is taken only where -l or listen says so',
  G: 'there is one process: use -P',
  a: 'leave it out',
  b: 'leave it out',
  I: 'leave it out',
  K: 'leave it out',
  O: 'leave it out',
  Q: 'leave it out',
  r: 'leave it out',
  R: 'leave it out',
  S: 'leave it out',
  W: 'leave it out',
  Y: 'leave it out',
}

/** Names that parseArgs() wants for options that have only a letter. */
const ONLY_A_LETTER = 'kamailio-'

/** The words that may stand first and name another command. */
export const SUBCOMMANDS = ['bench', 'listen', 'rpc', 'send', 'top'] as const

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
    kemi: values.kemi,
    defines: (values.define ?? []).map(parseDefine),
    allowMissing: values['allow-missing'] ?? false,
    check: values.check ?? false,
    listen: values.listen,
    modparams,
    http: values.http,
    httpTokenFile: values['http-token-file'],
    httpInsecure: values['http-insecure'] ?? false,
    rpcSocket: values['rpc-socket'],
    logLevel: parseLevel(values['log-level']),
    logPretty: values['log-pretty'] ?? false,
    pidFile: values['pid-file'],
    version: values.version ?? false,
    help: values.help ?? false,
  }
}

function parse(argv: readonly string[]) {
  const withoutEffect = Object.entries(WITHOUT_EFFECT).map(
    ([short, type]) => [`${ONLY_A_LETTER}${short}`, { type, short }] as const,
  )
  const known = new Map<string, { readonly type: 'string' | 'boolean' }>([
    ...Object.entries(OPTIONS),
    ...withoutEffect,
  ])
  const { values, tokens } = parseArgs({
    // -V is -v, as in Kamailio.
    args: argv.map((arg) => (arg === '-V' ? '-v' : arg)),
    options: { ...OPTIONS, ...Object.fromEntries(withoutEffect) },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(unknown('command', token.value, SUBCOMMANDS))
    if (token.kind !== 'option') continue
    const { rawName } = token
    const option = known.get(token.name)
    if (!option || rawName.startsWith(`--${ONLY_A_LETTER}`)) throw new UsageError(unknownOption(rawName))
    if (option.type === 'string' && !token.value) throw new UsageError(`option ${rawName} needs a value`)
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`option ${rawName} takes no value`)
    }
  }
  // Each option was seen to be known and of its type, which is what strict parsing would have ensured.
  return values as {
    file?: string
    kemi?: string
    define?: string[]
    'allow-missing'?: boolean
    check?: boolean
    bind?: string
    http?: string
    'http-token-file'?: string
    'http-insecure'?: boolean
    'rpc-socket'?: string
    listen?: string[]
    modparam?: string[]
    'log-level'?: string
    'log-pretty'?: boolean
    'pid-file'?: string
    version?: boolean
    help?: boolean
  }
}

function unknownOption(rawName: string): string {
  const advice = /^-[^-]/.test(rawName) ? NOT_HERE[rawName.slice(1)] : undefined
  if (advice !== undefined)
    return `${rawName} is an option of Kamailio's that evapid does not have; ${advice}`
  return unknown(
    'option',
    rawName,
    Object.keys(OPTIONS).map((name) => `--${name}`),
  )
}

/** `evapi:max_clients=100`, or as Kamailio has it: `evapi:max_clients:i:100`. */
function parseModparam(written: string): Modparam {
  const match = /^([^:=]+):([^:=]+)(?:=|:[is]:)(.*)$/s.exec(written)
  const [, module, name, value] = match ?? []
  if (module === undefined || name === undefined || value === undefined) {
    throw new UsageError(`--modparam ${written}: expected MODULE:NAME=VALUE, e.g. evapi:max_clients=100`)
  }
  return { module, name, value, written: `--modparam ${written}` }
}

function parseDefine(written: string): Define {
  const [, name, value] = /^([^=]*)(?:=(.*))?$/s.exec(written) ?? []
  if (name === undefined || !/^\w+$/.test(name)) {
    throw new UsageError(`-A ${written}: expected NAME or NAME=VALUE, e.g. WITH_AUTH`)
  }
  return { name, value }
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
