// Reads what a test expects to be a request or a reply.

import assert from 'node:assert/strict'
import { parseMessage } from '../../src/sip/parse.ts'
import type { SipReply } from '../../src/sip/reply.ts'
import type { SipRequest } from '../../src/sip/request.ts'

export function readRequest(text: string): SipRequest {
  const parsed = parseMessage(text, 'datagram')
  assert.equal(parsed.kind, 'request', JSON.stringify(parsed))
  return (parsed as { request: SipRequest }).request
}

export function readReply(text: string): SipReply {
  const parsed = parseMessage(text, 'datagram')
  assert.equal(parsed.kind, 'reply', text)
  return (parsed as { reply: SipReply }).reply
}
