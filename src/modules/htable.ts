// The htable module: values that outlive routes, by table and key, and may expire (Kamailio's htable). The tables are in htable/.

import { ConfigError } from '../core/errors.ts'
import { defineModule, eventRoute } from '../core/module.ts'
import { hashTableFunctions, hashTableKemi } from './htable/functions.ts'
import { hashTableMethods } from './htable/methods.ts'
import { HTABLE_PARAMETERS, readSettings } from './htable/settings.ts'
import { HASH_TABLES } from './htable/tables.ts'
import { hashTableVariables } from './htable/variables.ts'

export const htable = defineModule({
  name: 'htable',
  parameters: HTABLE_PARAMETERS,
  functions: hashTableFunctions,
  kemi: hashTableKemi,
  pseudoVariables: hashTableVariables,
  rpc: hashTableMethods,

  eventRoutes: {
    'htable:mod-init': eventRoute('Once, before anything is received: for the first contents of tables.'),
    'htable:expired:*': eventRoute(
      'An item of the table with that name is over: $shtrecord(key) and $shtrecord(value) say which.',
    ),
  },

  start(runtime, { htable: descriptions }) {
    const names = descriptions
      .map((text) => readSettings(text))
      .map((each) => (typeof each === 'string' ? '' : each.name))
    const twice = names.find((name, position) => names.indexOf(name) !== position)
    if (twice !== undefined)
      throw new ConfigError([{ path: 'htable.htable', problem: `there are two tables named ${twice}` }])
    runtime.state(HASH_TABLES)
    runtime.runEvent('htable:mod-init')
  },

  stop: (runtime) => runtime.state(HASH_TABLES).close(),
  stats: (runtime) => runtime.state(HASH_TABLES).stats(),
})
