// Who gets in: tokens and their scopes, sites, names of hosts, and where a gateway may listen at all.

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { createServer } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { ask, askForWebSocket, RawConnection } from './http-asker.ts'

const directory = mkdtempSync(join(tmpdir(), 'evapid-guard-'))
after(() => rmSync(directory, { recursive: true }))

const READ = 'read-0123456789abcdef'
const PUBLISH = 'publish-0123456789abcdef'
const ADMIN = 'admin-0123456789abcdef'
let files = 0

function tokenFile(text: string, mode = 0o600): string {
  const file = join(directory, `tokens-${files++}`)
  writeFileSync(file, text, { mode })
  chmodSync(file, mode)
  return file
}

const ALL = `# who may do what\nread ${READ} monitoring\npublish ${PUBLISH}\n\nadmin ${ADMIN} # me\n`

function guarded(more: object = {}): Promise<Bus> {
  return Bus.start({ http: { listen: '127.0.0.1:0', tokenFile: tokenFile(ALL), ...more } })
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('tokens', { timeout: 60_000 }, () => {
  test('a token lets its owner do what its scope says, and what the scopes below it say', async () => {
    await using bus = await guarded()
    const { httpAddress } = bus.server
    const post = { method: 'POST', body: 'hi' }
    assert.equal((await ask(httpAddress, '/healthz')).status, 200)
    assert.equal((await ask(httpAddress, '/metrics')).status, 401)
    for (const token of [READ, PUBLISH, ADMIN]) {
      assert.equal((await ask(httpAddress, '/metrics', { headers: bearer(token) })).status, 200)
    }
    const refused = await ask(httpAddress, '/relay', { ...post, headers: bearer(READ) })
    assert.deepEqual([refused.status, refused.code], [403, 'forbidden'])
    for (const token of [PUBLISH, ADMIN]) {
      assert.equal((await ask(httpAddress, '/relay', { ...post, headers: bearer(token) })).status, 202)
    }
  })

  test('no token and a wrong one are 401 with a challenge, are counted, and get one line of log a second', async () => {
    await using bus = await guarded()
    const { httpAddress } = bus.server
    const none = await ask(httpAddress, '/relay', { body: 'hi' })
    assert.deepEqual([none.status, none.code], [401, 'unauthorized'])
    assert.equal(none.headers['www-authenticate'], 'Bearer realm="evapid"')
    for (let times = 0; times < 5; times++) {
      const wrong = await ask(httpAddress, '/healthz', { headers: bearer('wrong-0123456789abcdef') })
      assert.deepEqual([wrong.status, wrong.code], [401, 'invalid_token'])
      assert.match(wrong.headers['www-authenticate'] ?? '', /error="invalid_token"/)
    }
    const basic = await ask(httpAddress, '/healthz', { headers: { authorization: `Basic ${ADMIN}` } })
    assert.deepEqual([basic.status, basic.code], [401, 'unauthorized'])
    assert.equal(bus.stat('gateway_refused_tokens'), 6)
    const lines = bus.logbook.lines.filter(({ msg }) => msg.startsWith('refused'))
    assert.ok(lines.length >= 1 && lines.length <= 3, `${lines.length} lines`)
    assert.equal(lines[0]?.['address'], '127.0.0.1')
  })

  test('a token in a URL is refused, right or wrong, and none is ever in the log', async () => {
    await using bus = await guarded()
    const { httpAddress } = bus.server
    for (const name of ['token', 'access_token']) {
      const answer = await ask(httpAddress, `/healthz?${name}=${ADMIN}`)
      assert.deepEqual([answer.status, answer.code], [400, 'token_in_query'])
    }
    await ask(httpAddress, '/healthz', { headers: bearer(`${ADMIN}x`) })
    await ask(httpAddress, '/nowhere', { headers: bearer(ADMIN) })
    assert.doesNotMatch(JSON.stringify(bus.logbook.lines), /0123456789abcdef/)
  })

  test('a WebSocket has its token in the header or in a subprotocol', async () => {
    await using bus = await guarded()
    const { httpAddress } = bus.server
    const protocol = (token: string) => ({
      'sec-websocket-protocol': `evapi, evapid.token.${Buffer.from(token).toString('base64url')}`,
    })
    assert.deepEqual(await askForWebSocket(httpAddress, '/ws'), { status: 401, code: 'unauthorized' })
    assert.equal((await askForWebSocket(httpAddress, '/ws', bearer(READ))).status, 101)
    assert.deepEqual(await askForWebSocket(httpAddress, '/ws', protocol(READ)), {
      status: 101,
      protocol: 'evapi',
    })
    assert.equal((await askForWebSocket(httpAddress, '/ws', protocol('wrong'))).code, 'invalid_token')
    assert.equal((await askForWebSocket(httpAddress, `/ws?token=${READ}`)).code, 'token_in_query')
  })

  test('whatever stands in Authorization, nobody but the owner of a token is let in', async () => {
    await using bus = await guarded()
    using raw = await RawConnection.open(bus.server.httpAddress)
    const near = fc.constantFrom(READ, PUBLISH, ADMIN).chain((token) =>
      fc.oneof(
        fc.nat(token.length).map((at) => token.slice(0, at)),
        fc
          .tuple(fc.nat(token.length - 1), fc.constantFrom('x', 'Z', '='))
          .map(([at, char]) => `${token.slice(0, at)}${char}${token.slice(at + 1)}`),
        fc.constantFrom(
          `${token} `,
          ` ${token}`,
          `${token}=`,
          token.toUpperCase(),
          `${token},${token}`,
          `${token} ${token}`,
          `"${token}"`,
        ),
      ),
    )
    const anything = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    })
    const value = fc.oneof(
      near.map((token) => `Bearer ${token}`),
      anything,
      anything.map((text) => `Bearer ${text}`),
      fc.constantFrom('Bearer', 'Bearer ', 'bearer', ADMIN, `Basic ${ADMIN}`, `Bearer:${ADMIN}`),
    )
    await fc.assert(
      fc.asyncProperty(value, async (authorization) => {
        const trimmed = authorization.trim()
        if (
          [READ, PUBLISH, ADMIN].some(
            (token) => new RegExp(`^bearer +${token}$`, 'i').test(trimmed) && trimmed.endsWith(token),
          )
        )
          return
        raw.received = ''
        raw.socket.write(
          `GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`,
        )
        await raw.receives(/^HTTP\/1.1 401 [\s\S]*\}\}\n/)
      }),
      { numRuns: 300 },
    )
  })
})

