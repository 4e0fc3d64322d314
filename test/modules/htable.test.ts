// htable: facts recorded from Kamailio 5.6.3 through a running server's modules, and tables by a clock that is turned by hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLog } from '../../src/core/log.ts'
import { createServer, type RouteContext } from '../../src/index.ts'
import { readSettings } from '../../src/modules/htable/settings.ts'
import type { HashTable } from '../../src/modules/htable/table.ts'
import { HashTables } from '../../src/modules/htable/tables.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { openWith } from './modules-stage.ts'
import { play } from './stage.ts'

const TABLES = [
  't=>size=4;',
  'i=>initval=0',
  'i7=>size=4;initval=7;',
  'x=>autoexpire=60',
  'k=>autoexpire=100;updateexpire=0',
]

test('keys have texts, numbers, initial values or nothing, as in Kamailio', async () => {
  await using stage = await openWith({ htable: { htable: TABLES } })
  play(stage.context(), [
    { '$sht(t=>nope) $sht(i=>nope) $sht(i7=>nope)': '<null> 0 7' },
    { '$shtcn(i=>~~.*)': '0' },
    ['$sht(t=>a)', 'x'],
    ['$sht(t=>b)', 5],
    ['$sht(t=>c)', ''],
    { '$sht(t=>a) $sht(t=>b) [$sht(t=>c)]': 'x 5 []' },
    ['$sht(t=>a)', null],
    { '$sht(t=>a)': '<null>' },
    ['$var(k)', 'dyn'],
    ['$sht(t=>$var(k))', 'D'],
    ['$sht(t=>p$var(k)s)', 'D2'],
    { '$sht(t=>dyn) $sht(t=>pdyns) $(sht(t=>$var(k)))': 'D D2 D' },
    ['$sht(t=>k with space)', 'sp'],
    { '$sht(t=>k with space) $sht(t=> k with space)': 'sp <null>' },
    ['$sht(t=>a=>b)', 'arrow'],
    { '$sht(t=>a=>b)': 'arrow' },
    ['$sht(t=>)', 'empty'],
    { '$sht(t=>)': 'empty' },
    ['$sht(t=>$avp(none))', 'nullkey'],
    { '$sht(t=>$avp(none)) $sht(t=><null>)': 'nullkey nullkey' },
    { '$sht(nope=>x) $shtinc(nope=>x) $shtcn(nope=>~~.*) $shtex(nope=>x)': '<null> <null> <null> <null>' },
    ['$sht(nope=>x)', 'x', false],
  ])
})

test('only numbers and initial values are counted', async () => {
  await using stage = await openWith({ htable: { htable: TABLES } })
  play(stage.context(), [
    ['$sht(t=>d)', '7'],
    ['$sht(t=>neg)', -5],
    { '$shtinc(t=>cnt) $shtinc(t=>cnt)': '<null> <null>' },
    { '$shtinc(i=>cnt) $shtinc(i7=>cnt) $shtdec(i7=>cnt) $shtdec(i7=>cnt2)': '1 8 7 6' },
    { '$shtinc(t=>d) $sht(t=>d)': '<null> 7' },
    { '$shtdec(t=>neg) $sht(t=>neg)': '-6 -6' },
  ])
})

test('an expiry is told in seconds, and set', async () => {
  await using stage = await openWith({ htable: { htable: TABLES } })
  play(stage.context(), [
    { '$shtex(t=>b) $shtex(x=>nope)': '0 0' },
    ['$sht(x=>a)', '1'],
    { '$shtex(x=>a)': '60' },
    ['$shtex(x=>a)', 5],
    { '$shtex(x=>a)': '5' },
    ['$sht(x=>a)', '2'],
    { '$shtex(x=>a)': '60' },
    ['$shtex(x=>nope)', 5],
    { '$shtex(x=>nope) $sht(x=>nope)': '0 <null>' },
    ['$shtex(x=>a)', 0],
    { '$shtex(x=>a) $sht(x=>a)': '0 2' },
    ['$sht(k=>a)', 1],
    ['$shtex(k=>a)', 50],
    ['$sht(k=>a)', 2],
    { '$shtinc(k=>a) $shtex(k=>a)': '3 50' },
    ['$sht(t=>b)', 1],
    ['$shtex(t=>b)', 5],
    { '$shtex(t=>b)': '0' },
  ])
})

