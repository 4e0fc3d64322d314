// Digests of texts: those of OpenSSL in hexadecimal digits, and the hash that Kamailio's core uses for its tables.

import { createHash } from 'node:crypto'

export function digest(algorithm: 'md5' | 'sha256' | 'sha384' | 'sha512'): (text: string) => string {
  return (text) => createHash(algorithm).update(text, 'latin1').digest('hex')
}

/**
 * Kamailio's hash of a text: four bytes at a time, each word mixed with itself and summed up.
 * @param size how many slots there are, a power of 2; the whole hash for 0
 * @returns its digits
 */
export function coreHash(text: string, size: number): string {
  let hash = 0
  let at = 0
  for (; at + 4 <= text.length; at += 4) {
    const word =
      ((byteAt(text, at) << 24) +
        (byteAt(text, at + 1) << 16) +
        (byteAt(text, at + 2) << 8) +
        byteAt(text, at + 3)) >>>
      0
    hash = (hash + (word ^ (word >>> 3))) >>> 0
  }
  let word = 0
  for (; at < text.length; at++) word = ((word << 8) + byteAt(text, at)) >>> 0
  hash = (hash + (word ^ (word >>> 3))) >>> 0
  hash = (hash + (hash >>> 11) + (hash >>> 13) + (hash >>> 23)) >>> 0
  return String(size !== 0 ? (hash & (size - 1)) >>> 0 : hash)
}

/** With a sign, as C has it on this machine. */
function byteAt(text: string, at: number): number {
  return (text.charCodeAt(at) << 24) >> 24
}
