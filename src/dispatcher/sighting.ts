// What a tap has seen of what clients do: for people who watch the bus, not for who must see everything.

import type { NativeSighting } from './addon.ts'
import { CLOSE_REASONS, type CloseReason } from './types.ts'

/** A client, as it is named where it may be gone already. */
export interface SeenClient {
  readonly index: number
  readonly address: string
  readonly port: number
  /** A byte string; '' also when it has gone since. */
  readonly tag: string
}

/** One thing that a client did. */
export type Sighting = {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly client: SeenClient
} & (
  | { readonly kind: 'came' }
  | { readonly kind: 'went'; readonly reason: CloseReason }
  /** `bytes`: how it begins, at most 256. */
  | { readonly kind: 'message'; readonly size: number; readonly bytes: Buffer }
)

/** The numbers of native/tap.h. */
const KIND = { came: 1, went: 2 } as const

/** For the dispatcher. */
export function sightingOf(native: NativeSighting): Sighting {
  const { kind, at, detail, index, address, port, tag } = native
  const client = { index, address, port, tag }
  if (kind === KIND.came) return { kind: 'came', at, client }
  if (kind === KIND.went) return { kind: 'went', at, client, reason: CLOSE_REASONS[detail] as CloseReason }
  return { kind: 'message', at, client, size: detail, bytes: native.bytes ?? Buffer.alloc(0) }
}
