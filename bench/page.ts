// docs/performance.md: the figures of the last full run, between two marks. The rest of the page is written by hand.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Results } from './results.ts'
import { tables } from './table.ts'

const PAGE = join(import.meta.dirname, '..', 'docs', 'performance.md')
const BEGIN = '<!-- figures: written by npm run bench, not by hand -->'
const END = '<!-- end of the figures -->'

/** @throws Error when the page has no such marks */
export function updatePage(results: Results): void {
  const page = readFileSync(PAGE, 'utf8')
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no marks for the figures: ${BEGIN} and ${END}`)
  writeFileSync(PAGE, `${page.slice(0, begin)}${BEGIN}\n${figures(results)}\n${page.slice(end)}`)
}

function figures({ when, machine, peers, results, targets }: Results): string {
  const { cpu, cores, kernel, node, commit, distribution, congestionControl } = machine
  const named = peers.map(({ name, version }) => `${name} ${version ?? '(missing)'}`).join(', ')
  const rows = targets.map(
    ({ name, must, aim, seen, verdict, where }) =>
      `| ${[name, must, aim, seen, verdict, where].join(' | ')} |`,
  )
  return `
${when.slice(0, 10)}, commit ${commit}: ${cpu}, ${cores} cores, ${distribution}, Linux ${kernel}, TCP ${congestionControl}, Node ${node}; ${named}.

| target | must | aim | seen | | worst cell |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

<details><summary>All cells</summary>

\`\`\`text
${stripVTControlCharacters(tables(results))}
\`\`\`

</details>
`
}