test('items are counted by expressions as Kamailio reads them', async () => {
  await using stage = await openWith({ htable: { htable: TABLES } })
  play(stage.context(), [
    ['$sht(t=>abc)', 'xyz'],
    ['$sht(t=>abd)', 'xyw'],
    ['$sht(t=>zzz)', 'abc'],
    ['$sht(t=>n)', 5],
    ['$var(re)', '^a'],
    {
      '$shtcn(t=>a) $shtcn(t=>A) $shtcn(t=>~~a+b) $shtcn(t=>ab|zz) $shtcn(t=>$var(re))': '2 2 2 3 2',
      '$shtcn(t=>~%abc) $shtcn(t=>~%c) $shtcn(t=>~%a) $shtcn(t=>~%)': '1 1 0 0',
      '$shtcn(t=>==abc) $shtcn(t=>==ab) $shtcn(t=>==) $shtcn(t=>~~) $shtcn(t=>*) $shtcn(t=>[)': '1 0 0 0 0 0',
      '$shtcv(t=>xy) $shtcv(t=>==xyz) $shtcv(t=>~%w) $shtcv(t=>5) $shtcv(t=>~~.*)': '2 1 1 0 3',
    },
  ])
})

test('items are removed and found by operators', async () => {
  await using stage = await openWith({ htable: { htable: TABLES } })
  const ctx = stage.context()
  const call = (name: string, ...args: (string | number)[]) => ctx.call(name, ...args)
  const fill = () =>
    play(ctx, [
      ['$sht(t=>r1)', 'one'],
      ['$sht(t=>r2)', 'two'],
      ['$sht(t=>r4)', 3],
    ])
  fill()
  assert.equal(call('sht_rm_name', 't', 're', '^R1'), 1)
  play(ctx, [{ '$sht(t=>r1) $sht(t=>r2)': '<null> two' }])
  assert.deepEqual(
    [
      ['eq', 'r4'],
      ['zz', 'r4'],
      ['re', '['],
      ['sw', ''],
      ['sw', 'nothing'],
      ['sw', 'r2'],
    ].map(([op = '', value = '']) => call('sht_rm_name', 't', op, value)),
    [-1, -1, -1, -1, 1, 1],
  )
  fill()
  assert.equal(call('sht_rm_value', 't', 'sw', 'on'), 1)
  assert.equal(call('sht_rm_value', 't', 're', '3'), 1)
  play(ctx, [{ '$sht(t=>r1) $sht(t=>r2) $sht(t=>r4)': '<null> two 3' }])
  fill()
  const match = (name: string) =>
    [
      ['eq', 'r1'],
      ['eq', 'R1'],
      ['sw', 'r'],
      ['sw', 'R'],
      ['re', '^R.$$'],
      ['ne', 'r'],
      ['ew', '1'],
      ['re', '['],
    ].map(([op = '', value = '']) => call(name, 't', op, value))
  assert.deepEqual(match('sht_match_name'), [1, -1, 1, -1, 1, 1, -1, -1])
  assert.deepEqual(match('sht_has_name'), match('sht_match_name'))
  assert.deepEqual(
    [
      ['eq', 'one'],
      ['eq', '3'],
      ['sw', 't'],
      ['re', '^O'],
    ].map(([op = '', value = '']) => call('sht_match_str_value', 't', op, value)),
    [1, -1, 1, 1],
  )
  assert.deepEqual(
    [call('sht_rm_name_re', 't=>['), call('sht_rm_name_re', 'nope=>a'), call('sht_rm_name_re', 't=>^r[12]')],
    [-1, 1, 1],
  )
  play(ctx, [{ '$sht(t=>r1) $sht(t=>r4)': '<null> 3' }])
  assert.deepEqual(
    [call('sht_rm', 't', 'r4'), call('sht_rm', 't', 'r4'), call('sht_rm', 'nope', 'x')],
    [1, 1, -1],
  )
  assert.deepEqual(
    [call('sht_lock', 't=>a'), call('sht_unlock', 't=>a'), call('sht_lock', 'nope=>a')],
    [1, 1, -11],
  )
  assert.throws(() => call('sht_lock', 't'), /table=>key/)
  assert.deepEqual([call('sht_reset', 'i7'), call('sht_reset', 'nope')], [1, -1])
  assert.equal(call('sht_setxs', 'x', 'k', 'v', 5), 1)
  assert.equal(call('sht_setxi', 'x', 'n', 7, 0), 1)
  play(ctx, [{ '$sht(x=>k) $shtex(x=>k) $sht(x=>n) $shtex(x=>n)': 'v 5 7 60' }])
})

