// Everything that arrives, whichever transport brings it: parsed, checked, answered or dropped if it is bad, handed over if it is
// good. Not for transactions: a retransmission of a bad request is simply answered again.

import type { Log } from '../core/log.ts'
import { Burst } from './burst.ts'
import { checkRequest } from './checks.ts'
import type { Origin } from './origin.ts'
import { type MessageLimits, parseMessage } from './parse.ts'
import { buildReply, replyPort, steadyTag } from './reply.ts'
import type { SipRequest } from './request.ts'

export interface InboundOptions {
  readonly log: Log
  readonly limits: MessageLimits
  /** What happens to methods that are not known: 405, or the routes see to them. */
  readonly unknownMethods: 'reject' | 'route'
  /** Gets every well-formed request, ACKs and retransmissions too. Must not throw. */
  receive(request: SipRequest, origin: Origin): void
}

interface Trouble {
  readonly reason: string
  readonly origin: Origin
}

export class SipInbound {
  private readonly options: InboundOptions
  private readonly refused: Burst<Trouble>
  private readonly dropped: Burst<Trouble>
  private readonly counters = {
    sip_requests: 0,
    sip_requests_refused: 0,
    sip_messages_dropped: 0,
    sip_replies_ignored: 0,
    sip_keepalives: 0,
  }

  constructor(options: InboundOptions) {
    this.options = options
    const { log } = options
    this.refused = new Burst(({ reason, origin }, count) => {
      log.warn({ ...fieldsOf(origin), reason, count }, `bad SIP request refused: ${reason}`)
    })
    this.dropped = new Burst(({ reason, origin }, count) => {
      log.warn(
        { ...fieldsOf(origin), reason, count },
        `SIP message dropped: ${reason}; it cannot be answered`,
      )
    })
  }

  /**
   * Takes one message.
   * @param text a datagram, or a message that was cut from a stream; a byte string
   * @returns false when it was none, so that what follows it on a stream cannot be trusted either
   */
  message(text: string, origin: Origin): boolean {
    const { limits, unknownMethods } = this.options
    const parsed = parseMessage(text, origin.protocol === 'tcp' ? 'stream' : 'datagram', limits)
    switch (parsed.kind) {
      case 'request': {
        const { request } = parsed
        const refusal = checkRequest(request, unknownMethods)
        if (refusal === undefined) {
          this.counters.sip_requests += 1
          this.options.receive(request, origin)
        } else if (refusal.drop) this.drop(refusal.reason, origin)
        else this.refuse(request, refusal.code, refusal.reason, origin, refusal.lines)
        return true
      }
      case 'reply':
        // Nothing here sends requests that could have one.
        this.counters.sip_replies_ignored += 1
        return true
      case 'keepalive':
        this.counters.sip_keepalives += 1
        return true
      case 'bad':
        if (parsed.request === undefined) this.drop(parsed.reason, origin)
        else this.bad(parsed.request, parsed.code, parsed.reason, origin)
        return parsed.request !== undefined
    }
  }

  /** Takes what came on a stream and cannot be cut into messages any further: it is answered if a request can be made out. */
  unframed(text: string, code: number, reason: string, origin: Origin): void {
    const parsed = parseMessage(text, 'stream', this.options.limits)
    if ('request' in parsed && parsed.request) this.bad(parsed.request, code, reason, origin)
    else this.drop(reason, origin)
  }

  /** A keep-alive that a transport has answered by itself. */
  keepAlive(): void {
    this.counters.sip_keepalives += 1
  }

  /** Counters by snake_case name. */
  stats(): Record<string, number> {
    return { ...this.counters }
  }

  /** Answers a request that was bad before its headers were looked at, if there is a way back and it is no ACK. */
  private bad(request: SipRequest, code: number, reason: string, origin: Origin): void {
    if (request.via === undefined || request.method === 'ACK') this.drop(reason, origin)
    else this.refuse(request, code, reason, origin)
  }

  private refuse(request: SipRequest, code: number, reason: string, origin: Origin, lines = ''): void {
    this.counters.sip_requests_refused += 1
    this.refused.note({ reason, origin })
    origin.send(
      buildReply(request, origin, code, reason, steadyTag(request), lines),
      replyPort(request, origin),
    )
  }

  private drop(reason: string, origin: Origin): void {
    this.counters.sip_messages_dropped += 1
    this.dropped.note({ reason, origin })
  }
}

function fieldsOf(origin: Origin): { protocol: string; address: string; port: number } {
  return { protocol: origin.protocol, address: origin.sourceAddress, port: origin.sourcePort }
}
