// The Unix socket for calls: what is answered to every kind of request, who may open it, and what becomes of its file.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, linkSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { answerRpc } from '../../src/gateway/rpc.ts'
import { RpcSocket, type RpcSocketLimits } from '../../src/gateway/rpc-socket.ts'
import { createServer, defineAsyncRpc, defineModule, RpcError, type Runtime } from '../../src/index.ts'
import { HASH_TABLES } from '../../src/modules/htable/tables.ts'
import { RouteFiles } from '../cli/routefiles.ts'
import { openWith } from '../modules/modules-stage.ts'
import { ask, call } from '../support/rpc-caller.ts'

const LIMIT = { timeout: 30_000 }

/** Results that a test gives. */
class Later {
  readonly begun: Promise<void>
  private begin: () => void = () => {}
  private readonly results: ((result: string) => void)[] = []

  constructor() {
    this.begun = new Promise((resolve) => {
      this.begin = resolve
    })
  }

  readonly module = defineModule({
    name: 'later',
    rpc: {
      'later.wait': defineAsyncRpc({
        parameters: [],
        doc: 'Waits for the test.',
        call: () =>
          new Promise<string>((resolve) => {
            this.results.push(resolve)
            this.begin()
          }),
      }),
      'later.refuse': defineAsyncRpc({
        parameters: [],
        doc: 'Refuses.',
        call: () => Promise.reject(new RpcError(404, 'not today')),
      }),
    },
  })

  end(result: string): void {
    for (const resolve of this.results.splice(0)) resolve(result)
  }
}

/** A socket in a directory of its own. */
async function opened(limits: Partial<RpcSocketLimits> = {}, later = new Later()) {
  const files = new RouteFiles()
  let runtime: Runtime | undefined
  const observer = defineModule({
    name: 'observer',
    start(started) {
      runtime = started
    },
  })
  const server = createServer({
    log: false,
    evapi: { bindAddr: '127.0.0.1:0' },
    modules: [observer, later.module],
  })
  await server.listen()
  assert.ok(runtime)
  const socket = await RpcSocket.open(runtime, join(files.directory, 'rpc'), limits)
  return {
    path: socket.path,
    directory: files.directory,
    socket,
    runtime,
    async [Symbol.asyncDispose]() {
      await socket.close()
      await server.close()
      files[Symbol.dispose]()
    },
  }
}

const VERSION = { jsonrpc: '2.0', method: 'core.echo', params: ['x'] }

