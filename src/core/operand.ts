// Operands: what an argument of a function is before it is evaluated, whichever language it was written in. A template is one
// (templates.ts), and so is a text that is taken as it is, and an expression of a script.

import type { Message } from '../dispatcher.ts'
import type { RouteContext } from './context.ts'
import type { PseudoVariable, PvValue } from './pseudovariables.ts'

export interface Operand {
  /** Its text, if it is the same for every call; a byte string. */
  readonly constant: string | undefined
  /** The pseudo-variable that is all there is in it, if that is so. */
  readonly only: PseudoVariable | undefined
  /** The byte string that it is now; `$null` is `<null>`. */
  expand(ctx: RouteContext): string
  /** As expand(), but `$evapi(msg)` alone is the message itself, so that a relay of it copies nothing. */
  data(ctx: RouteContext): string | Message
  /** What it is now, with its type: a pseudo-variable by itself may be a number, or null. */
  value(ctx: RouteContext): PvValue
}

/** A text that is taken as it is. */
export class Literal implements Operand {
  readonly constant: string
  readonly only = undefined

  /** @param text a byte string */
  constructor(text: string) {
    this.constant = text
  }

  expand(): string {
    return this.constant
  }

  data(): string {
    return this.constant
  }

  value(): string {
    return this.constant
  }
}
