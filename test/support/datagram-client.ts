// A UDP peer of the dispatcher seen from outside: Node's own socket, which keeps what it was sent.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { PATIENCE } from './wire-client.ts'

export interface ReceivedDatagram {
  /** One character, one byte. */
  readonly text: string
  readonly address: string
  readonly port: number
}

export class DatagramClient implements Disposable {
  readonly received: ReceivedDatagram[] = []
  readonly #socket: Socket
  #wake = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      this.received.push({ text: bytes.toString('latin1'), address: from.address, port: from.port })
      this.#wake()
    })
  }

  static async open(address = '127.0.0.1'): Promise<DatagramClient> {
    const type = address.includes(':') ? 'udp6' : 'udp4'
    const socket = createSocket({ type, recvBufferSize: 4 * 2 ** 20 })
    socket.bind(0, address)
    await once(socket, 'listening')
    return new DatagramClient(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Resolves when the kernel has it. Text is latin1. */
  async send(text: string, port: number, address = this.#socket.address().address): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const bytes = Buffer.from(text, 'latin1')
      this.#socket.send(bytes, port, address, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Resolves with the first `count` datagrams it was sent, once they are there. */
  async until(count: number): Promise<ReceivedDatagram[]> {
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      this.#wake()
    }, PATIENCE)
    try {
      while (this.received.length < count) {
        if (expired) throw new Error(`waited ${PATIENCE} ms: ${this.received.length} of ${count} datagrams`)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
    return this.received.slice(0, count)
  }

  /** Sends, and resolves with what comes next. */
  async ask(text: string, port: number, address?: string): Promise<ReceivedDatagram> {
    const before = this.received.length
    await this.send(text, port, address)
    return (await this.until(before + 1))[before] as ReceivedDatagram
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}
