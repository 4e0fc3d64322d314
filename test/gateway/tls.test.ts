// TLS: certificates that can be used, those that cannot, and what happens when one is replaced while connections are open.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { readCertificate, warningOf } from '../../src/gateway/tls.ts'
import { createServer } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { ask } from './http-asker.ts'

const directory = mkdtempSync(join(tmpdir(), 'evapid-tls-'))
after(() => rmSync(directory, { recursive: true }))
const at = (name: string) => join(directory, name)

/** Makes NAME.crt and NAME.key, self-signed, for localhost. */
function make(name: string, days: number, passphrase?: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', String(days)],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)],
      ...(passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`]),
    ],
    { stdio: 'pipe' },
  )
}

before(() => {
  make('first', 365)
  make('second', 200)
  make('locked', 365, 'open sesame')
  make('short', 3)
  writeFileSync(at('rubbish.crt'), 'rubbish\n')
})

const files = (name: string, passphrase = '') => ({
  cert: at(`${name}.crt`),
  key: at(`${name}.key`),
  passphrase,
})
const pem = (name: string) => readFileSync(at(`${name}.crt`), 'utf8')

/** A connection over TLS, and what came back on it. */
class TlsConnection implements Disposable {
  readonly socket: TLSSocket
  received = ''
  private wake = () => {}

  constructor(address: string, ca: string) {
    this.socket = connect({
      port: Number(address.split(':')[1]),
      host: '127.0.0.1',
      servername: 'localhost',
      ca,
    })
    this.socket.on('data', (data: Buffer) => {
      this.received += data.toString('latin1')
      this.wake()
    })
    this.socket.on('close', () => this.wake())
  }

  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.socket.destroyed) throw new Error(`closed without ${text}; received ${this.received}`)
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

describe('TLS', { timeout: 60_000 }, () => {
  test('with a certificate HTTP is HTTPS, and the gateway’s own origin is that', async () => {
    await using bus = await Bus.start({ http: { listen: '127.0.0.1:0', ...files('first') } })
    const { httpAddress } = bus.server
    const ca = pem('first')
    const secure = { ca, headers: { origin: `https://${httpAddress}` } }
    assert.equal((await ask(httpAddress, '/healthz', secure)).status, 200)
    const plain = { ca, headers: { origin: `http://${httpAddress}` } }
    assert.equal((await ask(httpAddress, '/healthz', plain)).code, 'foreign_origin')
    await assert.rejects(ask(httpAddress, '/healthz'))
    await assert.rejects(ask(httpAddress, '/healthz', { ca: pem('second') }))
    const expires = Date.now() / 1000 + 365 * 86_400
    assert.ok(Math.abs(bus.stat('gateway_certificate_expires_seconds') - expires) < 3600)
  })

  test('a key that is encrypted needs its passphrase', async () => {
    await using bus = await Bus.start({ http: { listen: '127.0.0.1:0', ...files('locked', 'open sesame') } })
    assert.equal((await ask(bus.server.httpAddress, '/healthz', { ca: pem('locked') })).status, 200)
  })

  test('what cannot be used stops the start, and the error says which file and why', async () => {
    const cases = [
      [{ cert: at('first.crt'), key: '' }, /no key/],
      [{ cert: '', key: at('first.key') }, /no certificate/],
      [{ cert: at('nowhere.crt'), key: at('first.key') }, /certificate cannot be read.*ENOENT/],
      [{ cert: at('rubbish.crt'), key: at('first.key') }, /rubbish.crt is no certificate/],
      [{ cert: at('first.crt'), key: at('rubbish.crt') }, /rubbish.crt is no key/],
      [{ cert: at('first.crt'), key: at('second.key') }, /second.key is not the key of .*first.crt/],
      [files('locked'), /needs a passphrase/],
      [files('locked', 'wrong'), /cannot be read with that passphrase/],
    ] as const
    for (const [given, message] of cases) {
      const server = createServer({
        evapi: { bindAddr: '127.0.0.1:0' },
        http: { listen: '127.0.0.1:0', optional: true, ...given },
        log: false,
      })
      await assert.rejects(server.listen(), { code: 'ERR_GATEWAY', message })
    }
  })

  test('a certificate that ends soon is told at the start, one that has ended more clearly', async () => {
    await using bus = await Bus.start({ http: { listen: '127.0.0.1:0', ...files('short') } })
    await bus.logbook.line(/short.crt expires in 2 days/)
    const certificate = readCertificate(files('short'))
    assert.ok(certificate)
    assert.match(warningOf(certificate, certificate.expires + 1) ?? '', /has expired/)
    assert.equal(warningOf(certificate, certificate.expires - 15 * 86_400_000), undefined)
  })

  test('a reload takes the new certificate for new connections; those that are open go on, and get what is relayed', async () => {
    for (const kind of ['crt', 'key']) copyFileSync(at(`first.${kind}`), at(`live.${kind}`))
    const config = { evapi: { bindAddr: '127.0.0.1:0' }, http: { listen: '127.0.0.1:0', ...files('live') } }
    await using bus = await Bus.start(config)
    const { server, logbook } = bus
    const { httpAddress } = server
    using stream = new TlsConnection(httpAddress, pem('first'))
    stream.socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await stream.until('retry')
    using socket = new TlsConnection(httpAddress, pem('first'))
    socket.socket.write(
      'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await socket.until('101 Switching')
    // Nothing has changed: nothing happens.
    await server.reload(config)
    assert.ok(!logbook.lines.some(({ msg }) => msg.startsWith('who connects from now on')))

    // The key is another one's: all stays.
    copyFileSync(at('second.crt'), at('live.crt'))
    await server.reload(config)
    await logbook.line(/is not the key of/)
    await logbook.line(/goes on with the certificate/)
    assert.equal((await ask(httpAddress, '/healthz', { ca: pem('first') })).status, 200)

    copyFileSync(at('second.key'), at('live.key'))
    await server.reload(config)
    await logbook.line(/who connects from now on gets the certificate/)
    assert.equal(server.httpAddress, httpAddress)
    await assert.rejects(ask(httpAddress, '/healthz', { ca: pem('first') }))
    using newer = new TlsConnection(httpAddress, pem('second'))
    newer.socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await newer.until('retry')
    const sent = await ask(httpAddress, '/relay', { ca: pem('second'), body: 'to all of you' })
    assert.deepEqual(sent.json, { clients: 3 })
    for (const each of [stream, socket, newer]) await each.until('to all of you')
    // And on what was open before, requests are still answered.
    assert.ok(
      Math.abs(bus.stat('gateway_certificate_expires_seconds') - Date.now() / 1000 - 200 * 86_400) < 3600,
    )
  })
})
