// The command's options for who may speak HTTP with it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ask } from '../gateway/http-asker.ts'
import { Evapid, evapid } from './evapid.ts'

const directory = mkdtempSync(join(tmpdir(), 'evapid-http-'))
after(() => rmSync(directory, { recursive: true }))

const TOKEN = 'secret-0123456789abcdef'
const tokens = join(directory, 'tokens')
writeFileSync(tokens, `publish ${TOKEN}\n`, { mode: 0o600 })

describe('HTTP of the command', { timeout: 60_000 }, () => {
  test('--http-token-file asks for a token, which the process never prints', async () => {
    await using bus = new Evapid([
      '--bind',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
      '--http-token-file',
      tokens,
    ])
    const [, address = ''] = await bus.prints(/HTTP is taken on http:\/\/([^"\s]+)/, 'stderr')
    await bus.listening()
    assert.equal((await ask(address, '/relay', { body: 'hi' })).status, 401)
    const headers = { authorization: `Bearer ${TOKEN}` }
    assert.equal((await ask(address, '/relay', { body: 'hi', headers })).status, 202)
    assert.ok(!bus.stderr.includes(TOKEN))
  })

  test('beyond loopback the command ends with 1 without a token, and starts with one or with --http-insecure', async () => {
    const args = ['--bind', '127.0.0.1:0', '--http', '0.0.0.0:0']
    const { code, stderr } = await evapid(args)
    assert.equal(code, 1)
    assert.match(stderr, /EVAPID_TOKEN.*--http-token-file.*--http-insecure/)
    {
      await using bus = new Evapid([...args, '--http-insecure'])
      await bus.listening()
      await bus.logged(/is open to whoever reaches this machine/)
    }
    await using bus = new Evapid(args, { env: { ...process.env, EVAPID_TOKEN: TOKEN } })
    await bus.listening()
  })
})
