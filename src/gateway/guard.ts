// Who may come in, and what they may do. Everything that arrives over HTTP passes here first, WebSockets included.

import type { Scope } from '../core/scopes.ts'
import type { HttpReply } from './http-reply.ts'
import type { RequestHead } from './http-request.ts'

/** What the guard says of a request: what its sender may do, or the refusal. */
export type Verdict = { readonly scope: Scope | undefined } | { readonly refusal: HttpReply }

export interface Guard {
  /**
   * Looks at a request. A sender without a token has no scope, and may ask for what is everybody's.
   * @param token of a WebSocket, which cannot have one in a header where a browser opens it
   */
  examine(head: RequestHead, token?: string): Verdict
}

/** Lets everybody do everything: for a gateway that only this machine reaches. */
export const OPEN_GUARD: Guard = { examine: () => ({ scope: 'admin' }) }