test('an iterator walks over all items, and changes the one where it stands', async () => {
  await using stage = await openWith({ htable: { htable: TABLES } })
  const ctx = stage.context()
  const at = () => ctx.expand('$shtitkey(i) $shtitval(i)')
  for (const key of ['a', 'b', 'c']) ctx.setPv(`$sht(t=>${key})`, key.toUpperCase())
  assert.equal(ctx.call('sht_iterator_next', 'i'), -1)
  assert.equal(ctx.call('sht_iterator_start', 'i', 'nope'), -1)
  assert.equal(ctx.call('sht_iterator_start', 'i', 't'), 1)
  assert.equal(at(), '<null> <null>')
  assert.equal(ctx.call('sht_iterator_sets', 'i', 'x'), -1)
  const seen: string[] = []
  while (ctx.call('sht_iterator_next', 'i') === 1) {
    seen.push(at())
    // Kamailio would go past the item after the one that it removes.
    if (seen.length === 1) ctx.call('sht_iterator_rm', 'i')
    if (seen.length === 2) ctx.call('sht_iterator_seti', 'i', 17)
  }
  assert.deepEqual(seen, ['a A', 'b B', 'c C'])
  assert.equal(ctx.expand('$sht(t=>a) $sht(t=>b)'), '<null> 17')
  assert.equal(at(), '<null> <null>')
  assert.deepEqual([ctx.call('sht_iterator_end', 'i'), ctx.call('sht_iterator_end', 'i')], [1, -1])
  const started = Array.from({ length: 70 }, (_, n) => ctx.call('sht_iterator_start', `i${n}`, 't'))
  assert.equal(started.filter((code) => code === 1).length, 64)
})

test('event routes are run at start and for what is over', async () => {
  const expired: string[] = []
  let begun: (() => void) | undefined
  const over = new Promise<void>((resolve) => {
    begun = resolve
  })
  const note = (ctx: RouteContext) => {
    expired.push(ctx.expand('$shtrecord(key)=$shtrecord(value) $sht(e=>k)'))
    begun?.()
  }
  await using stage = await openWith({
    htable: { htable: ['e=>autoexpire=1'] },
    routes: {
      'htable:mod-init': (ctx: RouteContext) => ctx.setPv('$sht(e=>k)', 'v'),
      'htable:expired:e': note,
    },
  })
  assert.equal(stage.context().expand('$sht(e=>k) [$shtrecord(key)]'), 'v []')
  // The timers of tables keep no process alive: something else must.
  const alive = setInterval(() => {}, 1000)
  await over
  clearInterval(alive)
  assert.deepEqual(expired, ['k=v <null>'])
})

test('a description that Kamailio refuses is refused', () => {
  const wrong = [
    'a',
    '=>size=4',
    'a=>size=x',
    'a=>foo=1',
    'a=>autoexpire=-1',
    'a=>initval=a b',
    'a=>initval=5x',
  ]
  for (const text of wrong) assert.equal(typeof readSettings(text), 'string', text)
  const right = [
    'a=>',
    ' a => size = 4 ; autoexpire = 5 ',
    'a=>size=4,autoexpire=5',
    "a=>cols='k,v';dmqreplicate=1",
    'a=>initval=',
  ]
  for (const text of right) assert.equal(typeof readSettings(text), 'object', text)
  const twice = {
    htable: { htable: ['a=>size=4', 'a=>size=8'] },
    evapi: { bindAddr: '127.0.0.1:0' },
    log: false,
  } as const
  return assert.rejects(createServer(twice).listen(), /two tables named a/)
})

