// The module registry: one function, two names; names that two modules want.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineFunction, defineModule, eventRoute } from '../../src/core/module.ts'
import { ModuleRegistry } from '../../src/core/registry.ts'
import { evapi } from '../../src/modules/evapi.ts'

const noop = defineFunction({ parameters: [], doc: 'Does nothing.', call: () => 1 })

test('a function is found by its name in a kamailio.cfg and by its name in KEMI', () => {
  const registry = new ModuleRegistry([evapi])
  for (const name of ['relay', 'close', 'set_tag', 'async_relay']) {
    const found = registry.function(`evapi_${name}`)
    assert.ok(found, name)
    assert.equal(registry.function(`KSR.evapi.${name}`), found, name)
  }
  // As Kamailio has them.
  assert.equal(registry.function('KSR.evapi.relay_multicast'), registry.function('evapi_multicast'))
  assert.equal(registry.function('KSR.evapi.relay_unicast'), registry.function('evapi_unicast'))
})

test('a function may have a KEMI name of its own', () => {
  const module = defineModule({ name: 'x', functions: { x_y: { ...noop, kemi: { name: 'why' } } } })
  const registry = new ModuleRegistry([module])
  assert.equal(registry.function('KSR.x.why'), registry.function('x_y'))
  assert.equal(registry.function('KSR.x.y'), undefined)
})

test('an unknown function name finds the nearest one', () => {
  const registry = new ModuleRegistry([evapi])
  assert.equal(registry.nearestFunction('evapi_rely'), 'evapi_relay')
  assert.equal(registry.nearestFunction('KSR.evapi.relay_mutlicast'), 'KSR.evapi.relay_multicast')
  assert.equal(registry.nearestFunction('t_reply'), undefined)
})

test('event routes of all modules are known by their full names', () => {
  const module = defineModule({ name: 'clock', eventRoutes: { 'clock:tick': eventRoute('Each second.') } })
  const registry = new ModuleRegistry([evapi, module])
  assert.deepEqual(registry.eventRouteNames, [
    'evapi:connection-new',
    'evapi:message-received',
    'evapi:connection-closed',
    'clock:tick',
  ])
})

test('names that two modules want are mistakes', () => {
  const twin = defineModule({ name: 'evapi' })
  const thief = defineModule({
    name: 'thief',
    functions: { evapi_relay: noop },
    pseudoVariables: { evapi: { parse: () => 'no' }, null: { parse: () => 'no' } },
    eventRoutes: { 'evapi:connection-new': eventRoute('Not its own.') },
  })
  const { mistakes } = new ModuleRegistry([evapi, twin, thief])
  assert.deepEqual(
    mistakes.map(({ path, problem }) => `${path}: ${problem}`),
    [
      'module evapi: its name is taken',
      'module thief: the function name evapi_relay is taken',
      'module thief: the pseudo-variable $evapi is taken',
      'module thief: the pseudo-variable $null is taken',
      'module thief: the event route evapi:connection-new is taken',
    ],
  )
})
