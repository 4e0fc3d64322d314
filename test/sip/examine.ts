// What must hold for whatever arrives: nothing throws, everything ends soon, a reply is a message that its client can read, and a stream
// is cut into the same messages however it was cut before.

import assert from 'node:assert/strict'
import { checkRequest } from '../../src/sip/checks.ts'
import type { SipMessage } from '../../src/sip/message.ts'
import type { Origin } from '../../src/sip/origin.ts'
import { DEFAULT_LIMITS, parseMessage } from '../../src/sip/parse.ts'
import { buildReply, replyPort, steadyTag } from '../../src/sip/reply.ts'
import type { SipRequest } from '../../src/sip/request.ts'
import { StreamDecoder } from '../../src/sip/stream.ts'
import { parseUri } from '../../src/sip/uri.ts'

/** Ms that one message may take: what takes longer takes for ever, on however slow a machine. */
const PATIENCE = 2000

const origin = (protocol: Origin['protocol']): Origin => ({
  protocol,
  reliable: protocol !== 'udp',
  sourceAddress: protocol === 'none' ? '' : '203.0.113.200',
  sourcePort: protocol === 'none' ? 0 : 40_000,
  localAddress: '192.0.2.1',
  localPort: 5060,
  send: () => true,
})

const UDP = origin('udp')

/** Replies that are tried: each origin, and each kind of code. */
const REPLIES: readonly (readonly [Origin, number])[] = [
  [UDP, 100],
  [UDP, 200],
  [origin('tcp'), 183],
  [origin('none'), 400],
]

/** Parses, checks, reads and answers one message. */
export function examineMessage(text: string): void {
  const begun = performance.now()
  parseMessage(text, 'stream')
  const parsed = parseMessage(text, 'datagram')
  if (parsed.kind === 'request') examineRequest(parsed.request)
  else if (parsed.kind === 'reply') readAll(parsed.reply)
  else if (parsed.kind === 'bad' && parsed.request) examineRequest(parsed.request)
  const took = performance.now() - begun
  assert.ok(took < PATIENCE, `took ${took} ms`)
}

function examineRequest(request: SipRequest): void {
  readAll(request)
  parseUri(request.uri)
  const fine = checkRequest(request, 'route') === undefined
  checkRequest(request, 'reject')
  if (fine) {
    const { from, to, cseq, via } = request
    assert.ok(from && to && cseq && via && request.callId !== '', 'what every request has can be read')
    assert.equal(cseq.method, request.method)
    assert.ok(parseUri(request.uri))
  }
  const port = replyPort(request, UDP)
  assert.ok(Number.isInteger(port) && port > 0 && port <= 65535)
  for (const [origin, code] of REPLIES) examineReply(request, origin, code, fine)
}

function examineReply(request: SipRequest, origin: Origin, code: number, fine: boolean): void {
  const text = buildReply(request, origin, code, 'Reason', steadyTag(request), 'X-Line: 1\r\n', 'body\r\n')
  const parsed = parseMessage(text, 'stream', { maxHeaders: 100_000, maxMessageSize: 10_000_000 })
  assert.equal(parsed.kind, 'reply', `a reply can be read: ${JSON.stringify(text)}`)
  if (parsed.kind !== 'reply') return
  const { reply } = parsed
  assert.doesNotMatch(text.slice(0, reply.headLength).replaceAll('\r\n', ''), /[\r\n]/, 'no stray line end')
  assert.equal(reply.code, code)
  assert.equal(reply.body, 'body\r\n')
  assert.deepEqual(reply.headers('x-line').slice(-1), ['1'])
  assert.equal(reply.viaLines, request.viaLines)
  if (!fine) return
  assert.equal(reply.callId, request.callId)
  assert.deepEqual(reply.cseq, request.cseq)
  assert.deepEqual(reply.from, request.from)
  assert.equal(reply.to?.uri, request.to?.uri)
  assert.equal(reply.to?.tag, request.to?.tag || (code > 100 ? steadyTag(request) : ''))
  const { via } = request
  assert.ok(via && reply.via)
  assert.equal(reply.via.host, via.host)
  assert.equal(reply.via.port, via.port)
  assert.equal(reply.via.branch, via.branch)
  assert.equal(reply.values('via').length, request.values('via').length)
  if (origin.protocol === 'none') return
  if (via.rport) assert.equal(reply.via.param('rport'), '40000')
  if (via.rport || via.host !== origin.sourceAddress) {
    assert.equal(reply.via.param('received'), origin.sourceAddress)
  } else assert.equal(reply.via.param('received'), undefined)
}

/** Asks a message for everything that it can be asked for. */
function readAll(message: SipMessage): void {
  const { from, to, contact, via } = message
  for (const address of [from, to, contact]) {
    if (!address) continue
    address.param('tag')
    assert.equal(typeof address.display, 'string')
    parseUri(address.uri)?.param('transport')
  }
  via?.param('branch')
  assert.equal(via?.params.has('rport') ?? false, via?.rport ?? false)
  const lines = message.headerLines
  for (const { name, value } of lines.slice(0, 40)) {
    assert.doesNotMatch(value, /[\r\n]/)
    assert.notEqual(message.header(name), undefined, `${JSON.stringify(name)} is found by its own name`)
    assert.ok(message.headers(name).includes(value))
    assert.ok(message.values(name).every((one) => one !== ''))
  }
  message.header('')
  message.maxForwards
  assert.equal(message.headLength + message.body.length, message.text.length)
}

/** What a decoder told, one line each. */
function decode(pieces: readonly Buffer[]): readonly string[] {
  const told: string[] = []
  const decoder = new StreamDecoder(DEFAULT_LIMITS, {
    message: (text) => told.push(`message ${text}`),
    ping: () => told.push('ping'),
    // How much of a broken message has come when it is seen to be broken depends on the pieces.
    broken: (_, code, reason) => told.push(`broken ${code} ${reason}`),
  })
  for (const piece of pieces) decoder.push(piece)
  return told
}

/** Cuts a stream at `cuts` (any numbers), and into single bytes, and compares with the whole. */
export function examineStream(text: string, cuts: readonly number[]): void {
  const bytes = Buffer.from(text, 'latin1')
  const whole = decode([bytes])
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const pieces: Buffer[] = []
  let begin = 0
  for (const place of [...places, bytes.length]) {
    // Copies, as a socket's buffer is used again: what the decoder keeps must be its own.
    pieces.push(Buffer.from(bytes.subarray(begin, place)))
    begin = place
  }
  assert.deepEqual(decode(pieces), whole)
}
