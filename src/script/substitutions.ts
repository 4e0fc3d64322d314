// #!subst: what is replaced in the strings of a script while it is read. `/expression/replacement/flags`, with any character for the
// slash.

import { compileRegex, type Regex, type RegexMatch } from '../core/regex.ts'

interface Substitution {
  readonly regex: Regex
  readonly replacement: readonly (string | number)[]
  readonly everywhere: boolean
}

/** The parts of a substitution as they were written. */
export interface SubstitutionSource {
  readonly expression: string
  readonly replacement: string
}

export class Substitutions {
  readonly #list: Substitution[] = []

  /**
   * Adds what `source` says.
   * @returns its parts; a text says what is wrong
   */
  add(source: string): SubstitutionSource | string {
    const parts = splitSource(source)
    if (typeof parts === 'string') return parts
    const unknown = /[^gims]/.exec(parts.flags)?.[0]
    if (unknown !== undefined) return `${unknown} is no flag of a substitution; there are g, i, m and s`
    const regex = compileRegex(parts.expression, {
      ignoreCase: parts.flags.includes('i'),
      newline: !parts.flags.includes('s'),
    })
    if (typeof regex === 'string') return `in the expression ${parts.expression}: ${regex}`
    const { expression, replacement } = parts
    this.#list.push({
      regex,
      replacement: readReplacement(replacement),
      everywhere: parts.flags.includes('g'),
    })
    return { expression, replacement }
  }

  /** The text after all substitutions, in the order in which they were added. */
  apply(text: string): string {
    let result = text
    for (const each of this.#list) result = replaced(result, each)
    return result
  }
}

function splitSource(source: string): { expression: string; replacement: string; flags: string } | string {
  const separator = source[0]
  if (separator === undefined || /[A-Za-z0-9\\\s]/.test(separator)) {
    return 'a substitution is written /expression/replacement/flags'
  }
  const parts: string[] = []
  let part = ''
  for (let at = 1; at < source.length; at++) {
    if (source[at] === separator && parts.length < 2) {
      parts.push(part)
      part = ''
      continue
    }
    // An escaped separator is part of what it stands in; any other backslash is left to who reads the part.
    if (source[at] === '\\' && source[at + 1] !== separator) part += source[at++]
    else if (source[at] === '\\') at++
    part += source[at] ?? ''
  }
  const [expression = '', replacement] = parts
  const flags = parts.length === 2 ? part : undefined
  if (replacement === undefined || flags === undefined) {
    return `there must be three ${separator}: ${separator}expression${separator}replacement${separator}flags`
  }
  if (expression === '') return 'the expression is empty'
  return { expression, replacement, flags }
}

/** Texts, and numbers of what brackets matched (`\1`). */
function readReplacement(source: string): (string | number)[] {
  const parts: (string | number)[] = []
  for (const [piece, char] of source.matchAll(/\\(.)|[^\\]+|\\/gs)) {
    if (char === undefined) parts.push(piece)
    else if (/[0-9]/.test(char)) parts.push(Number(char))
    else parts.push({ n: '\n', r: '\r', t: '\t' }[char] ?? char)
  }
  return parts
}

function replaced(text: string, { regex, replacement, everywhere }: Substitution): string {
  let result = ''
  let done = 0
  for (;;) {
    const match = regex.match(text, done)
    // Kamailio ends at a match of nothing, and leaves it.
    if (match === undefined || match.end === match.index) break
    result += text.slice(done, match.index) + filledIn(replacement, match)
    done = match.end
    if (!everywhere) break
  }
  return result + text.slice(done)
}

function filledIn(replacement: readonly (string | number)[], match: RegexMatch): string {
  return replacement.map((each) => (typeof each === 'string' ? each : (match.groups[each] ?? ''))).join('')
}
