// docs/performance.md: the figures of the last full run of each suite, between two marks. The rest of the page is written by
// hand.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { type Suite, suiteOf } from './cells.ts'
import type { Results } from './results.ts'
import { tables } from './table.ts'

const PAGE = join(import.meta.dirname, '..', 'docs', 'performance.md')
const END = '<!-- end of the figures -->'

const begins = (suite: Suite): string => `<!-- figures of ${suite}: written by npm run bench, not by hand -->`

/**
 * @param results of one suite
 * @throws Error when the page has no such marks
 */
export function updatePage(results: Results): void {
  const [first] = results.results
  if (first === undefined) return
  const mark = begins(suiteOf(first.cell))
  const page = readFileSync(PAGE, 'utf8')
  const begin = page.indexOf(mark)
  const end = page.indexOf(END, begin)
  if (begin < 0 || end < 0) throw new Error(`${PAGE} has no marks for the figures: ${mark} and ${END}`)
  writeFileSync(PAGE, `${page.slice(0, begin)}${mark}\n${figures(results)}\n${page.slice(end)}`)
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
