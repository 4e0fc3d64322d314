// Certificates: what is wrong with the files is found here, with words, before uWebSockets.js is given them, which would only say no.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { GatewayError } from '../core/errors.ts'

/** Days before the end of a certificate from which on it is told. */
const WARN_DAYS = 14
const DAY = 86_400_000

/** Where certificate and key are. All `''`: no TLS. */
export interface TlsFiles {
  /** PEM: the certificate, and behind it those of its chain. */
  readonly cert: string
  readonly key: string
  readonly passphrase: string
}

/** A certificate whose files are right. */
export interface Certificate extends TlsFiles {
  /** Another one when one of the files or the passphrase is. */
  readonly fingerprint: string
  /** Milliseconds of Date.now(). */
  readonly expires: number
}

/**
 * Reads and checks certificate and key.
 * @returns undefined when none are asked for
 * @throws GatewayError
 */
export function readCertificate(files: TlsFiles): Certificate | undefined {
  const { cert, key, passphrase } = files
  if (cert === '' && key === '') return undefined
  if (key === '') throw new GatewayError(`there is a certificate (cert ${cert}) and no key for it (key)`)
  if (cert === '') throw new GatewayError(`there is a key (key ${key}) and no certificate for it (cert)`)
  const certificate = read(cert, 'certificate')
  const privateKey = read(key, 'key')
  const x509 = attempt(`${cert} is no certificate in PEM`, () => new X509Certificate(certificate))
  const secret = attempt(
    passphrase === ''
      ? `${key} is no key in PEM, or needs a passphrase`
      : `${key} cannot be read with that passphrase`,
    (): KeyObject => createPrivateKey({ key: privateKey, passphrase }),
  )
  if (!x509.checkPrivateKey(secret))
    throw new GatewayError(`${key} is not the key of the certificate in ${cert}`)
  // The whole chain, and what OpenSSL has against it: a weak key, say.
  attempt(`${cert} and ${key} cannot be used for TLS`, () =>
    createSecureContext({ cert: certificate, key: privateKey, passphrase }),
  )
  const hash = createHash('sha256').update(certificate).update('\0').update(privateKey).update('\0')
  const fingerprint = hash.update(passphrase).digest('hex')
  return { ...files, fingerprint, expires: Date.parse(x509.validTo) }
}

/** @returns what is to be said of a certificate that ends soon, or has ended */
export function warningOf({ cert, expires }: Certificate, now: number = Date.now()): string | undefined {
  const days = (expires - now) / DAY
  if (days >= WARN_DAYS) return undefined
  const date = new Date(expires).toISOString()
  return days < 0
    ? `the certificate in ${cert} has expired (${date}): nobody who checks it will connect`
    : `the certificate in ${cert} expires in ${Math.floor(days)} days (${date}); a reload (SIGHUP) takes a new one`
}

function read(file: string, what: string): Buffer {
  return attempt(`the ${what} cannot be read`, () => readFileSync(file))
}

function attempt<Result>(what: string, make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    throw new GatewayError(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
