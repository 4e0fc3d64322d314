// How a regular expression is to be read, and what is thrown when it cannot be.

export interface SyntaxOptions {
  /** Letters match in either case: ASCII letters, as in the C locale. */
  readonly ignoreCase: boolean
  /** `^` and `$` match at line ends too, and neither `.` nor `[^a]` match a newline. */
  readonly newline: boolean
}

/** A text that is no regular expression. */
export class RegexSyntaxError extends Error {
  /** @param at where in the text, in characters; undefined: it is all of it */
  constructor(problem: string, at?: number) {
    super(at === undefined ? problem : `${problem} (at ${at})`)
  }
}
