// `npm run kamailio:tables`: writes the tables of docs/kamailio.md from the module registry and the tables of src/script, so that they say
// what the code does. What stands above the first table is written by hand.
import { readFileSync, writeFileSync } from 'node:fs'
import { modulesOf } from '../../src/config.ts'
import { signature } from '../../src/core/arguments.ts'
import type { Module } from '../../src/core/module.ts'
import {
  ABSENT_FUNCTIONS,
  ABSENT_MODULES,
  ABSENT_VARIABLES,
  MODULES_WITHOUT_EFFECT,
} from '../../src/script/absent.ts'
import { CORE_PARAMETERS } from '../../src/script/core-parameters.ts'

const PAGE = new URL('../../docs/kamailio.md', import.meta.url)
const BEGIN = '<!-- From here on written by `npm run kamailio:tables`. -->'

export function currentPage(): string {
  return readFileSync(PAGE, 'utf8')
}

/** The page as it should be: its own words, and tables of what there is. */
export function pageWithTables(): string {
  const page = currentPage()
  return `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n\n${tables()}`
}

/** Modules that a kamailio.cfg can load; those of KEMI alone have neither functions nor variables of scripts. */
function scriptModules(): readonly Module[] {
  return modulesOf(undefined).filter(({ functions, pseudoVariables, parameters, transformations }) =>
    [functions, pseudoVariables, parameters, transformations].some((each) => Object.keys(each).length > 0),
  )
}

function tables(): string {
  const modules = scriptModules()
  const sections = [
    ['Functions', table(['function', 'module', 'here'], functionRows(modules))],
    ['Pseudo-variables', table(['variable', 'module', 'here'], variableRows(modules))],
    ['Parameters of modules', table(['parameter', 'module', 'here'], parameterRows(modules))],
    ['Core parameters', table(['parameter', 'here'], coreRows())],
    ['Modules', table(['module', 'here'], moduleRows())],
  ] as const
  return sections.map(([title, text]) => `## ${title}\n\n${text}`).join('\n')
}

function functionRows(modules: readonly Module[]): string[][] {
  const here = modules.flatMap(({ name: module, functions }) =>
    Object.entries(functions).map(([name, { parameters, doc }]) => [
      code(signature(name, parameters)),
      module,
      doc,
    ]),
  )
  const known = new Set(modules.flatMap(({ functions }) => Object.keys(functions)))
  const absent = [...ABSENT_FUNCTIONS]
    .filter(([name]) => !known.has(name))
    .map(([name, { module, reason }]) => [code(name), module, `not here: ${reason}`])
  return [...here, ...grouped(absent)]
}

function variableRows(modules: readonly Module[]): string[][] {
  const here = modules.flatMap(({ name: module, pseudoVariables }) => {
    const names = Object.keys(pseudoVariables).map((name) => code(`$${name}`))
    return names.length === 0 ? [] : [[names.join(', '), module, 'supported']]
  })
  const known = new Set(modules.flatMap(({ pseudoVariables }) => Object.keys(pseudoVariables)))
  const absent = [...ABSENT_VARIABLES]
    .filter(([name]) => !known.has(name))
    .map(([name, { module, reason }]) => [code(`$${name}`), module, `not here: ${reason}`])
  return [...here, ...grouped(absent)]
}

function parameterRows(modules: readonly Module[]): string[][] {
  return modules.flatMap(({ name: module, parameters }) =>
    Object.entries(parameters).map(([name, { doc }]) => [code(name), module, doc]),
  )
}

function coreRows(): string[][] {
  const rows = [...CORE_PARAMETERS].map(([name, parameter]) => {
    if (parameter.kind === 'effect') return [code(name), `supported: ${parameter.as}`]
    return [
      code(name),
      `${parameter.kind === 'none' ? 'accepted without effect' : 'not here'}: ${parameter.why}`,
    ]
  })
  return grouped(rows)
}

function moduleRows(): string[][] {
  const rows = (list: Iterable<readonly [string, string]>, state: string) =>
    [...list].map(([name, why]) => [code(name), `${state}: ${why}`])
  return grouped([
    ...rows(MODULES_WITHOUT_EFFECT, 'accepted without effect'),
    ...rows(ABSENT_MODULES, 'not here'),
  ])
}

/** Rows that differ in their first cell only, as one. */
function grouped(rows: readonly (readonly string[])[]): string[][] {
  const names = new Map<string, string[]>()
  for (const [name = '', ...rest] of rows) {
    const key = JSON.stringify(rest)
    const list = names.get(key)
    if (list) list.push(name)
    else names.set(key, [name])
  }
  return [...names].map(([rest, list]) => [list.join(', '), ...(JSON.parse(rest) as string[])])
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`
}

function code(text: string): string {
  return `\`${text}\``
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, pageWithTables())
