// A transaction layer on a virtual clock, with clients whose messages are texts, as they come and as they go.

import type { Origin, Protocol } from '../../src/sip/origin.ts'
import { parseMessage } from '../../src/sip/parse.ts'
import type { SipReply } from '../../src/sip/reply.ts'
import type { SipRequest } from '../../src/sip/request.ts'
import { TransactionLayer, type TransactionOptions } from '../../src/tm/layer.ts'
import type { Transaction, TransactionUser } from '../../src/tm/transaction.ts'
import { Logbook } from '../core/logbook.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** Where a client's requests come from; keeps what is sent to it. */
export class Line implements Origin {
  readonly protocol: Protocol
  readonly reliable: boolean
  readonly sourceAddress = '127.0.0.1'
  readonly sourcePort = 5062
  readonly localAddress = '127.0.0.1'
  readonly localPort = 5060
  readonly sent: string[] = []
  open = true

  constructor(protocol: Protocol = 'udp') {
    this.protocol = protocol
    this.reliable = protocol !== 'udp'
  }

  send(reply: string): boolean {
    if (this.open) this.sent.push(reply)
    return this.open
  }

  /** Status lines of what was sent since the last take, without the version; with the method, `200 OK INVITE`. */
  take(): string[] {
    return this.takeReplies().map(({ code, reason, cseq }) => `${code} ${reason} ${cseq?.method}`)
  }

  /** The codes of what was sent since the last take. */
  takeCodes(): number[] {
    return this.takeReplies().map(({ code }) => code)
  }

  takeReplies(): SipReply[] {
    return this.sent.splice(0).map((text) => {
      const parsed = parseMessage(text, 'stream')
      if (parsed.kind !== 'reply') throw new Error(`not a reply: ${text}`)
      return parsed.reply
    })
  }
}

/** A transaction's user that notes what it is told. */
export class Watcher implements TransactionUser {
  readonly heard: string[] = []
  onTimeout: (transaction: Transaction) => boolean = () => false

  timedOut(transaction: Transaction): boolean {
    this.heard.push('timed out')
    return this.onTimeout(transaction)
  }

  cancelled(): void {
    this.heard.push('cancelled')
  }

  ended(): void {
    this.heard.push('ended')
  }
}

export interface Stage {
  readonly clock: VirtualClock
  readonly layer: TransactionLayer
  readonly line: Line
  readonly logbook: Logbook
  /** What came through to the routes, by method. */
  readonly routed: string[]
  /** Lets a request in. */
  receive(text: string, line?: Line): void
  /** Lets a request in and makes its transaction. */
  open(text: string, line?: Line): Transaction
}

/** @param route what runs for a request; none: it is only noted */
export function makeStage(
  options: Partial<TransactionOptions> = {},
  route?: (layer: TransactionLayer, request: SipRequest, origin: Origin) => void,
): Stage {
  const clock = new VirtualClock()
  const logbook = new Logbook()
  const routed: string[] = []
  let latest: { request: SipRequest; origin: Origin } | undefined
  const layer: TransactionLayer = new TransactionLayer(options, clock, {
    log: logbook.log,
    request(request, origin) {
      routed.push(request.method)
      latest = { request, origin }
      route?.(layer, request, origin)
    },
  })
  const line = new Line()
  const receive = (text: string, from = line) => layer.receive(parse(text), from)
  return {
    clock,
    layer,
    line,
    logbook,
    routed,
    receive,
    open(text, from = line) {
      receive(text, from)
      const transaction = latest && layer.create(latest.request, latest.origin)
      if (!transaction) throw new Error('no transaction')
      return transaction
    },
  }
}

export function parse(text: string): SipRequest {
  const parsed = parseMessage(text, 'datagram')
  if (parsed.kind !== 'request') throw new Error(`not a request: ${text}`)
  return parsed.request
}

/** What can be different in a request. */
export interface Parts {
  readonly branch?: string
  readonly sentBy?: string
  readonly callId?: string
  readonly fromTag?: string
  readonly toTag?: string
  readonly cseq?: number
  readonly uri?: string
  /** Header lines, each with its line end. */
  readonly lines?: string
}

/** The text of a request. */
export function request(method: string, parts: Parts = {}): string {
  const {
    branch = 'z9hG4bKabc',
    sentBy = '127.0.0.1:5062',
    callId = 'call-1',
    fromTag = 'from-1',
    cseq = 1,
  } = parts
  const to = parts.toTag === undefined ? '' : `;tag=${parts.toTag}`
  return (
    `${method} ${parts.uri ?? 'sip:bob@example.org'} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP ${sentBy};branch=${branch}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:alice@example.org>;tag=${fromTag}\r\nTo: <sip:bob@example.org>${to}\r\n` +
    `Call-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\n${parts.lines ?? ''}Content-Length: 0\r\n\r\n`
  )
}

/** The To tag of a reply. */
export function toTagOf(reply: SipReply | undefined): string {
  return reply?.to?.tag ?? ''
}
