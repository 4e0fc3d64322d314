// What endpoints answer, and how an error looks.

/** Where a body that has no end yet is written to. */
export interface Sink {
  /** @returns false when the peer does not take it at once; it waits then, and `waiting` says how much */
  write(chunk: string | Uint8Array): boolean
  /** Bytes that wait for the peer. */
  readonly waiting: number
  end(): void
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