describe('a request over the socket', LIMIT, () => {
  const facts: readonly (readonly [what: string, body: string, status: number, reply: unknown])[] = [
    ['a call', JSON.stringify({ ...VERSION, id: 'é' }), 200, { jsonrpc: '2.0', result: ['x'], id: 'é' }],
    [
      'a call with the id null',
      JSON.stringify({ ...VERSION, id: null }),
      200,
      { jsonrpc: '2.0', result: ['x'], id: null },
    ],
    ['a notification', JSON.stringify(VERSION), 204, undefined],
    ['a notification of no method', JSON.stringify({ jsonrpc: '2.0', method: 'nope' }), 204, undefined],
    [
      'a call of no method',
      JSON.stringify({ jsonrpc: '2.0', method: 'nope', id: 1 }),
      500,
      { jsonrpc: '2.0', error: { code: 500, message: 'Method Not Found' }, id: 1 },
    ],
    [
      'a call that is refused',
      JSON.stringify({ jsonrpc: '2.0', method: 'later.refuse', id: 1 }),
      404,
      { jsonrpc: '2.0', error: { code: 404, message: 'not today' }, id: 1 },
    ],
    [
      'a batch, with a notification in it and what is no call',
      JSON.stringify([{ ...VERSION, id: 1 }, VERSION, 5, { jsonrpc: '2.0', method: 'nope', id: 2 }, [], {}]),
      200,
      [
        { jsonrpc: '2.0', result: ['x'], id: 1 },
        {
          jsonrpc: '2.0',
          error: { code: -32600, message: 'Invalid Request: it is not an object' },
          id: null,
        },
        { jsonrpc: '2.0', error: { code: 500, message: 'Method Not Found' }, id: 2 },
        {
          jsonrpc: '2.0',
          error: { code: -32600, message: 'Invalid Request: it is not an object' },
          id: null,
        },
        {
          jsonrpc: '2.0',
          error: { code: -32600, message: 'Invalid Request: jsonrpc is not "2.0"' },
          id: null,
        },
      ],
    ],
    ['a batch of notifications', JSON.stringify([VERSION, VERSION]), 204, undefined],
    [
      'an empty batch',
      '[]',
      400,
      { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request: the batch is empty' }, id: null },
    ],
    [
      'no call',
      '{"id":3}',
      400,
      { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request: jsonrpc is not "2.0"' }, id: 3 },
    ],
  ]
  for (const [what, body, status, reply] of facts) {
    test(`that is ${what} is answered with ${status}`, async () => {
      await using stage = await opened()
      const answer = await ask(stage.path, { body })
      assert.equal(answer.status, status)
      assert.deepEqual(answer.text === '' ? undefined : JSON.parse(answer.text), reply)
      if (reply) assert.match(String(answer.headers['content-type']), /^application\/json/)
    })
  }

  for (const body of ['', '{', 'nonsense', '"text"', '\xff\xfe{}', `${'['.repeat(5000)}`]) {
    test(`that is ${JSON.stringify(body.slice(0, 10))} is told to be no JSON`, async () => {
      await using stage = await opened()
      const answer = await ask(stage.path, { body: Buffer.from(body, 'latin1') })
      assert.equal(answer.status, 400)
      const { error, id } = JSON.parse(answer.text)
      assert.deepEqual([error.code, id], [-32700, null])
    })
  }

  test('in bytes that are no UTF-8 a result is JSON all the same', async () => {
    await using stage = await openWith({ htable: { htable: ['t=>size=4'] } })
    stage.runtime.state(HASH_TABLES).table('t')?.set('k', 'a\xffb')
    const body = JSON.stringify({ jsonrpc: '2.0', method: 'htable.get', params: ['t', 'k'], id: 1 })
    const answer = await answerRpc(stage.runtime, Buffer.from(body))
    assert.equal(JSON.parse(Buffer.from(answer.body ?? []).toString()).result.item.value, 'a\ufffdb')
  })

  test('of another path or method is refused', async () => {
    await using stage = await opened()
    const elsewhere = await ask(stage.path, { path: '/', body: '{}' })
    assert.deepEqual([elsewhere.status, JSON.parse(elsewhere.text).error.code], [404, 'not_found'])
    for (const method of ['GET', 'PUT', 'OPTIONS', 'DELETE']) {
      const answer = await ask(stage.path, { method })
      assert.deepEqual(
        [answer.status, answer.headers.allow, JSON.parse(answer.text).error.code],
        [405, 'POST', 'method_not_allowed'],
      )
    }
    const head = await ask(stage.path, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text], [405, ''])
    const query = await ask(stage.path, { path: '/rpc?x=1', body: JSON.stringify({ ...VERSION, id: 1 }) })
    assert.equal(query.status, 200)
  })

  test('that is too large is refused, whether it says so or not, and before it is sent if it asks', async () => {
    await using stage = await opened({ body: 100 })
    const large = Buffer.alloc(101, ' ')
    for (const headers of [{ 'content-length': 101 }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await ask(stage.path, { body: large, headers })
      assert.deepEqual(
        [answer.status, answer.headers.connection, JSON.parse(answer.text).error.code],
        [413, 'close', 'too_large'],
      )
    }
    const socket = connect(stage.path)
    socket.write('POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString(), /^HTTP\/1\.1 413 /)
    socket.destroy()
    assert.equal((await ask(stage.path, { body: Buffer.alloc(100, ' ') })).status, 400)
  })

  test('whose body asks first whether it is welcome is told to go on', async () => {
    await using stage = await opened()
    const body = JSON.stringify({ ...VERSION, id: 1 })
    const socket = connect(stage.path)
    socket.write(
      `POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    )
    const [first] = (await once(socket, 'data')) as [Buffer]
    assert.match(first.toString(), /^HTTP\/1\.1 100 /)
    socket.write(body)
    const [second] = (await once(socket, 'data')) as [Buffer]
    assert.match(second.toString(), /^HTTP\/1\.1 200 /)
    socket.destroy()
  })

  test('that does not come to an end is given up, and so are calls', async () => {
    const later = new Later()
    await using stage = await opened({ arrival: 200, answer: 50 }, later)
    const socket = connect(stage.path)
    socket.write('POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{')
    const late = await ask(stage.path, {
      body: JSON.stringify({ jsonrpc: '2.0', method: 'later.wait', id: 1 }),
    })
    assert.deepEqual([late.status, JSON.parse(late.text).error.code], [504, 'timeout'])
    later.end('too late')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString(), /^HTTP\/1\.1 408 /)
    socket.destroy()
  })

  test('that is no HTTP harms nobody', async () => {
    await using stage = await opened()
    const socket = connect(stage.path)
    socket.write('\x00\x01nonsense\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString(), /^HTTP\/1\.1 400 /)
    assert.deepEqual(await call(stage.path, 'core.echo', 'x'), ['x'])
  })
})

describe('what callers are allowed to do', LIMIT, () => {
  const calls: readonly (readonly [
    method: string,
    params: readonly unknown[],
    needed: 'read' | 'publish' | 'admin',
  ])[] = [
    ['core.version', [], 'read'],
    ['evapi.list', [], 'read'],
    ['stats.fetch', ['all'], 'read'],
    ['evapi.relay', ['x'], 'publish'],
    ['evapi.multicast', ['x', 't'], 'publish'],
    ['evapi.unicast', ['x', 't'], 'publish'],
    ['evapi.close', [7], 'admin'],
    ['evapi.set_tag', [7, 't'], 'admin'],
    ['cfg.reload', [], 'admin'],
    ['htable.flush', ['t'], 'admin'],
    ['mqueue.fetch', ['q'], 'admin'],
    ['tm.reply', [200, 'OK', '1:1'], 'admin'],
    ['pv.shvSet', ['x', 'int', 1], 'admin'],
    ['stats.reset_statistics', ['all'], 'admin'],
  ]
  test('each method is refused to those who may do less, and to nobody else', async () => {
    await using stage = await openWith({})
    const scopes = ['read', 'publish', 'admin'] as const
    for (const [method, params, needed] of calls) {
      for (const granted of scopes) {
        const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 }))
        const { status, body: text } = await answerRpc(stage.runtime, body, granted)
        const { error } = JSON.parse(Buffer.from(text ?? []).toString())
        const allowed = scopes.indexOf(granted) >= scopes.indexOf(needed)
        assert.equal(error?.code !== 403, allowed, `${method} with ${granted}`)
        if (allowed) continue
        assert.deepEqual([status, error.message], [403, `${method} needs the scope ${needed}`])
      }
    }
  })

  test('in a batch only that call is refused; a notification is told so', async () => {
    await using stage = await openWith({})
    const relay = { jsonrpc: '2.0', method: 'evapi.relay', params: ['x'] }
    const batch = Buffer.from(
      JSON.stringify([
        { ...VERSION, id: 1 },
        { ...relay, id: 2 },
      ]),
    )
    const answer = await answerRpc(stage.runtime, batch, 'read')
    const [first, second] = JSON.parse(Buffer.from(answer.body ?? []).toString())
    assert.deepEqual([answer.status, first.result, second.error.code], [200, ['x'], 403])
    const notification = await answerRpc(stage.runtime, Buffer.from(JSON.stringify(relay)), 'read')
    assert.equal(notification.status, 403)
  })

  test('a script is told that a method is not for it whose result comes later', async () => {
    await using stage = await openWith({ jsonrpcs: { prettyFormat: false } })
    const ctx = stage.context()
    ctx.setPv('$var(c)', '{"jsonrpc":"2.0","method":"cfg.reload","id":1}')
    assert.equal(ctx.call('jsonrpc_exec', '$var(c)'), 1)
    assert.equal(
      ctx.pv('$jsonrpl(body)'),
      '{"jsonrpc":"2.0","error":{"code":500,"message":"cfg.reload cannot be called from a script: its result comes later"},"id":1}',
    )
  })
})

describe("the socket's file", LIMIT, () => {
  test("is its owner's alone, and gone when the socket is closed", async () => {
    await using stage = await opened()
    const file = statSync(stage.path)
    assert.deepEqual([file.isSocket(), file.mode & 0o777], [true, 0o600])
    assert.deepEqual(readdirSync(stage.directory), ['rpc'])
    await stage.socket.close()
    assert.deepEqual(readdirSync(stage.directory), [])
  })

  test('that a dead server left is taken over; that of a living one is not', async () => {
    await using stage = await opened()
    const path = join(stage.directory, 'other')
    const dead = createSocketServer().listen(path)
    await once(dead, 'listening')
    // What is left when a process is killed: the file, and nobody behind it.
    const left = join(stage.directory, 'left')
    linkSync(path, left)
    dead.close()
    await once(dead, 'close')
    assert.ok(existsSync(left))
    const socket = await RpcSocket.open(stage.runtime, left)
    assert.deepEqual(await call(left, 'core.echo', 'x'), ['x'])
    await socket.close()
    await assert.rejects(RpcSocket.open(stage.runtime, stage.path), {
      code: 'ERR_LISTEN',
      reason: 'EADDRINUSE',
    })
    assert.deepEqual(await call(stage.path, 'core.echo', 'x'), ['x'])
    assert.deepEqual(readdirSync(stage.directory), ['rpc'])
  })

  test('is not put in the place of anything else', async () => {
    await using stage = await opened()
    const file = join(stage.directory, 'file')
    writeFileSync(file, 'precious')
    await assert.rejects(RpcSocket.open(stage.runtime, file), { reason: 'ENOTSOCK' })
    const link = join(stage.directory, 'link')
    symlinkSync(stage.path, link)
    await assert.rejects(RpcSocket.open(stage.runtime, link), { reason: 'ENOTSOCK' })
    await assert.rejects(RpcSocket.open(stage.runtime, join(stage.directory, 'none', 'rpc')), {
      reason: 'ENOENT',
    })
    await assert.rejects(RpcSocket.open(stage.runtime, join(stage.directory, 'x'.repeat(100))), {
      reason: 'ENAMETOOLONG',
    })
    assert.deepEqual(readdirSync(stage.directory).sort(), ['file', 'link', 'rpc'])
  })

  test('of another server that was bound there meanwhile is left alone', async () => {
    await using stage = await opened()
    rmSync(stage.path)
    const other = await RpcSocket.open(stage.runtime, stage.path)
    await stage.socket.close()
    assert.deepEqual(await call(stage.path, 'core.echo', 'x'), ['x'])
    await other.close()
  })
})

describe('a socket that is closed', LIMIT, () => {
  test('answers the calls under way, and takes no others', async () => {
    const later = new Later()
    await using stage = await opened({}, later)
    const answer = call(stage.path, 'later.wait')
    await later.begun
    const closed = stage.socket.close()
    await assert.rejects(call(stage.path, 'core.echo'), { code: 'ENOENT' })
    later.end('done')
    assert.equal(await answer, 'done')
    await closed
  })

  test('waits for them only for a while', async () => {
    const later = new Later()
    await using stage = await opened({ drain: 20 }, later)
    const answer = assert.rejects(call(stage.path, 'later.wait'))
    await later.begun
    await stage.socket.close()
    await answer
  })
})
