import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  BadFrameError,
  type BadFrameReason,
  encodeNetstring,
  NetstringDecoder,
} from '../../src/client/index.ts'

const LIMIT = 1024 * 1024

function decode(pieces: Iterable<Buffer>, limit = LIMIT): Buffer[] {
  const decoder = new NetstringDecoder(limit)
  const payloads: Buffer[] = []
  for (const piece of pieces) decoder.decode(piece, (payload) => payloads.push(payload))
  decoder.end()
  return payloads
}

/** Cuts at the given offsets, empty pieces included. */
function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const ends = [...offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  let start = 0
  return ends.map((end) => {
    const piece = bytes.subarray(start, end)
    start = end
    return piece
  })
}

const MESSAGES = [
  '',
  'a',
  'hello',
  '5:hello,',
  ',',
  ':',
  '\n',
  'ü€𝄞',
  'x'.repeat(9),
  'y'.repeat(10),
  'z'.repeat(300),
].map((text) => Buffer.from(text))

test('a frame has the shortest header, the bytes, and a comma', () => {
  assert.equal(encodeNetstring('hello').toString(), '5:hello,')
  assert.equal(encodeNetstring('').toString(), '0:,')
  assert.equal(encodeNetstring('é').toString('latin1'), '2:\xc3\xa9,')
  assert.deepEqual(encodeNetstring(Uint8Array.of(0, 255)), Buffer.from([0x32, 0x3a, 0, 255, 0x2c]))
})

test('encoding copies: the caller may change its buffer afterwards', () => {
  const bytes = Buffer.from('before')
  const frame = encodeNetstring(bytes)
  bytes.fill('x')
  assert.equal(frame.toString(), '6:before,')
})

test('a lone surrogate is encoded as U+FFFD, with the length of that', () => {
  assert.deepEqual(decode([encodeNetstring('a\ud800b')]), [Buffer.from('a\ufffdb')])
})

test('every message survives being cut at every byte', () => {
  for (const message of MESSAGES) {
    const stream = Buffer.concat([encodeNetstring(message), encodeNetstring('next')])
    const expected = [message, Buffer.from('next')]
    for (let offset = 0; offset <= stream.length; offset++) {
      assert.deepEqual(decode(cut(stream, [offset])), expected, `${message} cut at ${offset}`)
    }
  }
})

test('every message survives coming byte by byte', () => {
  const stream = Buffer.concat(MESSAGES.map(encodeNetstring))
  assert.deepEqual(decode(Array.from(stream, (byte) => Buffer.of(byte))), MESSAGES)
})

test('every pair of cuts through three frames gives the same three messages', () => {
  const stream = Buffer.from('5:hello, \r\n\t003:abc,0:,')
  const expected = ['hello', 'abc', ''].map((text) => Buffer.from(text))
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      assert.deepEqual(decode(cut(stream, [first, second])), expected, `cut at ${first} and ${second}`)
    }
  }
})

test('property: random frames, whitespace, leading zeros and cuts decode to what was encoded', () => {
  const frame = fc.record({
    payload: fc.uint8Array({ maxLength: 400 }),
    space: fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n'), maxLength: 4 }),
    zeros: fc.nat({ max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 30 }), (frames, cuts) => {
      const stream = Buffer.concat(
        frames.flatMap(({ payload, space, zeros }) => [
          Buffer.from(space + '0'.repeat(zeros)),
          encodeNetstring(payload),
        ]),
      )
      const payloads = frames.map(({ payload }) => Buffer.from(payload))
      assert.deepEqual(decode(cut(stream, cuts)), payloads)
    }),
    { numRuns: 500 },
  )
})

test('property: random bytes are decoded or refused, the same whatever the cuts', () => {
  const outcome = (pieces: Buffer[]) => {
    const decoder = new NetstringDecoder(50)
    const payloads: string[] = []
    try {
      for (const piece of pieces) decoder.decode(piece, (payload) => payloads.push(payload.toString('hex')))
      decoder.end()
    } catch (error) {
      assert.ok(error instanceof BadFrameError)
      return { payloads, reason: error.reason, offset: error.offset }
    }
    return { payloads }
  }
  // Mostly the characters that mean something, or no run would get past its first byte.
  const byte = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(0x30, 0x31, 0x32, 0x3a, 0x2c, 0x20) },
    { weight: 1, arbitrary: fc.nat({ max: 255 }) },
  )
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
      const stream = Buffer.from(bytes)
      assert.deepEqual(outcome(cut(stream, cuts)), outcome([stream]))
    }),
    { numRuns: 2000 },
  )
})

const BAD: readonly [stream: string, reason: BadFrameReason, offset: number][] = [
  ['x', 'length', 0],
  ['5:hello,hello', 'length', 8],
  [' \n,', 'length', 2],
  ['-1:a,', 'length', 0],
  [':a,', 'length', 0],
  ['5 :hello,', 'colon', 1],
  ['5x', 'colon', 1],
  ['5:hello;', 'comma', 7],
  ['4:hello,', 'comma', 6],
  ['0:x', 'comma', 2],
  ['3:abc,3:abcd', 'comma', 11],
  ['0000000001:', 'digits', 9],
  ['1234567890', 'digits', 9],
  ['999999999:', 'size', 9],
  ['1048577:', 'size', 7],
  ['5:hell', 'truncated', 6],
  ['3:abc,5', 'truncated', 7],
  ['3:abc', 'truncated', 5],
]

for (const [stream, reason, offset] of BAD) {
  test(`'${JSON.stringify(stream).slice(1, -1)}' is refused (${reason}) at byte ${offset}, wherever it is cut`, () => {
    const bytes = Buffer.from(stream)
    for (let at = 0; at <= bytes.length; at++) {
      assert.throws(() => decode(cut(bytes, [at])), { code: 'ERR_BAD_FRAME', reason, offset })
    }
    assert.throws(() => decode(Array.from(bytes, (byte) => Buffer.of(byte))), { reason, offset })
  })
}

test('nine digits and a message of exactly the limit are taken', () => {
  assert.deepEqual(decode([Buffer.from('000000003:abc,')]), [Buffer.from('abc')])
  const largest = Buffer.alloc(LIMIT, 'm')
  assert.deepEqual(decode(cut(encodeNetstring(largest), [70_000, 140_000])), [largest])
})

test('a message that came in one piece is a view of it, not a copy', () => {
  const chunk = Buffer.from('5:hello,3:abc,')
  const payloads = decode([chunk])
  for (const payload of payloads) assert.equal(payload.buffer, chunk.buffer)
})

test('messages before a bad frame are handed over', () => {
  const decoder = new NetstringDecoder(LIMIT)
  const payloads: string[] = []
  const bad = Buffer.from('1:a,1:b,garbage')
  assert.throws(() => decoder.decode(bad, (payload) => payloads.push(payload.toString())), { offset: 8 })
  assert.deepEqual(payloads, ['a', 'b'])
})
