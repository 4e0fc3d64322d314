// evapid as a server under test: in this process, on a free port, with route-steps.ts's language as TypeScript routes.
import { createServer, type RouteContext } from '../../src/index.ts'
import { ECHO } from './route-steps.ts'
import { type BusSettings, HOST, type ServerUnderTest } from './server-under-test.ts'
import type { Trace } from './trace.ts'

/** Starts evapid and resolves when it accepts clients. */
export async function startEvapid(settings: BusSettings, trace: Trace): Promise<ServerUnderTest> {
  let onNew = 'idle'
  let onClosed = 'idle'

  const server = createServer({
    evapi: {
      bindAddr: `${HOST}:0`,
      maxClients: settings.maxClients,
      netstringFormat: settings.netstringFormat,
      onBadFrame: settings.onBadFrame,
    },
    routes: {
      'evapi:connection-new': (ctx) => {
        addEvent(trace, 'new', ctx)
        runSteps(trace, onNew, ctx)
      },
      'evapi:connection-closed': (ctx) => {
        addEvent(trace, 'closed', ctx)
        runSteps(trace, onClosed, ctx)
      },
      'evapi:message-received': (ctx) => {
        addEvent(trace, 'message', ctx)
        const message = Buffer.from(ctx.msg.bytes).toString('latin1')
        if (message.startsWith('!')) runSteps(trace, message.slice(1), ctx)
        else if (message.startsWith('@new ')) onNew = message.slice(5)
        else if (message.startsWith('@closed ')) onClosed = message.slice(8)
        else ctx.call('evapi_relay', '$evapi(msg)')
      },
    },
    log: false,
  })
  const [bound] = await server.listen()
  if (bound === undefined || bound.family === 'unix') throw new Error('evapid does not listen on TCP')
  return { port: bound.port, trace, stop: () => server.close() }
}

/** The trace is fed from the pseudo-variables, as Kamailio's is, and not from `ctx.client`. */
function addEvent(trace: Trace, kind: 'new' | 'message' | 'closed', ctx: RouteContext): void {
  const value = (name: string): string | null => {
    const text = ctx.expandBytes(`$evapi(${name})`).toString('latin1')
    return text === '<null>' ? null : text
  }
  const index = value('conidx')
  const port = value('srcport')
  trace.add({
    kind,
    index: index === null ? null : Number(index),
    address: value('srcaddr'),
    port: port === null ? null : Number(port),
    message: value('msg'),
  })
}

function runSteps(trace: Trace, steps: string, ctx: RouteContext): void {
  for (const step of steps.split('|')) {
    const [verb = '', a = '', b = ''] = step.split('~')
    if (verb !== 'idle') trace.add({ kind: 'step', verb, result: runStep(ctx, verb, a, b) })
  }
}

function runStep(ctx: RouteContext, verb: string, a: string, b: string): number | null {
  switch (verb) {
    case 'relay':
      return ctx.call('evapi_relay', a)
    case 'multicast':
      return ctx.call('evapi_multicast', a, b)
    case 'unicast':
      return ctx.call('evapi_unicast', a, b)
    case 'tag':
      return ctx.call('evapi_set_tag', a)
    case 'close':
      return ctx.call('evapi_close')
    case 'echo':
      return ctx.call('evapi_relay', `${a} ${ECHO}`)
    default:
      return null
  }
}
