// Parses scripts for the tests of src/script: from texts, without files.

import type { Expression, Script, Statement } from '../../src/script/ast.ts'
import { type Diagnostic, Diagnostics } from '../../src/script/diagnostics.ts'
import { parseScript } from '../../src/script/parser.ts'
import type { GivenDefine } from '../../src/script/preprocess.ts'

export interface Parsed {
  readonly script: Script
  readonly diagnostics: Diagnostics
  /** `FILE:LINE:COLUMN: problem; advice` of each, errors and warnings. */
  readonly messages: readonly string[]
}

export interface Surroundings {
  /** Files that may be included. */
  readonly files?: Readonly<Record<string, string>>
  readonly defines?: readonly GivenDefine[]
  readonly name?: string
}

export function parse(text: string, { files = {}, defines = [], name = 'a.cfg' }: Surroundings = {}): Parsed {
  const diagnostics = new Diagnostics()
  const script = parseScript({ name, text }, { defines, readFile: (path) => files[path] }, diagnostics)
  return { script, diagnostics, messages: diagnostics.list.map(message) }
}

function message({ place, problem, advice }: Diagnostic): string {
  const { file, line, column } = place
  return `${file.name}:${line}:${column}: ${problem}${advice === undefined ? '' : `; ${advice}`}`
}

/** Of a script without mistakes. */
export function parsed(text: string, surroundings?: Surroundings): Script {
  const { script, diagnostics, messages } = parse(text, surroundings)
  if (diagnostics.errors.length > 0) throw new Error(messages.join('\n'))
  return script
}

/** The statements of a request_route. */
export function statementsOf(text: string): readonly Statement[] {
  const [route] = parsed(`request_route { ${text} }`).items
  if (route?.kind !== 'route') throw new Error('no route')
  return route.body.statements
}

/** The expression that is assigned in `$var(x) = ...`. */
export function expressionOf(text: string): Expression {
  const [assignment] = statementsOf(`$var(x) = ${text};`)
  if (assignment?.kind !== 'assignment') throw new Error('no assignment')
  return assignment.value
}

/** A tree as plain data without its places, to be compared. */
export function shapeOf(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) =>
      key === 'place' ? undefined : value === undefined ? null : value,
    ),
  )
}
