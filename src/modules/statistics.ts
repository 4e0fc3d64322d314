// The statistics module: variables that scripts count with, and what the server counts under Kamailio's names (Kamailio's statistics, and
// stats.* of its kex). $stat is kex's, as it is there.

import { RpcError } from '../core/errors.ts'
import type { JsonValue } from '../core/json/value.ts'
import { JsonObject } from '../core/json/value.ts'
import { defineFunction, defineModule } from '../core/module.ts'
import { defineRpc, type RpcMethod } from '../core/rpc.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Scope } from '../core/scopes.ts'
import { COUNTERPART_NAMES, COUNTERS, STATISTICS_PARAMETERS, type Statistic } from './statistics/counters.ts'

const NAME = {
  name: 'variable',
  type: 'string',
  declared: ({ variable }: Readonly<Record<string, unknown>>): readonly string[] =>
    (Array.isArray(variable) ? variable : [])
      .map((text) => String(text).replace('/no_reset', ''))
      .concat(COUNTERPART_NAMES),
} as const

/** A method that is told which statistics are meant: `all`, `group:`, names. */
function ofSelection(
  scope: Scope,
  doc: string,
  missing: string,
  answer: (selected: readonly Statistic[], runtime: Runtime) => JsonValue,
): RpcMethod {
  return defineRpc({
    parameters: [{ name: 'statistics', type: 'strings' }],
    doc,
    scope,
    call(runtime, names) {
      if (names.length === 0) throw new RpcError(400, missing)
      const counters = runtime.state(COUNTERS)
      return answer(
        names.flatMap((name) => counters.select(name)),
        runtime,
      )
    },
  })
}

const WHICH = 'Please provide which stats to retrieve'
const NAMES = 'Please provide stats name'

function line({ group, name, value }: Statistic): string {
  return `${group}:${name} = ${value}`
}

function reset(selected: readonly Statistic[], runtime: Runtime): void {
  for (const { name } of selected) runtime.state(COUNTERS).reset(name)
}

export const statistics = defineModule({
  name: 'statistics',
  parameters: STATISTICS_PARAMETERS,

  functions: {
    update_stat: defineFunction({
      parameters: [
        NAME,
        {
          name: 'value',
          type: 'integer',
          check: (text) => (Number(text) === 0 ? 'an update by 0 has no effect' : undefined),
        },
      ],
      doc: 'Adds to a variable that modparam("statistics", "variable", ...) has declared. False when there is none of that name.',
      call: (ctx, name, step) => (ctx.runtime.state(COUNTERS).add(name, step) ? 1 : -1),
    }),
    reset_stat: defineFunction({
      parameters: [NAME],
      doc: 'Sets a variable to 0. False when there is none of that name.',
      call: (ctx, name) => (ctx.runtime.state(COUNTERS).reset(name) ? 1 : -1),
    }),
  },

  rpc: {
    'stats.get_statistics': ofSelection(
      'read',
      'Statistics as lines: group:name = value.',
      WHICH,
      (selected) => selected.map(line),
    ),
    'stats.fetch': ofSelection('read', 'Statistics by group.name, as texts.', WHICH, (selected) =>
      JsonObject.of(selected.map(({ group, name, value }) => [`${group}.${name}`, String(value)])),
    ),
    'stats.fetchn': ofSelection('read', 'Statistics by group.name, as numbers.', WHICH, (selected) =>
      JsonObject.of(selected.map(({ group, name, value }) => [`${group}.${name}`, value])),
    ),
    'stats.reset_statistics': ofSelection(
      'admin',
      'Resets the variables of scripts.',
      NAMES,
      (selected, runtime) => {
        reset(selected, runtime)
        return new JsonObject()
      },
    ),
    'stats.clear_statistics': ofSelection(
      'admin',
      'Resets the variables of scripts, and says what they were.',
      NAMES,
      (selected, runtime) => {
        reset(selected, runtime)
        const [first, ...others] = selected.map(line)
        return others.length === 0 ? (first ?? new JsonObject()) : [first ?? '', ...others]
      },
    ),
  },
})
