// Ends that requests come to beside an answer: whoever waits is told, whatever happened, and nothing of a request stays behind.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Config } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'

type Request = NonNullable<NonNullable<Config['routes']>['request']>

const UDP = 'udp:127.0.0.1:0'

const start = (request: Request, more: Partial<Parameters<typeof Bus.start>[0]> = {}) =>
  Bus.start({
    listen: UDP,
    ...more,
    routes: { request, 'evapi:message-received': (ctx) => ctx.continueFromJson(), ...more.routes },
  })

describe('what a route throws', { timeout: 20_000 }, () => {
  test('may be anything', async () => {
    const things: unknown[] = [undefined, null, Object.create(null), Symbol('s'), 0]
    await using bus = await start((ctx) => {
      throw things[Number(ctx.request.header('X-Thing'))]
    })
    const phone = await bus.phone()
    for (const [number] of things.entries()) {
      assert.equal((await phone.ask('OPTIONS', { lines: [`X-Thing: ${number}`] })).code, 500)
    }
    assert.equal(bus.stat('route_failures'), things.length)
  })

  test('after a promise, too', async () => {
    await using bus = await start(() => Promise.reject(Object.create(null)))
    const phone = await bus.phone()
    assert.equal((await phone.ask('OPTIONS')).code, 500)
  })
})
