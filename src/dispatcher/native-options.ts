// What a dispatcher is told, as the addon takes it.

import type { NativeOptions } from './addon.ts'
import {
  type DispatcherOptions,
  type DispatcherPlans,
  type EventHandlers,
  SLOW_CLIENT_POLICIES,
} from './types.ts'

/** Options as the addon takes them; what has no handler is not told. */
export function nativeOptions(options: DispatcherOptions, handlers: EventHandlers): NativeOptions {
  const { connectionNew, messageReceived, connectionClosed } = handlers
  const tellMessage = messageReceived !== undefined
  return {
    netstring: options.netstringFormat,
    allow: options.allow,
    maxClients: options.maxClients,
    maxClientsPerAddress: options.maxClientsPerAddress,
    rateLimit: options.rateLimit,
    rateLimitBurst: options.rateLimitBurst,
    maxMessageSize: options.maxMessageSize,
    discardBadFrame: options.onBadFrame === 'discard',
    sendBufferLimit: options.sendBufferLimit,
    sendDataTimeout: options.sendDataTimeout,
    slowClient: SLOW_CLIENT_POLICIES.indexOf(options.slowClient),
    drainTimeout: options.drainTimeout,
    maxRunningRoutes: options.maxRunningRoutes,
    busyPoll: options.busyPoll,
    ioUring: options.ioUring,
    contextMlimit: options.contextMlimit,
    tellConnectionNew: connectionNew !== undefined,
    tellMessage,
    // Also without a handler, if anything else makes Client objects: they must learn that they are closed.
    tellConnectionClosed: connectionClosed !== undefined || connectionNew !== undefined || tellMessage,
  }
}

/** Whether any of the plans may change who has which tag. */
export function changeTags({ connectionNew, messageReceived, connectionClosed }: DispatcherPlans): boolean {
  return [connectionNew, messageReceived, connectionClosed].some((program) => program?.changesTags)
}
