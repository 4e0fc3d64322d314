// The pseudo-variables of hash tables: $sht and its kin, what htable:expired is about, and where an iterator stands.

import type { RouteContext } from '../../core/context.ts'
import {
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
  type PvValue,
} from '../../core/pseudovariables.ts'
import type { Runtime } from '../../core/runtime.ts'
import { type Matcher, matcherOfExpression } from './matching.ts'
import { KeyFormat, TableReference } from './reference.ts'
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

/** How many items match an expression; of values only texts do. */
function counting(pick: (item: Item) => string | undefined) {
  let expression: string | undefined
  let matcher: Matcher | undefined
  return (table: HashTable, text: string): number => {
    if (text !== expression) {
      expression = text
      matcher = matcherOfExpression(text)
    }
    let count = 0
    if (matcher) {
      for (const item of table.live()) {
        const candidate = pick(item)
        if (candidate !== undefined && matcher(candidate)) count++
      }
    }
    return count
  }
}

/** A text value of an item; numbers match nothing, in Kamailio as well. */
export function textOfItem(item: Item): string | undefined {
  return typeof item.value === 'string' ? item.value : undefined
}

/** A class whose brackets hold the name of an iterator. */
function ofIterator(className: string, read: (item: Item) => PvValue): PseudoVariableClass {
  return {
    parse(inner, _index, nested) {
      if (!inner) return `$${className} needs the name of an iterator: $${className}(name)`
      const name = new KeyFormat(inner, nested)
      return {
        get(ctx) {
          const item = ctx.runtime.state(HASH_TABLES).iterators.get(name.expand(ctx))?.current
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
  shtcn: ofKey(
    'shtcn',
    counting((item) => item.key),
  ),
  shtcv: ofKey('shtcv', counting(textOfItem)),
  shtitkey: ofIterator('shtitkey', (item) => item.key),
  shtitval: ofIterator('shtitval', (item) => item.value),
  shtrecord: namedPseudoVariables('shtrecord', { key: ofRecord('key'), value: ofRecord('value') }),
}
