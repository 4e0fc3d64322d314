// Parameters: defaults, ranges and types, from TypeScript and from modparam.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mistake } from '../../src/core/errors.ts'
import { readModparam, readParameters } from '../../src/core/parameters.ts'
import { evapi } from '../../src/modules/evapi.ts'

function read(input: unknown) {
  const mistakes: Mistake[] = []
  return { values: readParameters(evapi.parameters, input, 'evapi', mistakes), mistakes }
}

function modparam(name: string, value: string | number) {
  const mistakes: Mistake[] = []
  return { set: readModparam(evapi.parameters, name, value, 'modparam', mistakes), mistakes }
}

test('the defaults are those of the EVAPI page', () => {
  assert.deepEqual(read(undefined), {
    mistakes: [],
    values: {
      workers: 1,
      bindAddr: '127.0.0.1:8448',
      netstringFormat: true,
      eventCallback: '',
      maxClients: 10_000,
      maxClientsPerAddress: 0,
      allow: [],
      rateLimit: 0,
      rateLimitBurst: 0,
      waitIdle: 500_000,
      waitIncrease: 3,
      sendTaskTimeout: 0,
      sendDataTimeout: 0,
      contextMlimit: 0,
      maxMessageSize: 1_048_576,
      onBadFrame: 'close',
      sendBufferLimit: 8_388_608,
      slowClient: 'close',
      drainTimeout: 5_000_000,
      maxRunningRoutes: 1024,
      busyPoll: 0,
      ioUring: true,
      asyncNoClient: 'suspend',
    },
  })
})

test('a boolean or an int says whether there are netstrings', () => {
  for (const [given, expected] of [
    [true, true],
    [1, true],
    [2, true],
    [false, false],
    [0, false],
  ]) {
    assert.equal(read({ netstringFormat: given }).values.netstringFormat, expected)
  }
})

test('a parameter that is given as undefined has its default', () => {
  assert.equal(read({ maxClients: undefined }).values.maxClients, 10_000)
})

const WRONG: readonly [string, unknown][] = [
  ['workers', -1],
  ['workers', 1.5],
  ['workers', '2'],
  ['maxClients', 1_000_001],
  ['maxClients', Number.NaN],
  ['maxMessageSize', 0],
  ['maxMessageSize', 1_000_000_000],
  ['onBadFrame', 'ignore'],
  ['slowClient', true],
  ['bindAddr', 8448],
  ['bindAddr', 'localhost:port'],
  ['netstringFormat', 'yes'],
  ['eventCallback', 'not a name'],
  ['sendDataTimeout', null],
  ['waitIdle', 'long'],
]

test('a value of a wrong type or out of range is one mistake that says what was expected', () => {
  for (const [name, value] of WRONG) {
    const { mistakes } = read({ [name]: value })
    assert.equal(mistakes.length, 1, `${name}: ${String(value)}`)
    assert.equal(mistakes[0]?.path, `evapi.${name}`)
    assert.ok(mistakes[0]?.expected, name)
  }
})

test('a parameter written in snake_case in TypeScript is told its camelCase name', () => {
  assert.equal(read({ max_clients: 1 }).mistakes[0]?.nearest, 'maxClients')
})

test('modparam takes snake_case names, and digits for an integer', () => {
  assert.deepEqual(modparam('max_clients', '20').set, { name: 'maxClients', value: 20 })
  assert.deepEqual(modparam('max_clients', 20).set, { name: 'maxClients', value: 20 })
  assert.deepEqual(modparam('bind_addr', '[::1]:0').set, { name: 'bindAddr', value: '[::1]:0' })
  assert.deepEqual(modparam('netstring_format', '0').set, { name: 'netstringFormat', value: 0 })
})

test('modparam reports unknown names and wrong values', () => {
  assert.equal(modparam('max_client', '20').mistakes[0]?.nearest, 'max_clients')
  assert.match(modparam('toString', '20').mistakes[0]?.problem ?? '', /unknown parameter/)
  assert.match(modparam('max_clients', 'many').mistakes[0]?.expected ?? '', /integer from 0 to 1000000/)
  assert.match(modparam('max_clients', '').mistakes[0]?.expected ?? '', /integer/)
  assert.match(modparam('slow_client', 'kill').mistakes[0]?.expected ?? '', /"close" or "drop" or "block"/)
})
