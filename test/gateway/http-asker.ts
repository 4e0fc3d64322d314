// Requests over HTTP as a test sends them: any header, also those that fetch() keeps for itself, a connection of its own for each.

import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request as overHttp } from 'node:http'
import { request as overTls } from 'node:https'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Over TLS, trusting this certificate. */
  readonly ca?: string
}

export class Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer

  constructor(status: number, headers: IncomingHttpHeaders, bytes: Buffer) {
    this.status = status
    this.headers = headers
    this.bytes = bytes
  }

  get text(): string {
    return this.bytes.toString()
  }

  get json(): unknown {
    return JSON.parse(this.text)
  }

  /** The code of an error. */
  get code(): string | undefined {
    const parsed = this.json as { error?: { code?: string } }
    return parsed.error?.code
  }
}

/** @param address `127.0.0.1:8480` */
export async function ask(address: string, path: string, question: Question = {}): Promise<Answer> {
  const response = await begin(address, path, question)
  return new Answer(response.statusCode ?? 0, response.headers, await buffer(response))
}

/** The same, as soon as the head of the reply is there. */
export async function begin(
  address: string,
  path: string,
  question: Question = {},
): Promise<IncomingMessage> {
  const { method = question.body === undefined ? 'GET' : 'POST', headers = {}, body, ca } = question
  const scheme = ca === undefined ? 'http' : 'https'
  const request = (ca === undefined ? overHttp : overTls)(`${scheme}://${address}${path}`, {
    method,
    headers,
    agent: false,
    ...(ca === undefined ? {} : { ca, servername: 'localhost' }),
  })
  const answered = once(request, 'response')
  request.end(body)
  const [response] = (await answered) as [IncomingMessage]
  return response
}

/** Asks for a WebSocket. @returns 101, or the status of the refusal and the code of its error */
export async function askForWebSocket(
  address: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly status: number
  readonly code?: string | undefined
  readonly protocol?: string | undefined
}> {
  const request = overHttp(`http://${address}${path}`, {
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    },
  })
  request.end()
  const upgraded = once(request, 'upgrade') as Promise<[IncomingMessage, Socket]>
  const refused = once(request, 'response') as Promise<[IncomingMessage]>
  // Whichever comes second never comes.
  upgraded.catch(() => {})
  refused.catch(() => {})
  const [response, socket] = await Promise.race([upgraded, refused as Promise<[IncomingMessage, undefined?]>])
  if (socket) {
    socket.destroy()
    return { status: 101, protocol: response.headers['sec-websocket-protocol'] }
  }
  const answer = new Answer(response.statusCode ?? 0, response.headers, await buffer(response))
  return { status: answer.status, code: answer.code }
}

/** A connection on which a test writes what it wants, and all that came back. */
export class RawConnection implements Disposable {
  readonly socket: Socket
  /** One char per byte. */
  received = ''
  readonly closed: Promise<unknown>

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.received += text
    })
    socket.on('error', () => {})
    this.closed = once(socket, 'close')
  }

  static async open(address: string): Promise<RawConnection> {
    const { hostname, port } = new URL(`http://${address}`)
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''))
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  /** Waits until what came back matches. */
  async receives(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.received)
      if (match) return match
      if (this.socket.destroyed) throw new Error(`closed without ${pattern}; received ${this.received}`)
      await Promise.race([once(this.socket, 'data'), this.closed])
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
