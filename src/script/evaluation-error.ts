// What an expression without a value throws: a division by zero, a regular expression that is none. The statement that it is part of
// catches it: it is logged, a condition is false, an assignment is not made, and the script goes on, as in Kamailio.

export class EvaluationError extends Error {
  constructor(problem: string) {
    // Nobody looks at its stack, and a message that makes a script fail may come again and again.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(problem)
    Error.stackTraceLimit = limit
  }
}
