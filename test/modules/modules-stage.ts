// A stage whose modules have parameters: as stage.ts, for what a configuration says.

import {
  type Config,
  createServer,
  defineModule,
  RouteContext,
  type Runtime,
  type Server,
} from '../../src/index.ts'

const ROUTE = { name: 'request', handler: () => {} }

class ModulesStage implements AsyncDisposable {
  readonly runtime: Runtime
  readonly server: Server

  constructor(server: Server, runtime: Runtime) {
    this.server = server
    this.runtime = runtime
  }

  /** A context without a client and without a request. */
  context(): RouteContext {
    return new RouteContext(this.runtime, ROUTE)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close()
  }
}

/** A running server with these parameters and routes. */
export async function openWith(config: Config): Promise<ModulesStage> {
  let runtime: Runtime | undefined
  const observer = defineModule({
    name: 'observer',
    start(started) {
      runtime = started
    },
  })
  const server = createServer({
    evapi: { bindAddr: '127.0.0.1:0' },
    log: false,
    ...config,
    modules: [observer],
  })
  await server.listen()
  if (!runtime) throw new Error('the module was not started')
  return new ModulesStage(server, runtime)
}
