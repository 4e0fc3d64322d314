// Remote procedure calls from scripts, statistics and UUIDs: shapes and refusals as Kamailio 5.6.3 has them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteContext } from '../../src/index.ts'
import { openWith } from './modules-stage.ts'

const CONFIG = {
  jsonrpcs: { prettyFormat: false },
  htable: { htable: ['t=>autoexpire=60', 'i=>size=4'] },
  mqueue: { mqueue: ['name=q'] },
  statistics: { variable: ['a', 'b/no_reset'] },
}

/** Calls a method. @returns its result, or its refusal */
function call(ctx: RouteContext, method: string, ...params: unknown[]): unknown {
  ctx.setPv('$var(cmd)', JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 }))
  assert.equal(ctx.call('jsonrpc_exec', '$var(cmd)'), 1)
  const { result, error, id } = JSON.parse(String(ctx.pv('$jsonrpl(body)')))
  assert.equal(id, 1)
  assert.equal(ctx.pv('$jsonrpl(code)'), error ? error.code : 200)
  assert.equal(ctx.pv('$jsonrpl(text)'), error ? error.message : 'OK')
  return error ? [error.code, error.message] : result
}

test('tables are looked into and changed by calls', async () => {
  await using stage = await openWith(CONFIG)
  const ctx = stage.context()
  assert.equal(call(ctx, 'htable.sets', 't', 'a', 'x'), 'Ok. Key set to new value.')
  assert.equal(call(ctx, 'htable.seti', 't', 'b', '8'), 'Ok. Key set to new value.')
  assert.equal(call(ctx, 'htable.sets', 't', 'c', 5), 'Ok. Key set to new value.')
  assert.equal(ctx.expand('$sht(t=>a) $sht(t=>b) $sht(t=>c)'), 'x 8 5')
  assert.deepEqual(call(ctx, 'htable.dump', 't'), [
    { entry: 0, size: 1, slot: [{ name: 'a', value: 'x', type: 'str' }] },
    { entry: 1, size: 1, slot: [{ name: 'b', value: 8, type: 'int' }] },
    { entry: 2, size: 1, slot: [{ name: 'c', value: '5', type: 'str' }] },
  ])
  const { item } = call(ctx, 'htable.get', 't', 'a') as { item: Record<string, unknown> }
  assert.deepEqual(
    { ...item, expire: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(String(item['expire'])) },
    {
      name: 'a',
      value: 'x',
      flags: 2,
      expire: true,
    },
  )
  assert.equal(call(ctx, 'htable.setex', 't', 'a', 0), 'Ok')
  assert.deepEqual(call(ctx, 'htable.get', 't', 'a'), {
    item: { name: 'a', value: 'x', flags: 2, expire: 'NEVER' },
  })
  assert.equal(call(ctx, 'htable.setxi', 't', 'n', 4, 30), 'Ok. Key set to new value.')
  assert.equal(ctx.expand('$sht(t=>n) $shtex(t=>n)'), '4 30')
  assert.equal(call(ctx, 'htable.delete', 't', 'a'), 'Ok. Key deleted.')
  assert.deepEqual(call(ctx, 'htable.delete', 't', 'a'), [404, 'Key not found in htable.'])
  assert.deepEqual(call(ctx, 'htable.get', 't', 'zz'), [500, "Key name doesn't exist in htable."])
  assert.deepEqual(call(ctx, 'htable.get', 'nope', 'zz'), [500, 'No such htable'])
  assert.deepEqual(call(ctx, 'htable.get', 't'), [500, 'Not enough parameters (htable name and key name)'])
  assert.deepEqual(call(ctx, 'htable.dump'), [500, 'No htable name given'])
  assert.deepEqual(call(ctx, 'htable.seti', 't', 'b', 'x'), [400, 'Parameter value is not an integer'])
  assert.deepEqual(call(ctx, 'htable.stats'), [
    { name: 't', slots: 1, all: 3, min: 3, max: 3 },
    { name: 'i', slots: 1, all: 0, min: 0, max: 0 },
  ])
  assert.equal(call(ctx, 'htable.flush', 't'), 'Ok. Htable flushed.')
  assert.deepEqual(call(ctx, 'htable.dump', 't'), [])
})

test('queues, shared variables and statistics are reached by calls', async () => {
  await using stage = await openWith(CONFIG)
  const ctx = stage.context()
  ctx.call('mq_add', 'q', 'k1', 'v1')
  assert.deepEqual(call(ctx, 'mqueue.get_sizes'), [{ name: 'q', size: 1 }])
  assert.deepEqual(call(ctx, 'mqueue.fetch', 'q'), { key: 'k1', val: 'v1' })
  assert.deepEqual(call(ctx, 'mqueue.fetch', 'q'), [404, 'Empty queue'])
  assert.deepEqual(call(ctx, 'pv.shvSet', 'x', 'int', 5), [404, 'Variable not found'])
  ctx.setPv('$shv(x)', 'text')
  assert.deepEqual(call(ctx, 'pv.shvGet', 'x'), { name: 'x', type: 'string', value: 'text' })
  assert.equal(call(ctx, 'pv.shvSet', 'x', 'int', 5), 'Ok. Variable set to new value.')
  assert.equal(ctx.pv('$shv(x)'), 5)
  assert.deepEqual(call(ctx, 'pv.shvSet', 'x', 'foo', 'abc'), [
    500,
    'Unknown parameter type (Types: int or str)',
  ])
  ctx.call('update_stat', 'a', '+7')
  assert.deepEqual(call(ctx, 'stats.get_statistics', 'script:'), ['script:a = 7', 'script:b = 0'])
  assert.deepEqual(call(ctx, 'stats.fetch', 'a'), { 'script.a': '7' })
  assert.deepEqual(call(ctx, 'stats.fetchn', 'a', 'nope'), { 'script.a': 7 })
  assert.deepEqual(call(ctx, 'stats.get_statistics'), [400, 'Please provide which stats to retrieve'])
  assert.equal(call(ctx, 'stats.clear_statistics', 'a'), 'script:a = 7')
  assert.deepEqual(call(ctx, 'stats.reset_statistics', 'a'), {})
  assert.equal(ctx.pv('$stat(a)'), 0)
})

