// A SIP client seen from the wire: a UDP socket that sends what a test composes and keeps every datagram that comes back. It knows nothing of
// evapid's own SIP code, so that a fault in one cannot hide a fault in the other.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { PATIENCE } from './wire-client.ts'

/** A reply as it came. */
export interface PhoneReply {
  readonly text: string
  readonly code: number
  readonly reason: string
  /** The values of the header lines of one name, in order. */
  header(name: string): string[]
  readonly body: string
}

/** What a test may say about a request; the rest is made up. */
export interface PhoneRequest {
  readonly uri?: string
  /** Header lines beside the mandatory ones. */
  readonly lines?: readonly string[]
  readonly body?: string
  readonly branch?: string
  readonly callId?: string
  readonly cseq?: number
  readonly fromTag?: string
  /** The tag of To. */
  readonly toTag?: string
}

let made = 0

export class SipPhone implements AsyncDisposable {
  readonly #socket: Socket
  readonly #to: { readonly address: string; readonly port: number }
  readonly #replies: PhoneReply[] = []
  #wake = () => {}

  private constructor(socket: Socket, to: { address: string; port: number }) {
    this.#socket = socket
    this.#to = to
    socket.on('message', (datagram) => {
      this.#replies.push(readReply(datagram.toString('latin1')))
      this.#wake()
    })
  }

  /** @param to as Server.sipAddresses has it */
  static async open(to: { address: string; port: number }): Promise<SipPhone> {
    const ipv6 = to.address.includes(':')
    const socket = createSocket(ipv6 ? 'udp6' : 'udp4')
    socket.bind(0, ipv6 ? '::1' : '127.0.0.1')
    await once(socket, 'listening')
    return new SipPhone(socket, to)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Replies that nobody has waited for yet. */
  get unread(): number {
    return this.#replies.length
  }

  /** Composes a request. The same `branch`, `callId` and `cseq` make the same request again. */
  compose(method: string, request: PhoneRequest = {}): string {
    const id = `${process.pid}-${++made}`
    const { uri = 'sip:bob@example.com', lines = [], body = '', cseq = 1 } = request
    const to =
      request.toTag === undefined ? '<sip:bob@example.com>' : `<sip:bob@example.com>;tag=${request.toTag}`
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};rport;branch=${request.branch ?? `z9hG4bK-${id}`}`,
      `From: <sip:alice@example.com>;tag=${request.fromTag ?? `a${id}`}`,
      `To: ${to}`,
      `Call-ID: ${request.callId ?? `${id}@phone`}`,
      `CSeq: ${cseq} ${method}`,
      'Max-Forwards: 70',
      ...lines,
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  }

  sendText(text: string): void {
    this.#socket.send(Buffer.from(text, 'latin1'), this.#to.port, this.#to.address)
  }

  /** Sends a request and returns it, for what is to be sent again or cancelled. */
  send(method: string, request?: PhoneRequest): string {
    const text = this.compose(method, request)
    this.sendText(text)
    return text
  }

  /** The ACK or CANCEL of an INVITE as its transaction has it: the same branch. */
  follow(method: 'ACK' | 'CANCEL', invite: string, reply?: PhoneReply): void {
    const to = reply?.header('To')[0]
    const text = invite
      .replace(/^INVITE /, `${method} `)
      .replace(/^CSeq: (\d+) INVITE/m, `CSeq: $1 ${method}`)
      .replace(/^To: .*$/m, (line) => (to === undefined ? line : `To: ${to}\r`))
    this.sendText(text)
  }

  /** The next reply. */
  async reply(): Promise<PhoneReply> {
    const found = this.#replies.shift()
    if (found) return found
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no reply came')), PATIENCE)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve()
      }
    })
    return this.reply()
  }

  /** The next reply that is final. */
  async final(): Promise<PhoneReply> {
    for (;;) {
      const reply = await this.reply()
      if (reply.code >= 200) return reply
    }
  }

  /** Sends a request and waits for its final reply. */
  async ask(method: string, request?: PhoneRequest): Promise<PhoneReply> {
    this.send(method, request)
    return this.final()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }
}

function readReply(text: string): PhoneReply {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  const [, code = '0', reason = ''] = /^SIP\/2\.0 (\d+) ?(.*)$/.exec(status) ?? []
  return {
    text,
    code: Number(code),
    reason,
    header: (name) =>
      lines
        .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        .map((line) => line.slice(name.length + 1).trim()),
    body: rest.join('\r\n\r\n'),
  }
}
