// `npx tsx bench/micro.ts`: the small things by themselves, the median nanoseconds of each: the client's encoder and decoder, and
// templates as a running route expands them. What a message costs on its whole way is main.ts's to tell.

import { Bench } from 'tinybench'
import { connect, encodeNetstring, NetstringDecoder } from '../src/client/index.ts'
import { createServer } from '../src/index.ts'

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
async function insideRoute(use: (expand: (template: string) => string) => Promise<void>): Promise<void> {
  let done = (_failure?: unknown): void => {}
  const finished = new Promise<void>((resolve, reject) => {
    done = (failure) => (failure === undefined ? resolve() : reject(failure))
  })
  const server = createServer({
    evapi: { bindAddr: '127.0.0.1:0' },
    routes: {
      'evapi:message-received': async (ctx) => {
        await use((template) => ctx.expand(template)).then(() => done(), done)
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

const bench = new Bench({ time: 300 })
addCodec(bench)
await insideRoute(async (expand) => {
  const templates = ['no variable', '$evapi(msg)', 'from $evapi(srcaddr):$evapi(srcport): $evapi(msg)']
  for (const template of templates) {
    bench.add(`expand '${template}'`, () => {
      expand(template)
    })
  }
  await bench.run()
})

for (const { name, result } of bench.tasks) {
  if (!('latency' in result)) throw new Error(`${name} failed`)
  console.log(`${(result.latency.p50 * 1e6).toFixed(0).padStart(7)} ns  ${name}`)
}
