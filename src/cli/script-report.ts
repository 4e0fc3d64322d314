// What the command says about a script: mistakes, in colour on a terminal, and what the script came to.

import type { Summary } from '../script/load.ts'

const RED = '\u001b[1;31m'
const YELLOW = '\u001b[1;33m'
const GREEN = '\u001b[32m'
const BOLD = '\u001b[1m'
const PLAIN = '\u001b[0m'

/** A mistake as formatDiagnostic() writes it, in colour if that is wanted. */
export function paint(mistake: string, inColour: boolean): string {
  if (!inColour) return mistake
  const [head = '', ...source] = mistake.split('\n')
  const painted = head.replace(
    /^(.*?:\d+:\d+: )(error|warning): (.*)$/s,
    (_, place: string, severity: string, text: string) =>
      `${BOLD}${place}${severity === 'error' ? RED : YELLOW}${severity}:${PLAIN}${BOLD} ${text}${PLAIN}`,
  )
  return [painted, ...source.map((line) => line.replace(/^(\s*)(\^+)$/, `$1${GREEN}$2${PLAIN}`))].join('\n')
}

/** What a script came to, in lines. */
export function describe({ files, modules, routes, plans, unplanned, ignored }: Summary): string {
  const lines = Object.entries({ files, modules, routes, plans }).map(
    ([what, names]) => `${what}: ${names.length > 0 ? names.join(', ') : 'none'}`,
  )
  for (const [route, why] of unplanned) lines.push(`no plan: ${route}: ${why}`)
  for (const { name, why } of ignored) lines.push(`without effect: ${name}: ${why}`)
  return lines.map((line) => `${line}\n`).join('')
}
