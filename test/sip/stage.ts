// SIP listeners in this process, on free ports, with what is behind them replaced by an answer to each request: the part of a server
// between its sockets and its transactions.

import { createSocket, type Socket } from 'node:dgram'
import { on } from 'node:events'
import { resolveConfig } from '../../src/config.ts'
import { Dispatcher } from '../../src/dispatcher.ts'
import { dispatcherOptions } from '../../src/modules/evapi.ts'
import { SipInbound } from '../../src/sip/inbound.ts'
import type { Origin } from '../../src/sip/origin.ts'
import { DEFAULT_LIMITS, type MessageLimits } from '../../src/sip/parse.ts'
import { buildReply, replyPort, steadyTag } from '../../src/sip/reply.ts'
import type { SipRequest } from '../../src/sip/request.ts'
import { type TcpOptions, TcpTransport } from '../../src/sip/tcp.ts'
import type { SipListener } from '../../src/sip/transport.ts'
import { UdpListener } from '../../src/sip/udp.ts'
import { Logbook } from '../core/logbook.ts'
import { PATIENCE } from '../support/wire-client.ts'

export interface StageOptions {
  readonly limits?: Partial<MessageLimits>
  readonly unknownMethods?: 'reject' | 'route'
  readonly tcp?: Partial<Pick<TcpOptions, 'maxConnections' | 'idleTimeout' | 'sendBufferLimit'>>
  /** In place of a 200 to everything but ACK. */
  receive?(request: SipRequest, origin: Origin): void
}

/** Replies 200, as routes without transactions would. */
export function answer(request: SipRequest, origin: Origin, code = 200, reason = 'OK', body = ''): boolean {
  const reply = buildReply(request, origin, code, reason, steadyTag(request), '', body)
  return origin.send(reply, replyPort(request, origin))
}

export class Stage implements AsyncDisposable {
  readonly logbook = new Logbook()
  readonly received: SipRequest[] = []
  readonly inbound: SipInbound
  readonly tcp: TcpTransport
  readonly #dispatcher: Dispatcher
  readonly #listeners: SipListener[] = []

  constructor(options: StageOptions = {}) {
    const { log } = this.logbook
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    const receive =
      options.receive ?? ((request, origin) => void (request.method === 'ACK' || answer(request, origin)))
    this.inbound = new SipInbound({
      log,
      limits,
      unknownMethods: options.unknownMethods ?? 'reject',
      receive: (request, origin) => {
        this.received.push(request)
        receive(request, origin)
      },
    })
    this.tcp = new TcpTransport({
      log,
      limits,
      inbound: this.inbound,
      maxConnections: 100,
      idleTimeout: 0,
      sendBufferLimit: 1_048_576,
      ...options.tcp,
    })
    const { evapi, plans } = resolveConfig({})
    this.#dispatcher = new Dispatcher(dispatcherOptions(evapi, plans), { notice: () => {} })
  }

  listenUdp(host = '127.0.0.1'): SipListener {
    const { inbound, logbook } = this
    const listener = new UdpListener({
      dispatcher: this.#dispatcher,
      inbound,
      log: logbook.log,
      host,
      port: 0,
    })
    this.#listeners.push(listener)
    return listener
  }

  async listenTcp(host = '127.0.0.1'): Promise<SipListener> {
    const listener = await this.tcp.listen(host, 0)
    this.#listeners.push(listener)
    return listener
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) await listener.close()
    await this.#dispatcher.shutdown()
  }
}

/** A UDP socket of a client. */
export class Phone implements AsyncDisposable {
  readonly port: number
  readonly #socket: Socket
  readonly #replies: AsyncIterator<Buffer[]>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.address().port
    this.#replies = on(socket, 'message', { signal: AbortSignal.timeout(2 * PATIENCE) }) as AsyncIterator<
      Buffer[]
    >
  }

  static async open(host = '127.0.0.1'): Promise<Phone> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve) => socket.bind(0, host, () => resolve()))
    return new Phone(socket)
  }

  send(text: string, listener: SipListener): void {
    this.#socket.send(Buffer.from(text, 'latin1'), listener.port, listener.address)
  }

  /** The next datagram. */
  async next(): Promise<string> {
    const { value } = await this.#replies.next()
    return (value as Buffer[])[0]?.toString('latin1') ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}

/** A request of the usual headers. `lines` replace those of the same name, or are added; '' as value leaves one out. */
export function request(
  method = 'OPTIONS',
  lines: Readonly<Record<string, string>> = {},
  body = '',
  uri = 'sip:service@evapid.invalid',
): string {
  const headers: Record<string, string> = {
    Via: 'SIP/2.0/UDP client.invalid:5099;branch=z9hG4bK-1;rport',
    'Max-Forwards': '70',
    From: '<sip:anna@evapid.invalid>;tag=a1',
    To: '<sip:service@evapid.invalid>',
    'Call-ID': 'call-1@client.invalid',
    CSeq: `1 ${method}`,
    'Content-Length': String(body.length),
    ...lines,
  }
  const text = Object.entries(headers).map(([name, value]) => (value === '' ? '' : `${name}: ${value}\r\n`))
  return `${method} ${uri} SIP/2.0\r\n${text.join('')}\r\n${body}`
}
