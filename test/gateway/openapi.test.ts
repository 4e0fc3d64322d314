// The description of the endpoints against the endpoints: everything that answers is in it, and everything in it answers as it says.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Bus } from '../support/bus.ts'
import { ask } from './http-asker.ts'

interface Operation {
  readonly summary: string
  readonly security?: readonly unknown[]
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

interface Description {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const TOKEN = 'admin-0123456789abcdef'

async function withTokens<Result>(
  run: (bus: Bus, description: Description) => Promise<Result>,
): Promise<Result> {
  process.env['EVAPID_TOKEN'] = TOKEN
  try {
    await using bus = await Bus.start({
      http: '127.0.0.1:0',
      routes: { request: (ctx) => void ctx.reply(200) },
    })
    const answer = await ask(bus.server.httpAddress, '/openapi.json')
    assert.equal(answer.status, 200)
    return await run(bus, answer.json as Description)
  } finally {
    delete process.env['EVAPID_TOKEN']
  }
}

/** A path that stands for a template. */
const concrete = (path: string) => path.replace(/\{(\w+)\}/g, 'x')

function operations({ paths }: Description): { method: string; path: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

describe('GET /openapi.json', { timeout: 60_000 }, () => {
  test('every path in it answers to OPTIONS with the methods that are in it, and to no others', async () => {
    await withTokens(async (bus, description) => {
      assert.match(description.openapi, /^3\.1/)
      for (const [path, methods] of Object.entries(description.paths)) {
        const { status, headers } = await ask(bus.server.httpAddress, concrete(path), { method: 'OPTIONS' })
        assert.equal(status, 204, path)
        const expected = Object.keys(methods).flatMap((method) =>
          method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
        )
        assert.deepEqual(String(headers.allow).split(', ').sort(), [...expected, 'OPTIONS'].sort(), path)
      }
    })
  })

  test('everything that is served says what it is for, what it takes and what it answers', async () => {
    await withTokens(async (_bus, description) => {
      for (const { method, path, operation } of operations(description)) {
        const what = `${method} ${path}`
        assert.notEqual(operation.summary, '', what)
        const named = operation.parameters.filter((each) => each.in === 'path').map(({ name }) => name)
        assert.deepEqual(
          named,
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
          what,
        )
        assert.ok(
          Object.keys(operation.responses).some((status) => Number(status) < 400),
          what,
        )
        for (const { description: text } of Object.values(operation.responses))
          assert.notEqual(text, '', what)
      }
      for (const path of [
        '/relay',
        '/multicast/{tag}',
        '/unicast/{tag}',
        '/request/{method}',
        '/events',
        '/ws',
        '/live',
        '/rpc',
        '/metrics',
        '/healthz',
        '/readyz',
        '/openapi.json',
        '/',
      ])
        assert.ok(description.paths[path], path)
    })
  })

  test('whatever a request is refused with or answered with is among what it says', async () => {
    await withTokens(async (bus, description) => {
      const { httpAddress } = bus.server
      const right = { authorization: `Bearer ${TOKEN}` }
      for (const { method, path, operation } of operations(description)) {
        const asked = async (
          headers: Readonly<Record<string, string>>,
          { body = 'x', query = '' }: { body?: string; query?: string } = {},
        ) => {
          const question =
            method === 'POST'
              ? { method, body, headers }
              : { method: path === '/events' ? 'HEAD' : method, headers }
          const { status } = await ask(httpAddress, `${concrete(path)}${query}`, question)
          assert.ok(operation.responses[status], `${method} ${path}: ${status} is not described`)
          return status
        }
        const needsToken = (operation.security ?? []).length > 0
        assert.equal((await asked({})) === 401, needsToken, `${method} ${path} needs a token: ${needsToken}`)
        assert.equal(await asked({ authorization: 'Bearer wrong' }), 401)
        assert.equal(await asked({ ...right, origin: 'https://evil.example' }), 403)
        assert.equal(await asked({ ...right, host: 'evil.example' }), 421)
        assert.equal(await asked(right, { query: '?token=x' }), 400)
        const status = await asked(right, path.startsWith('/request/') ? { query: '?uri=sip:a@b' } : {})
        assert.ok(status < 400 || status === 426 || status === 400, `${method} ${path}: ${status}`)
        if (method === 'POST') {
          await asked(right, { body: '' })
          assert.equal(await asked(right, { body: 'x'.repeat(1_048_577) }), 413)
        }
      }
    })
  })
})