function tables(
  settings: readonly string[],
  clock: VirtualClock,
  maxItems: number,
  events: string[] = [],
): HashTables {
  const read = settings.map(readSettings).filter((each) => typeof each !== 'string')
  return new HashTables(read, {
    clock,
    maxItems,
    log: createLog(false),
    runEvent: (name) => events.push(name),
  })
}

test('a full table refuses new keys, and only those', () => {
  const all = tables(['t=>size=4'], new VirtualClock(), 2)
  const t = all.table('t') as HashTable
  assert.deepEqual([t.set('a', 1), t.set('b', 1), t.set('c', 1), t.set('a', 2)], [true, true, false, true])
  assert.equal(t.count('c', 1), null)
  t.remove('b')
  assert.equal(t.set('c', 1), true)
  assert.deepEqual(all.stats(), { htable_items: 2, htable_refused: 1, htable_expired: 0 })
})

test('a closed table leaves nothing to wake up for', () => {
  const clock = new VirtualClock()
  const all = tables(['t=>autoexpire=5'], clock, 100)
  all.table('t')?.set('a', 1)
  assert.equal(clock.pending, 1)
  all.close()
  assert.equal(clock.pending, 0)
})

test('a table is a map whose items have an end', () => {
  const keys = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key: keys, value: fc.nat(9) }),
    fc.record({ kind: fc.constant('remove' as const), key: keys, value: fc.constant(0) }),
    fc.record({ kind: fc.constant('count' as const), key: keys, value: fc.integer({ min: -2, max: 2 }) }),
    fc.record({ kind: fc.constant('lifetime' as const), key: keys, value: fc.nat(20) }),
    fc.record({ kind: fc.constant('pass' as const), key: keys, value: fc.nat(15_000) }),
    fc.record({ kind: fc.constant('stall' as const), key: keys, value: fc.nat(15_000) }),
  )
  const settings = fc.record({
    autoexpire: fc.constantFrom(0, 5, 10),
    updateexpire: fc.boolean(),
    initval: fc.constantFrom(null, 0, 3),
  })
  fc.assert(
    fc.property(
      settings,
      fc.array(step, { maxLength: 50 }),
      ({ autoexpire, updateexpire, initval }, steps) => {
        const clock = new VirtualClock()
        const initial = initval === null ? '' : `;initval=${initval}`
        const description = `t=>autoexpire=${autoexpire};updateexpire=${updateexpire ? 1 : 0}${initial}`
        const t = tables([description], clock, 100).table('t') as HashTable
        const model = new Map<string, { value: number; end: number }>()
        const live = (key: string) => {
          const item = model.get(key)
          return item && item.end > clock.now() ? item : undefined
        }
        const end = (seconds: number) =>
          seconds > 0 && autoexpire > 0 ? clock.now() + seconds * 1000 : Number.POSITIVE_INFINITY
        const set = (key: string, value: number) => {
          const item = live(key)
          model.set(key, { value, end: item && !updateexpire ? item.end : end(autoexpire) })
        }
        for (const { kind, key, value } of steps) {
          const before = live(key)
          if (kind === 'pass') clock.advance(value)
          else if (kind === 'stall') clock.stall(value)
          else if (kind === 'set') {
            assert.equal(t.set(key, value), true)
            set(key, value)
          } else if (kind === 'remove') {
            assert.equal(t.remove(key), before !== undefined)
            model.delete(key)
          } else if (kind === 'lifetime') {
            const item = t.find(key)
            assert.equal(item !== undefined, before !== undefined)
            if (item) t.setLifetime(item, value)
            if (before) before.end = end(value)
          } else {
            const from = before?.value ?? initval
            assert.equal(t.count(key, value), from === null ? null : from + value)
            if (from !== null) set(key, from + value)
          }
          for (const each of ['a', 'b', 'c', 'd']) assert.equal(t.get(each), live(each)?.value ?? initval)
        }
        clock.advance(1_000_000)
        assert.equal(t.size, [...model.keys()].filter((key) => live(key)).length)
      },
    ),
  )
})
