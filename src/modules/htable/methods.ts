// The remote procedure calls of hash tables. Names, results and refusals are those of Kamailio's htable module.

import { RpcError } from '../../core/errors.ts'
import { JsonObject, type JsonValue } from '../../core/json/value.ts'
import { defineRpc, type RpcMethod } from '../../core/rpc.ts'
import type { Runtime } from '../../core/runtime.ts'
import type { HashTable, Item } from './table.ts'
import { HASH_TABLES } from './tables.ts'

const TABLE = { name: 'htable', type: 'string' } as const
const KEY = { name: 'key', type: 'string' } as const
const TEXT = { name: 'value', type: 'string' } as const
const NUMBER = { name: 'value', type: 'integer' } as const
const SECONDS = { name: 'expire', type: 'integer' } as const

const SET = 'Ok. Key set to new value.'

function missing(what: string) {
  return { status: 500, reason: `Not enough parameters (${what})` }
}

const NO_NAME = { status: 500, reason: 'No htable name given' }

function tableOf(runtime: Runtime, name: string): HashTable {
  const table = runtime.state(HASH_TABLES).table(name)
  if (!table) throw new RpcError(500, 'No such htable')
  return table
}

function set(runtime: Runtime, name: string, key: string, value: string | number, seconds?: number): string {
  const lifetime = seconds !== undefined && seconds > 0 ? seconds : undefined
  if (!tableOf(runtime, name).set(key, value, lifetime)) throw new RpcError(500, 'The htable is full')
  return SET
}

/** As Kamailio writes it, in local time; NEVER when it has no end. */
function endOf(table: HashTable, item: Item): string {
  const seconds = table.lifetime(item)
  if (seconds === 0) return 'NEVER'
  const end = new Date(Date.now() + seconds * 1000)
  const two = (part: number) => String(part).padStart(2, '0')
  const day = `${end.getFullYear()}-${two(end.getMonth() + 1)}-${two(end.getDate())}`
  return `${day} ${two(end.getHours())}:${two(end.getMinutes())}:${two(end.getSeconds())}`
}

function dumped(items: Iterable<Item>): JsonValue {
  return Array.from(items, ({ key, value }, entry) =>
    JsonObject.of({
      entry,
      size: 1,
      slot: [JsonObject.of({ name: key, value, type: typeof value === 'number' ? 'int' : 'str' })],
    }),
  )
}

/** In Kamailio's words. */
function withoutDatabase(doc: string): RpcMethod {
  return defineRpc({
    parameters: [TABLE],
    missing: NO_NAME,
    doc,
    call() {
      throw new RpcError(500, 'No htable db_url')
    },
  })
}

export const hashTableMethods: Readonly<Record<string, RpcMethod>> = {
  'htable.dump': defineRpc({
    scope: 'read',
    parameters: [TABLE],
    missing: NO_NAME,
    doc: 'All items of a table. Each is an entry of its own: there are no slots to look into here.',
    call: (runtime, name) => dumped(tableOf(runtime, name).live()),
  }),
  'htable.get': defineRpc({
    scope: 'read',
    parameters: [TABLE, KEY],
    missing: missing('htable name and key name'),
    doc: 'One item of a table.',
    call(runtime, name, key) {
      const table = tableOf(runtime, name)
      const item = table.find(key)
      if (!item) throw new RpcError(500, "Key name doesn't exist in htable.")
      const { value } = item
      return JsonObject.of({
        item: JsonObject.of({
          name: key,
          value,
          flags: typeof value === 'string' ? 2 : 0,
          expire: endOf(table, item),
        }),
      })
    },
  }),
  'htable.sets': defineRpc({
    parameters: [TABLE, KEY, TEXT],
    missing: missing('htable name, key name and value'),
    doc: 'Gives a key a text.',
    call: (runtime, name, key, value) => set(runtime, name, key, value),
  }),
  'htable.seti': defineRpc({
    parameters: [TABLE, KEY, NUMBER],
    missing: missing('htable name, key name and value'),
    doc: 'Gives a key a number.',
    call: (runtime, name, key, value) => set(runtime, name, key, value),
  }),
  'htable.setxs': defineRpc({
    parameters: [TABLE, KEY, TEXT, SECONDS],
    missing: missing('htable name, key name, value and expire'),
    doc: 'Gives a key a text for so many seconds.',
    call: (runtime, name, key, value, seconds) => set(runtime, name, key, value, seconds),
  }),
  'htable.setxi': defineRpc({
    parameters: [TABLE, KEY, NUMBER, SECONDS],
    missing: missing('htable name, key name, value and expire'),
    doc: 'Gives a key a number for so many seconds.',
    call: (runtime, name, key, value, seconds) => set(runtime, name, key, value, seconds),
  }),
  'htable.setex': defineRpc({
    parameters: [TABLE, KEY, SECONDS],
    missing: missing('htable name, key name and expire'),
    doc: 'Gives a key so many seconds. One that is not there stays so.',
    call(runtime, name, key, seconds) {
      const table = tableOf(runtime, name)
      const item = table.find(key)
      if (item) table.setLifetime(item, seconds)
      return 'Ok'
    },
  }),
  'htable.delete': defineRpc({
    parameters: [TABLE, KEY],
    missing: missing('htable name & key name'),
    doc: 'Removes a key.',
    call(runtime, name, key) {
      if (!tableOf(runtime, name).remove(key)) throw new RpcError(404, 'Key not found in htable.')
      return 'Ok. Key deleted.'
    },
  }),
  'htable.flush': defineRpc({
    parameters: [TABLE],
    missing: NO_NAME,
    doc: 'Removes all items of a table.',
    call(runtime, name) {
      tableOf(runtime, name).clear()
      return 'Ok. Htable flushed.'
    },
  }),
  'htable.reload': withoutDatabase('Would read a table from its database: there is none here.'),
  'htable.store': withoutDatabase('Would write a table to its database: there is none here.'),
  'htable.listTables': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'All tables, with their settings. size is 0: there are no slots.',
    call: (runtime) =>
      Array.from(runtime.state(HASH_TABLES).tables.values(), ({ settings }) =>
        JsonObject.of({
          name: settings.name,
          dbtable: '',
          dbmode: 0,
          expire: settings.autoexpire,
          updateexpire: settings.updateexpire ? 1 : 0,
          size: 0,
          dmqreplicate: 0,
        }),
      ),
  }),
  'htable.stats': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'How many items each table has. There is one slot.',
    call: (runtime) =>
      Array.from(runtime.state(HASH_TABLES).tables.values(), ({ settings, size }) =>
        JsonObject.of({ name: settings.name, slots: 1, all: size, min: size, max: size }),
      ),
  }),
}
