// SIP over UDP: one listener is one datagram socket of the dispatcher's loop. What a datagram says is inbound.ts's.

import type { Log } from '../core/log.ts'
import type { DatagramPeer, DatagramSocket, Dispatcher } from '../dispatcher.ts'
import type { SipInbound } from './inbound.ts'
import type { Origin } from './origin.ts'
import type { SipListener } from './transport.ts'

/** Where a datagram came from. The dispatcher keeps it with the peer, so that the next datagram finds it again. */
class UdpOrigin implements Origin {
  readonly protocol = 'udp'
  readonly reliable = false
  private readonly socket: DatagramSocket
  private readonly peer: DatagramPeer

  constructor(socket: DatagramSocket, peer: DatagramPeer) {
    this.socket = socket
    this.peer = peer
  }

  get sourceAddress(): string {
    return this.peer.address
  }

  get sourcePort(): number {
    return this.peer.port
  }

  get localAddress(): string {
    return this.peer.local
  }

  get localPort(): number {
    return this.socket.port
  }

  send(reply: string, port: number): boolean {
    return this.socket.send(reply, this.peer, port)
  }
}

export class UdpListener implements SipListener {
  readonly protocol = 'udp'
  readonly address: string
  readonly port: number
  private readonly socket: DatagramSocket

  /**
   * Listens.
   * @param host an IP literal
   * @throws the system's error, with its code
   */
  constructor(options: {
    dispatcher: Dispatcher
    inbound: SipInbound
    log: Log
    host: string
    port: number
  }) {
    const { dispatcher, inbound, log, host, port } = options
    const socket = dispatcher.openDatagramSocket(
      { host, port },
      {
        datagram(text, peer) {
          let origin = peer.context
          if (!(origin instanceof UdpOrigin)) {
            origin = new UdpOrigin(socket, peer)
            peer.context = origin
          }
          inbound.message(text, origin as UdpOrigin)
        },
        sendFailed(error, count) {
          log.warn({ protocol: 'udp', error, count }, `${count} SIP datagrams were not sent: ${error}`)
        },
      },
    )
    this.socket = socket
    this.address = socket.address
    this.port = socket.port
  }

  stopReading(): void {
    this.socket.stopReading()
  }

  close(): void {
    this.socket.close()
  }
}
