// What can be seen in a KEMI script before it runs: names after `KSR.` that are not there, calls with too few arguments, pseudo-variables that do
// not exist. A script that would fail at three in the morning fails at start.

import { signature } from '../core/arguments.ts'
import { TemplateError } from '../core/errors.ts'
import type { FunctionParameter } from '../core/module.ts'
import type { TemplateCache } from '../core/templates.ts'
import type { Diagnostics } from '../script/diagnostics.ts'
import { maskCode } from './mask.ts'
import { lookUp, type Member } from './members.ts'
import type { KemiSource } from './source.ts'
import { bytesOfScript } from './text.ts'

const ACCESS = /(?<![\w$.])KSR\s*\.\s*([\w$]+)(?:\s*\.\s*([\w$]+))?/g

/** Names that are no members of the global object, as those of `function` and `var` are. */
const LEXICAL = /(?:^|[;}])[ \t]*(?:export\s+)?(?:const|let)\s+([A-Za-z_$][\w$]*)/gm

export interface ScriptScan {
  /** Names that `const` and `let` define in the global scope; some may be in blocks. */
  readonly lexicalNames: readonly string[]
}

/** @param allowMissing what Kamailio has and evapid has not is a warning */
export function scanScript(
  source: KemiSource,
  members: ReadonlyMap<string, Member>,
  templates: TemplateCache,
  allowMissing: boolean,
  diagnostics: Diagnostics,
): ScriptScan {
  const code = maskCode(source.text)
  for (const match of code.matchAll(ACCESS)) {
    const [all, first = '', second] = match
    const unknown = lookUp(members, first, second)
    const place = source.placeAt(match.index, all.length)
    if (unknown) {
      const { problem, advice, isOfKamailio } = unknown
      if (isOfKamailio && allowMissing) diagnostics.warning(place, problem, 'it is false when it is called')
      else diagnostics.error(place, problem, advice)
      continue
    }
    const called = calledFunction(members, first, second)
    if (called) checkCall(called, code, match.index + all.length, source, templates, diagnostics)
  }
  return { lexicalNames: [...code.matchAll(LEXICAL)].map(([, name = '']) => name) }
}

function calledFunction(members: ReadonlyMap<string, Member>, first: string, second: string | undefined) {
  const member = members.get(first)
  const found =
    member?.kind === 'module' ? member.members.get(second ?? '') : second === undefined ? member : undefined
  return found?.kind === 'function' ? found : undefined
}

/** Looks at the arguments of a call, if one begins at `at`. */
function checkCall(
  { path, entry }: Extract<Member, { kind: 'function' }>,
  code: string,
  at: number,
  source: KemiSource,
  templates: TemplateCache,
  diagnostics: Diagnostics,
): void {
  const open = at + (/^\s*\(/.exec(code.slice(at, at + 200))?.[0].length ?? 0)
  if (open === at) return
  const args = splitArguments(code, open)
  if (!args || args.some(({ start }) => code.startsWith('...', start))) return
  const { parameters } = entry.definition
  const optional = parameters.findIndex((parameter) => parameter.optional)
  const fewest = optional < 0 ? parameters.length : optional
  if (args.length < fewest) {
    diagnostics.error(
      source.placeAt(open - 1, (args.at(-1)?.end ?? open) - open + 1),
      `${signature(path, parameters)} gets ${args.length} arguments`,
      `it takes ${fewest}`,
    )
  }
  for (const [position, { start, end }] of args.entries()) {
    const parameter = parameters[position]
    const written = source.text.slice(start, end)
    // A plain string. With escapes in it, it is left to the run.
    const text = /^(["'])([^\\\n]*)\1$/.exec(written)?.[2]
    if (!parameter || text === undefined) continue
    const problem = problemOf(parameter, bytesOfScript(text), templates)
    if (problem) {
      const offset = Math.min(start + 1 + problem.offset, end - 1)
      diagnostics.error(source.placeAt(offset, end - 1 - offset), problem.text)
    }
  }
}

interface ArgumentProblem {
  readonly offset: number
  readonly text: string
}

function problemOf(
  parameter: FunctionParameter,
  bytes: string,
  templates: TemplateCache,
): ArgumentProblem | undefined {
  const { type, name, assigned } = parameter
  const isFormat = type === 'format' || (type === 'deferred' && parameter.format)
  if (type !== 'variable' && !isFormat) {
    const text = type === 'string' || type === 'literal' ? parameter.check?.(bytes) : undefined
    return text === undefined ? undefined : { offset: 0, text }
  }
  try {
    const { only } = templates.bytes(bytes)
    if (isFormat) return undefined
    if (!only) return { offset: 0, text: `argument ${name} is a pseudo-variable, such as "$var(x)"` }
    return assigned && !only.set ? { offset: 0, text: `${bytes} is read-only` } : undefined
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return { offset: error.offset, text: error.message.replace(/ \(at \d+ in .*\)$/s, '') }
  }
}

/** Where the arguments of a call are whose bracket opens before `start`; undefined when it does not close. */
function splitArguments(code: string, start: number): { start: number; end: number }[] | undefined {
  const list: { start: number; end: number }[] = []
  let depth = 0
  let begin = start
  const add = (end: number) => {
    const written = code.slice(begin, end)
    const lead = written.length - written.trimStart().length
    if (written.trim() !== '') list.push({ start: begin + lead, end: begin + written.trimEnd().length })
    begin = end + 1
  }
  for (let at = start; at < code.length; at++) {
    const char = code[at]
    if (char === '(' || char === '[' || char === '{') depth++
    else if (char === ')' && depth === 0) {
      add(at)
      return list
    } else if (char === ')' || char === ']' || char === '}') depth--
    else if (char === ',' && depth === 0) add(at)
  }
  return undefined
}
