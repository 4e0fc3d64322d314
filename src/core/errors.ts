// Every error class of the package but the client's: one file, so that the codes can be read in one place.
// A code is stable; a message is for people and may change.

/** What all errors of evapid have: a stable `code` to branch on. */
export abstract class EvapidError extends Error {
  /** Stable name of the kind of error, e.g. `ERR_CONFIG`. */
  abstract readonly code: string

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  /** What it says, a line for each thing that is wrong: for a log, or a person. */
  get lines(): readonly string[] {
    return [this.message]
  }
}

/** One mistake in a configuration. */
export interface Mistake {
  /** Where: `evapi.maxClients`, `routes["evapi:mesage-received"]`, `--modparam evapi:workers=x`. */
  readonly path: string
  /** What is wrong: `unknown parameter`, `"x" is not valid`. */
  readonly problem: string
  /** What would have been right, if that can be said. */
  readonly expected?: string
  /** The known name that looks most like the unknown one, if one does. */
  readonly nearest?: string
}

/** A mistake as one line for people. */
export function formatMistake({ path, problem, expected, nearest }: Mistake): string {
  let line = `${path}: ${problem}`
  if (expected !== undefined) line += `; expected ${expected}`
  if (nearest !== undefined) line += `; did you mean "${nearest}"?`
  return line
}

/** A configuration that cannot be used. All mistakes are reported at once. */
export class ConfigError extends EvapidError {
  readonly code = 'ERR_CONFIG'

  /** At least one. */
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map(formatMistake)
    super(
      lines.length === 1
        ? String(lines[0])
        : `${lines.length} mistakes in the configuration:\n${lines.join('\n')}`,
    )
    this.mistakes = mistakes
  }

  override get lines(): readonly string[] {
    return this.mistakes.map(formatMistake)
  }
}

/** A route file that cannot be loaded: absent, a syntax error, a throw while it loads, nothing exported. */
export class RouteFileError extends EvapidError {
  readonly code = 'ERR_ROUTE_FILE'
}

/** A kamailio.cfg or a KEMI script that cannot be used. All mistakes are reported at once. */
export class ScriptFileError extends EvapidError {
  readonly code = 'ERR_SCRIPT_FILE'

  /** At least one. Each is a text for people, in lines: file, line, column and what is wrong; the line of the source; a caret under it. */
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(
      mistakes.length === 1
        ? String(mistakes[0])
        : `${mistakes.length} mistakes in the script:\n${mistakes.join('\n')}`,
    )
    this.mistakes = mistakes
  }

  /** Without the lines of the source: a log is no place for them. */
  override get lines(): readonly string[] {
    return this.mistakes.map((mistake) => mistake.split('\n', 1)[0] ?? '')
  }
}

/** The server cannot listen. `cause` is the system's error, `reason` its code. */
export class ListenError extends EvapidError {
  readonly code = 'ERR_LISTEN'

  /** The address as it was asked for. */
  readonly address: string

  /** The system's code: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `ENOTFOUND` ...; `EALREADY`: listen() was called before. */
  readonly reason: string

  constructor(address: string, reason: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.address = address
    this.reason = reason
  }
}

/** What a KEMI script has thrown, or why it cannot be loaded. The message says where. */
export class KemiError extends EvapidError {
  readonly code = 'ERR_KEMI'

  /** Where in the script, from 1; undefined where that is not known. The column counts UTF-16. */
  readonly line: number | undefined
  readonly column: number | undefined
  /** The message without the place. */
  readonly problem: string

  constructor(
    file: string,
    problem: string,
    place: { readonly line?: number | undefined; readonly column?: number | undefined } = {},
    cause?: unknown,
  ) {
    const { line, column } = place
    const at = [file, line, column].filter((part) => part !== undefined).join(':')
    super(`${at}: ${problem}`, { cause })
    this.line = line
    this.column = column
    this.problem = problem
  }
}

/** A template or pseudo-variable that cannot be parsed, e.g. `$evapi(foo)` or a lone `$`. */
export class TemplateError extends EvapidError {
  readonly code = 'ERR_TEMPLATE'

