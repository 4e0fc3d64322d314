// Whom a gateway lets in, read from its parameters, the files that they name and the environment: before it listens, and again at a reload. Whether it may
// listen there with that is decided here too.

import { GatewayError } from '../core/errors.ts'
import type { GuardPolicy } from './guard.ts'
import type { GatewayParameters } from './parameters.ts'
import { ANY_ORIGIN, isLoopback } from './site.ts'
import { readTokens } from './tokens.ts'

/** Where a gateway listens. */
export interface Place {
  /** An IP literal. */
  readonly address: string
  /** The same as it was given, with the port. */
  readonly text: string
}

/**
 * @throws GatewayError with everything that is wrong
 */
export function readPolicy(
  { tokenFile, insecure, origins, hosts }: GatewayParameters,
  { address, text }: Place,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): GuardPolicy {
  const tokens = readTokens(tokenFile, environment)
  const loopback = isLoopback(address)
  if (tokens.size === 0 && !loopback && !insecure) {
    throw new GatewayError(
      `HTTP on ${text} would be open to whoever reaches this machine. Give it a token, in the environment (EVAPID_TOKEN) or a file ` +
        '(token_file, --http-token-file); or listen on loopback (127.0.0.1, [::1]); or say that it is meant to be so (insecure, --http-insecure)',
    )
  }
  return { tokens, origins, hosts, loopback }
}

/** What is allowed, and worth a line of log. */
export function warningsOf(
  { tokens, origins, loopback }: GuardPolicy,
  secure: boolean,
  { text }: Place,
): readonly string[] {
  const warnings: string[] = []
  if (tokens.size === 0 && !loopback) {
    warnings.push(`HTTP on ${text} is open to whoever reaches this machine: there is no token (insecure)`)
  }
  if (tokens.size === 0 && origins.includes(ANY_ORIGIN)) {
    warnings.push(
      `every web site that is open in a browser here may do everything: origins has "${ANY_ORIGIN}", and there is no token`,
    )
  }
  if (tokens.size > 0 && !loopback && !secure) {
    warnings.push(
      `tokens go over the network as they are: HTTP on ${text} has no certificate (cert, key), which is right only behind a proxy that has one`,
    )
  }
  return warnings
}
