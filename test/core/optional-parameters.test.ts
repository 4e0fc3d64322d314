// Functions with optional parameters, as routes call them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer, defineFunction, defineModule, RouteContext, type Runtime } from '../../src/index.ts'

/** Calls `opt_f(a, b?, c?)` and gives what the function got. */
async function called(...args: readonly (string | number)[]): Promise<readonly unknown[]> {
  let got: readonly unknown[] = []
  let runtime: Runtime | undefined
  const opt = defineModule({
    name: 'opt',
    functions: {
      opt_f: defineFunction({
        parameters: [
          { name: 'a', type: 'string' },
          { name: 'b', type: 'integer', optional: true },
          { name: 'c', type: 'string', optional: true },
        ],
        doc: 'Keeps its arguments.',
        call(_ctx, a, b, c) {
          // Of the types that the declaration gives them.
          const typed: readonly [string, number | undefined, string | undefined] = [a, b, c]
          got = typed
          return 1
        },
      }),
    },
    start(started) {
      runtime = started
    },
  })
  await using server = createServer({ evapi: { bindAddr: '127.0.0.1:0' }, log: false, modules: [opt] })
  await server.listen()
  assert.ok(runtime)
  const ctx = new RouteContext(runtime, { name: 'test', handler: () => {} })
  assert.equal(ctx.call('opt_f', ...args), 1)
  return got
}

test('a parameter that is left out is undefined', async () => {
  assert.deepEqual(await called('x'), ['x', undefined, undefined])
  assert.deepEqual(await called('x', 5), ['x', 5, undefined])
  assert.deepEqual(await called('x', '7', 'y'), ['x', 7, 'y'])
})

test('too few and too many arguments are refused, with a word on what is taken', async () => {
  const message = /^opt_f\(a, b\?, c\?\) takes 1 to 3 arguments, got \d$/
  await assert.rejects(called(), { code: 'ERR_CALL', message })
  await assert.rejects(called('x', 1, 'y', 'z'), { code: 'ERR_CALL', message })
})
