// Requests of this program's own: the same kind of transaction, with no network behind it. Where HTTP and others attach. SIP requests
// come from src/sip/.

import { randomBytes } from 'node:crypto'
import { bytesOfText, textOfBytes } from '../core/bytestring.ts'
import { CallError, ReplyError } from '../core/errors.ts'
import type { Origin } from '../sip/origin.ts'
import { parseMessage } from '../sip/parse.ts'
import type { SipReply } from '../sip/reply.ts'
import type { SipRequest } from '../sip/request.ts'
import { type HeaderValues, headerLines } from './header-lines.ts'
import type { RequestRoutes } from './request-routes.ts'

/** What server.request() takes. */
export interface RequestInit {
  /** `INVITE`, `OPTIONS`, `MESSAGE` or any token of yours, but ACK and CANCEL. */
  readonly method: string
  /** The Request-URI, e.g. `sip:alice@example.com`. */
  readonly uri: string
  /** Header lines by name. What a SIP request must have beside them is added. */
  readonly headers?: HeaderValues
  /** Text stands for its UTF-8. */
  readonly body?: string | Uint8Array
  /** When it is aborted the request is cancelled: the reply is 487. */
  readonly signal?: AbortSignal
  /** Is told of replies from 101 to 199. What it throws is as if thrown in a timer. */
  readonly onProvisional?: (reply: Reply) => void
}

/** The reply to a request. */
export interface Reply {
  readonly code: number
  readonly reason: string
  /** By name in lower case, each with the values of its lines in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  /** As UTF-8. */
  readonly body: string
  /** As they are. */
  readonly bytes: Uint8Array
}

/** Replies end here in place of a socket. */
class LocalOrigin implements Origin {
  readonly protocol = 'none'
  readonly reliable = true
  readonly sourceAddress = ''
  readonly sourcePort = 0
  readonly localAddress = ''
  readonly localPort = 0
  private readonly take: (reply: SipReply) => void
  private readonly unreadable: () => void

  constructor(take: (reply: SipReply) => void, unreadable: () => void) {
    this.take = take
    this.unreadable = unreadable
  }

  send(text: string): boolean {
    const parsed = parseMessage(text, 'stream', NO_LIMITS)
    if (parsed.kind === 'reply') this.take(parsed.reply)
    else this.unreadable()
    return true
  }
}

/** Nobody but this program makes these. */
const NO_LIMITS = { maxHeaders: Number.MAX_SAFE_INTEGER, maxMessageSize: Number.MAX_SAFE_INTEGER }

/**
 * Runs the request route for a request of this program's own.
 * @returns the final reply: 408 when the time is over, 487 when it was cancelled, 500 when no route answered, 503 over max_transactions
 * @throws CallError when no request can be made of `init`, there is no request route, the server is closed, or no reply can be made out
 */
export function requestLocally(routes: RequestRoutes, init: RequestInit): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { signal, onProvisional } = init
    let cancel = () => {}
    const origin = new LocalOrigin(
      (reply) => {
        if (reply.code < 200) {
          if (onProvisional && reply.code > 100) queueMicrotask(() => onProvisional(replyOf(reply)))
          return
        }
        signal?.removeEventListener('abort', cancel)
        resolve(replyOf(reply))
      },
      () => reject(new ReplyError('the reply cannot be read: look at the lines that modules add to it')),
    )
    try {
      const transaction = routes.open(compose(init), origin)
      // Answered before it could be aborted: a signal that lives long must not collect what is over.
      if (!transaction || !signal || transaction.over) return
      cancel = () => transaction.cancel()
      if (signal.aborted) cancel()
      else signal.addEventListener('abort', cancel, { once: true })
    } catch (error) {
      reject(error)
    }
  })
}

/** A request-line cannot hold what would end it. */
const METHOD = /^[A-Za-z0-9.!%*_+`'~-]+$/
const URI = /^[^\s<>\0]+$/

/** What a request must have, as one that came over the network would (RFC 3261 section 8.1.1); each unless it is given. */
function compose({ method, uri, headers = {}, body = '' }: RequestInit): SipRequest {
  if (typeof method !== 'string' || !METHOD.test(method) || method === 'ACK' || method === 'CANCEL') {
    throw new CallError(`${JSON.stringify(method)} is no method that a request of a program can have`)
  }
  if (typeof uri !== 'string' || !URI.test(uri)) throw new CallError(`${JSON.stringify(uri)} is no URI`)
  const given = new Set(
    Object.keys(headers).map((name) => LONG_FORMS.get(name.toLowerCase()) ?? name.toLowerCase()),
  )
  const id = randomBytes(12).toString('hex')
  const lines = [
    ['Via', `SIP/2.0/NONE evapid.invalid;branch=z9hG4bK${id}`],
    ['From', `<sip:evapid@evapid.invalid>;tag=${id.slice(0, 12)}`],
    ['To', `<${bytesOfText(uri)}>`],
    ['Call-ID', `${id}@evapid.invalid`],
    ['CSeq', `1 ${method}`],
    ['Max-Forwards', '70'],
  ]
    .filter(([name]) => !given.has(String(name).toLowerCase()))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const content = typeof body === 'string' ? bytesOfText(body) : Buffer.from(body).toString('latin1')
  const head = `${method} ${bytesOfText(uri)} SIP/2.0\r\n${lines}${headerLines(headers, OF_THE_REQUEST)}`
  const parsed = parseMessage(
    `${head}Content-Length: ${content.length}\r\n\r\n${content}`,
    'stream',
    NO_LIMITS,
  )
  if (parsed.kind !== 'request') throw new CallError('no request can be made of this')
  return parsed.request
}

/** Of what is added where it is not given. */
const LONG_FORMS: ReadonlyMap<string, string> = new Map([
  ['f', 'from'],
  ['t', 'to'],
  ['i', 'call-id'],
])

/** What ties reply and request together here, and what the body says. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set(['via', 'v', 'cseq', 'content-length', 'l'])

function replyOf(reply: SipReply): Reply {
  const headers = new Map<string, string[]>()
  for (const { name, value } of reply.headerLines) {
    const values = headers.get(name.toLowerCase())
    if (values) values.push(textOfBytes(value))
    else headers.set(name.toLowerCase(), [textOfBytes(value)])
  }
  const bytes = Buffer.from(reply.body, 'latin1')
  return { code: reply.code, reason: textOfBytes(reply.reason), headers, body: bytes.toString(), bytes }
}
