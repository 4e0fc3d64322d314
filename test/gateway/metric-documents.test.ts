// What is written about metrics is true of them: docs/metrics.md has each, and the dashboard and the alerts ask for none that is not there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Exposition } from './exposition.ts'
import { MeteredBus } from './metered-bus.ts'

const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8')

async function everything(): Promise<Exposition> {
  await using metered = await MeteredBus.start()
  return metered.scrape()
}

/** The names of metrics in a query; what Prometheus has by itself, as `up`, has no prefix. */
function namesIn(query: string): string[] {
  const withoutLabels = query.replace(/\{[^}]*\}/g, '')
  return withoutLabels.match(/\b(?:evapid|process|nodejs)_\w+/g) ?? []
}

/** Which labels of which values a query picks: `state="suspended"`. */
function labelsIn(
  query: string,
): { readonly name: string; readonly label: string; readonly value: string }[] {
  return [...query.matchAll(/\b((?:evapid|process|nodejs)_\w+)\{([^}]*)\}/g)].flatMap(
    ([, name = '', inner = '']) =>
      [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => ({ name, label, value })),
  )
}

function checkQueries(queries: readonly string[], scrape: Exposition): void {
  assert.ok(queries.length > 10)
  for (const query of queries) {
    const names = namesIn(query)
    assert.ok(names.length > 0 || query.startsWith('up{'), query)
    for (const name of names) assert.ok(scrape.names.has(name), `${name} in ${query}`)
    for (const { name, label, value } of labelsIn(query)) {
      if (label === 'job') continue
      const { samples = [] } = scrape.families.get(name) ?? {}
      // Without SIP there are no samples of it.
      const found = samples.length === 0 || samples.some((sample) => sample.labels[label] === value)
      assert.ok(found, `${name}{${label}="${value}"} in ${query}`)
    }
  }
}

describe('docs/metrics.md', () => {
  test('has every metric with its type, and none that is not there', async () => {
    const { families } = await everything()
    const rows = [...read('metrics.md').matchAll(/^\| `(\w+)` \| (\w+) \| (.+) \|$/gm)]
    const documented = rows.map(([, name = '', type = '']) => `${name} ${type}`)
    const there = Array.from(families, ([name, { type }]) => `${name} ${type}`)
    assert.deepEqual(documented.toSorted(), there.toSorted())
  })

  test('names every value of the labels that say why or what', async () => {
    const page = read('metrics.md')
    const { samples } = await everything()
    const values = samples.flatMap(({ labels }) =>
      ['kind', 'reason', 'state', 'result', 'outcome', 'than', 'by'].flatMap((label) => labels[label] ?? []),
    )
    const missing = new Set(values.filter((value) => !/^[2-6]xx$/.test(value) && !page.includes(value)))
    assert.deepEqual([...missing], [])
  })
})

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly legendFormat: string
  }[]
}

describe('the dashboard', () => {
  const dashboard = JSON.parse(read('grafana/evapid.json'))
  const panels: readonly Panel[] = dashboard.panels

  test('asks for metrics that are there, of the data source that was chosen', async () => {
    const shown = panels.filter(({ type }) => type !== 'row')
    for (const { title, targets, datasource } of shown) {
      assert.ok(targets && targets.length > 0, title)
      assert.match(datasource?.uid ?? '', /^\$\{datasource\}$/, title)
    }
    const annotations: readonly { readonly expr?: string }[] = dashboard.annotations.list
    const variables: readonly { readonly name: string; readonly definition?: string }[] =
      dashboard.templating.list
    assert.deepEqual(
      variables.map(({ name }) => name),
      ['datasource', 'job', 'instance'],
    )
    const queries = [
      ...shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      ...annotations.flatMap(({ expr }) => expr ?? []),
      ...variables.flatMap(({ definition }) => definition ?? []),
    ]
    checkQueries(queries, await everything())
  })

  test('has rows for clients, traffic, slow clients, routes, transactions, loop and memory', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    for (const row of ['Clients', 'Traffic', 'Slow clients', 'Routes', 'Transactions', 'Loop and memory']) {
      assert.ok(rows.includes(row), row)
    }
  })

  test('has panels with ids of their own that do not overlap', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    )
    assert.equal(new Set(cells).size, cells.length)
    assert.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24))
  })

  test('shows in its legends what the queries have grouped by', () => {
    for (const { title, targets = [] } of panels) {
      for (const { expr, legendFormat } of targets) {
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          assert.match(expr, new RegExp(`by \\([^)]*\\b${label}\\b`), title)
        }
      }
    }
  })

  test('shows every metric of the bus that is not only there to look deeper', async () => {
    const asked = new Set(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr))))
    const { families } = await everything()
    const hidden = [...families.keys()].filter((name) => ![...asked].some((each) => each.startsWith(name)))
    assert.ok(
      !hidden.some((name) => /clients|messages|deliveries|route|loop|chunk_bytes/.test(name)),
      `${hidden}`,
    )
  })
})

describe('the alerts', () => {
  test('ask for metrics that are there, and say what is the matter', async () => {
    const rules = read('prometheus/evapid.rules.yml')
    const queries = [...rules.matchAll(/^ {8}expr: (.+)$/gm)].map(([, query = '']) => query)
    const names = [...rules.matchAll(/^ {6}- alert: (Evapid\w+)$/gm)].map(([, name = '']) => name)
    const summaries = [...rules.matchAll(/^ {10}summary: '.+'$/gm)]
    assert.equal(new Set(names).size, queries.length)
    assert.equal(summaries.length, queries.length)
    checkQueries(queries, await everything())
    for (const query of queries) assert.match(query, /job="evapid"/)
  })
})
