// One app of uWebSockets.js: with a certificate, or without TLS. A server has a new one when its certificate is another one; what is connected to the old
// one stays there. What it serves is http-server.ts's.

import { ListenError } from '../core/errors.ts'
import type { Certificate } from './tls.ts'
import {
  EXCLUSIVE_PORT,
  type UwsApp,
  type UwsBehavior,
  type UwsLibrary,
  type UwsListenSocket,
  type UwsRequest,
  type UwsResponse,
} from './uws.ts'

export class HttpApp {
  readonly certificate: Certificate | undefined
  private readonly library: UwsLibrary
  private readonly app: UwsApp
  private listening: UwsListenSocket | undefined = undefined
  private sockets = 0

  constructor(library: UwsLibrary, certificate: Certificate | undefined) {
    this.library = library
    this.certificate = certificate
    this.app = certificate
      ? library.SSLApp({
          cert_file_name: certificate.cert,
          key_file_name: certificate.key,
          ...(certificate.passphrase === '' ? {} : { passphrase: certificate.passphrase }),
        })
      : library.App()
  }

  /** WebSockets that are open. */
  get webSockets(): number {
    return this.sockets
  }

  /** Serves WebSockets on a path. */
  serveSockets<Data>(path: string, behavior: UwsBehavior<Data>): void {
    this.app.ws<Data>(path, {
      ...behavior,
      open: (socket) => {
        this.sockets++
        void behavior.open?.(socket)
      },
      close: (socket, code, why) => {
        this.sockets--
        behavior.close?.(socket, code, why)
      },
    })
  }

  /** Serves all other requests. */
  serve(handle: (response: UwsResponse, request: UwsRequest) => void): void {
    this.app.any('/*', handle)
  }

  /**
   * @param host an IP literal
   * @returns the port
   * @throws ListenError
   */
  listen(host: string, port: number): number {
    let opened: UwsListenSocket | false = false
    // The callback is called before listen() returns. The order of arguments with a host and options stands in no declaration.
    const took = (socket: UwsListenSocket | false) => {
      opened = socket
    }
    Reflect.apply(this.app.listen, this.app, [host, port, EXCLUSIVE_PORT, took])
    if (!opened) {
      const text = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      throw new ListenError(
        text,
        'EADDRINUSE',
        `cannot listen for HTTP on ${text}: the address is in use, or not one of this machine, or needs privileges`,
      )
    }
    this.listening = opened
    return this.library.us_socket_local_port(opened)
  }

  /** Takes no new connection; those that are there go on. */
  stopListening(): void {
    if (this.listening) this.library.us_listen_socket_close(this.listening)
    this.listening = undefined
  }

  /** To all WebSockets that have subscribed to the topic here. */
  publish(topic: string, message: Uint8Array, isBinary: boolean): void {
    if (this.sockets > 0) this.app.publish(topic, message, isBinary)
  }

  /** Ends every connection. */
  close(): void {
    this.stopListening()
    // Not in all versions. Where it is not, connections that nobody uses end by themselves within seconds.
    const close: unknown = Reflect.get(this.app, 'close')
    if (typeof close === 'function') Reflect.apply(close, this.app, [])
  }
}
