// The functions of hash tables: the same ones for kamailio.cfg and for KEMI, but where they take other arguments there.

import type { RouteContext } from '../../core/context.ts'
import {
  defineFunction,
  defineKemiFunction,
  type KemiFunction,
  type ModuleFunction,
} from '../../core/module.ts'
import type { PvValue } from '../../core/pseudovariables.ts'
import { NULL_TEXT } from '../../core/templates.ts'
import { type Matcher, matcherOf, regexMatcher } from './matching.ts'
import { splitReference } from './reference.ts'
import type { HashTable, Item } from './table.ts'
import { HASH_TABLES, type TableIterator } from './tables.ts'
import { textOfItem } from './variables.ts'

const TABLE = { name: 'htname', type: 'string' } as const
const KEY = { name: 'itname', type: 'string' } as const
const ITERATOR = { name: 'iname', type: 'string' } as const
const LIFETIME = { name: 'exval', type: 'integer' } as const
const OPERATION = [TABLE, { name: 'op', type: 'string' }, { name: 'val', type: 'string' }] as const
const REFERENCE = {
  name: 'htable=>key',
  type: 'string',
  check: (text: string) =>
    text.includes('$') || splitReference(text) ? undefined : 'a table and a key are written as table=>key',
} as const

/** What KEMI gets of a number that cannot be counted. */
const NOT_COUNTED = -255

function tableOf(ctx: RouteContext, name: string): HashTable | undefined {
  const table = ctx.runtime.state(HASH_TABLES).table(name)
  if (!table) ctx.log.debug({ table: name }, `there is no hash table ${name}`)
  return table
}

const keyOf = (item: Item) => item.key

function removeAll(table: HashTable, pick: (item: Item) => string | undefined, matcher: Matcher): void {
  for (const item of table.live()) {
    const text = pick(item)
    if (text !== undefined && matcher(text)) table.remove(item.key)
  }
}

/** What sht_rm_name and sht_rm_value do; `eq` is none of theirs. */
function removeBy(pick: (item: Item) => string | undefined) {
  return (ctx: RouteContext, name: string, operator: string, value: string): number => {
    const table = tableOf(ctx, name)
    const matcher = value !== '' && /^(?:re|sw)$/.test(operator) ? matcherOf(operator, value) : undefined
    if (!table || !matcher) return -1
    removeAll(table, pick, matcher)
    return 1
  }
}

/** An unknown table is no failure, in Kamailio as well. */
function removeByRegex(pick: (item: Item) => string | undefined) {
  return (ctx: RouteContext, name: string, pattern: string): number => {
    const matcher = regexMatcher(pattern)
    if (!matcher) return -1
    const table = tableOf(ctx, name)
    if (table) removeAll(table, pick, matcher)
    return 1
  }
}

function matchBy(pick: (item: Item) => string | undefined) {
  return (ctx: RouteContext, name: string, operator: string, value: string): number => {
    const table = tableOf(ctx, name)
    const matcher = table && matcherOf(operator, value)
    if (!matcher) return -1
    for (const item of table.live()) {
      const text = pick(item)
      if (text !== undefined && matcher(text)) return 1
    }
    return -1
  }
}

/** As a script gives it: a number if it is one. */
function set(ctx: RouteContext, name: string, key: string, value: string | number, seconds?: number): number {
  return tableOf(ctx, name)?.set(key, value, seconds !== undefined && seconds > 0 ? seconds : undefined)
    ? 1
    : -1
}

/** Locks are always had: there is one thread, and no script is interrupted. @param otherwise for an unknown table */
function lock(otherwise: number) {
  return (ctx: RouteContext, name: string): number => (tableOf(ctx, name) ? 1 : otherwise)
}

function withIterator(
  ctx: RouteContext,
  name: string,
  act: (iterator: TableIterator, item: Item) => boolean,
): number {
  const iterator = ctx.runtime.state(HASH_TABLES).iterators.get(name)
  const item = iterator?.current
  return iterator && item && act(iterator, item) ? 1 : -1
}

/** A function of a script that names table and key in one text; KEMI has another of the same name. */
function referring(
  doc: string,
  call: (ctx: RouteContext, table: string, rest: string) => number,
): ModuleFunction {
  return defineFunction({
    parameters: [REFERENCE],
    kemi: { hidden: true },
    doc,
    call(ctx, text) {
      const reference = splitReference(text)
      return reference ? call(ctx, reference.table, reference.rest) : -1
    },
  })
}

