// Messages cut from a stream. That cuts make no difference is test/property/sip-messages.test.ts's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS, type MessageLimits } from '../../src/sip/parse.ts'
import { StreamDecoder } from '../../src/sip/stream.ts'
import { request } from './stage.ts'

function decoder(limits: Partial<MessageLimits> = {}) {
  const told: unknown[] = []
  const stream = new StreamDecoder(
    { ...DEFAULT_LIMITS, ...limits },
    {
      message: (text) => told.push(text),
      ping: () => told.push('ping'),
      broken: (_, code, reason) => told.push([code, reason]),
    },
  )
  return { told, stream, push: (text: string) => stream.push(Buffer.from(text, 'latin1')) }
}

test('several messages in one piece, with line ends between them, are several', () => {
  const { told, push } = decoder()
  const first = request('MESSAGE', {}, '\r\n\r\nVia: \0\xff')
  push(`${first}\r\n${request()}${first}`)
  assert.deepEqual(told, [first, request(), first])
})

test('CRLF CRLF between messages is a ping, a single CRLF is nothing', () => {
  const { told, push } = decoder()
  push('\r\n\r\n\r\n\r\n')
  push(`${request()}\r\n`)
  push(`${request()}\r\n`)
  push('\r\n')
  assert.deepEqual(told, ['ping', 'ping', request(), request(), 'ping'])
})

test('a message that comes byte by byte is whole at its last byte, and nothing of it is kept', () => {
  const { told, stream } = decoder()
  const text = request('MESSAGE', {}, 'body')
  const bytes = Buffer.from(text, 'latin1')
  for (const [at, byte] of bytes.entries()) {
    assert.equal(told.length, 0)
    assert.equal(stream.waiting, at)
    stream.push(Buffer.from([byte]))
  }
  assert.deepEqual(told, [text])
  assert.equal(stream.waiting, 0)
})

test('what cannot be cut is told once, and nothing follows', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    [request('OPTIONS', { 'Content-Length': '' }), 400, 'Missing Content-Length Header'],
    [request('OPTIONS', { 'Content-Length': '-5' }), 400, 'Malformed Content-Length Header'],
    [request('OPTIONS', { 'Content-Length': '1e3' }), 400, 'Malformed Content-Length Header'],
    [request('OPTIONS', { l: '0' }), 400, 'Repeated Content-Length Header'],
    [request('OPTIONS', { 'Content-Length': '65535' }), 513, 'Message Too Large'],
    [request('OPTIONS', { 'Content-Length': '99999999999999999999' }), 513, 'Message Too Large'],
    [`OPTIONS sip:x SIP/2.0\r\n${'a: b\r\n'.repeat(257)}\r\n`, 400, 'Too Many Headers'],
    [`OPTIONS ${'x'.repeat(70_000)}`, 513, 'Message Too Large'],
    ['\x16\x03\x01\x02\x00', 400, 'no SIP message'],
  ]
  for (const [text, code, reason] of cases) {
    const { told, push } = decoder()
    push(text)
    push(request())
    assert.deepEqual(told, [[code, reason]], reason)
  }
})

test('a message that is exactly as large as allowed is taken', () => {
  const text = request('MESSAGE', {}, 'x'.repeat(100))
  const fits = decoder({ maxMessageSize: text.length })
  fits.push(text)
  assert.deepEqual(fits.told, [text])
  const not = decoder({ maxMessageSize: text.length - 1 })
  not.push(text)
  assert.deepEqual(not.told, [[513, 'Message Too Large']])
})

test('nothing is handed over after stop(), even out of the same piece', () => {
  const told: string[] = []
  const stream = new StreamDecoder(DEFAULT_LIMITS, {
    message: (text) => {
      told.push(text)
      stream.stop()
    },
    ping: () => told.push('ping'),
    broken: () => told.push('broken'),
  })
  stream.push(Buffer.from(`${request()}${request()}\r\n\r\n\0`, 'latin1'))
  assert.deepEqual(told, [request()])
})

test('a message of 4 MiB that comes in small pieces costs no more than its size', () => {
  const { told, stream } = decoder({ maxMessageSize: 8_000_000 })
  const text = request('MESSAGE', {}, 'x'.repeat(4_000_000))
  const bytes = Buffer.from(text, 'latin1')
  const begun = performance.now()
  for (let at = 0; at < bytes.length; at += 500) stream.push(bytes.subarray(at, at + 500))
  assert.equal(told.length, 1)
  assert.ok(performance.now() - begun < 3000)
})
