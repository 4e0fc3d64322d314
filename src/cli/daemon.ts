// The daemon: a server with signals, systemd, and a last net for what user code throws outside of any route.

import { constants } from 'node:os'
import type { ResolvedConfig } from '../config.ts'
import { formatAddress } from '../core/address.ts'
import { ListenError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { Server } from '../server.ts'
import { formatListen } from '../sip/transport.ts'
import { removePidFile, writePidFile } from './pid-file.ts'
import {
  forgetListenDescriptors,
  listenDescriptors,
  notifyReady,
  notifyReloading,
  notifyStopping,
} from './systemd.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** What a daemon runs by: a configuration, and what is worth a warning in the files that it comes from. */
export interface Configuration {
  readonly config: ResolvedConfig
  /** A text each, of which the first line says it all. */
  readonly warnings: readonly string[]
}

export interface DaemonParts {
  readonly first: Configuration
  /** Reads everything again. */
  readonly readAgain: () => Promise<Configuration>
  readonly pidFile: string | undefined
}

/**
 * Runs the bus until a signal ends it.
 * @returns the exit code, 0
 * @throws ListenError, UsageError for a pid file that cannot be written, and what a module's start() throws
 */
export async function runDaemon({ first, readAgain, pidFile }: DaemonParts): Promise<number> {
  const server = new Server(first.config)
  warn(server.log, first)
  const descriptors = listenDescriptors(process.env, process.pid)
  forgetListenDescriptors(process.env)
  const ended = untilSignal(server)
  const reloading = new Reloading(server, readAgain)
  process.on('SIGHUP', () => reloading.ask())
  const bound = await server.listen({ adopt: descriptors }).catch((error: unknown) => {
    // A signal came first: closing is what was asked for, not a failure.
    if (error instanceof ListenError && error.reason === 'ECANCELED') return undefined
    throw error
  })
  if (!bound) return ended.then(() => 0)
  if (pidFile !== undefined) writePidFile(pidFile)
  const addresses = bound.map(formatAddress).join(', ')
  catchStrays(server)
  const plans = Object.keys(first.config.plans)
  server.log.info(
    { addresses, relayAll: first.config.defaultRelay, plans },
    `evapid is listening on ${addresses}`,
  )
  const sip = server.sipAddresses.map(formatListen).join(', ')
  if (sip !== '') server.log.info({ sip }, `SIP requests are taken on ${sip}`)
  notifyReady(`listening on ${addresses}`)
  reloading.begin(`listening on ${addresses}`)
  await ended
  if (pidFile !== undefined) removePidFile(pidFile)
  return 0
}

/** Reloads, one at a time. Those that are asked for while one is under way are one more, and those before the server listens one. */
class Reloading {
  private readonly server: Server
  private readonly readAgain: () => Promise<Configuration>
  private status: string | undefined
  private asked = false
  private running = false

  constructor(server: Server, readAgain: () => Promise<Configuration>) {
    this.server = server
    this.readAgain = readAgain
  }

  ask(): void {
    this.asked = true
    void this.run()
  }

  /** The server listens. @param status what systemd shows while all is well */
  begin(status: string): void {
    this.status = status
    void this.run()
  }

  private async run(): Promise<void> {
    if (this.running || this.status === undefined) return
    this.running = true
    while (this.asked) {
      this.asked = false
      await this.reload(this.status)
    }
    this.running = false
  }

  private async reload(status: string): Promise<void> {
    const { server } = this
    server.log.info('SIGHUP: reloading')
    notifyReloading()
    const read = async () => {
      const configuration = await this.readAgain()
      warn(server.log, configuration)
      return configuration.config
    }
    // What is wrong the server has said in its log.
    const done = await server.reloadWith(read).then(
      () => true,
      () => false,
    )
    notifyReady(done ? status : `${status}; the last reload was refused: see the log`)
  }
}

function warn(log: Log, { warnings }: Configuration): void {
  for (const warning of warnings) log.warn(warning.split('\n', 1)[0] ?? '')
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
