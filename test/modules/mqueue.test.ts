// mqueue: what Kamailio 5.6.3 was seen to do, and the limit that is ours.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWith } from './modules-stage.ts'

const QUEUES = ['name=q;size=3', 'name=s;size=2;addmode=1', 'name=u;addmode=2', 'name=z']

test('a queue gives back what was added first, and of a full one the oldest goes', async () => {
  await using stage = await openWith({ mqueue: { mqueue: QUEUES } })
  const ctx = stage.context()
  const seen = (template: string) => ctx.expand(template)
  assert.equal(seen('$mqk(q) $mqv(q) $mq_size(q)'), '<null> <null> 0')
  assert.equal(ctx.call('mq_size', 'q'), -1)
  for (const n of [1, 2, 3, 4]) assert.equal(ctx.call('mq_add', 'q', `k${n}`, `v${n}`), 1)
  assert.equal(ctx.call('mq_size', 'q'), 3)
  assert.equal(ctx.call('mq_fetch', 'q'), 1)
  assert.equal(seen('$mqk(q) $mqv(q)'), 'k2 v2')
  assert.equal(ctx.call('mq_pv_free', 'q'), 1)
  assert.equal(seen('$mqk(q) $mqv(q)'), '<null> <null>')
  ctx.call('mq_fetch', 'q')
  ctx.call('mq_fetch', 'q')
  assert.equal(seen('$mqk(q)'), 'k4')
  assert.equal(ctx.call('mq_fetch', 'q'), -2)
  assert.equal(seen('$mqk(q) $mqv(q)'), '<null> <null>')
  const unknown = [
    ctx.call('mq_add', 'nope', 'a', 'b'),
    ctx.call('mq_fetch', 'nope'),
    ctx.call('mq_size', 'nope'),
  ]
  assert.deepEqual([...unknown, ctx.call('mq_pv_free', 'nope')], [-1, -1, -2, 1])
})

test('addmode says what becomes of a key that waits already', async () => {
  await using stage = await openWith({ mqueue: { mqueue: QUEUES } })
  const ctx = stage.context()
  const fetch = (name: string) =>
    ctx.call('mq_fetch', name) === 1 && ctx.expand(`$mqk(${name}) $mqv(${name})`)
  for (const value of ['v1', 'v2']) assert.equal(ctx.call('mq_add', 's', 'k', value), 1)
  assert.deepEqual([ctx.expand('$mq_size(s)'), fetch('s')], ['1', 'k v1'])
  for (const [key, value] of [
    ['k', 'v1'],
    ['l', 'v1'],
    ['k', 'v2'],
  ] as const)
    ctx.call('mq_add', 'u', key, value)
  assert.deepEqual([fetch('u'), fetch('u'), fetch('u')], ['l v1', 'k v2', false])
  ctx.call('mq_add', 'z', '', 'v')
  ctx.call('mq_add', 'z', 'k', '')
  assert.deepEqual([fetch('z'), fetch('z')], ['<null> v', 'k <null>'])
})

test('a queue without a size is bounded all the same', async () => {
  await using stage = await openWith({ mqueue: { mqueue: QUEUES, maxSize: 2 } })
  const ctx = stage.context()
  for (const n of [1, 2, 3]) ctx.call('mq_add', 'z', `k${n}`, 'v')
  ctx.call('mq_fetch', 'z')
  assert.equal(ctx.expand('$mqk(z) $mq_size(z)'), 'k2 1')
})

test('what describes no queue is refused', async () => {
  for (const text of ['size=3', 'name=q;size=x', 'name=q;addmode=3', 'name=q;dbmode=1', 'q']) {
    await assert.rejects(openWith({ mqueue: { mqueue: [text] } }), /mqueue\.mqueue/, text)
  }
  await assert.rejects(openWith({ mqueue: { mqueue: ['name=q', 'name=q'] } }), /two queues named q/)
})
