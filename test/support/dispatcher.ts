// A dispatcher without a server around it, for tests of what it does by itself.
import { Dispatcher, type DispatcherHandler, type DispatcherOptions } from '../../src/dispatcher.ts'

/** Shuts down when it is disposed of. */
export class TestDispatcher extends Dispatcher implements AsyncDisposable {
  constructor(handler: Partial<DispatcherHandler> = {}, options: Partial<DispatcherOptions> = {}) {
    super(
      {
        netstringFormat: true,
        allow: [],
        maxClients: 1000,
        maxClientsPerAddress: 0,
        rateLimit: 0,
        rateLimitBurst: 0,
        maxMessageSize: 2 ** 20,
        onBadFrame: 'close',
        sendBufferLimit: 8 * 2 ** 20,
        sendDataTimeout: 0,
        slowClient: 'close',
        drainTimeout: 5_000_000,
        contextMlimit: 0,
        maxRunningRoutes: 1024,
        busyPoll: 0,
        ioUring: true,
        plans: {},
        ...options,
      },
      { notice: () => {}, ...handler },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
  }
}
