// Substitutions: `/regex/replacement/flags`, as {re.subst,...} and functions of textops have them. Not for the texts they change.

import type { RouteContext } from './context.ts'
import type { PseudoVariable } from './pseudovariables.ts'
import { readReference } from './references.ts'
import { compileRegex, type Regex, type RegexMatch } from './regex.ts'

/** Room for the result: more than any message has. */
const LARGEST = 16 * 1024 * 1024

/** What a replacement is made of: text, the number of a group, what a pseudo-variable says. */
type Piece = string | number | PseudoVariable

const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

export class Substitution {
  private readonly regex: Regex
  private readonly pieces: readonly Piece[]
  private readonly everywhere: boolean

  constructor(regex: Regex, pieces: readonly Piece[], everywhere: boolean) {
    this.regex = regex
    this.pieces = pieces
    this.everywhere = everywhere
  }

  /**
   * @returns the text with what matches replaced; the text itself when nothing does; null when what is matched is
   * an expression that may be empty
   */
  apply(text: string, ctx: RouteContext): string | null {
    let changed = ''
    let from = 0
    do {
      const match = this.regex.match(text, from)
      if (!match) break
      if (match.end === match.index || changed.length > LARGEST) return null
      changed += text.slice(from, match.index) + this.replacement(match, ctx)
      from = match.end
    } while (this.everywhere)
    return from === 0 ? text : changed + text.slice(from)
  }

  private replacement(match: RegexMatch, ctx: RouteContext): string {
    let text = ''
    for (const piece of this.pieces) {
      if (typeof piece === 'string') text += piece
      else if (typeof piece === 'number') text += match.groups[piece] ?? ''
      else text += piece.get(ctx) ?? ''
    }
    return text
  }
}

/**
 * Reads a substitution. The first character is what separates; a backslash before it makes it part of the expression. Flags: `g`
 * everywhere, `i` in either case, `s` the text is one line, whatever line ends it has.
 * @param nested parses a pseudo-variable of the replacement; throws TemplateError
 * @returns a text that says what is wrong, if something is
 */
export function parseSubstitution(
  written: string,
  nested: (source: string) => PseudoVariable,
): Substitution | string {
  const separator = written.charAt(0)
  const middle = endOfPart(written, 1, separator)
  const end = middle < 0 ? -1 : endOfPart(written, middle + 1, separator)
  if (end < 0) return 'a substitution is /regex/replacement/flags'
  const flags = written.slice(end + 1)
  if (!/^[gis]*$/.test(flags)) {
    return `the flags of a substitution are g, i and s, not ${JSON.stringify(flags)}`
  }
  const options = { ignoreCase: flags.includes('i'), newline: !flags.includes('s') }
  const regex = compileRegex(written.slice(1, middle), options)
  if (typeof regex === 'string') return regex
  return new Substitution(regex, pieces(written.slice(middle + 1, end), nested), flags.includes('g'))
}

function endOfPart(written: string, start: number, separator: string): number {
  for (let at = start; at < written.length; at++) {
    if (written[at] === '\\') at++
    else if (written[at] === separator) return at
  }
  return -1
}

function pieces(replacement: string, nested: (source: string) => PseudoVariable): readonly Piece[] {
  const list: Piece[] = []
  let text = ''
  const add = (piece: Piece) => {
    if (text !== '') list.push(text)
    text = ''
    list.push(piece)
  }
  for (let at = 0; at < replacement.length; ) {
    const character = replacement.charAt(at)
    const next = replacement.charAt(at + 1)
    if (character === '\\' && next !== '') {
      if (next >= '0' && next <= '9') add(Number(next))
      else text += LETTERS[next] ?? next
      at += 2
    } else if (character === '$' && next === '$') {
      text += '$'
      at += 2
    } else if (character === '$') {
      const { end } = readReference(replacement, at)
      add(nested(replacement.slice(at, end)))
      at = end
    } else {
      text += character
      at++
    }
  }
  if (text !== '') list.push(text)
  return list
}