describe('sites', { timeout: 60_000 }, () => {
  test('a page of another site is refused, for every method and for WebSockets, with or without tokens', async () => {
    for (const more of [{}, { tokenFile: '' }]) {
      await using bus = await guarded(more)
      const { httpAddress } = bus.server
      for (const origin of ['https://evil.example', 'null', `https://${httpAddress}`, 'http://127.0.0.1:1']) {
        for (const [method, path] of [
          ['GET', '/healthz'],
          ['POST', '/relay'],
          ['OPTIONS', '/relay'],
        ] as const) {
          const answer = await ask(httpAddress, path, { method, headers: { origin, ...bearer(ADMIN) } })
          assert.deepEqual([answer.status, answer.code], [403, 'foreign_origin'], `${method} ${origin}`)
          assert.equal(answer.headers['access-control-allow-origin'], undefined)
        }
        const socket = await askForWebSocket(httpAddress, '/ws', { origin, ...bearer(ADMIN) })
        assert.equal(socket.code, 'foreign_origin')
      }
      const own = { origin: `http://${httpAddress}`, ...bearer(ADMIN) }
      assert.equal((await ask(httpAddress, '/healthz', { headers: own })).status, 200)
      assert.equal((await askForWebSocket(httpAddress, '/ws', own)).status, 101)
    }
  })

  test('a listed site may ask first, sees replies and errors, and has no more rights than its token', async () => {
    const origin = 'https://ok.example'
    await using bus = await guarded({ origins: [origin] })
    const { httpAddress } = bus.server
    const preflight = await ask(httpAddress, '/relay', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers['access-control-allow-origin'], origin)
    assert.equal(preflight.headers['access-control-allow-methods'], 'POST, OPTIONS')
    assert.equal(preflight.headers['access-control-allow-headers'], 'authorization,content-type')
    const sent = await ask(httpAddress, '/relay', { body: 'hi', headers: { origin, ...bearer(PUBLISH) } })
    assert.deepEqual([sent.status, sent.headers['access-control-allow-origin']], [202, origin])
    assert.equal(sent.headers['access-control-allow-credentials'], undefined)
    const refused = await ask(httpAddress, '/relay', { body: 'hi', headers: { origin } })
    assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [401, origin])
  })

  test('on loopback, a Host that is neither an address nor localhost nor listed is refused', async () => {
    await using bus = await guarded({ hosts: ['bus.example'], origins: ['https://front.example:8443'] })
    const { httpAddress } = bus.server
    const asHost = (host: string) => ask(httpAddress, '/healthz', { headers: { host } })
    for (const host of [
      'localhost',
      'LOCALHOST:1',
      '[::1]:8480',
      '10.0.0.1',
      'bus.example:80',
      'front.example',
    ]) {
      assert.equal((await asHost(host)).status, 200, host)
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'bus.example.evil',
      '127.0.0.1.evil',
      'a b',
      '@localhost',
    ]) {
      const answer = await asHost(host)
      assert.deepEqual([answer.status, answer.code], [421, 'unknown_host'], host)
    }
  })

  test('no reply can be run or framed by a browser, nor given to another site', async () => {
    await using bus = await Bus.start({ http: '127.0.0.1:0' })
    for (const path of ['/healthz', '/nowhere', '/']) {
      const { headers } = await ask(bus.server.httpAddress, path)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
      assert.match(
        String(headers['content-security-policy']),
        path === '/' ? /default-src 'self'/ : /default-src 'none'/,
      )
    }
    const page = await ask(bus.server.httpAddress, '/')
    assert.equal(page.headers['referrer-policy'], 'no-referrer')
    assert.equal(page.headers['x-frame-options'], 'DENY')
  })
})

