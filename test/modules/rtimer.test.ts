// rtimer: routes by a clock that is turned by hand, and through a server's configuration.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteContext } from '../../src/index.ts'
import { RouteTimer } from '../../src/modules/rtimer.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { openWith } from './modules-stage.ts'

test('a timer runs its routes each time, and none after it was stopped', async () => {
  const ran: string[] = []
  await using stage = await openWith({
    routes: { 'route[A]': () => ran.push('A'), 'route[B]': () => ran.push('B') },
  })
  const clock = new VirtualClock()
  const timer = new RouteTimer(stage.runtime, clock, 300, ['route[A]', 'route[B]', 'route[GONE]'])
  clock.advance(299)
  assert.deepEqual(ran, [])
  clock.advance(301)
  assert.deepEqual(ran, ['A', 'B', 'A', 'B'])
  timer.stop()
  clock.advance(10_000)
  assert.equal(ran.length, 4)
  assert.equal(clock.pending, 0)
})

test('a route that goes on is not run again before it is over, and beats that were missed are not made up for', async () => {
  let runs = 0
  let finish: (() => void) | undefined
  await using stage = await openWith({
    routes: {
      'route[A]': () => {
        runs++
        return new Promise<void>((resolve) => {
          finish = resolve
        })
      },
    },
  })
  const clock = new VirtualClock()
  const timer = new RouteTimer(stage.runtime, clock, 100, ['route[A]'])
  clock.advance(1000)
  assert.equal(runs, 1)
  finish?.()
  await new Promise((resolve) => setImmediate(resolve))
  clock.stall(5000)
  clock.advance(0)
  assert.equal(runs, 2)
  finish?.()
  timer.stop()
})

test('a route that fails does not stop its timer', async () => {
  let runs = 0
  await using stage = await openWith({
    routes: {
      'route[A]': () => {
        runs++
        throw new Error('on purpose')
      },
    },
  })
  const clock = new VirtualClock()
  const timer = new RouteTimer(stage.runtime, clock, 100, ['route[A]'])
  clock.advance(300)
  assert.equal(runs, 3)
  timer.stop()
})

test('routes of a configuration run without a client, the one that was named last first', async () => {
  const ran: string[] = []
  let second: (() => void) | undefined
  const both = new Promise<void>((resolve) => {
    second = resolve
  })
  const note = (name: string) => (ctx: RouteContext) => {
    ran.push(`${name} ${ctx.expand('$evapi(conidx) $rm')}`)
    if (ran.length === 2) second?.()
  }
  await using stage = await openWith({
    rtimer: {
      timer: ['name=ta;interval=20000u;mode=1;'],
      exec: ['timer=ta;route=A', 'timer=ta;route=B'],
    },
    routes: { 'route[A]': note('A'), 'route[B]': note('B') },
  })
  assert.ok(stage.server.address !== '')
  // The timers of routes keep no process alive: something else must.
  const alive = setInterval(() => {}, 1000)
  await both
  clearInterval(alive)
  assert.deepEqual(ran.slice(0, 2), ['B <null> <null>', 'A <null> <null>'])
})

test('what cannot run is an error at start', async () => {
  const routes = { 'route[A]': () => {} }
  await assert.rejects(
    openWith({ rtimer: { timer: ['name=ta'], exec: ['timer=tb;route=A', 'timer=ta;route=B'] }, routes }),
    /there is no timer tb[\s\S]*there is no route\[B\]/,
  )
  for (const text of ['interval=1', 'name=ta;interval=x']) {
    await assert.rejects(openWith({ rtimer: { timer: [text] } }), /rtimer\.timer/, text)
  }
  await assert.rejects(openWith({ rtimer: { exec: ['timer=ta'] } }), /rtimer\.exec/)
})
