// Who may come in, and what they may do. Everything that arrives over HTTP passes here first, WebSockets included.

import type { Scope } from '../core/scopes.ts'
import { Complaints } from './complaints.ts'
import { type HttpReply, problem } from './http-reply.ts'
import type { RequestHead } from './http-request.ts'
import { type SitePolicy, Sites } from './site.ts'
import type { Tokens } from './tokens.ts'

/** What the guard says of a request: what its sender may do, or the refusal. */
export type Verdict = (
  | {
      /** Undefined: what is everybody's. */
      readonly scope: Scope | undefined
    }
  | { readonly refusal: HttpReply }
) & {
  /** The reply has them, whatever it is: a browser shows the page of a listed site none without. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Guard {
  /**
   * Looks at a request. A sender without a token has no scope, and may ask for what is everybody's.
   * @param token of a WebSocket, which cannot have one in a header where a browser opens it
   */
  examine(head: RequestHead, token?: string): Verdict
}

/** What decides. */
export interface GuardPolicy extends SitePolicy {
  /** None: whoever gets here may do everything. */
  readonly tokens: Tokens
}

const NONE: Readonly<Record<string, string>> = {}

const CHALLENGE = 'Bearer realm="evapid"'

const REFUSALS = {
  hosts: problem(
    421,
    'unknown_host',
    'the Host of this request is no name of this gateway: a site could have its name lead here (DNS rebinding); ' +
      'call it by its address or localhost, or list the name in hosts',
  ),
  origins: problem(
    403,
    'foreign_origin',
    'the Origin of this request is another site, which must be listed in origins',
  ),
  queries: problem(
    400,
    'token_in_query',
    'a token in a URL ends up in logs and histories: send it as Authorization: Bearer TOKEN; a WebSocket of a browser as a subprotocol, ' +
      'evapid.token.TOKEN with TOKEN in base64url',
  ),
  tokens: problem(401, 'invalid_token', 'this token is not known here', {
    'www-authenticate': `${CHALLENGE}, error="invalid_token"`,
  }),
  schemes: problem(401, 'unauthorized', 'Authorization must be: Bearer TOKEN', {
    'www-authenticate': CHALLENGE,
  }),
} as const

type Refused = keyof typeof REFUSALS

/** Guards a gateway by tokens, and by what browsers say of the sites that send requests. */
export class AccessGuard implements Guard {
  private policy: GuardPolicy
  private sites: Sites
  private readonly complaints: Complaints
  private readonly counts: Record<Refused, number> = {
    hosts: 0,
    origins: 0,
    queries: 0,
    tokens: 0,
    schemes: 0,
  }

  /** @param tell as that of Complaints */
  constructor(policy: GuardPolicy, tell: (address: string, why: string, more: number) => void) {
    this.policy = policy
    this.sites = new Sites(policy)
    this.complaints = new Complaints(tell)
  }

  /** From now on. */
  change(policy: GuardPolicy): void {
    this.policy = policy
    this.sites = new Sites(policy)
  }

  /** Requests that were refused, by why. */
  stats(): Readonly<Record<Refused, number>> {
    return { ...this.counts }
  }

  examine(head: RequestHead, token?: string): Verdict {
    const { headers: given, query, secure } = head
    const host = given.get('host') ?? ''
    if (!this.sites.isOwnHost(host)) return this.refuse('hosts', head, NONE)
    const origin = given.get('origin')
    const relation = origin === undefined ? 'own' : this.sites.relationOf(origin, host, secure)
    if (relation === 'foreign') return this.refuse('origins', head, NONE)
    const headers = relation === 'listed' && origin !== undefined ? corsHeaders(origin) : NONE
    if (query.has('token') || query.has('access_token')) return this.refuse('queries', head, headers)
    const { tokens } = this.policy
    if (tokens.size === 0) return { scope: 'admin', headers }
    const authorization = given.get('authorization')
    const sent = authorization === undefined ? token : bearer(authorization)
    if (sent === undefined) {
      return authorization === undefined
        ? { scope: undefined, headers }
        : this.refuse('schemes', head, headers)
    }
    const scope = tokens.scopeOf(sent)
    return scope === undefined ? this.refuse('tokens', head, headers) : { scope, headers }
  }

  private refuse(
    what: Refused,
    { address }: RequestHead,
    headers: Readonly<Record<string, string>>,
  ): Verdict {
    this.counts[what]++
    this.complaints.note(address, WHY[what])
    return { refusal: REFUSALS[what], headers }
  }
}

/** For the log. Nothing that was sent stands in it. */
const WHY: Readonly<Record<Refused, string>> = {
  hosts: 'the Host is no name of this gateway (hosts)',
  origins: 'the Origin is a site that is not listed (origins)',
  queries: 'there is a token in the URL',
  tokens: 'the token is not known',
  schemes: 'there is no bearer token in Authorization',
}

/** @returns undefined when it is something else */
function bearer(authorization: string): string | undefined {
  return /^bearer +([^\s]+) *$/i.exec(authorization)?.[1]
}

/** What a page of another site may see of the reply. There are no cookies here, so nothing of credentials. */
function corsHeaders(origin: string): Readonly<Record<string, string>> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': '*',
    'cross-origin-resource-policy': 'cross-origin',
    vary: 'origin',
  }
}

/**
 * What a browser is told that asks whether a page of a listed site may send a request.
 * @param methods what the path takes
 * @param verdict of that question
 */
export function preflightHeaders(
  { headers: asked }: RequestHead,
  methods: string,
  { headers }: Verdict,
): Readonly<Record<string, string>> {
  if (headers['access-control-allow-origin'] === undefined) return NONE
  const names = (asked.get('access-control-request-headers') ?? '').replace(/[^\w,-]/g, '')
  return {
    'access-control-allow-methods': methods,
    ...(names === '' ? {} : { 'access-control-allow-headers': names }),
    'access-control-max-age': '600',
  }
}
