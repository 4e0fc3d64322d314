// Configurations: every mistake is found in one pass, and types show most of them before that.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineConfig, resolveConfig } from '../../src/config.ts'
import { ConfigError } from '../../src/core/errors.ts'
import { defineModule, eventRoute } from '../../src/core/module.ts'
import { integer } from '../../src/core/parameters.ts'
import { plan, relay } from '../../src/core/plan.ts'
import { createServer } from '../../src/server.ts'

function mistakesOf(config: unknown) {
  try {
    resolveConfig(config)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.equal(error.code, 'ERR_CONFIG')
    return error.mistakes
  }
  return []
}

const clock = defineModule({
  name: 'clock',
  parameters: { tick_interval: integer({ default: 1000, doc: 'Milliseconds.' }) },
  eventRoutes: { 'clock:tick': eventRoute('Each interval.') },
})

test('no configuration, and one without routes, relay everything; routes switch that off', () => {
  assert.equal(resolveConfig(undefined).defaultRelay, true)
  assert.equal(resolveConfig({ evapi: {} }).defaultRelay, true)
  assert.equal(resolveConfig({ routes: {} }).defaultRelay, false)
  assert.equal(resolveConfig({ routes: { 'evapi:connection-new': () => {} } }).defaultRelay, false)
})

test('all mistakes are reported at once, each with its place', () => {
  const mistakes = mistakesOf({
    evapi: { maxClients: 'many', bindAdr: 'x' },
    routes: { 'evapi:mesage-received': () => {}, 'evapi:connection-new': 'relay', 'sip:request': () => {} },
    rotes: {},
    log: { level: 'warning', pretty: 1, file: 'x' },
    modules: [clock, {}],
    clock: { tickInterval: -1 },
  })
  assert.deepEqual(mistakes, [
    { path: 'rotes', problem: 'unknown key', nearest: 'routes' },
    { path: 'modules[1]', problem: '{} is not a module', expected: 'what defineModule() returns' },
    { path: 'clock.tickInterval', problem: '-1 is not valid', expected: 'an integer, at least 0' },
    { path: 'evapi.maxClients', problem: '"many" is not valid', expected: 'an integer from 0 to 1000000' },
    { path: 'evapi.bindAdr', problem: 'unknown parameter', nearest: 'bindAddr' },
    { path: 'routes["evapi:mesage-received"]', problem: 'unknown route', nearest: 'evapi:message-received' },
    {
      path: 'routes["evapi:connection-new"]',
      problem: '"relay" is not valid',
      expected: 'a function or a plan',
    },
    {
      path: 'routes["sip:request"]',
      problem: 'unknown route',
      expected:
        'core:worker-one-init, evapi:connection-new, evapi:message-received, evapi:connection-closed, htable:mod-init, htable:expired:*, clock:tick, request, route[NAME], failure_route[NAME]',
    },
    {
      path: 'log.level',
      problem: '"warning" is not valid',
      expected: 'trace, debug, info, warn, error, fatal, silent',
    },
    { path: 'log.pretty', problem: '1 is not valid', expected: 'true or false' },
    { path: 'log.file', problem: 'unknown option', expected: 'level, pretty, or a whole logger' },
  ])
})

test('addresses of listen are checked, and need a route that answers', () => {
  const request = () => {}
  assert.deepEqual(
    mistakesOf({
      listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1', 'tcp:[::1]', 'udp:localhost:0', 'udp:localhost:0'],
      routes: { request },
    }),
    [],
  )
  assert.deepEqual(
    mistakesOf({
      listen: ['5060', 'sctp:127.0.0.1', 'udp:1:1', 'udp:[x]:1', 'udp:a:70000', 1, 'udp:a', 'udp:a:5060'],
      routes: { request },
    }).map(({ path, problem }) => `${path}: ${problem}`),
    [
      'listen[0]: "5060" does not begin with udp: or tcp:',
      'listen[1]: "sctp:127.0.0.1": sctp is not supported',
      'listen[2]: "udp:1:1" names no host',
      'listen[3]: "udp:[x]:1": x is no IPv6 address',
      'listen[4]: "udp:a:70000": there is no port 70000',
      'listen[5]: 1 is not valid',
      'listen[7]: "udp:a:5060" is there twice',
    ],
  )
  assert.deepEqual(
    mistakesOf({ listen: 'udp:127.0.0.1' }).map(({ path, problem }) => `${path}: ${problem}`),
    ['listen: nothing would answer the requests'],
  )
})

