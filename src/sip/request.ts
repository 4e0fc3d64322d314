// A request as it came. Accessors never throw: what is absent or wrong is undefined or ''. Made by parseMessage(); whether it is
// well-formed is checks.ts's.

import { SipMessage } from './message.ts'

export class SipRequest extends SipMessage {
  /** As it was written; methods have a case. */
  readonly method: string
  /** The Request-URI. */
  readonly uri: string
  /** `SIP/2.0`, or what stands there. */
  readonly version: string
  /** Replies over UDP go back to where it came from, as if the client had asked for that (force_rport). */
  symmetric = false

  /** For parseMessage(), which has just scanned the head. */
  constructor(text: string, headStart: number, method: string, uri: string, version: string) {
    super(text, headStart)
    this.method = method
    this.uri = uri
    this.version = version
  }
}
