// What $stat(name) and stats.* can name: the variables of a script, Kamailio's names of what is counted here too, and all of the server's own.

import { strings } from '../../core/parameters.ts'
import type { PseudoVariableClass } from '../../core/pseudovariables.ts'
import { type Runtime, StateKey } from '../../core/runtime.ts'

export const STATISTICS_PARAMETERS = {
  variable: strings({
    expected: '"name" or "name/no_reset"',
    check: (text) => /^[^\s/:]+(?:\/no_reset)?$/.test(text),
    doc: 'A variable that scripts count with, once for each: "name", or "name/no_reset" for one that is never reset.',
  }),
}

type Counts = Readonly<Record<string, number>>

/** Kamailio's names, by its groups. What is 0 happens only where requests are forwarded. */
const COUNTERPARTS: Readonly<Record<string, Readonly<Record<string, (counts: Counts) => number>>>> = {
  core: {
    rcv_requests: count('sip_requests'),
    drop_requests: count('sip_messages_dropped'),
    err_requests: count('sip_requests_refused'),
    rcv_replies: count('sip_replies_ignored'),
    drop_replies: count('sip_replies_ignored'),
    fwd_requests: () => 0,
    fwd_replies: () => 0,
  },
  sl: {
    sent_replies: count('sl_replies'),
    received_ACKs: count('sl_acks_absorbed'),
  },
  tmx: {
    UAS_transactions: count('tm_created'),
    UAC_transactions: () => 0,
    active_transactions: count('tm_transactions'),
    inuse_transactions: (counts) => (counts['tm_transactions'] ?? 0) + (counts['tm_finished'] ?? 0),
    rpl_received: () => 0,
    rpl_relayed: () => 0,
  },
}

/** The names of all that Kamailio counts and what is counted here too. */
export const COUNTERPART_NAMES: readonly string[] = Object.values(COUNTERPARTS).flatMap(Object.keys)

/** The group of what only evapid counts, and of a script's variables. */
const OWN = 'evapid'
const SCRIPT = 'script'

function count(name: string) {
  return (counts: Counts) => counts[name] ?? 0
}

/** One number under its name. */
export interface Statistic {
  readonly group: string
  readonly name: string
  readonly value: number
}

export class Counters {
  private readonly runtime: Runtime
  private readonly variables = new Map<string, number>()
  private readonly lasting = new Set<string>()

  constructor(runtime: Runtime) {
    this.runtime = runtime
    for (const text of runtime.parametersOf('statistics', STATISTICS_PARAMETERS).variable) {
      const name = text.replace('/no_reset', '')
      this.variables.set(name, 0)
      if (name !== text) this.lasting.add(name)
    }
  }

  /** @returns undefined when there is nothing of that name */
  get(name: string): number | undefined {
    const variable = this.variables.get(name)
    if (variable !== undefined) return unsigned(variable)
    for (const group of Object.values(COUNTERPARTS)) {
      if (Object.hasOwn(group, name)) return group[name]?.(this.runtime.stats())
    }
    const counts = this.runtime.stats()
    return Object.hasOwn(counts, name) ? counts[name] : undefined
  }

  /** Adds to a variable of the script. @returns false when there is none of that name */
  add(name: string, step: number): boolean {
    const value = this.variables.get(name)
    if (value === undefined) return false
    this.variables.set(name, value + step)
    return true
  }

  /** Sets a variable of the script to 0, unless it is never reset. @returns false when there is none of that name */
  reset(name: string): boolean {
    if (!this.variables.has(name)) return false
    if (!this.lasting.has(name)) this.variables.set(name, 0)
    return true
  }

  /** What is meant by `all`, `group:` or a name. */
  select(what: string): Statistic[] {
    if (what === 'all') return this.all()
    if (what.endsWith(':')) return this.all().filter(({ group }) => `${group}:` === what)
    return this.all().filter(({ name }) => name === what)
  }

  private all(): Statistic[] {
    const counts = this.runtime.stats()
    const known = Object.entries(COUNTERPARTS).flatMap(([group, members]) =>
      Object.entries(members).map(([name, read]) => ({ group, name, value: read(counts) })),
    )
    const own = Object.entries(counts).map(([name, value]) => ({ group: OWN, name, value }))
    const script = Array.from(this.variables, ([name, value]) => ({
      group: SCRIPT,
      name,
      value: unsigned(value),
    }))
    return [...known, ...own, ...script]
  }
}

/** Kamailio's are unsigned: below 0 they go on from the top of 32 bits. */
function unsigned(value: number): number {
  return value < 0 ? value + 2 ** 32 : value
}

export const COUNTERS = new StateKey((runtime) => new Counters(runtime))

/** `$stat(name)`. */
export const statVariable: PseudoVariableClass = {
  parse: (inner) =>
    inner
      ? { get: (ctx) => ctx.runtime.state(COUNTERS).get(inner) ?? null }
      : '$stat needs a name in brackets: $stat(name)',
}
