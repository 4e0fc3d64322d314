// The torture messages: read rightly, or refused as RFC 4475 asks for.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkRequest } from '../../src/sip/checks.ts'
import { parseMessage } from '../../src/sip/parse.ts'
import type { SipRequest } from '../../src/sip/request.ts'
import { type Reading, TORTURE } from './torture.ts'

/** What a server says to a message: a code, or 0 when it says nothing. */
function verdict(text: string): number | SipRequest | 'reply' {
  const parsed = parseMessage(text, 'datagram')
  switch (parsed.kind) {
    case 'request': {
      const refusal = checkRequest(parsed.request, 'route')
      if (refusal === undefined) return parsed.request
      return refusal.drop ? 0 : refusal.code
    }
    case 'reply':
      return 'reply'
    case 'keepalive':
      return 0
    case 'bad':
      return parsed.request?.via && parsed.request.method !== 'ACK' ? parsed.code : 0
  }
}

function reading(request: SipRequest, wanted: Reading): Reading {
  const { via, from, to, cseq, contact } = request
  const all: Record<keyof Reading, unknown> = {
    method: request.method,
    uri: request.uri,
    viaHost: via?.host,
    viaPort: via?.port,
    branch: via?.branch,
    vias: request.values('via').length,
    from: from?.uri,
    fromDisplay: from?.display,
    fromTag: from?.tag,
    to: to?.uri,
    toTag: to?.tag,
    callId: request.callId,
    cseq: cseq?.number,
    contact: contact?.uri,
    maxForwards: request.maxForwards,
    headers: Object.fromEntries(
      Object.keys(wanted.headers ?? {}).map((name) => [name, request.header(name)]),
    ),
    body: request.body,
  }
  return Object.fromEntries(Object.entries(all).filter(([key]) => key in wanted)) as unknown as Reading
}

describe('a valid torture message is read rightly', () => {
  for (const { name, section, text, reads } of TORTURE) {
    if (reads === undefined) continue
    test(`${section}: ${name}`, () => {
      const request = verdict(text)
      assert.ok(typeof request === 'object', `got ${String(request)}`)
      assert.deepEqual(reading(request, reads), reads)
    })
  }
})

describe('an invalid torture message gets the reply it deserves', () => {
  for (const { name, section, text, refused } of TORTURE) {
    if (refused === undefined) continue
    test(`${section}: ${name}: ${refused === 0 ? 'dropped' : refused}`, () => {
      const got = verdict(text)
      assert.equal(typeof got === 'object' ? 'accepted' : got, refused)
    })
  }
})

describe('a torture reply is understood, though it belongs to nothing', () => {
  for (const { name, section, text, reply } of TORTURE) {
    if (reply === undefined) continue
    test(`${section}: ${name}`, () => {
      const parsed = parseMessage(text, 'datagram')
      assert.equal(parsed.kind, 'reply')
      assert.equal(parsed.kind === 'reply' ? parsed.reply.code : 0, reply)
    })
  }
})
