// Why nothing can be listened on, in words: from the system's errors to ones a person can act on.

import { ListenError } from './errors.ts'

/** What the codes of bind(2), listen(2) and getaddrinfo(3) mean to a person. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use; is another evapid or Kamailio running?',
  EADDRNOTAVAIL: 'no network interface of this machine has that address',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'the directory does not exist',
  ENOTDIR: 'the directory does not exist',
  ENOTSOCK: 'the file exists and is no socket',
  ENAMETOOLONG: 'the path is too long for a socket',
  EAFNOSUPPORT: 'this machine does not have that kind of address',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved now',
  EBADF: 'the descriptor is not open',
  EINVAL: 'it is not a listening socket',
}

/** What keeps a server from listening, in words. */
export function listenError(text: string, error: unknown): ListenError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN'
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error))
  return new ListenError(text, code, `cannot listen on ${text}: ${reason} (${code})`, error)
}
