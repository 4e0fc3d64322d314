// Generations of routes and modules: what a context finds that began before a reload, and what a reload changes.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { changesOf } from '../../src/changes.ts'
import { resolveConfig } from '../../src/config.ts'
import { RouteContext } from '../../src/core/context.ts'
import { createLog } from '../../src/core/log.ts'
import { defineFunction, defineModule } from '../../src/core/module.ts'
import { integer, readParameters } from '../../src/core/parameters.ts'
import { namedPseudoVariables } from '../../src/core/pseudovariables.ts'
import { ModuleRegistry } from '../../src/core/registry.ts'
import { RouteSet, RouteTable } from '../../src/core/routes.ts'
import { Runtime, StateKey } from '../../src/core/runtime.ts'
import { Dispatcher } from '../../src/dispatcher.ts'
import { dispatcherOptions, evapi } from '../../src/modules/evapi.ts'

const SILENT = createLog(false)
const STATE = new StateKey(() => ({ calls: 0 }))

/** A module that says which one it is. */
const speaking = (text: string) =>
  defineModule({
    name: 'speaking',
    functions: { speak: defineFunction({ parameters: [], doc: 'Speaks.', call: () => text.length }) },
    pseudoVariables: { said: namedPseudoVariables('said', { it: { get: () => text } }) },
  })

const registry = (text: string) => new ModuleRegistry([speaking(text)])

/** Two runtimes of one server, and their routes. */
class Two implements AsyncDisposable {
  readonly table: RouteTable
  readonly first: Runtime
  readonly second: Runtime
  readonly secondRoutes = new RouteSet([['a', () => {}]])

