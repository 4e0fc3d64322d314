// The pseudo-variables of hash tables: $sht and its kin, what htable:expired is about, and where an iterator stands.

import type { RouteContext } from '../../core/context.ts'
import {
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
  type PvValue,
} from '../../core/pseudovariables.ts'
import type { Runtime } from '../../core/runtime.ts'
import { matcherOfExpression } from './matching.ts'
import { TableReference } from './reference.ts'
import type { HashTable, Item } from './table.ts'
import { HASH_TABLES } from './tables.ts'

/** A class whose brackets hold `table=>key`. */
function ofKey(
  className: string,
  read: (table: HashTable, key: string) => PvValue,
  write?: (table: HashTable, key: string, value: PvValue) => boolean,
): PseudoVariableClass {
  return {
    parse(inner, _index, nested) {
      const reference = TableReference.parse(className, inner, nested)
      if (typeof reference === 'string') return reference
      const variable: PseudoVariable = {
        get(ctx) {
          const table = reference.table(ctx)
          return table ? read(table, reference.keyNow(ctx)) : null
        },
      }
      if (write) {
        variable.set = (ctx, value) => {
          const table = reference.table(ctx)
          return table ? write(table, reference.keyNow(ctx), value) : false
        }
      }
      return variable
    },
  }
}

/** $null removes the key. */
function assign(table: HashTable, key: string, value: PvValue): boolean {
  if (value !== null) return table.set(key, value)
  table.remove(key)
  return true
}

/** What is no number gives an item no end, as 0 does; a key that is not there stays so. */
function assignLifetime(table: HashTable, key: string, value: PvValue): boolean {
  const item = table.find(key)
  if (item) table.setLifetime(item, typeof value === 'number' ? value : 0)
  return true
}

function lifetimeOf(table: HashTable, key: string): number {
  const item = table.find(key)
  return item ? table.lifetime(item) : 0
}

/** How many items match an expression. The one that was read last is kept: scripts ask for the same one again. */
function counting(part: 'key' | 'value') {
  let expression: string | undefined
  let matches: ((item: Item) => boolean) | undefined
  return (table: HashTable, text: string): number => {
    if (text !== expression) {
      expression = text
      matches = itemMatcher(text, part)
    }
    let count = 0
    if (matches) for (const item of table.live()) if (matches(item)) count++
    return count
  }
}

/** `**` means all items, `eq7` those with the number 7; all else is about texts. */
function itemMatcher(expression: string, part: 'key' | 'value'): ((item: Item) => boolean) | undefined {
  if (expression.startsWith('**')) return () => true
  if (expression.startsWith('eq')) {
    const number = Number.parseInt(expression.slice(2), 10) || 0
    return (item) => part === 'value' && item.value === number
  }
  const matcher = matcherOfExpression(expression)
  if (!matcher) return undefined
  if (part === 'key') return (item) => matcher(item.key)
  return ({ value }) => typeof value === 'string' && matcher(value)
}

/** A text value of an item; numbers match nothing, in Kamailio as well. */
export function textOfItem(item: Item): string | undefined {
  return typeof item.value === 'string' ? item.value : undefined
}

/** A class whose brackets hold the name of an iterator. */
function ofIterator(className: string, read: (item: Item) => PvValue): PseudoVariableClass {
  return {
    parse(inner) {
      if (!inner) return `$${className} needs the name of an iterator: $${className}(name)`
      return {
        get(ctx) {
          const item = ctx.runtime.state(HASH_TABLES).iterators.get(inner)?.current
          return item ? read(item) : null
        },
      }
    },
  }
}

/** `$shtrecord(key)`: empty when no item has just gone. */
function ofRecord(part: 'key' | 'value'): PseudoVariable {
  return { get: (ctx: RouteContext) => recordOf(ctx.runtime)?.[part] ?? '' }
}

function recordOf(runtime: Runtime) {
  return runtime.state(HASH_TABLES).record
}

export const hashTableVariables: Readonly<Record<string, PseudoVariableClass>> = {
  sht: ofKey('sht', (table, key) => table.get(key), assign),
  shtex: ofKey('shtex', lifetimeOf, assignLifetime),
  shtinc: ofKey('shtinc', (table, key) => table.count(key, 1)),
  shtdec: ofKey('shtdec', (table, key) => table.count(key, -1)),
  shtcn: ofKey('shtcn', counting('key')),
  shtcv: ofKey('shtcv', counting('value')),
  shtitkey: ofIterator('shtitkey', (item) => item.key),
  shtitval: ofIterator('shtitval', (item) => item.value),
  shtrecord: namedPseudoVariables('shtrecord', { key: ofRecord('key'), value: ofRecord('value') }),
}
