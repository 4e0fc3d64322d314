// Where a request came from, and the way its replies go: all that transactions know of a transport. Not for sockets.

/** `none`: a request that a program made; no network behind it. */
export type Protocol = 'udp' | 'tcp' | 'none'

/** Where a request came from, and the way its replies go. One per datagram source or connection, shared by requests. */
export interface Origin {
  readonly protocol: Protocol
  /** Replies need no retransmission. */
  readonly reliable: boolean
  /** An IP literal without brackets; `''` for `none`. */
  readonly sourceAddress: string
  /** 0 for `none`. */
  readonly sourcePort: number
  readonly localAddress: string
  readonly localPort: number
  /**
   * Sends a whole reply. UDP: to `sourceAddress` and `port`. TCP: on the connection, whatever the port.
   * @param reply a byte string
   * @returns false when the way back is gone
   */
  send(reply: string, port: number): boolean
}
