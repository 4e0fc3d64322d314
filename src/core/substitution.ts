// Substitutions as sed writes them, `/expression/replacement/flags`, with pseudo-variables in the replacement: what the subst functions and
// the transformation re.subst take. Not for where the result goes.

import type { RouteContext } from './context.ts'
import { TemplateError } from './errors.ts'
import type { PseudoVariable } from './pseudovariables.ts'
import { readReference } from './references.ts'
import { compileRegex, type Regex, type RegexMatch } from './regex.ts'

/** Room for the result: more than any message has. */
const LARGEST = 16 * 1024 * 1024

type Part = string | number | PseudoVariable

/** A substitution, ready to be used any number of times. */
export class Substitution {
  private readonly regex: Regex
  private readonly replacement: readonly Part[]
  private readonly all: boolean

  constructor(regex: Regex, replacement: readonly Part[], all: boolean) {
    this.regex = regex
    this.replacement = replacement
    this.all = all
  }

  /**
   * The text with the first match replaced, or with all of them.
   * @returns undefined when there is no match; null when nothing was matched, which is a mistake as it is in Kamailio, or the text becomes too long
   */
  apply(ctx: RouteContext, text: string): string | undefined | null {
    let result = ''
    let at = 0
    for (;;) {
      const match = this.regex.match(text, at)
      if (!match) break
      if (match.end === match.index || result.length > LARGEST) return null
      result += text.slice(at, match.index) + this.replaced(ctx, match)
      at = match.end
      if (!this.all) break
    }
    return at === 0 ? undefined : result + text.slice(at)
  }

  private replaced(ctx: RouteContext, match: RegexMatch): string {
    let text = ''
    for (const part of this.replacement) {
      if (typeof part === 'string') text += part
      else if (typeof part === 'number') text += match.groups[part] ?? ''
      else text += part.get(ctx) ?? ''
    }
    return text
  }
}

/** What a backslash and a letter mean in a replacement. */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * Reads a substitution. Its first character is what stands between its parts; a backslash before it makes it an ordinary one. Flags: `i`
 * in either case, `g` all matches, `s` the text is one line.
 * @param variable parses a pseudo-variable; throws TemplateError
 * @returns a text that says what is wrong, if something is
 */
export function parseSubstitution(
  source: string,
  variable: (source: string) => PseudoVariable,
): Substitution | string {
  const separator = source[0]
  if (separator === undefined || separator === '\\')
    return 'a substitution is written /expression/replacement/flags'
  const middle = endOf(source, separator, 1)
  const end = middle < 0 ? -1 : endOf(source, separator, middle + 1)
  if (end < 0)
    return `a substitution is written ${separator}expression${separator}replacement${separator}flags`
  const flags = source.slice(end + 1)
  const unknown = /[^igs]/.exec(flags)?.[0]
  if (unknown !== undefined) return `${JSON.stringify(unknown)} is no flag of a substitution: i, g and s are`
  const regex = compileRegex(unescaped(source.slice(1, middle), separator), {
    ignoreCase: flags.includes('i'),
    newline: !flags.includes('s'),
  })
  if (typeof regex === 'string') return regex
  try {
    const parts = readReplacement(unescaped(source.slice(middle + 1, end), separator), variable)
    return new Substitution(regex, parts, flags.includes('g'))
  } catch (error) {
    if (error instanceof TemplateError) return error.message
    throw error
  }
}

/** Where the part that begins at `start` ends; -1 when it does not. */
function endOf(source: string, separator: string, start: number): number {
  for (let at = start; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === separator) return at
  }
  return -1
}

function unescaped(part: string, separator: string): string {
  return part.replaceAll(`\\${separator}`, separator)
}

function readReplacement(source: string, variable: (source: string) => PseudoVariable): readonly Part[] {
  const parts: Part[] = []
  let literal = ''
  const part = (value: Part) => {
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(value)
  }
  let at = 0
  while (at < source.length) {
    const char = source[at] as string
    const next = source[at + 1]
    if (char === '\\' && next !== undefined) {
      if (next >= '0' && next <= '9') part(Number(next))
      else literal += ESCAPES[next] ?? next
      at += 2
    } else if (char === '$' && next === '$') {
      literal += '$'
      at += 2
    } else if (char === '$') {
      const { end } = readReference(source, at)
      part(variable(source.slice(at, end)))
      at = end
    } else {
      literal += char
      at++
    }
  }
  if (literal !== '') parts.push(literal)
  return parts
}
