// SIP over TCP: listeners, and the connections that they accept. A reply goes back on its request's connection or not at all: none is
// opened. Messages are cut from the stream by stream.ts and seen to by inbound.ts.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../core/log.ts'
import { Burst } from './burst.ts'
import type { SipInbound } from './inbound.ts'
import type { Origin } from './origin.ts'
import type { MessageLimits } from './parse.ts'
import { StreamDecoder, type StreamHandler } from './stream.ts'
import type { SipListener } from './transport.ts'

export interface TcpOptions {
  readonly log: Log
  readonly inbound: SipInbound
  readonly limits: MessageLimits
  /** Connections of all listeners; one more is closed at once. */
  readonly maxConnections: number
  /** Ms without a byte either way after which a connection is closed; 0: never. */
  readonly idleTimeout: number
  /** Bytes that may wait for a peer before it counts as slow and is closed. */
  readonly sendBufferLimit: number
}

/** How long a connection that is being closed may take to deliver what waits, in ms. */
const CLOSE_TIMEOUT = 2000

/** What all TCP listeners of a server share: limits and counters. */
export class TcpTransport {
  readonly options: TcpOptions
  readonly connections = new Set<TcpConnection>()
  readonly counters = {
    sip_tcp_connections_accepted: 0,
    sip_tcp_connections_rejected: 0,
    sip_tcp_idle_closed: 0,
    sip_tcp_slow_closed: 0,
    sip_tcp_streams_broken: 0,
  }
  private readonly rejected: Burst<number>

  constructor(options: TcpOptions) {
    this.options = options
    this.rejected = new Burst((limit, count) => {
      options.log.warn({ limit, count }, `rejected ${count} SIP connections: tcp_max_connections is ${limit}`)
    })
  }

  /**
   * Listens. A wildcard IPv6 address takes IPv6 only.
   * @param host an IP literal
   * @throws the system's error, with its code
   */
  listen(host: string, port: number): Promise<SipListener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true })
      server.once('error', reject)
      server.listen({ host, port, ipv6Only: true }, () => {
        server.off('error', reject)
        server.on('error', (error) => {
          this.options.log.error({ err: error }, `cannot accept SIP connections: ${error.message}`)
        })
        resolve(new TcpListener(this, server))
      })
    })
  }

  /** Counters and gauges by snake_case name. */
  stats(): Record<string, number> {
    return { sip_tcp_connections: this.connections.size, ...this.counters }
  }

  /** Whether one more connection may be opened; tells if not. */
  admits(): boolean {
    const { maxConnections } = this.options
    if (this.connections.size < maxConnections) return true
    this.counters.sip_tcp_connections_rejected += 1
    this.rejected.note(maxConnections)
    return false
  }
}

class TcpListener implements SipListener {
  readonly protocol = 'tcp'
  readonly address: string
  readonly port: number
  private readonly server: Server
  private readonly connections = new Set<TcpConnection>()
  private closed: Promise<void> | undefined

  constructor(transport: TcpTransport, server: Server) {
    // It is listening on an IP address: that is what address() says then.
    const { address, port } = server.address() as AddressInfo
    this.address = address
    this.port = port
    this.server = server
    server.on('connection', (socket) => {
      if (!transport.admits()) {
        socket.destroy()
        return
      }
      const connection = new TcpConnection(transport, socket)
      this.connections.add(connection)
      socket.once('close', () => this.connections.delete(connection))
    })
  }

  stopReading(): void {
    this.closed ??= new Promise((resolve) => {
      this.server.close(() => resolve())
    })
    for (const connection of this.connections) connection.stopReading()
  }

  async close(): Promise<void> {
    this.stopReading()
    for (const connection of this.connections) connection.finish()
    await this.closed
  }
}

/** One connection: the origin of every request that comes on it. */
class TcpConnection implements Origin, StreamHandler {
  readonly protocol = 'tcp'
  readonly reliable = true
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly localAddress: string
  readonly localPort: number
  private readonly transport: TcpTransport
  private readonly socket: Socket
  private readonly decoder: StreamDecoder
  /** Requests that wait for their final reply. Those that never get one stay in it: a hint, not a truth. */
  private owed = 0
  /** The idle timeout has passed once although replies were owed. */
  private extended = false
  private peerEnded = false
  private finishing = false