export const hashTableFunctions: Readonly<Record<string, ModuleFunction>> = {
  sht_print: defineFunction({
    parameters: [],
    kemi: { hidden: true },
    doc: 'Logs all items of all tables.',
    call(ctx) {
      for (const [table, items] of ctx.runtime.state(HASH_TABLES).tables) {
        for (const { key, value } of items.live())
          ctx.log.info({ table, key, value }, `${table}=>${key} is ${value}`)
      }
      return 1
    },
  }),
  sht_rm: defineFunction({
    parameters: [TABLE, KEY],
    doc: 'Removes a key. False only when there is no such table.',
    call(ctx, name, key) {
      const table = tableOf(ctx, name)
      table?.remove(key)
      return table ? 1 : -1
    },
  }),
  sht_rm_name_re: referring(
    'Removes the items whose keys match a regular expression: "table=>regex".',
    removeByRegex(keyOf),
  ),
  sht_rm_value_re: referring(
    'Removes the items whose values are texts that match a regular expression: "table=>regex".',
    removeByRegex(textOfItem),
  ),
  sht_rm_name: defineFunction({
    parameters: OPERATION,
    doc: 'Removes the items whose keys match: op is re (a regular expression) or sw (starts with).',
    call: removeBy(keyOf),
  }),
  sht_rm_value: defineFunction({
    parameters: OPERATION,
    doc: 'As sht_rm_name, by values that are texts.',
    call: removeBy(textOfItem),
  }),
  sht_match_name: defineFunction({
    parameters: OPERATION,
    doc: 'Whether the key of any item matches: op is eq, ne, sw (starts with) or re (a regular expression).',
    call: matchBy(keyOf),
  }),
  sht_has_name: defineFunction({
    parameters: OPERATION,
    kemi: { hidden: true },
    doc: 'As sht_match_name.',
    call: matchBy(keyOf),
  }),
  sht_match_str_value: defineFunction({
    parameters: OPERATION,
    doc: 'As sht_match_name, by values that are texts.',
    call: matchBy(textOfItem),
  }),
  sht_has_str_value: defineFunction({
    parameters: OPERATION,
    kemi: { hidden: true },
    doc: 'As sht_match_str_value.',
    call: matchBy(textOfItem),
  }),
  sht_reset: defineFunction({
    parameters: [TABLE],
    kemi: { hidden: true },
    doc: 'Removes all items of a table. False when there is no such table.',
    call(ctx, name) {
      const table = tableOf(ctx, name)
      table?.clear()
      return table ? 1 : -1
    },
  }),
  sht_lock: referring(
    'Has no effect: scripts run one after the other. False for an unknown table.',
    lock(-11),
  ),
  sht_unlock: referring('Has no effect, as sht_lock.', lock(-11)),
  sht_setxs: defineFunction({
    parameters: [TABLE, KEY, { name: 'itval', type: 'string' }, LIFETIME],
    doc: 'Gives a key a text for so many seconds.',
    call: (ctx, name, key, value, seconds) => set(ctx, name, key, value, seconds),
  }),
  sht_setxi: defineFunction({
    parameters: [TABLE, KEY, { name: 'itval', type: 'integer' }, LIFETIME],
    doc: 'Gives a key a number for so many seconds.',
    call: (ctx, name, key, value, seconds) => set(ctx, name, key, value, seconds),
  }),
  sht_iterator_start: defineFunction({
    parameters: [ITERATOR, TABLE],
    doc: 'Begins to walk over a table; sht_iterator_next goes to the first item. False when there is no such table.',
    call: (ctx, name, table) => (ctx.runtime.state(HASH_TABLES).startIterator(name, table) ? 1 : -1),
  }),
  sht_iterator_next: defineFunction({
    parameters: [ITERATOR],
    doc: 'Goes to the next item. False when there is none.',
    call: (ctx, name) => (ctx.runtime.state(HASH_TABLES).iterators.get(name)?.next() ? 1 : -1),
  }),
  sht_iterator_end: defineFunction({
    parameters: [ITERATOR],
    doc: 'Forgets an iterator. False when there is none of that name.',
    call: (ctx, name) => (ctx.runtime.state(HASH_TABLES).iterators.delete(name) ? 1 : -1),
  }),
  sht_iterator_rm: defineFunction({
    parameters: [ITERATOR],
    doc: 'Removes the item where an iterator stands; sht_iterator_next goes to the one after it.',
    call: (ctx, name) => withIterator(ctx, name, ({ table }, item) => table.remove(item.key)),
  }),
  sht_iterator_sets: defineFunction({
    parameters: [ITERATOR, { name: 'val', type: 'string' }],
    doc: 'Gives the item where an iterator stands a text.',
    call: (ctx, name, value) => withIterator(ctx, name, ({ table }, item) => table.set(item.key, value)),
  }),
  sht_iterator_seti: defineFunction({
    parameters: [ITERATOR, { name: 'val', type: 'integer' }],
    doc: 'Gives the item where an iterator stands a number.',
    call: (ctx, name, value) => withIterator(ctx, name, ({ table }, item) => table.set(item.key, value)),
  }),
  sht_iterator_setex: defineFunction({
    parameters: [ITERATOR, LIFETIME],
    doc: 'Gives the item where an iterator stands so many seconds.',
    call: (ctx, name, seconds) =>
      withIterator(ctx, name, ({ table }, item) => {
        table.setLifetime(item, seconds)
        return true
      }),
  }),
}

