// A stage for pseudo-variables: a server's real runtime, and contexts in it, of a request or of none.

import {
  type Config,
  createServer,
  defineModule,
  RouteContext,
  type Runtime,
  type Server,
} from '../../src/index.ts'
import type { Origin } from '../../src/sip/origin.ts'
import { parseMessage } from '../../src/sip/parse.ts'
import { RequestContext } from '../../src/tm/request-context.ts'
import { REQUEST_ROUTES } from '../../src/tm/request-routes.ts'

const ROUTE = { name: 'request', handler: () => {} }

/** What a request came over in these tests. Replies are kept. */
export class TestOrigin implements Origin {
  readonly protocol = 'udp'
  readonly reliable = false
  readonly sourceAddress = '127.0.0.1'
  readonly sourcePort = 5099
  readonly localAddress = '127.0.0.1'
  readonly localPort = 5060
  readonly replies: string[] = []

  send(reply: string): boolean {
    this.replies.push(reply)
    return true
  }
}

export class Stage implements AsyncDisposable {
  readonly runtime: Runtime
  private readonly server: Server

  private constructor(server: Server, runtime: Runtime) {
    this.server = server
    this.runtime = runtime
  }

  static async open(routes: NonNullable<Config['routes']> = {}, config: Config = {}): Promise<Stage> {
    let runtime: Runtime | undefined
    const observer = defineModule({
      name: 'observer',
      start(started) {
        runtime = started
      },
    })
    const server = createServer({
      log: false,
      ...config,
      evapi: { bindAddr: '127.0.0.1:0' },
      modules: [observer],
      routes,
    })
    await server.listen()
    if (!runtime) throw new Error('the module was not started')
    return new Stage(server, runtime)
  }

  /** The port of the first address that SIP is taken at; 0 when there is none. */
  get sipPort(): number {
    return this.server.sipAddresses[0]?.port ?? 0
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close()
  }

  /** A context without a client and without a request. */
  context(): RouteContext {
    return new RouteContext(this.runtime, ROUTE)
  }

  /** The context of a request, as its route would get it. */
  request(text: string = OPTIONS, origin: Origin = new TestOrigin()): RequestContext {
    const parsed = parseMessage(text, 'datagram')
    if (parsed.kind !== 'request') throw new Error(`not a request: ${text}`)
    return new RequestContext(this.runtime.state(REQUEST_ROUTES), ROUTE, parsed.request, origin)
  }
}

/** A request of lines and a body. */
export function compose(head: readonly string[], body = ''): string {
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** A request without anything special. */
export const OPTIONS: string = compose([
  'OPTIONS sip:bob@example.com:5080;transport=udp;lr SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK-options',
  'From: <sip:alice@example.com>;tag=1',
  'To: <sip:bob@example.com>',
  'Call-ID: options@example.com',
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
])

/** One step of a script: an assignment and what it came to, or what templates expand to. */
export type Step =
  | readonly [assign: string, value: string | number | null]
  | readonly [assign: string, value: string | number | null, result: false]
  | Readonly<Record<string, string>>

/** Plays a script. What is read is compared as text, as xlog() prints it. */
export function play(ctx: RouteContext, script: readonly Step[]): void {
  for (const [number, step] of script.entries()) {
    if (isAssignment(step)) {
      const [name, value, result = true] = step
      if (ctx.setPv(name, value) !== result) {
        throw new Error(`step ${number}: ${name} = ${JSON.stringify(value)} did not come to ${result}`)
      }
      continue
    }
    for (const [template, expected] of Object.entries(step)) {
      const expanded = ctx.expand(template)
      if (expanded !== expected) {
        throw new Error(
          `step ${number}: ${template} is ${JSON.stringify(expanded)}, not ${JSON.stringify(expected)}`,
        )
      }
    }
  }
}

function isAssignment(step: Step): step is Exclude<Step, Readonly<Record<string, string>>> {
  return Array.isArray(step)
}
