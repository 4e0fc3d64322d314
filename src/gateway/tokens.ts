// Bearer tokens (RFC 6750): where they come from, what is wrong with them, and which scope one has. Who may come in without one is guard.ts's.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { GatewayError } from '../core/errors.ts'
import { SCOPES, type Scope } from '../core/scopes.ts'

/** Characters of the shortest token, and of the longest. */
export const MIN_TOKEN = 16
const MAX_TOKEN = 512

/** What can stand behind `Bearer`: RFC 6750, section 2.1. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/** The variables of the environment, and what whoever has the token may do. */
const VARIABLES = {
  EVAPID_TOKEN: 'admin',
  EVAPID_TOKEN_PUBLISH: 'publish',
  EVAPID_TOKEN_READ: 'read',
} as const satisfies Record<string, Scope>

/** A token as it was given. */
export interface GivenToken {
  readonly scope: Scope
  readonly token: string
  /** For people: `monitoring`, `EVAPID_TOKEN`. */
  readonly name: string
}

interface KnownToken {
  readonly scope: Scope
  readonly digest: Buffer
}

/** Tokens, none of which can be had from it again. */
export class Tokens {
  private readonly known: readonly KnownToken[]
  /** Of this process only: what is compared is nothing that whoever guesses could know. */
  private readonly key = randomBytes(32)

  constructor(given: Iterable<GivenToken>) {
    this.known = [...given].map(({ scope, token }) => ({ scope, digest: this.digestOf(token) }))
  }

  get size(): number {
    return this.known.length
  }

  /** Takes the same time for every text of a length. @returns undefined for one that is none of them */
  scopeOf(text: string): Scope | undefined {
    const digest = this.digestOf(text)
    let scope: Scope | undefined
    for (const known of this.known) if (timingSafeEqual(known.digest, digest)) scope = known.scope
    return scope
  }

  private digestOf(text: string): Buffer {
    return createHmac('sha256', this.key).update(text).digest()
  }
}

/**
 * The tokens of a file and of the environment.
 * @param file `''`: none
 * @throws GatewayError with everything that is wrong
 */
export function readTokens(file: string, environment: Readonly<Record<string, string | undefined>>): Tokens {
  const mistakes: string[] = []
  const given: GivenToken[] = []
  for (const [name, scope] of Object.entries(VARIABLES)) {
    const token = environment[name]
    if (token === undefined || token === '') continue
    const wrong = whatIsWrong(token)
    if (wrong !== undefined) mistakes.push(`${name}: ${wrong}`)
    else given.push({ name, scope, token })
  }
  if (file !== '') {
    const text = readPrivately(file, mistakes)
    if (text !== undefined) given.push(...parseTokens(text, file, mistakes))
  }
  if (mistakes.length > 0) throw new GatewayError(mistakes.join('\n'))
  return new Tokens(given)
}

/** Reads lines `SCOPE TOKEN [NAME]`; `#` begins a comment. What is wrong is added to `mistakes`, without the token. */
export function parseTokens(text: string, file: string, mistakes: string[]): readonly GivenToken[] {
  const before = mistakes.length
  const tokens: GivenToken[] = []
  const lines = new Map<string, number>()
  for (const [position, line] of text.split('\n').entries()) {
    const number = position + 1
    const [first, token, ...name] = line
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .split(/\s+/)
    if (first === undefined || first === '') continue
    const at = `${file}:${number}`
    const scope = SCOPES.find((known) => known === first)
    // The word may be a token that stands in the wrong place.
    if (!scope) mistakes.push(`${at}: a line begins with ${SCOPES.join(', ')}: SCOPE TOKEN [NAME]`)
    else if (token === undefined) mistakes.push(`${at}: there is no token: SCOPE TOKEN [NAME]`)
    else {
      const same = lines.get(token)
      const wrong = same === undefined ? whatIsWrong(token) : `the token of line ${same} again`
      if (wrong !== undefined) mistakes.push(`${at}: ${wrong}`)
      else {
        lines.set(token, number)
        tokens.push({ scope, token, name: name.join(' ') })
      }
    }
  }
  if (tokens.length === 0 && mistakes.length === before) mistakes.push(`${file}: there is no token in it`)
  return tokens
}

function whatIsWrong(token: string): string | undefined {
  if (token.length < MIN_TOKEN) {
    return `a token has at least ${MIN_TOKEN} characters, such as those of: openssl rand -hex 32`
  }
  if (token.length > MAX_TOKEN) return `a token has at most ${MAX_TOKEN} characters`
  return TOKEN.test(token) ? undefined : 'a token has letters, digits and -._~+/ only, and = at its end'
}

function readPrivately(file: string, mistakes: string[]): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    // Of what was opened, whatever the path leads to by now.
    const { mode } = fstatSync(descriptor)
    if ((mode & 0o006) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0')
      mistakes.push(
        `${file}: everybody on this machine may read or write it (mode ${octal}): chmod 600 ${file}`,
      )
      return undefined
    }
    return readFileSync(descriptor, 'utf8')
  } catch (error) {
    mistakes.push(`${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