test('what is no call is told so, in the codes of JSON-RPC', async () => {
  await using stage = await openWith(CONFIG)
  const ctx = stage.context()
  assert.equal(ctx.expand('$jsonrpl(code) $jsonrpl(text) $jsonrpl(body)'), '0 <null> <null>')
  const facts: readonly (readonly [string, number, number])[] = [
    ['garbage', -1, -32700],
    ['', -1, -32700],
    ['{}', 1, -32600],
    ['[]', 1, -32600],
    ['{"jsonrpc":"1.0","method":"core.version","id":1}', 1, -32600],
    ['{"jsonrpc":"2.0","method":5,"id":1}', 1, -32600],
    ['{"jsonrpc":"2.0","method":"core.echo","params":"x","id":1}', 1, -32600],
    ['{"jsonrpc":"2.0","method":"nope","id":1}', 1, 500],
    ['{"jsonrpc":"2.0","method":"core.version"}', 1, 200],
  ]
  for (const [text, result, code] of facts) {
    ctx.setPv('$var(cmd)', text)
    assert.deepEqual(
      [text, ctx.call('jsonrpc_exec', '$var(cmd)'), ctx.pv('$jsonrpl(code)')],
      [text, result, code],
    )
  }
  ctx.setPv('$var(cmd)', '{"jsonrpc":"2.0","method":"core.echo","params":{"a":"é","b":5},"id":"abc"}')
  ctx.call('jsonrpc_exec', '$var(cmd)')
  assert.equal(ctx.pv('$jsonrpl(body)'), '{"jsonrpc":"2.0","result":["é","5"],"id":"abc"}')
})

test('methods say what they do, and replies stand on lines as in Kamailio', async () => {
  await using stage = await openWith({})
  const ctx = stage.context()
  const methods = call(ctx, 'system.listMethods') as string[]
  assert.deepEqual(methods, [...methods].sort())
  for (const method of methods)
    assert.match(String(call(ctx, 'system.methodHelp', method)), /^\S.*\.$/, method)
  assert.deepEqual(call(ctx, 'system.methodHelp', 'nope'), [400, 'command not found'])
  call(ctx, 'core.psx')
  assert.equal(
    ctx.pv('$jsonrpl(body)'),
    `{\n\t"jsonrpc":\t"2.0",\n\t"result":\t[{\n\t\t\t"IDX":\t0,\n\t\t\t"PID":\t${process.pid},\n\t\t\t"DSC":\t"evapid: sockets and routes on one thread"\n\t\t}],\n\t"id":\t1\n}`,
  )
  call(ctx, 'tm.reply', 200, 'OK', '1:2')
  assert.equal(ctx.pv('$jsonrpl(code)'), 481)
  const { uptime } = call(ctx, 'core.uptime') as { uptime: number }
  assert.ok(uptime >= 0)
  assert.match(String(call(ctx, 'core.version')), /^evapid \d+\.\d+\.\d+ \(/)
})

test('scripts count with variables as in Kamailio', async () => {
  await using stage = await openWith(CONFIG)
  const ctx = stage.context()
  const update = (step: string | number) => [ctx.call('update_stat', 'a', step), ctx.pv('$stat(a)')]
  assert.deepEqual(
    [update('+1'), update(5), update('-2'), update('-20')],
    [
      [1, 1],
      [1, 6],
      [1, 4],
      [1, 4294967280],
    ],
  )
  assert.throws(() => update('x'), /integer/)
  assert.throws(() => update(0), /no effect/)
  assert.deepEqual([ctx.call('reset_stat', 'a'), ctx.pv('$stat(a)')], [1, 0])
  ctx.call('update_stat', 'b', 3)
  assert.deepEqual([ctx.call('reset_stat', 'b'), ctx.pv('$stat(b)')], [1, 3])
  assert.deepEqual([ctx.call('update_stat', 'nope', 1), ctx.call('reset_stat', 'nope')], [-1, -1])
  assert.equal(
    ctx.expand('$stat(active_transactions) $stat(UAC_transactions) $stat(clients) $stat(nope)'),
    '0 0 0 <null>',
  )
})

test('UUIDs are of the version that was asked for, and never the same', async () => {
  await using stage = await openWith({})
  const ctx = stage.context()
  const shape = (version: number) =>
    new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
  for (const kind of ['g', 'r']) assert.match(String(ctx.pv(`$uuid(${kind})`)), shape(4))
  const seen = Array.from({ length: 1000 }, () => String(ctx.pv('$uuid(t)')))
  for (const uuid of seen) assert.match(uuid, shape(1))
  assert.equal(new Set(seen).size, 1000)
  assert.match(String(ctx.pv('$uuid(s)')), shape(1))
  assert.throws(() => ctx.pv('$uuid(x)'), /unknown/)
})