describe('listening', { timeout: 60_000 }, () => {
  async function outcome(http: object, environment: Record<string, string> = {}): Promise<string> {
    const before = { ...process.env }
    Object.assign(process.env, environment)
    const server = createServer({ evapi: { bindAddr: '127.0.0.1:0' }, http, log: false })
    try {
      await server.listen()
      return 'listens'
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      await server.close()
      for (const name of Object.keys(environment)) delete process.env[name]
      Object.assign(process.env, before)
    }
  }

  test('beyond loopback only with a token, or when it is said in words; the error says the ways out', async () => {
    for (const listen of ['0.0.0.0:0', '[::]:0']) {
      const refusal = await outcome({ listen })
      for (const way of ['EVAPID_TOKEN', 'token_file', '127.0.0.1', '--http-insecure']) {
        assert.ok(refusal.includes(way), `${refusal} names ${way}`)
      }
      assert.match(await outcome({ listen, optional: true }), /would be open/)
      assert.equal(await outcome({ listen, insecure: true }), 'listens')
      assert.equal(await outcome({ listen, tokenFile: tokenFile(ALL) }), 'listens')
      assert.equal(await outcome({ listen }, { EVAPID_TOKEN_READ: READ }), 'listens')
    }
    assert.equal(await outcome({ listen: 'localhost:0' }), 'listens')
  })

  test('a token file that others may read, or with mistakes, stops the start, with every mistake', async () => {
    const listen = '127.0.0.1:0'
    assert.match(await outcome({ listen, tokenFile: tokenFile(ALL, 0o644) }), /mode 0644.*chmod 600/)
    assert.equal(await outcome({ listen, tokenFile: tokenFile(ALL, 0o640) }), 'listens')
    assert.match(await outcome({ listen, tokenFile: join(directory, 'nowhere') }), /ENOENT/)
    assert.match(await outcome({ listen, tokenFile: directory }), /cannot be read|EISDIR|mode/)
    const bad = tokenFile(
      `root ${ADMIN}\nread short\nread\nread ${READ}\nadmin ${READ}\nread tok€n-0123456789abcdef\n`,
    )
    const text = await outcome({ listen, tokenFile: bad })
    for (const line of [1, 2, 3, 5, 6]) assert.ok(text.includes(`${bad}:${line}: `), text)
    assert.doesNotMatch(text, /0123456789abcdef/)
    assert.match(await outcome({ listen }, { EVAPID_TOKEN: 'short' }), /^EVAPID_TOKEN: .*at least 16/)
  })

  test('a reload takes the tokens that are in the file then, and keeps those it had when the file is wrong', async () => {
    const file = tokenFile(ALL)
    const config = { evapi: { bindAddr: '127.0.0.1:0' }, http: { listen: '127.0.0.1:0', tokenFile: file } }
    await using bus = await Bus.start(config)
    const { server, logbook } = bus
    const statusOf = async (token: string) =>
      (await ask(server.httpAddress, '/metrics', { headers: bearer(token) })).status
    using stream = await RawConnection.open(server.httpAddress)
    stream.socket.write(`GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${READ}\r\n\r\n`)
    await stream.receives(/retry/)
    writeFileSync(file, 'nonsense\n')
    await server.reload(config)
    await logbook.line(/goes on with the tokens/)
    assert.equal(await statusOf(READ), 200)
    writeFileSync(file, `admin ${ADMIN}\n`)
    await server.reload(config)
    assert.deepEqual([await statusOf(READ), await statusOf(ADMIN)], [401, 200])
    // Who was let in stays.
    server.relay('still here')
    await stream.receives(/data: still here/)
  })
})
