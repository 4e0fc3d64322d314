// What endpoints answer, and how an error looks.

/** Where a body that has no end yet is written to. */
export interface Sink {
  /**
   * What is written is kept as it is until it is taken, and must not change.
   * @returns false when the peer does not take all of it at once: it waits then, and `waiting` says how much
   */
  write(...chunks: readonly (string | Uint8Array)[]): boolean
  /** Bytes that wait for the peer. */
  readonly waiting: number
  /** Is called when the peer has taken some of what waited. */
  onProgress: (() => void) | undefined
  /** What waits still goes out. */
  end(): void
  /** Breaks the connection: nothing more goes out. */
  abort(): void
  /** Ended, or the peer is gone. */
  readonly closed: boolean
}

export interface HttpReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A function is given where to write, and returns what is to be called when the peer has gone. */
  readonly body?: string | Uint8Array | ((sink: Sink) => () => void)
}

export const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * What a page and its parts say of themselves in place of what all replies say: nothing from elsewhere, nothing inline, in no frame, and nobody is told where
 * one comes from. (uPlot sets styles through the object model, which is not restricted.)
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
}

/** A reply in JSON. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: `${JSON.stringify(value)}\n` }
}

/**
 * An error: `{"error":{"code":"...","message":"..."}}`.
 * @param code stable, for programs
 * @param message for people: what is wrong and what would be right
 */
export function problem(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return json(status, { error: { code, message } }, headers)
}
