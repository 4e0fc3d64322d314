// Binding: from bind_addr to a listening socket. Resolves names, and turns the system's errors into
// ones a person can act on. Socket files are core/socket-file.ts's.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { parseAddress } from './core/address.ts'
import { ListenError } from './core/errors.ts'
import { listenError } from './core/listen-error.ts'
import { removeStale } from './core/socket-file.ts'
import type { BoundAddress, Dispatcher, ListenAddress } from './dispatcher.ts'

/**
 * Makes an address that bind_addr names ready to listen on: resolves its host, once, IPv4 first; removes a stale socket
 * file.
 * @throws ListenError
 */
export async function resolve(text: string): Promise<ListenAddress> {
  const address = parseAddress(text)
  if (!address) throw new ListenError(text, 'EINVAL', `cannot listen on ${text}: it is not an address`)
  try {
    if (address.family === 'unix') {
      await removeStale(address.path)
      return address
    }
    const host = isIP(address.host) ? address.host : (await lookup(address.host, { verbatim: false })).address
    return { family: 'tcp', host, port: address.port }
  } catch (error) {
    throw listenError(text, error)
  }
}

/**
 * Listens on an address that was resolved.
 * @param text the address as it was asked for, for the error
 * @throws ListenError
 */
export function bind(dispatcher: Dispatcher, address: ListenAddress, text: string): BoundAddress {
  try {
    return dispatcher.listen(address)
  } catch (error) {
    throw listenError(text, error)
  }
}

/**
 * Takes over a listening socket that whoever started this process opened (sd_listen_fds(3)).
 * @throws ListenError
 */
export function adopt(dispatcher: Dispatcher, descriptor: number): BoundAddress {
  try {
    return dispatcher.adopt(descriptor)
  } catch (error) {
    throw listenError(`descriptor ${descriptor}`, error)
  }
}
