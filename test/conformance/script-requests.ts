// The SIP side of scripts: a case is a route whose name begins with `REQUEST_` in scripts/requests.cfg; the phone sends the request that
// is said here, and its replies, as far as they can be the same, are part of the outcome.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PhoneReply, type PhoneRequest, SipPhone } from '../support/sip-phone.ts'
import type { ScriptClient } from './script-client.ts'
import { FENCE, SCRIPTS } from './script-topics.ts'
import { HOST } from './server-under-test.ts'

/** What the phone does for a case. */
interface Request extends PhoneRequest {
  /** Default: OPTIONS. */
  readonly method?: string
  /** Nothing will come. */
  readonly unanswered?: true
  /** The request is cancelled when its 100 has come. */
  readonly cancelled?: true
}

const JSON_BODY = '{"name": "alice", "needle": 1}'

const REQUESTS: Readonly<Record<string, Request>> = {
  no_reply_at_all: { unanswered: true },
  method_and_uri: { method: 'MESSAGE', uri: 'sip:bob@example.com:5070;transport=udp' },
  headers: {
    lines: ['X-One: first', 'X-One: second', 'X-One: third', 'Subject: a subject ', 'User-Agent: phone/1'],
  },
  body: { method: 'MESSAGE', lines: ['Content-Type: application/json'], body: JSON_BODY },
  unknown_method: { method: 'FOO' },
  changed_uri: { uri: 'sip:bob@example.com;x=1' },
  uris_taken_apart: {
    uri: 'sip:bob:secret@example.com;a=1;b=2',
    lines: ['Contact: "Alice" <sip:alice@10.0.0.1:5090>;expires=60', 'X-Params: a=1;b=two'],
  },
  headers_added_and_removed: { lines: ['Subject: to be removed'] },
  search: {
    method: 'MESSAGE',
    lines: ['X-Word: hay needle hay', 'Content-Type: text/plain'],
    body: 'hay\r\nNeedle\r\n',
  },
  with_a_totag: { toTag: 'abc' },
  an_invite_is_suspended_and_refused: { method: 'INVITE' },
  an_invite_is_cancelled: { method: 'INVITE', cancelled: true },
  an_invite_is_answered: { method: 'INVITE' },
  provisional_and_final: { method: 'INVITE' },
  no_body: { method: 'MESSAGE' },
  async_multicast_and_unicast: { unanswered: true },
}

/** The names of the cases, in the order of the file. */
export function readRequestCases(): readonly string[] {
  const text = readFileSync(join(SCRIPTS, 'requests.cfg'), 'latin1')
  return [...text.matchAll(/^route\[REQUEST_(\w+)\]/gm)].map(([, name = '']) => name)
}

/** What must be in a request for the script to know the case. */
const caseLine = (name: string): string => `X-Case: ${name}`

/** Sends the request of a case, acknowledges and cancels what there is. @returns its replies */
async function sendRequest(phone: SipPhone, name: string): Promise<readonly string[]> {
  const { method = 'OPTIONS', unanswered, cancelled, lines = [], ...rest } = REQUESTS[name] ?? {}
  const request = phone.send(method, { ...rest, lines: [caseLine(name), ...lines] })
  if (unanswered) return []
  const replies: string[] = []
  let finals = cancelled ? 2 : 1
  while (finals > 0) {
    const reply = await phone.reply()
    replies.push(describeReply(reply))
    if (reply.code >= 200) finals--
    else if (cancelled && reply.code === 100) phone.follow('CANCEL', request)
    const [, of] = (reply.header('CSeq')[0] ?? '').split(' ')
    if (reply.code >= 200 && of === 'INVITE') phone.follow('ACK', request, reply)
  }
  // The replies to an INVITE and to its CANCEL are two transactions'.
  return cancelled ? replies.sort() : replies
}

/** Plays a case with a phone of its own. @returns what was relayed, then what was replied, as `> CODE REASON | CSEQ | ...` */
export async function playRequest(
  client: ScriptClient,
  port: number,
  name: string,
): Promise<readonly string[]> {
  await using phone = await SipPhone.open({ address: HOST, port })
  const [relayed, replied] = await Promise.all([
    client.untilFence(),
    sendRequest(phone, name).finally(() => phone.send('OPTIONS', { lines: [caseLine(FENCE)] })),
  ])
  return [...relayed, ...replied]
}

/** Headers that every reply has, and those that say which server it is. */
const COMMON = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'content-length', 'server'])

function describeReply(reply: PhoneReply): string {
  const [head = ''] = reply.text.split('\r\n\r\n')
  const more = head
    .split('\r\n')
    .slice(1)
    .filter((line) => !COMMON.has((/^[^:\s]+/.exec(line)?.[0] ?? '').toLowerCase()))
  const tag = /;tag=/.test(reply.header('To')[0] ?? '') ? 'tagged' : 'not tagged'
  return [`> ${reply.code} ${reply.reason}`, reply.header('CSeq')[0], tag, ...more, reply.body].join(' | ')
}
