// `npx tsx bench/micro.ts`: the small things by themselves, the median nanoseconds of each: the client's encoder and decoder, templates as
// a running route expands them, and what it costs to have a message handled by a KEMI script. What a message costs on its whole way is main.ts's to tell.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from 'tinybench'
import { connect, encodeNetstring, NetstringDecoder } from '../src/client/index.ts'
import { modulesOf } from '../src/config.ts'
import { ModuleRegistry } from '../src/core/registry.ts'
import type { RouteHandler } from '../src/core/routes.ts'
import { createServer, type MessageContext } from '../src/index.ts'
import { loadKemi } from '../src/kemi/load.ts'

const MESSAGES = 64
const PAYLOAD = 100
const MAX_MESSAGE_SIZE = 1_048_576

function addCodec(bench: Bench): void {
  const text = 'x'.repeat(PAYLOAD)
  const bytes = Buffer.from(text)
  bench.add(`encode text of ${PAYLOAD} bytes`, () => {
    encodeNetstring(text)
  })
  bench.add(`encode ${PAYLOAD} bytes`, () => {
    encodeNetstring(bytes)
  })

  const frames = Buffer.concat(Array.from({ length: MESSAGES }, () => encodeNetstring(bytes)))
  const whole = new NetstringDecoder(MAX_MESSAGE_SIZE)
  bench.add(`decode ${MESSAGES} messages of one read`, () => {
    whole.decode(frames, () => {})
  })
  // The cut falls into another place of a message each time round.
  const cut = new NetstringDecoder(MAX_MESSAGE_SIZE)
  const pieces = Array.from({ length: Math.ceil(frames.length / 77) }, (_, i) =>
    frames.subarray(i * 77, i * 77 + 77),
  )
  bench.add(`decode ${MESSAGES} messages in pieces of 77 bytes`, () => {
    for (const piece of pieces) cut.decode(piece, () => {})
  })
}

/** Runs `use` inside a route, with the context a message of a real client gets. */
async function insideRoute(use: (ctx: MessageContext) => Promise<void>): Promise<void> {
  let done = (_failure?: unknown): void => {}
  const finished = new Promise<void>((resolve, reject) => {
    done = (failure) => (failure === undefined ? resolve() : reject(failure))
  })
  const server = createServer({
    evapi: { bindAddr: '127.0.0.1:0' },
    routes: {
      'evapi:message-received': async (ctx) => {
        await use(ctx).then(() => done(), done)
      },
    },
  })
  await server.listen()
  const client = connect(server.address)
  try {
    await client.send('x'.repeat(PAYLOAD))
    await finished
  } finally {
    await client.close()
    await server.close()
  }
}

/** The callback of a script that reads each message and keeps something of it. */
function kemiCallback(): RouteHandler {
  const directory = mkdtempSync(join(tmpdir(), 'evapid-micro-'))
  try {
    const path = join(directory, 'routes.kemi.js')
    writeFileSync(
      path,
      `function ksr_evapi_event(evname) {
        if (evname !== 'evapi:message-received') return
        if (KSR.pv.get('$evapi(msg)').length > 0) KSR.pv.seti('$var(seen)', 1)
      }`,
    )
    const { routes } = loadKemi(path, { registry: new ModuleRegistry(modulesOf(undefined)) })
    const handler = routes?.['evapi:message-received']
    if (!handler) throw new Error('the script has mistakes')
    return handler
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const bench = new Bench({ time: 300 })
addCodec(bench)
await insideRoute(async (ctx) => {
  const templates = ['no variable', '$evapi(msg)', 'from $evapi(srcaddr):$evapi(srcport): $evapi(msg)']
  for (const template of templates) {
    bench.add(`expand '${template}'`, () => {
      ctx.expand(template)
    })
  }
  const handler = kemiCallback()
  bench.add('a KEMI callback that reads the message and sets a variable', () => {
    handler(ctx)
  })
  await bench.run()
})

for (const { name, result } of bench.tasks) {
  if (!('latency' in result)) throw new Error(`${name} failed`)
  console.log(`${(result.latency.p50 * 1e6).toFixed(0).padStart(7)} ns  ${name}`)
}
