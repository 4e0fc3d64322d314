// What whoever comes from outside, over HTTP or with a call, may do: look, also send messages, everything.

/** Each includes those before it. */
export const SCOPES = ['read', 'publish', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Whether what was granted is enough. */
export function includes(granted: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(granted) >= SCOPES.indexOf(needed)
}
