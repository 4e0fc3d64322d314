// The scripts that Kamailio and evapid both run: test/conformance/scripts/*.cfg, one file a topic. A case is a route whose name
// begins with `CASE_`; what it relays is its outcome. Both servers get all topics at once, included from one main file (`mainScript`),
// in which nothing but the ports differs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOST } from './server-under-test.ts'

export const SCRIPTS = join(import.meta.dirname, 'scripts')

/** The routes of one file. */
export interface Topic {
  /** The file's name without `.cfg`. */
  readonly name: string
  readonly cases: readonly ScriptCase[]
}

export interface ScriptCase {
  /** As the route is called: `CASE_plus_takes_the_type_of_its_left_operand`. */
  readonly route: string
  /** The same for people: `plus takes the type of its left operand`. */
  readonly title: string
}

/** Modules that the topics use, in an order in which Kamailio finds what it needs. */
const MODULES = [
  'tm',
  'tmx',
  'sl',
  'pv',
  'xlog',
  'textops',
  'siputils',
  'maxfwd',
  'sanity',
  'kex',
  'corex',
  'cfgutils',
  'jansson',
  'json',
  'htable',
  'mqueue',
  'statistics',
  'uuid',
  'evapi',
]

/** What a client sends to learn that everything it asked for before has been done; it comes back as it is. */
export const FENCE = 'FENCE'

/**
 * What a client sends so that something is sent: it carries the acknowledgement that Kamailio's Nagle waits for before it writes on.
 */
export const NOTHING = 'NOTHING'

export interface ScriptPorts {
  readonly evapi: number
  readonly sip: number
}

/** Where requests are taken, and Kamailio's log where the test reads it. */
function settings({ sip }: ScriptPorts): string {
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:${HOST}:${sip}
`
}

/** The main file that includes all topics. */
export function mainScript(ports: ScriptPorts): string {
  const lines = [
    settings(ports),
    ...MODULES.map((module) => `loadmodule "${module}.so"`),
    `modparam("evapi", "bind_addr", "${HOST}:${ports.evapi}")`,
    'modparam("evapi", "workers", 0)',
    `event_route[evapi:message-received] {
  if ($evapi(msg) == "${FENCE}") {
    evapi_relay("${FENCE}");
    exit;
  }
  if ($evapi(msg) == "${NOTHING}") exit;
  # sums: Kamailio looks for a route by what stands up to the next NUL, and there is none behind what {s.select} or a variable gives
  if ($evapi(msg) =~ "^ANSWER_") route("ANSWER_" + $(evapi(msg){s.select,0,|}{s.strip,7}));
  else route("CASE_" + $(evapi(msg){s.strip,5}));
}`,
    ...fileNames('').map((name) => `include_file "${join(SCRIPTS, name)}"`),
  ]
  return `${lines.join('\n')}\n`
}

/** All topics but those in directories. */
export function readTopics(): readonly Topic[] {
  return fileNames('').map((name) => ({ name: name.replace(/\.cfg$/, ''), cases: casesOf(name) }))
}

/** The names of the scripts in a directory below SCRIPTS. */
export function fileNames(directory: string): readonly string[] {
  return readdirSync(join(SCRIPTS, directory))
    .filter((name) => name.endsWith('.cfg'))
    .sort()
}

function casesOf(file: string): readonly ScriptCase[] {
  const text = readFileSync(join(SCRIPTS, file), 'latin1')
  return [...text.matchAll(/^route\[(CASE_(\w+))\]/gm)].map(([, route = '', words = '']) => ({
    route,
    title: words.replaceAll('_', ' '),
  }))
}
