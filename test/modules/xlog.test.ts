// Lines that scripts write to the log: levels, fields, and what is not even expanded.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { ArgumentError } from '../../src/core/errors.ts'
import type { Log } from '../../src/core/log.ts'
import { Logbook } from '../core/logbook.ts'
import { Stage } from './stage.ts'

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

async function stageWith(log: Log, parameters: { bufSize?: number } = {}): Promise<Stage> {
  return Stage.open({}, { log, xlog: parameters })
}

test('the levels of Kamailio are levels of the log', async () => {
  const book = new Logbook()
  await using stage = await stageWith(book.log)
  const ctx = stage.request()
  const written = (name: string, ...args: string[]) => {
    const before = book.lines.length
    assert.equal(ctx.call(name, ...args), 1, name)
    assert.equal(book.lines.length, before + 1)
    return book.lines.at(-1)?.level
  }
  for (const [name, level] of [
    ['xdbg', LEVELS.debug],
    ['xinfo', LEVELS.info],
    ['xnotice', LEVELS.info],
    ['xwarn', LEVELS.warn],
    ['xerr', LEVELS.error],
    ['xcrit', LEVELS.fatal],
    ['xbug', LEVELS.fatal],
    ['xalert', LEVELS.fatal],
    ['xlog', LEVELS.error],
    ['xlogl', LEVELS.error],
    ['log', LEVELS.debug],
  ] as const) {
    assert.equal(written(name, 'x'), level, name)
  }
  for (const [name, level] of [
    ['L_DBG', LEVELS.debug],
    ['L_INFO', LEVELS.info],
    ['L_NOTICE', LEVELS.info],
    ['L_WARN', LEVELS.warn],
    ['L_ERR', LEVELS.error],
    ['L_CRIT', LEVELS.fatal],
    ['L_ALERT', LEVELS.fatal],
  ] as const) {
    assert.equal(written('xlog', name, 'x'), level, name)
  }
  for (const [number, level] of [
    ['3', LEVELS.debug],
    ['2', LEVELS.info],
    ['1', LEVELS.info],
    ['0', LEVELS.warn],
    ['-1', LEVELS.error],
    ['-5', LEVELS.fatal],
  ] as const) {
    assert.equal(written('log', number, 'x'), level, number)
  }
})

test('a line is expanded, loses its newline, and says where it is from', async () => {
  const book = new Logbook()
  await using stage = await stageWith(book.log)
  const ctx = stage.request()
  ctx.call('xinfo', 'call from $fU \xe9\n')
  assert.equal(book.lines.at(-1)?.msg, 'call from alice \xe9')
  assert.equal(book.lines.at(-1)?.['route'], 'request')
  assert.equal(book.lines.at(-1)?.['line'], undefined)
  Object.assign(stage.runtime.script, { file: '/etc/x.cfg', line: 12 })
  ctx.call('xlog', 'L_INFO', 'two\nlines\n')
  assert.equal(book.lines.at(-1)?.msg, 'two\nlines')
  assert.equal(book.lines.at(-1)?.['file'], '/etc/x.cfg')
  assert.equal(book.lines.at(-1)?.['line'], 12)
})

test('a level may be what a variable holds, if that is a number or a name', async () => {
  const book = new Logbook()
  await using stage = await stageWith(book.log)
  const ctx = stage.context()
  ctx.setPv('$var(l)', 1)
  assert.equal(ctx.call('xlog', '$var(l)', 'by number'), 1)
  assert.equal(book.lines.at(-1)?.msg, 'by number')
  const before = book.lines.length
  ctx.setPv('$var(l)', 'nonsense')
  assert.equal(ctx.call('xlog', '$var(l)', 'x'), -1)
  assert.equal(book.lines.length, before)
})

test('a level that is none is found when the call is bound', async () => {
  await using stage = await Stage.open()
  const { modules, templates } = stage.runtime
  const bind = (...args: string[]) => modules.function('xlog')?.bind(args.map((arg) => templates.text(arg)))
  assert.throws(
    () => bind('L_FOO', 'x'),
    (error) => error instanceof ArgumentError && error.position === 0 && /L_FOO.*L_INFO/.test(error.message),
  )
  assert.ok(bind('L_INFO', 'x'))
  assert.ok(bind('any text'))
  assert.throws(() => bind(), ArgumentError)
})

test('what is not written is not expanded', async () => {
  const lines: string[] = []
  const log = pino({ level: 'info', base: null }, { write: (line: string) => void lines.push(line) })
  await using stage = await stageWith(log)
  const ctx = stage.request()
  let expanded = 0
  const text = {
    constant: undefined,
    only: undefined,
    expand: () => `line ${++expanded}`,
    data: () => '',
    value: () => '',
  }
  const bound = stage.runtime.modules.function('xdbg')?.bind([text])
  assert.equal(bound?.(ctx), 1)
  assert.equal(expanded, 0)
  assert.equal(stage.runtime.modules.function('xinfo')?.bind([text])(ctx), 1)
  assert.equal(expanded, 1)
  assert.match(lines.at(-1) ?? '', /line 1/)
})

test('a line is as long as buf_size allows', async () => {
  const book = new Logbook()
  await using stage = await stageWith(book.log, { bufSize: 10 })
  stage.context().call('xinfo', 'x'.repeat(50))
  assert.equal(book.lines.at(-1)?.msg, 'x'.repeat(10))
})

test('$C is the escape of a colour', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  assert.equal(
    ctx.expand('$C(bx)a$C(rg)b$C(Rx)c$C(xx)'),
    '\x1b[0;34;49ma\x1b[0;31;42mb\x1b[1;31;49mc\x1b[0;39;49m',
  )
  for (const wrong of ['$C(x)', '$C(xR)', '$C(dx)', '$C(Xx)', '$C'])
    assert.throws(() => ctx.expand(wrong), /no colour/)
})
