// The words that the language itself knows. Names of core parameters and functions are not among them.

/** What begins something at the outermost level. */
export const ITEM_WORDS: ReadonlySet<string> = new Set([
  'loadmodule',
  'loadmodulex',
  'loadpath',
  'mpath',
  'modparam',
  'modparamx',
  'request_route',
  'route',
  'event_route',
  'failure_route',
  'onreply_route',
  'reply_route',
  'branch_route',
  'onsend_route',
])

/** What begins a statement. */
export const STATEMENT_WORDS: ReadonlySet<string> = new Set([
  'if',
  'while',
  'switch',
  'break',
  'return',
  'exit',
  'drop',
  'route',
])

/** Operators that are words. */
export const OPERATOR_WORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'mod',
  'eq',
  'ne',
  'ieq',
  'ine',
  'defined',
  'strlen',
  'strempty',
])

/** What the core language calls what pseudo-variables say. `msg:len` is one too. */
export const CORE_VALUES: ReadonlySet<string> = new Set([
  'method',
  'uri',
  'from_uri',
  'to_uri',
  'src_ip',
  'dst_ip',
  'src_port',
  'dst_port',
  'proto',
  'af',
  'status',
  'snd_ip',
  'snd_port',
  'snd_proto',
  'snd_af',
  'to_ip',
  'to_port',
  'to_proto',
])

/** Words that are numbers. */
export const NUMBER_WORDS: ReadonlyMap<string, number> = new Map([
  ['yes', 1],
  ['true', 1],
  ['on', 1],
  ['enable', 1],
  ['no', 0],
  ['false', 0],
  ['off', 0],
  ['disable', 0],
  ['INET', 2],
  ['inet', 2],
  ['IPv4', 2],
  ['ipv4', 2],
  ['INET6', 10],
  ['inet6', 10],
  ['IPv6', 10],
  ['ipv6', 10],
])

/** Protocols, as they are written in conditions and addresses. */
export const PROTOCOLS: readonly string[] = ['udp', 'tcp', 'tls', 'sctp', 'ws', 'wss']

/** Words that begin nothing and are no operators. */
const OTHER_WORDS = [
  'else',
  'case',
  'default',
  'myself',
  'msg',
  'len',
  'desc',
  'advertise',
  'name',
  'virtual',
]

/** Words that stand for no expression, whatever is around them. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  ...ITEM_WORDS,
  ...STATEMENT_WORDS,
  ...OPERATOR_WORDS,
  'else',
  'case',
  'default',
])

/** Words that no define replaces, as in Kamailio. */
export const FIXED_WORDS: ReadonlySet<string> = new Set([
  ...RESERVED_WORDS,
  ...OTHER_WORDS,
  ...CORE_VALUES,
  ...NUMBER_WORDS.keys(),
  ...PROTOCOLS,
  ...PROTOCOLS.map((each) => each.toUpperCase()),
])
