// Variables of time and of the process. They answer in every route.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Stage } from './stage.ts'

const now = () => Math.floor(Date.now() / 1000)

test('$Ts, $TV(s) and $TV(u) show the moment at which the context first asked for the time', async () => {
  await using stage = await Stage.open()
  const before = now()
  const ctx = stage.context()
  const first = ctx.expand('$TV(s).$TV(u)')
  const micros = ctx.expand('$TV(un)')
  while (ctx.expand('$TV(un)') === micros);
  assert.equal(ctx.expand('$TV(s).$TV(u)'), first)
  assert.equal(ctx.pv('$Ts'), ctx.pv('$TV(s)'))
  assert.ok(Number(ctx.pv('$Ts')) >= before && Number(ctx.pv('$Ts')) <= now())
})

test('$TS, $TV(sn), $TV(un) and $TV(Sn) show the time now', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  for (const name of ['$TS', '$TV(sn)']) {
    const before = now()
    const value = Number(ctx.pv(name))
    // The clock between two milliseconds may be ahead of the wall clock by two of them.
    assert.ok(value >= before - 1 && value <= now() + 1, name)
  }
  const micros = Number(ctx.pv('$TV(un)'))
  assert.ok(Number.isInteger(micros) && micros >= 0 && micros < 1_000_000)
  assert.match(String(ctx.pv('$TV(Sn)')), /^\d{10,}\.\d{6}$/)
})

test('$Tf is the time as ctime() writes it', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const text = String(ctx.pv('$Tf'))
  assert.match(text, /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/)
  assert.equal(Math.floor(Date.parse(text) / 1000), ctx.pv('$Ts'))
})

test('$Tb is when the process started, $pp its id', async () => {
  await using stage = await Stage.open()
  const ctx = stage.context()
  const started = Number(ctx.pv('$Tb'))
  assert.ok(started <= now() && started > now() - 3600)
  assert.equal(ctx.pv('$pp'), process.pid)
})
