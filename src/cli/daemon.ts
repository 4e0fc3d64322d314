// The daemon: a server with signals, systemd, and a last net for what user code throws outside of any route.

import { constants } from 'node:os'
import type { ResolvedConfig } from '../config.ts'
import { formatAddress } from '../core/address.ts'
import { ListenError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Summary } from '../script/load.ts'
import { type Reload, Server } from '../server.ts'
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
  /** Of a kamailio.cfg. */
  readonly summary?: Summary | undefined
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
  process.on('SIGHUP', () => {
    // What is wrong the server has said in its log.
    reloading.ask('SIGHUP').catch(() => {})
  })
  server.reloadWhenAsked(() => reloading.ask('cfg.reload'))
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
  private status = ''
  private start: () => void = () => {}
  /** Of the reload that is under way, and before that when the server listens. */
  private last: Promise<unknown>
  /** The one that has been asked for and has not begun. */
  private next: Promise<Reload> | undefined

  constructor(server: Server, readAgain: () => Promise<Configuration>) {
    this.server = server
    this.readAgain = readAgain
    this.last = new Promise<void>((resolve) => {
      this.start = resolve
    })
  }

  /**
   * @param by who asks, for the log
   * @returns what it has come to; rejects with what was wrong, which the server has said in its log
   */
  ask(by: string): Promise<Reload> {
    if (this.next) return this.next
    const reload = this.last.then(() => {
      this.next = undefined
      return this.reload(by)
    })
    this.next = reload
    this.last = reload.catch(() => {})
    return reload
  }

  /** The server listens. @param status what systemd shows while all is well */
  begin(status: string): void {
    this.status = status
    this.start()
  }

  private async reload(by: string): Promise<Reload> {
    const { server, status } = this
    server.log.info(`${by}: reloading`)
    notifyReloading()
    const read = async () => {
      const configuration = await this.readAgain()
      warn(server.log, configuration)
      return configuration.config
    }
    try {
      const done = await server.reloadWith(read)
      notifyReady(status)
      return done
    } catch (error) {
      notifyReady(`${status}; the last reload was refused: see the log`)
      throw error
    }
  }
}

function warn(log: Log, { warnings, summary }: Configuration): void {
  for (const warning of warnings) log.warn(warning.split('\n', 1)[0] ?? '')
  for (const [route, why] of summary?.unplanned ?? []) {
    log.debug({ route }, `${route} runs in JavaScript, not in the dispatcher: ${why}`)
  }
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