test('routes of requests may have any name in brackets, and only there', () => {
  const route = () => {}
  const routes = {
    request: route,
    'route[RESUME]': route,
    'route[A B]': route,
    'failure_route[LATE-1]': route,
  }
  assert.deepEqual(mistakesOf({ routes }), [])
  assert.deepEqual(
    mistakesOf({ routes: { 'route[]': route, 'routes[A]': route, 'route[A]B]': route } }).map(
      ({ problem }) => problem,
    ),
    ['unknown route', 'unknown route', 'unknown route'],
  )
})

test('routes that are named as in a kamailio.cfg are told their names here', () => {
  const route = () => {}
  const routes = { request_route: route, 'event_route[evapi:connection-new]': route }
  assert.deepEqual(
    mistakesOf({ routes }).map(({ nearest }) => nearest),
    ['request', 'evapi:connection-new'],
  )
})

test('a plan is no route of a request: it could not answer', () => {
  assert.deepEqual(mistakesOf({ routes: { request: plan(relay('hello')) } }), [
    { path: 'routes["request"]', problem: 'a plan cannot reply to a request', expected: 'a function' },
  ])
})

test('a ConfigError reads as lines', () => {
  assert.throws(() => resolveConfig({ routes: { 'evapi:conection-new': () => {} } }), {
    message: 'routes["evapi:conection-new"]: unknown route; did you mean "evapi:connection-new"?',
  })
  assert.throws(
    () => resolveConfig({ rotes: 1, evapi: { workers: -1 } }),
    /^ConfigError: 2 mistakes in .*\nrotes: .*\n/,
  )
})

test('what is no configuration is said to be none', () => {
  for (const config of [null, 1, 'x', [], () => {}]) {
    assert.match(mistakesOf(config)[0]?.problem ?? '', /is not a configuration/, String(config))
  }
  assert.match(mistakesOf({ routes: [] })[0]?.expected ?? '', /an object of routes/)
  assert.match(mistakesOf({ evapi: 5 })[0]?.expected ?? '', /an object of parameters/)
  assert.match(mistakesOf({ modules: clock })[0]?.expected ?? '', /an array of modules/)
  assert.match(mistakesOf({ log: 'info' })[0]?.expected ?? '', /false, options or a logger/)
})

test('parameters and routes of an own module are typed and checked', () => {
  const config = defineConfig({
    modules: [clock],
    clock: { tickInterval: 5 },
    routes: {
      'clock:tick': (ctx) => ctx.relay('tick'),
      'evapi:message-received': (ctx) => ctx.relay(ctx.msg),
    },
  })
  const { parameters, routes } = resolveConfig(config)
  assert.deepEqual(parameters.get('clock'), { tickInterval: 5 })
  assert.deepEqual([...routes.keys()], ['clock:tick', 'evapi:message-received'])
})

test('types show wrong names and what a context does not offer', () => {
  // Compiled, never run: tsc fails here when an error that is expected is none.
  const shown = () => [
    // @ts-expect-error: no such route
    defineConfig({ routes: { 'evapi:mesage-received': () => {} } }),
    // @ts-expect-error: no such parameter
    defineConfig({ evapi: { bind_addr: '127.0.0.1' } }),
    // @ts-expect-error: a wrong type
    defineConfig({ evapi: { maxClients: 'many' } }),
    // @ts-expect-error: not one of the words
    defineConfig({ evapi: { slowClient: 'kill' } }),
    // @ts-expect-error: the module is not in modules
    defineConfig({ routes: { 'clock:tick': () => {} } }),
    // @ts-expect-error: a wrong type in an own module's parameters
    defineConfig({ modules: [clock], clock: { tickInterval: '5' } }),
    // @ts-expect-error: there is no message to read in connection-new
    defineConfig({ routes: { 'evapi:connection-new': (ctx) => ctx.msg.text } }),
    // @ts-expect-error: what is closed cannot be closed
    defineConfig({ routes: { 'evapi:connection-closed': (ctx) => ctx.close() } }),
    defineConfig({
      routes: { 'evapi:connection-closed': (ctx) => ctx.log.info(`${ctx.client.address} ${ctx.reason}`) },
    }),
    defineConfig({ routes: { 'evapi:message-received': async (ctx) => ctx.relay(ctx.msg.text) } }),
    // Wrapped in createServer, the types are the same.
    createServer(defineConfig({ routes: { 'evapi:message-received': (ctx) => ctx.relay(ctx.msg) } })),
    createServer(defineConfig({ modules: [clock], routes: { 'clock:tick': (ctx) => ctx.relay(ctx.route) } })),
    createServer({ modules: [clock], routes: { 'clock:tick': (ctx) => ctx.relay(ctx.route) } }),
  ]
  assert.ok(shown)
})
