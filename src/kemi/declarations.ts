// Declarations of KSR for TypeScript, made of the module registry: what `evapid/kemi` ships, so that the types of scripts are those of the
// functions that are there. `npm run kemi:types` writes them to ksr.d.ts.

import type { FunctionParameter } from '../core/module.ts'
import type { KemiEntry, ModuleRegistry } from '../core/registry.ts'
import { returnsOf } from './calls.ts'
import { type Member, membersOf } from './members.ts'

const HEAD = `// What KEMI scripts have, for TypeScript. Made of the module registry by \`npm run kemi:types\`: do not edit.
//
// In a script: /// <reference types="evapid/kemi" />

export {}

declare global {
  /** What a variable says: a text, a number, or null for $null. */
  type KemiValue = string | number | null

  /** Writes a line to the log. */
  function print(...values: unknown[]): void

  // As the libraries of browsers and of Node declare it, so that it may stand beside theirs.
  interface Console {
    /** As print(). */
    log(...values: unknown[]): void
    info(...values: unknown[]): void
    debug(...values: unknown[]): void
    warn(...values: unknown[]): void
    error(...values: unknown[]): void
  }
  var console: Console

  /** Kamailio, as evapid has it. */
  const KSR: KSR
`

/** The whole file. */
export function declarationsOf(registry: ModuleRegistry): string {
  const members = [...membersOf(registry)].sort(byName)
  const own = members.map(([name, member]) =>
    member.kind === 'module' ? `    readonly ${name}: KSR_${name}` : functionOf(name, member.entry),
  )
  const modules = members.flatMap(([name, member]) =>
    member.kind === 'module'
      ? [
          interfaceOf(
            `KSR_${name}`,
            [...member.members].sort(byName).map(([each, found]) => functionIn(each, found)),
          ),
        ]
      : [],
  )
  return [HEAD, interfaceOf('KSR', own), ...modules, '}\n'].join('\n')
}

function interfaceOf(name: string, members: readonly string[]): string {
  return `  interface ${name} {\n${members.join('\n')}\n  }`
}

function byName([one]: readonly [string, Member], [other]: readonly [string, Member]): number {
  return one < other ? -1 : 1
}

function functionIn(name: string, member: Member): string {
  // Modules have no modules.
  return member.kind === 'function' ? functionOf(name, member.entry) : ''
}

function functionOf(name: string, entry: KemiEntry): string {
  const { doc, parameters } = entry.definition
  return `    /** ${doc} */\n    ${name}(${parameters.map(parameterOf).join(', ')}): ${resultOf(name, entry)}`
}

function parameterOf({ name, type, optional }: FunctionParameter): string {
  const mark = optional ? '?' : ''
  switch (type) {
    case 'integer':
      return `${name}${mark}: number`
    case 'value':
      return `${name}${mark}: KemiValue`
    case 'variable':
      return `${name}${mark}: \`$\${string}\``
    default:
      // Numbers become text, as everywhere in JavaScript.
      return `${name}${mark}: string | number`
  }
}

function resultOf(name: string, entry: KemiEntry): string {
  // exit() and drop() of KSR.x: what follows them is not reached.
  if (entry.module.kemiName === 'x' && (name === 'exit' || name === 'drop')) return 'never'
  switch (returnsOf(entry)) {
    case 'integer':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'value':
      return 'KemiValue'
    case 'nothing':
      return 'false'
  }
}
