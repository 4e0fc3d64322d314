// What the bus and the application say to each other: JSON, one object a message.

/** Goes out when a request waits for a decision. */
export interface Question {
  readonly event: 'auth'
  /** The transaction's id: comes back in the verdict. */
  readonly index: number
  readonly label: number
  readonly method: string
  /** The users that From and the Request-URI name. */
  readonly from: string
  readonly to: string
  readonly source: string
}

/** Comes back. */
export interface Verdict {
  readonly index: number
  readonly label: number
  readonly allow: boolean
  /** Why not, for the reason phrase. */
  readonly reason?: string
}