  constructor(transport: TcpTransport, socket: Socket) {
    this.transport = transport
    this.socket = socket
    this.sourceAddress = socket.remoteAddress ?? ''
    this.sourcePort = socket.remotePort ?? 0
    this.localAddress = socket.localAddress ?? ''
    this.localPort = socket.localPort ?? 0
    this.decoder = new StreamDecoder(transport.options.limits, this)
    transport.connections.add(this)
    transport.counters.sip_tcp_connections_accepted += 1
    socket.setTimeout(transport.options.idleTimeout)
    socket.on('data', (bytes: Buffer) => this.receive(bytes))
    socket.on('end', () => {
      this.peerEnded = true
      if (this.owed === 0) this.finish()
    })
    socket.on('timeout', () => this.idle())
    // What a connection dies of, its peer knows; the close that follows is what counts here.
    socket.on('error', (error) => {
      transport.options.log.debug({ err: error, ...this.fields() }, `SIP connection failed: ${error.message}`)
    })
    socket.on('close', () => {
      this.decoder.stop()
      transport.connections.delete(this)
    })
  }

  send(reply: string): boolean {
    const { socket } = this
    // While it is finishing, what a broken stream still gets has been written already.
    if (!socket.writable) return false
    socket.write(reply, 'latin1')
    const { sendBufferLimit } = this.transport.options
    if (socket.writableLength > sendBufferLimit) {
      this.transport.counters.sip_tcp_slow_closed += 1
      this.transport.options.log.warn(
        { ...this.fields(), waiting: socket.writableLength },
        'slow SIP connection closed: its peer does not read; tcp_send_buffer_limit is reached',
      )
      socket.destroy()
      return false
    }
    const final = reply.charCodeAt(STATUS_AT) !== PROVISIONAL
    if (final && this.owed > 0) {
      this.owed -= 1
      if (this.owed === 0 && this.peerEnded) this.finish()
    }
    return true
  }

  message(text: string): void {
    if (!text.startsWith('ACK ')) this.owed += 1
    if (!this.transport.options.inbound.message(text, this)) this.giveUp()
  }

  ping(): void {
    this.transport.options.inbound.keepAlive()
    if (this.socket.writable) this.socket.write('\r\n')
  }

  broken(text: string, code: number, reason: string): void {
    this.transport.options.inbound.unframed(text, code, reason, this)
    this.giveUp()
  }

  stopReading(): void {
    this.decoder.stop()
  }

  /**
   * Delivers what waits, and closes. What the peer still sends is read and thrown away: a socket that is closed with unread bytes is reset,
   * and a reset destroys what is on its way to the peer.
   */
  finish(): void {
    if (this.finishing) return
    this.finishing = true
    const { socket } = this
    this.decoder.stop()
    socket.resume()
    socket.end()
    const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT)
    socket.once('close', () => clearTimeout(timer))
  }

  private receive(bytes: Buffer): void {
    this.extended = false
    // The replies to all that came in one read leave in one write.
    this.socket.cork()
    this.decoder.push(bytes)
    this.socket.uncork()
  }

  private giveUp(): void {
    this.transport.counters.sip_tcp_streams_broken += 1
    this.finish()
  }

  private idle(): void {
    const { counters, options } = this.transport
    if (this.owed > 0 && !this.extended) {
      // A request may wait as long for its answer as the connection may be idle: the answer is to find it open.
      this.extended = true
      this.socket.setTimeout(options.idleTimeout)
      return
    }
    counters.sip_tcp_idle_closed += 1
    // Nothing is under way in either direction.
    this.decoder.stop()
    this.socket.destroySoon()
  }

  private fields(): { protocol: string; address: string; port: number } {
    return { protocol: 'tcp', address: this.sourceAddress, port: this.sourcePort }
  }
}

/** Where the code stands in a status line, and what it begins with while it is not final. */
const STATUS_AT = 'SIP/2.0 '.length
const PROVISIONAL = '1'.charCodeAt(0)
