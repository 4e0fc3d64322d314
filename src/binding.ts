// Binding: from bind_addr to a listening socket. Resolves names, removes the socket file that a dead server left, and
// turns the system's errors into ones a person can act on.

import { lookup } from 'node:dns/promises'
import { lstatSync, unlinkSync } from 'node:fs'
import { connect, isIP } from 'node:net'
import { parseAddress } from './core/address.ts'
import { ListenError } from './core/errors.ts'
import type { BoundAddress, Dispatcher, ListenAddress } from './dispatcher.ts'

/** What the codes of bind(2), listen(2) and getaddrinfo(3) mean to a person. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use; is another evapid or Kamailio running?',
  EADDRNOTAVAIL: 'no network interface of this machine has that address',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'the directory does not exist',
  ENOTDIR: 'the directory does not exist',
  ENOTSOCK: 'the file exists and is no socket',
  EAFNOSUPPORT: 'this machine does not have that kind of address',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved now',
  EBADF: 'the descriptor is not open',
  EINVAL: 'it is not a listening socket',
}

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

/** Removes the file of a Unix socket that this process bound. Another server's, bound meanwhile, is left alone. */
export function removeSocketFile(bound: BoundAddress, inode: number | undefined): void {
  if (bound.family !== 'unix' || inode === undefined || socketInode(bound.path) !== inode) return
  unlinkSync(bound.path)
}

/** The inode of a socket file; undefined when there is none. */
export function socketInode(path: string): number | undefined {
  const file = lstatSync(path, { throwIfNoEntry: false })
  return file?.isSocket() ? file.ino : undefined
}

/** A socket file outlives its server. It is removed when nobody accepts on it: only then is it stale. */
async function removeStale(path: string): Promise<void> {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (!file) return
  if (!file.isSocket()) throw Object.assign(new Error(`${path} is no socket`), { code: 'ENOTSOCK' })
  const inUse = await new Promise<boolean>((resolve, reject) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      // A full backlog (EAGAIN) has somebody behind it.
      else if (error.code === 'EAGAIN') resolve(true)
      else reject(error)
    })
  })
  if (inUse) throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' })
  unlinkSync(path)
}

/** What keeps a server from listening, in words. */
export function listenError(text: string, error: unknown): ListenError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN'
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error))
  return new ListenError(text, code, `cannot listen on ${text}: ${reason} (${code})`, error)
}
