// What modparam("htable", "htable", "name=>size=8;autoexpire=60") says, and the other parameters of the module.

import { ignored, integer, string, strings } from '../../core/parameters.ts'
import { readAttributes } from '../attributes.ts'
import type { TableSettings } from './table.ts'

const FORM = '"name=>size=8;autoexpire=60;initval=0;updateexpire=1"'
const NO_DATABASE = 'tables are in memory only'

function noDatabase(what: string) {
  return string({
    default: '',
    expected: `none: ${what} is not here`,
    check: (text) => text === '',
    doc: `Not here: ${what}.`,
  })
}

export const HTABLE_PARAMETERS = {
  htable: strings({
    expected: FORM,
    check: (text) => typeof readSettings(text) !== 'string',
    doc: `A table, once for each: ${FORM}. Attributes: autoexpire (seconds), initval (an integer), updateexpire (0 or 1); size, dbtable, cols, dbmode, dmqreplicate have no effect.`,
  }),
  max_items: integer({
    default: 1_000_000,
    min: 1,
    doc: 'Items that one table may have; a new key over it is refused, counted and told once.',
  }),
  timer_interval: ignored('integer', 'items go when their time is over; nothing looks for them'),
  timer_procs: ignored('integer', 'there is one process'),
  event_callback: string({
    default: '',
    live: true,
    doc: 'KEMI: the function that is called with the name of an event.',
  }),
  event_callback_mode: ignored('integer', 'events are told as soon as they happen'),
  db_url: noDatabase('a database'),
  key_name_column: ignored('string', NO_DATABASE),
  key_type_column: ignored('string', NO_DATABASE),
  value_type_column: ignored('string', NO_DATABASE),
  key_value_column: ignored('string', NO_DATABASE),
  expires_column: ignored('string', NO_DATABASE),
  array_size_suffix: ignored('string', NO_DATABASE),
  fetch_rows: ignored('integer', NO_DATABASE),
  db_expires: ignored('integer', NO_DATABASE),
  enable_dmq: integer({ default: 0, max: 0, doc: 'Not here: replication to other nodes.' }),
  dmq_init_sync: ignored('integer', 'tables are not replicated'),
}

/** Attributes that mean nothing here: how Kamailio stores tables. */
const WITHOUT_EFFECT = new Set(['size', 'dbtable', 'cols', 'dbmode', 'dmqreplicate'])

/** Reads what describes one table. @returns a text that says what is wrong, if something is */
export function readSettings(text: string): TableSettings | string {
  const arrow = text.indexOf('=>')
  const name = text.slice(0, Math.max(arrow, 0)).trim()
  if (name === '') return `a table is described by ${FORM}`
  const attributes = readAttributes(text.slice(arrow + 2))
  if (typeof attributes === 'string') return attributes
  const settings = { name, autoexpire: 0, initval: null as number | null, updateexpire: true }
  for (const [attribute, value] of attributes) {
    if (WITHOUT_EFFECT.has(attribute)) {
      if (attribute === 'size' && !/^\d+$/.test(value))
        return `size is not a number: ${JSON.stringify(value)}`
      continue
    }
    // Kamailio takes a missing number for 0.
    const number = value === '' ? 0 : Number(value)
    if (!/^-?\d*$/.test(value) || !Number.isSafeInteger(number))
      return `${attribute} is not a number: ${value}`
    if (attribute === 'initval') settings.initval = number
    else if (number < 0) return `${attribute} is negative`
    else if (attribute === 'autoexpire') settings.autoexpire = number
    else if (attribute === 'updateexpire') settings.updateexpire = number !== 0
    else return `unknown attribute ${attribute}`
  }
  return settings
}
