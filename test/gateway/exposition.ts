// The exposition format of Prometheus (0.0.4), read strictly: whatever a scraper might stumble over is an error here. Knows nothing of prom-client.

/** What one scrape says of one metric. */
export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
}

export class Exposition {
  readonly families: ReadonlyMap<string, Family>

  constructor(families: ReadonlyMap<string, Family>) {
    this.families = families
  }

  /** The value of one series: `name`, and its labels, all of them. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.samples.filter((sample) => sample.name === name && same(sample.labels, labels))
    if (found.length !== 1) throw new Error(`${found.length} series ${name} ${JSON.stringify(labels)}`)
    return found[0]?.value ?? Number.NaN
  }

  has(name: string, labels: Readonly<Record<string, string>>): boolean {
    return this.samples.some((sample) => sample.name === name && same(sample.labels, labels))
  }

  get samples(): readonly Sample[] {
    return [...this.families.values()].flatMap(({ samples }) => samples)
  }

  /** The names that a query can ask for. */
  get names(): ReadonlySet<string> {
    return new Set(
      Array.from(this.families, ([name, { type }]) =>
        (SUFFIXES[type] ?? []).map((suffix) => name + suffix),
      ).flat(),
    )
  }
}

/** @throws Error with the line that is wrong */
export function parseExposition(text: string): Exposition {
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>()
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  let current = ''
  let helped = ''
  const seen = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    const wrong = (why: string) => new Error(`${why}: ${line}`)
    if (line === '') continue
    if (line.startsWith('# HELP ')) {
      const [, name = '', help = ''] = /^# HELP (\S+) (.+)$/.exec(line) ?? []
      if (!NAME.test(name) || families.has(name)) throw wrong('a bad HELP, or the second')
      if (/\\[^n\\]/.test(help) || help.endsWith('\\')) throw wrong('a bad escape')
      families.set(name, { type: '', help, samples: [] })
      helped = name
    } else if (line.startsWith('#')) {
      const [, name = '', type = ''] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? []
      const family = families.get(name)
      if (!family || name !== helped || family.type !== '')
        throw wrong('a TYPE that is not right behind its HELP')
      family.type = type
      current = name
    } else {
      const sample = readSample(line)
      const family = families.get(current)
      const suffix = sample.name.startsWith(current) ? sample.name.slice(current.length) : undefined
      if (!family || suffix === undefined || !SUFFIXES[family.type]?.includes(suffix)) {
        throw wrong('a sample that does not belong to the metric before it')
      }
      const series = sample.name + JSON.stringify(Object.entries(sample.labels).sort())
      if (seen.has(series)) throw wrong('a series that was there before')
      seen.add(series)
      if (family.type !== 'gauge' && !(sample.value >= 0) && suffix !== '') throw wrong('less than nothing')
      family.samples.push(sample)
    }
  }
  for (const [name, family] of families) checkFamily(name, family)
  return new Exposition(families)
}

function readSample(line: string): Sample {
  const [, name = '', rest = ''] = /^([^\s{]+)(.*)$/.exec(line) ?? []
  if (!NAME.test(name)) throw new Error(`a bad name: ${line}`)
  const labels: Record<string, string> = {}
  let at = 0
  if (rest.startsWith('{')) {
    at = 1
    const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|\})/y
    for (;;) {
      label.lastIndex = at
      const [whole, key = '', value = '', end] = label.exec(rest) ?? []
      if (whole === undefined || Object.hasOwn(labels, key)) throw new Error(`bad labels: ${line}`)
      labels[key] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
      at += whole.length
      if (end === '}') break
    }
  }
  const [, number = ''] = /^ (\S+)$/.exec(rest.slice(at)) ?? []
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : number === '' ? Number.NaN : Number(number)
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`)
  return { name, labels, value }
}

function checkFamily(name: string, { type, samples }: Family): void {
  if (type === '') throw new Error(`${name} has no TYPE`)
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`the counter ${name} is no _total`)
  if (type !== 'counter' && name.endsWith('_total')) throw new Error(`${name} is no counter`)
  if (samples.some(({ value }) => type === 'counter' && !(value >= 0)))
    throw new Error(`${name} is less than 0`)
  if (type === 'histogram') checkHistogram(name, samples)
  if (type !== 'summary') return
  for (const { labels } of samples.filter((sample) => sample.name === name)) {
    const quantile = Number(labels['quantile'])
    if (!(quantile >= 0 && quantile <= 1)) throw new Error(`${name} has a bad quantile`)
  }
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const { le, ...labels } = sample.labels
    const key = JSON.stringify(labels)
    if ((le === undefined) === (sample.name === `${name}_bucket`))
      throw new Error(`${name}: le is out of place`)
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) =>
      labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']),
    )
    const count = group.filter((sample) => sample.name === `${name}_count`)
    const sum = group.filter((sample) => sample.name === `${name}_sum`)
    const grows = (numbers: readonly number[], least: number) =>
      numbers.every((each, place) => place === 0 || each - (numbers[place - 1] ?? 0) >= least)
    const right =
      count.length === 1 &&
      sum.length === 1 &&
      bounds.at(-1) === Number.POSITIVE_INFINITY &&
      grows(bounds, Number.MIN_VALUE) &&
      grows(
        buckets.map(({ value }) => value),
        0,
      ) &&
      buckets.at(-1)?.value === count[0]?.value
    if (!right) throw new Error(`${name}${key} is no histogram`)
  }
}

function same(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
