// evapid as a server under test with SIP requests: in this process, on free ports, with transaction-steps.ts's language as
// TypeScript routes that call Kamailio's functions by name.
import { createServer, type RequestContext } from '../../src/index.ts'
import { HOST } from './server-under-test.ts'
import type { SipServerUnderTest, TransactionSettings } from './sip-server-under-test.ts'
import { RunTrace } from './transaction-steps.ts'

/** There is one process. Runs do not interleave in it, since no step waits; what runs inside another is only ever a continued route. */
const PROCESS = 'evapid'

/** Starts evapid and resolves when it accepts clients and requests. */
export async function startSipEvapid(settings: TransactionSettings): Promise<SipServerUnderTest> {
  const trace = new RunTrace()

  const play = (ctx: RequestContext, title: string, header: string): void => {
    const steps = ctx.request.header(header) ?? ''
    if (steps === 'fence') {
      ctx.call('sl_send_reply', 200, 'fence')
      return
    }
    trace.begin(PROCESS, title)
    for (const step of steps.split('|')) {
      const [verb = '', a = '', b = ''] = step.split('~')
      const result = runStep(ctx, verb, a, b)
      if (result !== undefined) trace.step(PROCESS, verb, result)
    }
  }

  const server = createServer({
    listen: [`udp:${HOST}:0`, `tcp:${HOST}:0`],
    evapi: { bindAddr: `${HOST}:0` },
    tm: settings,
    routes: {
      request: (ctx) => play(ctx, `request ${ctx.method}`, 'X-Steps'),
      'route[RESUME]': (ctx) => play(ctx, `RESUME ${ctx.method}`, 'X-Resume'),
      'route[RESUME2]': (ctx) => play(ctx, `RESUME2 ${ctx.method}`, 'X-Resume2'),
      'failure_route[FAIL]': (ctx) => play(ctx, ctx.expand(`FAIL ${ctx.method} $T_reply_code`), 'X-Failure'),
      'evapi:message-received': (ctx) => {
        const [, index = '', label = '', name = ''] = ctx.msg.text.split('~')
        if (name === '') return
        ctx.call('evapi_relay', `result ${ctx.call('t_continue', index, label, name)}`)
      },
    },
    log: false,
  })
  const [bound] = await server.listen()
  if (bound === undefined || bound.family === 'unix') throw new Error('evapid does not listen on TCP')
  const portOf = (protocol: 'udp' | 'tcp'): number => {
    const address = server.sipAddresses.find((each) => each.protocol === protocol)
    if (address === undefined) throw new Error(`evapid takes no requests over ${protocol}`)
    return address.port
  }
  return {
    evapiPort: bound.port,
    sipPorts: { udp: portOf('udp'), tcp: portOf('tcp') },
    runs: async () => trace.lines(),
    stop: () => server.close(),
  }
}

/** @returns what the step's function returned, or found; undefined for a step that is no step */
function runStep(ctx: RequestContext, verb: string, a: string, b: string): number | string | undefined {
  switch (verb) {
    case 'newtran':
      return ctx.call('t_newtran')
    case 'suspend':
      return ctx.call('t_suspend')
    case 'release':
      return ctx.call('t_release')
    case 'check':
      return ctx.call('t_check_trans')
    case 'lookup':
      return ctx.call('t_lookup_request')
    case 'isset':
      return ctx.call('t_is_set', 'failure_route')
    case 'reply':
      return ctx.call('t_reply', Number(a), b)
    case 'sl':
      return ctx.call('sl_send_reply', Number(a), b)
    case 'send':
      return ctx.call('send_reply', Number(a), b)
    case 'async':
      return ctx.call('evapi_async_relay', `event $T(id_index) $T(id_label) ${a}`)
    case 'asyncempty':
      return ctx.call('evapi_async_relay', '')
    case 'asyncuni':
      return ctx.call('evapi_async_unicast', 'event $T(id_index) $T(id_label) x', a)
    case 'onfailure':
      return ctx.call('t_on_failure', 'FAIL')
    case 'setfr':
      return ctx.call('t_set_fr', Number(a), Number(b))
    case 'append':
      return ctx.call('append_to_reply', `${a}\r\n`)
    case 'set':
      ctx.setPv('$avp(v)', a)
      ctx.setPv('$xavp(x=>v)', a)
      return a
    case 'get':
      return ctx.expand('$avp(v),$xavp(x=>v)')
    case 'code':
      return ctx.expand('=$T_reply_code')
    case 'id':
      return /^\d+ \d+$/.test(ctx.expand('$T(id_index) $T(id_label)')) ? 'number' : 'null'
    default:
      return undefined
  }
}
