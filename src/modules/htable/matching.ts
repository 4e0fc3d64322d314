// Which items of a table are meant: by an operator and a text, or by a regular expression. All of the latter
// ignore case and know lines, in Kamailio as well.

import { compileRegex } from '../../core/regex.ts'

/** Whether a text is meant. */
export type Matcher = (text: string) => boolean

/** @returns undefined when it is no regular expression */
export function regexMatcher(pattern: string): Matcher | undefined {
  const regex = compileRegex(pattern, { ignoreCase: true, newline: true })
  return typeof regex === 'string' ? undefined : (text) => regex.test(text)
}

/** The operators of sht_match_name and the like: eq, ne, sw, re. @returns undefined when it is none, or no regular expression */
export function matcherOf(operator: string, value: string): Matcher | undefined {
  switch (operator) {
    case 'eq':
      return (text) => text === value
    case 'ne':
      return (text) => text !== value
    case 'sw':
      return (text) => text.startsWith(value)
    case 're':
      return regexMatcher(value)
    default:
      return undefined
  }
}

/** The expressions of $shtcn and $shtcv about texts: `==text`, `~%end`, `~~regex`, or a regular expression alone. */
export function matcherOfExpression(expression: string): Matcher | undefined {
  const rest = expression.slice(2)
  if (expression === '' || (rest === '' && /^(?:==|~%|~~)/.test(expression))) return undefined
  if (expression.startsWith('==')) return (text) => text === rest
  if (expression.startsWith('~%')) return (text) => text.endsWith(rest)
  return regexMatcher(expression.startsWith('~~') ? rest : expression)
}
