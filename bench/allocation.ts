// `npm run bench:allocation`: bytes of JavaScript heap that a message takes on its way through a handler, and bytes that the core
// copies for a byte it sends. What this costs in time is main.ts's to tell.
//
// The server runs in this process; the load comes from the native generator, which is another, so that all that is allocated
// between two messages is the server's. Counted is what the heap grew by from one message to another while nothing was
// collected: the young generation is made large enough for that (the flags are in package.json), and a span in which
// there was a collection all the same is measured again.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { createServer, type MessageContext, type Server } from '../src/index.ts'
import { faults } from './figure.ts'
import { runLoad } from './load.ts'

const PAYLOAD = 100
const TRIES = 5
const SUBSCRIBERS = 10

interface Pattern {
  readonly name: string
  readonly batch: number
  readonly window: number
  /** Messages until everything is compiled, and messages that are then counted. */
  readonly warmUp: number
  readonly counted: number
}

const PATTERNS: readonly Pattern[] = [
  { name: '64 a write', batch: 64, window: 1024, warmUp: 200_000, counted: 100_000 },
  { name: 'one at a time', batch: 1, window: 1, warmUp: 20_000, counted: 10_000 },
]

type Handler = (ctx: MessageContext) => void

const HANDLERS: Readonly<Record<string, Handler>> = {
  'relay(ctx.msg)': (ctx) => {
    ctx.relay(ctx.msg)
  },
  'relay(ctx.msg.text)': (ctx) => {
    ctx.relay(ctx.msg.text)
  },
  'multicast(ctx.msg, tag)': (ctx) => {
    ctx.multicast(ctx.msg, 'all')
  },
}

interface Span {
  readonly bytes: number
  readonly messages: number
  /** Whether something was collected meanwhile. */
  readonly collected: boolean
}

/** Counts what the heap grows by between two calls of a handler. */
class Counter {
  span: Span | undefined
  private seen = 0
  private before = 0
  private begin = 0
  private readonly pattern: Pattern

  constructor(pattern: Pattern) {
    this.pattern = pattern
  }

  count(): void {
    const { warmUp, counted } = this.pattern
    this.seen++
    if (this.seen === warmUp) {
      collect()
      this.begin = performance.now()
      this.before = getHeapStatistics().used_heap_size
    } else if (this.seen === warmUp + counted) {
      const bytes = getHeapStatistics().used_heap_size - this.before
      this.span = { bytes, messages: counted, collected: lastCollection() > this.begin }
    }
  }
}

let newest = 0
const observer = new PerformanceObserver((list) => note(list.getEntries()))
observer.observe({ entryTypes: ['gc'] })

function note(entries: readonly { readonly startTime: number }[]): void {
  for (const { startTime } of entries) newest = Math.max(newest, startTime)
}

function lastCollection(): number {
  note(observer.takeRecords())
  return newest
}

function collect(): void {
  if (globalThis.gc === undefined)
    throw new Error('start it as npm run bench:allocation: it needs --expose-gc')
  globalThis.gc()
}

/** Runs as many messages as are counted, and some more, through a server. */
async function load(server: Server, pattern: Pattern, subscribers: number): Promise<void> {
  const [bound] = await server.listen()
  if (bound === undefined || bound.family === 'unix') throw new Error('the server does not listen on a port')
  const { batch, window, warmUp, counted } = pattern
  const messages = Math.ceil((warmUp + counted) / batch + 1) * batch
  const load = { subscribers, payload: PAYLOAD, batch, window, messages }
  const result = await runLoad({ ...load, protocol: 'netstring', port: bound.port, serverPids: [] })
  const found = faults(result)
  if (found.length > 0) throw new Error(`the bus is not sound: ${found.join(', ')}`)
}

async function allocated(handler: Handler, pattern: Pattern): Promise<number> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const counter = new Counter(pattern)
    await using server = createServer({
      evapi: { bindAddr: '127.0.0.1:0' },
      log: false,
      routes: {
        'evapi:connection-new': (ctx) => {
          ctx.setTag('all')
        },
        'evapi:message-received': (ctx) => {
          counter.count()
          handler(ctx)
        },
      },
    })
    await load(server, pattern, 1)
    if (counter.span !== undefined && !counter.span.collected)
      return counter.span.bytes / counter.span.messages
  }
  throw new Error('there was always a collection in between: a larger young generation is needed')
}

/** The default route, which has no JavaScript in it: what the core copied and which memory it took, for what it relayed. */
async function copied(pattern: Pattern): Promise<Readonly<Record<string, number>>> {
  await using server = createServer({ evapi: { bindAddr: '127.0.0.1:0' }, log: false })
  await load(server, pattern, SUBSCRIBERS)
  return server.stats()
}

async function main(): Promise<void> {
  const { status, stderr } = spawnSync('make', ['-s', '-C', join(import.meta.dirname, 'native')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the load generator does not build:\n${stderr}`)
  console.log(`bytes of JavaScript heap for each message of ${PAYLOAD} bytes, in a handler`)
  for (const [name, handler] of Object.entries(HANDLERS)) {
    for (const pattern of PATTERNS) {
      const bytes = await allocated(handler, pattern)
      console.log(`${bytes.toFixed(1).padStart(8)}  ${name}, ${pattern.name}`)
    }
  }
  console.log(`\nbytes copied for each byte relayed by the default route, to ${SUBSCRIBERS} clients`)
  for (const pattern of PATTERNS) {
    const stats = await copied(pattern)
    const part = (stats['bytes_copied'] ?? Number.NaN) / (stats['bytes_received'] ?? Number.NaN)
    const chunks = stats['chunk_allocations'] ?? Number.NaN
    console.log(
      `${part.toFixed(6).padStart(8)}  ${pattern.name}; ${chunks} allocations of chunks for ${stats['messages_received']} messages`,
    )
  }
}

await main()
observer.disconnect()
