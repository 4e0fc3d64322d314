// What the three programs of this example say to each other: one JSON object a message.

/** A program offers to answer the requests for a service. */
export interface Offer {
  readonly type: 'offer'
  readonly service: string
}

/** A question. The bus adds where its answer belongs. */
export interface Request {
  readonly type: 'request'
  readonly service: string
  readonly id: number
  readonly body: unknown
  readonly replyTo?: string
}

/** The answer to the request of the same id. */
export interface Response {
  readonly type: 'response'
  readonly id: number
  readonly body: unknown
  readonly replyTo: string
}

export type Envelope = Offer | Request | Response
