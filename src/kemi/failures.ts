// What a script throws, as an error of evapid's: one line that says where in the script, and below it the script's own calls.

import { KemiError } from '../core/errors.ts'
import type { Realm } from './realm.ts'

/** @param error anything: scripts throw what they like */
export function failureOf(error: unknown, file: string, realm: Realm): KemiError {
  if (error instanceof KemiError) return error
  // A syntax error is V8's own, of the host's realm: it tells the place above its stack.
  if (error instanceof SyntaxError) return syntaxError(error, file)
  if (!realm.isError(error)) {
    if (error instanceof Error) return new KemiError(file, error.message, {}, error)
    return new KemiError(file, `it threw ${textOf(error)}`, {}, error)
  }
  const frames = framesIn(textOf(Reflect.get(error, 'stack')), file)
  const [first] = frames
  // Its stack says all that is to be said; of a failure within a function of KSR, the cause says more.
  const failure = new KemiError(file, textOf(error), placeOf(first), error.cause)
  failure.stack = [`${failure.name}: ${failure.message}`, ...frames].join('\n')
  return failure
}

function syntaxError(error: SyntaxError, file: string): KemiError {
  const [head = '', , carets = ''] = (error.stack ?? '').split('\n', 3)
  const line = head.startsWith(`${file}:`) ? Number(head.slice(file.length + 1)) : undefined
  const column = /\^/.test(carets) ? carets.indexOf('^') + 1 : undefined
  return new KemiError(file, `syntax error: ${error.message}`, { line, column }, error)
}

/** Where in the script the call is that runs. */
export function placeOfCall(file: string): ScriptPlace {
  return placeOf(framesIn(new Error().stack ?? '', file)[0])
}

/** The lines of a stack that are the script's. */
function framesIn(stack: string, file: string): readonly string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line) && line.includes(`${file}:`))
}

/** From 1; absent where it is not known. The column counts UTF-16. */
export interface ScriptPlace {
  readonly line?: number
  readonly column?: number
}

function placeOf(frame: string | undefined): ScriptPlace {
  const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame ?? '') ?? []
  return line === undefined ? {} : { line: Number(line), column: Number(column) }
}

/** Anything can be thrown, also what cannot be made a string. */
function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'something that has no text'
  }
}