  constructor(handler: () => unknown = () => {}) {
    const values = readParameters(evapi.parameters, undefined, 'evapi', [])
    const dispatcher = new Dispatcher(dispatcherOptions(values, {}), { notice: () => {} })
    this.table = new RouteTable(
      SILENT,
      new RouteSet([
        ['a', handler],
        ['b', () => {}],
      ]),
    )
    this.first = new Runtime({ dispatcher, modules: registry('one'), routes: this.table, log: SILENT })
    this.second = this.first.next({ modules: registry('second') }, this.secondRoutes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.first.dispatcher.shutdown()
  }
}

describe('a route', () => {
  test('is found in the set that the table uses, and there alone', async () => {
    await using two = new Two()
    assert.equal(two.table.get('a')?.set, two.first.ownRoutes)
    two.table.use(two.secondRoutes)
    assert.equal(two.table.get('a')?.set, two.secondRoutes)
    assert.equal(two.table.get('b'), undefined)
    assert.ok(two.first.ownRoutes.get('b'))
  })

  test('has a context in its own runtime, whoever makes it: its modules, variables and routes', async () => {
    await using two = new Two()
    const old = two.table.get('a')
    two.table.use(two.secondRoutes)
    const now = two.table.get('a')
    assert.ok(old && now)
    for (const runtime of [two.first, two.second]) {
      const before = new RouteContext(runtime, old)
      assert.deepEqual([before.pv('$said(it)'), before.call('speak')], ['one', 3])
      assert.ok(before.runtime.ownRoutes.get('b'))
      const after = new RouteContext(runtime, now)
      assert.deepEqual([after.pv('$said(it)'), after.call('speak')], ['second', 6])
      assert.equal(after.runtime.ownRoutes.get('b'), undefined)
    }
    assert.ok(new RouteContext(two.first, old).runs(old))
    assert.ok(!new RouteContext(two.first, old).runs(now))
  })

  test('that is under way counts for its set, until it has settled', async () => {
    let end = () => {}
    await using two = new Two(
      () =>
        new Promise<void>((resolve) => {
          end = resolve
        }),
    )
    const old = two.table.get('a')
    assert.ok(old)
    two.table.run(old, new RouteContext(two.first, old))
    two.table.use(two.secondRoutes)
    assert.deepEqual([two.first.ownRoutes.running, two.secondRoutes.running, two.table.running], [1, 0, 1])
    await two.secondRoutes.settled()
    let settled = false
    const waiting = two.first.ownRoutes.settled().then(() => {
      settled = true
    })
    await new Promise(setImmediate)
    assert.equal(settled, false)
    end()
    await waiting
    assert.deepEqual([two.first.ownRoutes.running, two.table.running], [0, 0])
  })

  test('shares what modules keep and where scripts are with those before and after', async () => {
    await using two = new Two()
    two.first.state(STATE).calls = 1
    assert.equal(two.second.state(STATE).calls, 1)
    assert.equal(two.first.script, two.second.script)
    assert.notEqual(two.first.templates, two.second.templates)
  })

  test('that a module runs without a client is a current one, in its own runtime', async () => {
    await using two = new Two()
    let seen: RouteContext | undefined
    const routes = new RouteSet([['c', (ctx: RouteContext) => (seen = ctx)]])
    const third = two.second.next({ modules: registry('third') }, routes)
    assert.equal(two.first.runEvent('c'), false)
    two.table.use(routes)
    assert.equal(two.first.runEvent('c'), true)
    assert.equal(seen?.runtime, third)
    assert.equal(seen?.pv('$said(it)'), 'third')
  })
})

describe('what a reload changes', () => {
  const counting = () =>
    defineModule({ name: 'counting', parameters: { from: integer({ default: 1, doc: 'Where it starts.' }) } })

  test('live parameters are in effect, others are as they were and named as modparam names them', () => {
    const before = resolveConfig({
      evapi: { maxClients: 1, bindAddr: '127.0.0.1:1' },
      tm: { wtTimer: 1, frTimer: 1 },
    })
    const after = resolveConfig({
      evapi: { maxClients: 2, bindAddr: '127.0.0.1:2' },
      tm: { wtTimer: 2, frTimer: 2 },
    })
    const { config, needRestart } = changesOf(before, after)
    assert.deepEqual(needRestart, ['evapi.bind_addr', 'tm.wt_timer'])
    assert.deepEqual([config.evapi.maxClients, config.evapi.bindAddr], [2, '127.0.0.1:1'])
    const tm = config.parameters.get('tm')
    assert.deepEqual([tm?.['wtTimer'], tm?.['frTimer']], [1, 2])
    assert.equal(config.parameters.get('evapi'), config.evapi)
    assert.deepEqual(changesOf(config, before).needRestart, [])
  })

  test('where SIP is taken, and the log, need a restart; a logger that a file makes is not another log', () => {
    const request = { routes: { request: () => {} } }
    const before = resolveConfig({ ...request, listen: 'udp:127.0.0.1:5060', log: { level: 'info' } })
    const after = resolveConfig({ ...request, log: { level: 'debug' } })
    const { config, needRestart } = changesOf(before, after)
    assert.deepEqual(needRestart, ['listen', 'log'])
    assert.deepEqual([config.listen, config.log], [before.listen, before.log])
    const ownLog = () => resolveConfig({ log: createLog(false) })
    assert.deepEqual(changesOf(ownLog(), ownLog()).needRestart, [])
  })

  test('modules that are another object come and go; one that is the same stays, with its parameters', () => {
    const one = counting()
    const before = resolveConfig({ modules: [one], counting: { from: 1 } })
    const again = resolveConfig({ modules: [one], counting: { from: 2 } })
    const same = changesOf(before, again)
    assert.deepEqual([same.arriving, same.leaving, same.needRestart], [[], [], ['counting.from']])
    assert.deepEqual(same.config.parameters.get('counting'), { from: 1 })
    const other = counting()
    const changed = changesOf(before, resolveConfig({ modules: [other], counting: { from: 2 } }))
    assert.deepEqual([changed.arriving, changed.leaving, changed.needRestart], [[other], [one], []])
    assert.deepEqual(changed.config.parameters.get('counting'), { from: 2 })
    const gone = changesOf(before, resolveConfig({}))
    assert.deepEqual([gone.arriving, gone.leaving], [[], [one]])
  })
})
