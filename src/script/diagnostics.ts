// Mistakes of a script: where each is, what it is, what to do about it. All are collected; how they look to a person is here too.

import type { Definition, Place } from './ast.ts'
import { SourceText } from './source-text.ts'

export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly place: Place
  /** What is wrong: `unknown function evapi_rely`. */
  readonly problem: string
  /** What to do about it: `did you mean evapi_relay?`, `loadmodule "evapi.so" first`. */
  readonly advice: string | undefined
}

export class Diagnostics {
  readonly list: Diagnostic[] = []

  error(place: Place, problem: string, advice?: string): void {
    this.list.push({ severity: 'error', place, problem, advice })
  }

  warning(place: Place, problem: string, advice?: string): void {
    this.list.push({ severity: 'warning', place, problem, advice })
  }

  /** All, as a reader goes through the files: by line and column. */
  get inOrder(): readonly Diagnostic[] {
    const files = [...new Set(this.list.map(({ place }) => place.file))]
    return this.list.toSorted(
      ({ place: one }, { place: other }) =>
        files.indexOf(one.file) - files.indexOf(other.file) ||
        one.line - other.line ||
        one.column - other.column,
    )
  }

  get errors(): readonly Diagnostic[] {
    return this.list.filter((each) => each.severity === 'error')
  }

  get warnings(): readonly Diagnostic[] {
    return this.list.filter((each) => each.severity === 'warning')
  }
}

/**
 * A mistake for people, in lines: `kamailio.cfg:12:3: error: unknown function evapi_rely; did you mean evapi_relay?`, the line of the
 * source, and a caret under the place. What came out of a define is shown where the define's name stands, and a last line says where its
 * value is.
 */
export function formatDiagnostic({ severity, place, problem, advice }: Diagnostic): string {
  const { file, line, column, length, definition } = place
  const head = `${file.name}:${line}:${column}: ${severity}: ${problem}${advice === undefined ? '' : `; ${advice}`}`
  const source = new SourceText(file).line(line)?.replace(/\r$/, '')
  const from = definition === undefined ? '' : `\n    ${originOf(definition)}`
  if (source === undefined) return head + from
  // Tabs stay tabs, so that the caret stands where the terminal puts the place.
  const indent = source.slice(0, column - 1).replace(/[^\t]/g, ' ')
  const carets = '^'.repeat(Math.max(1, Math.min(length, source.length - column + 1)))
  return `${head}\n    ${source}\n    ${indent}${carets}${from}`
}

function originOf({ name, place }: Definition): string {
  if (place === undefined) return `in the value of ${name}`
  return `in the value of ${name}, at ${place.file.name}:${place.line}:${place.column}`
}
