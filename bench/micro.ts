// `npx tsx bench/micro.ts`: the small things by themselves, the median nanoseconds of each: the client's encoder and decoder, templates as
// a running route expands them, and what it costs to have a message handled by a KEMI script or a kamailio.cfg. What a message costs on its whole way is main.ts's to tell.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from 'tinybench'
import { connect, encodeNetstring, NetstringDecoder } from '../src/client/index.ts'
import { modulesOf } from '../src/config.ts'
import { ModuleRegistry } from '../src/core/registry.ts'
import { DEFAULT_ROUTE_SAMPLING } from '../src/core/route-meter.ts'
import { type RouteHandler, RouteSet, RouteTable } from '../src/core/routes.ts'
import { createServer, type MessageContext } from '../src/index.ts'
import { loadKemi } from '../src/kemi/load.ts'
import { compileScript } from '../src/script/compile.ts'
import { Diagnostics } from '../src/script/diagnostics.ts'
import { parseScript } from '../src/script/parser.ts'

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

/** Bodies of message-received in a kamailio.cfg. The last is the one that is to cost under 2 µs. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'an assignment': '$var(a) = 1;',
  'three comparisons':
    'if ($var(none) == 7) $var(a) = 1; else if ($evapi(srcport) == 1) $var(a) = 2; else if ($var(text) == "no") $var(a) = 3;',
  'a call of a route': 'route(ONE);',
  'a while of ten rounds': '$var(i) = 0; while ($var(i) < 10) { $var(i) = $var(i) + 1; }',
  'a relay with three variables':
    '$var(kind) = "event"; $var(n) = $var(n) + 1; if ($var(kind) == "event" && $var(n) > 0) { evapi_relay("$var(kind) $var(n) from $evapi(srcport)"); } else { evapi_relay("never"); }',
}

function scriptHandler(body: string): RouteHandler {
  const diagnostics = new Diagnostics()
  const text = `loadmodule "evapi.so"\nloadmodule "pv.so"\nroute[ONE] { return; }\nevent_route[evapi:message-received] { ${body} }`
  const script = parseScript(
    { name: 'micro.cfg', text },
    { defines: [], readFile: () => undefined },
    diagnostics,
  )
  const { routes } = compileScript(script, {
    modules: modulesOf(undefined),
    allowMissing: false,
    diagnostics,
  })
  const handler = routes['evapi:message-received']
  if (diagnostics.errors.length > 0 || typeof handler !== 'function')
    throw new Error(`no handler for ${body}`)
  return handler
}

/** A thousand runs of a route that does nothing: what is around it, and what metrics add. */
function addRuns(bench: Bench, ctx: MessageContext): void {
  for (const [name, oneIn] of [
    ['not metered', 0],
    ['metered', DEFAULT_ROUTE_SAMPLING],
  ] as const) {
    const set = new RouteSet([['empty', () => {}]])
    const table = new RouteTable(ctx.runtime.log, set)
    if (oneIn > 0) table.startMetering(oneIn)
    const route = set.get('empty')
    if (!route) throw new Error('there is no route')
    bench.add(`1000 runs of an empty route, ${name}`, () => {
      for (let run = 0; run < 1000; run++) table.run(route, ctx)
    })
  }
}

const bench = new Bench({ time: 300 })
addCodec(bench)
await insideRoute(async (ctx) => {
  addRuns(bench, ctx)
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
  for (const [name, body] of Object.entries(SCRIPTS)) {
    const script = scriptHandler(`$var(unplanned) = 1; ${body}`)
    bench.add(`a script: ${name}`, () => {
      script(ctx)
    })
  }
  await bench.run()
})

for (const { name, result } of bench.tasks) {
  if (!('latency' in result)) throw new Error(`${name} failed`)
  console.log(`${(result.latency.p50 * 1e6).toFixed(0).padStart(7)} ns  ${name}`)
}