/** sht_get, sht_gete and sht_getw differ in what they make of nothing. */
function getter(doc: string, nothing: PvValue): KemiFunction {
  return defineKemiFunction({
    parameters: [TABLE, KEY],
    returns: 'value',
    doc,
    call: (ctx, name, key) => tableOf(ctx, name)?.get(key) ?? nothing,
  })
}

function counter(doc: string, step: number): KemiFunction {
  return defineKemiFunction({
    parameters: [TABLE, KEY],
    returns: 'integer',
    doc,
    call: (ctx, name, key) => tableOf(ctx, name)?.count(key, step) ?? NOT_COUNTED,
  })
}

function ofTableAndText(
  second: string,
  doc: string,
  call: (ctx: RouteContext, table: string, text: string) => number,
): KemiFunction {
  return defineKemiFunction({
    parameters: [TABLE, { name: second, type: 'string' }],
    returns: 'integer',
    doc,
    call,
  })
}

export const hashTableKemi: Readonly<Record<string, KemiFunction>> = {
  sht_get: getter('The value of a key; null when there is none.', null),
  sht_gete: getter('The value of a key; an empty text when there is none.', ''),
  sht_getw: getter('The value of a key; <null> when there is none.', NULL_TEXT),
  sht_sets: defineKemiFunction({
    parameters: [TABLE, KEY, { name: 'itval', type: 'string' }],
    returns: 'integer',
    doc: 'Gives a key a text.',
    call: (ctx, name, key, value) => set(ctx, name, key, value),
  }),
  sht_seti: defineKemiFunction({
    parameters: [TABLE, KEY, { name: 'itval', type: 'integer' }],
    returns: 'integer',
    doc: 'Gives a key a number.',
    call: (ctx, name, key, value) => set(ctx, name, key, value),
  }),
  sht_setex: defineKemiFunction({
    parameters: [TABLE, KEY, LIFETIME],
    returns: 'integer',
    doc: 'Gives a key so many seconds. One that is not there stays so.',
    call(ctx, name, key, seconds) {
      const table = tableOf(ctx, name)
      const item = table?.find(key)
      if (item) table?.setLifetime(item, seconds)
      return table ? 1 : -1
    },
  }),
  sht_is_null: defineKemiFunction({
    parameters: [TABLE, KEY],
    returns: 'integer',
    doc: '1: the key has no value; -1: it has one; 2: there is no such table.',
    call(ctx, name, key) {
      const table = tableOf(ctx, name)
      if (!table) return 2
      return table.get(key) === null ? 1 : -1
    },
  }),
  sht_inc: counter('Adds 1 to the number of a key. What it is then; -255 when it is no number.', 1),
  sht_dec: counter('Takes 1 from the number of a key. What it is then; -255 when it is no number.', -1),
  sht_reset: defineKemiFunction({
    parameters: [TABLE],
    returns: 'integer',
    doc: 'Removes all items of a table. 0; -1 when there is no such table.',
    call(ctx, name) {
      const table = tableOf(ctx, name)
      table?.clear()
      return table ? 0 : -1
    },
  }),
  sht_lock: ofTableAndText('itname', 'Has no effect: scripts run one after the other.', lock(-1)),
  sht_unlock: ofTableAndText('itname', 'Has no effect, as sht_lock.', lock(-1)),
  sht_rm_name_re: ofTableAndText(
    'regex',
    'Removes the items whose keys match a regular expression.',
    removeByRegex(keyOf),
  ),
  sht_rm_value_re: ofTableAndText(
    'regex',
    'Removes the items whose values are texts that match a regular expression.',
    removeByRegex(textOfItem),
  ),
}
