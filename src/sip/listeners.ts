// All of the SIP side that listens: the sockets of a server, with one entrance behind them. What requests mean is not known here.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Log } from '../core/log.ts'
import type { Dispatcher } from '../dispatcher.ts'
import { SipInbound } from './inbound.ts'
import type { SipLimits } from './limits.ts'
import type { Origin } from './origin.ts'
import type { SipRequest } from './request.ts'
import { TcpTransport } from './tcp.ts'
import type { SipAddress, SipListener } from './transport.ts'
import { UdpListener } from './udp.ts'

export interface SipListenersOptions {
  readonly dispatcher: Dispatcher
  readonly log: Log
  readonly limits: SipLimits
  /** Gets every well-formed request. Must not throw. */
  receive(request: SipRequest, origin: Origin): void
}

export class SipListeners {
  private readonly dispatcher: Dispatcher
  private readonly log: Log
  private readonly inbound: SipInbound
  private readonly tcp: TcpTransport
  private readonly opened: SipListener[] = []

  constructor({ dispatcher, log, limits, receive }: SipListenersOptions) {
    this.dispatcher = dispatcher
    this.log = log
    const { unknownMethods } = limits
    this.inbound = new SipInbound({ log, limits, unknownMethods, receive })
    this.tcp = new TcpTransport({
      inbound: this.inbound,
      log,
      limits,
      maxConnections: limits.tcpMaxConnections,
      idleTimeout: limits.tcpIdleTimeout,
      sendBufferLimit: limits.tcpSendBufferLimit,
    })
  }

  /**
   * Listens on one more address. A name is resolved, once, IPv4 first.
   * @throws the system's error, with its code
   */
  async open({ protocol, host, port }: SipAddress): Promise<void> {
    const { dispatcher, inbound, log } = this
    const ip = isIP(host) ? host : (await lookup(host, { verbatim: false })).address
    this.opened.push(
      protocol === 'udp'
        ? new UdpListener({ dispatcher, inbound, log, host: ip, port })
        : await this.tcp.listen(ip, port),
    )
  }

  /** In the order in which they were opened. */
  get listeners(): readonly SipListener[] {
    return this.opened
  }

  /** Takes nothing more; replies still go out. */
  stopReading(): void {
    for (const listener of this.opened) listener.stopReading()
  }

  /** Delivers what is on its way, for a short time, and closes. */
  async close(): Promise<void> {
    await Promise.all(this.opened.map((listener) => listener.close()))
  }

  /** Counters and gauges by snake_case name. */
  stats(): Record<string, number> {
    return { ...this.inbound.stats(), ...this.tcp.stats() }
  }
}
