// The daemon: a server with signals, systemd, and a last net for what user code throws outside of any route.

import { constants } from 'node:os'
import type { ResolvedConfig } from '../config.ts'
import { formatAddress } from '../core/address.ts'
import { ListenError } from '../core/errors.ts'
import { Server } from '../server.ts'
import { formatListen } from '../sip/transport.ts'
import { forgetListenDescriptors, listenDescriptors, notifyReady, notifyStopping } from './systemd.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Runs the bus until a signal ends it.
 * @returns the exit code, 0
 * @throws ListenError, and what a module's start() throws
 */
export async function runDaemon(config: ResolvedConfig): Promise<number> {
  const server = new Server(config)
  const descriptors = listenDescriptors(process.env, process.pid)
  forgetListenDescriptors(process.env)
  const ended = untilSignal(server)
  const bound = await server.listen({ adopt: descriptors }).catch((error: unknown) => {
    // A signal came first: closing is what was asked for, not a failure.
    if (error instanceof ListenError && error.reason === 'ECANCELED') return undefined
    throw error
  })
  if (!bound) return ended.then(() => 0)
  const addresses = bound.map(formatAddress).join(', ')
  catchStrays(server)
  const plans = Object.keys(config.plans)
  server.log.info({ addresses, relayAll: config.defaultRelay, plans }, `evapid is listening on ${addresses}`)
  const sip = server.sipAddresses.map(formatListen).join(', ')
  if (sip !== '') server.log.info({ sip }, `SIP requests are taken on ${sip}`)
  notifyReady(addresses)
  await ended
  return 0
}

/** The first signal closes the server in order, a second one ends the process at once. */
function untilSignal(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (stopping) process.exit(128 + constants.signals[signal])
        stopping = true
        server.log.info({ signal }, `${signal}: closing; once more to quit at once`)
        notifyStopping()
        server.close().then(() => {
          server.log.info('closed')
          resolve()
        }, reject)
      })
    }
  })
}

/** A callback that a route left behind (a timer, a socket) may throw at any time: that ends neither bus nor clients. */
function catchStrays(server: Server): void {
  process.on('uncaughtException', (error) => server.reportStray(error))
  process.on('unhandledRejection', (reason) => server.reportStray(reason))
}