  /** The template as it was given. */
  readonly template: string

  /** Where in the template the mistake begins, in characters. */
  readonly offset: number

  /** What is wrong, without where. */
  readonly problem: string

  constructor(template: string, offset: number, problem: string) {
    super(`${problem} (at ${offset} in ${JSON.stringify(template)})`)
    this.template = template
    this.offset = offset
    this.problem = problem
  }
}

/** An assignment that can never be made: a read-only pseudo-variable, a value that is none. */
export class AssignmentError extends EvapidError {
  readonly code = 'ERR_ASSIGNMENT'
}

/** A plan that can mean nothing, e.g. forward() where there is no message. */
export class PlanError extends EvapidError {
  readonly code = 'ERR_PLAN'
}

/** A call of a module function that cannot be made: unknown function, wrong number or type of arguments. */
export class CallError extends EvapidError {
  readonly code = 'ERR_CALL'
}

/** A request of a program's own has a reply that cannot be read. */
export class ReplyError extends CallError {}

/** A call that can be seen to be wrong before it is made. */
export class ArgumentError extends CallError {
  /** Which argument, from 0; undefined: their number. */
  readonly position: number | undefined

  constructor(position: number | undefined, problem: string) {
    super(problem)
    this.position = position
  }
}

/** What a remote procedure call is refused with. */
export class RpcError extends EvapidError {
  readonly code = 'ERR_RPC'

  /** The code of the reply, as Kamailio's methods have them: 400, 404, 500 ... */
  readonly status: number

  /** @param reason a byte string, for the caller */
  constructor(status: number, reason: string) {
    // Callers are wrong every day, and nobody looks for their mistake in here.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(reason)
    Error.stackTraceLimit = limit
    this.status = status
  }
}

/**
 * Why a suspended request was not continued for the one that waits for it. Whoever lets it pass has no failing route: the request
 * has been answered, or is with what the code says.
 */
export abstract class SuspensionError extends EvapidError {
  constructor(message: string) {
    // Its stack would be the timer's, or the socket's, and say nothing; to take it costs as much as a whole reply, and a hundred thousand
    // requests may time out together.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = limit
  }
}

/** The request cannot be suspended: an ACK, answered already, over max_transactions, or its event could not be sent. */
export class SuspendError extends SuspensionError {
  readonly code = 'ERR_SUSPEND'
}

/** async_no_client=fail, and nobody would have received the event. The request is not suspended. */
export class NoClientError extends SuspensionError {
  readonly code = 'ERR_NO_CLIENT'
}

/** fr_timer, or fr_inv_timer of an INVITE, ran out. The route may still answer; if it does not, 408 goes out. */
export class SuspendTimeoutError extends SuspensionError {
  readonly code = 'ERR_SUSPEND_TIMEOUT'
}

/** A CANCEL came, or the signal of server.request() was aborted. 487 has been sent. */
export class CancelledError extends SuspensionError {
  readonly code = 'ERR_CANCELLED'
}

/** t_continue named a route, which goes on with the request in place of the one that waits. */
export class ContinuedElsewhereError extends SuspensionError {
  readonly code = 'ERR_CONTINUED_ELSEWHERE'
}

/** The server closes, and has answered 503. */
export class ServerClosingError extends SuspensionError {
  readonly code = 'ERR_SERVER_CLOSING'
}

/** A statement of a script failed: where that was, and what happened (`cause`). The run of the script is over, and nothing else. */
export class ScriptError extends EvapidError {
  readonly code = 'ERR_SCRIPT'
}

/** The gateway cannot start: uWebSockets.js does not run here, a certificate cannot be read ... */
export class GatewayError extends EvapidError {
  readonly code = 'ERR_GATEWAY'

  override get lines(): readonly string[] {
    return this.message.split('\n')
  }
}

/** A command line that cannot be understood. */
export class UsageError extends EvapidError {
  readonly code = 'ERR_USAGE'
}
