// The log: a small face over pino, one event a line. Every part writes through this face and is given its log; there is
// no global one.

import { writeSync } from 'node:fs'
import pino from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Client } from '../dispatcher.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** Writes one line. Fields go beside the message, they are not put into it. */
export interface LogMethod {
  (message: string): void
  (fields: object, message: string): void
}

/** What evapid needs of a log. A pino logger is one. */
export interface Log {
  readonly trace: LogMethod
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  readonly fatal: LogMethod
  /** Whether a line of that level would be written; where it is absent, all are. */
  isLevelEnabled?(level: string): boolean
  /** A log whose every line has these fields too. */
  child(fields: Record<string, unknown>): Log
}

/** How evapid's own log is to be. */
export interface LogOptions {
  /** The lowest level that is written. Default: `warn` when embedded, `info` for the command. */
  readonly level?: LogLevel | 'silent'
  /** Coloured text for people in place of JSON lines. Default false. */
  readonly pretty?: boolean
}

/** What `log` in a configuration may be: false for none, options for evapid's own, or a log such as a pino logger. */
export type LogSetting = false | LogOptions | Log

/**
 * Makes the log that a setting asks for. evapid's own goes to stderr, so that stdout stays free for what a command was
 * asked to print. A line is written before the call returns: none is lost, however the process ends.
 */
export function createLog(setting: LogSetting | undefined, defaultLevel: LogLevel = 'warn'): Log {
  if (setting === false) return pino({ level: 'silent' })
  if (setting !== undefined && isLog(setting)) return setting
  const options = {
    level: setting?.level ?? defaultLevel,
    // Neither pid nor host name: whoever collects the lines knows them.
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  if (setting?.pretty) {
    const format = prettyFactory({ colorize: process.stderr.isTTY === true })
    return pino(options, { write: (line) => writeToStderr(format(line)) })
  }
  return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, { write: writeToStderr })
}

/**
 * Not pino's own destination: at exit, that one tries for ever to flush into a pipe whose reader is gone. Here, what
 * stderr does not take, because nobody reads it or it is full, is dropped: the bus matters more than its log.
 */
function writeToStderr(line: string): void {
  let rest: Uint8Array = Buffer.from(line)
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(2, rest))
  } catch {
    // EPIPE, EAGAIN, EBADF: there is no other place to say so.
  }
}

/** Whether a setting is a log of the caller's own. */
export function isLog(setting: object): setting is Log {
  const methods: readonly string[] = [...LOG_LEVELS, 'child']
  return methods.every((name) => typeof Reflect.get(setting, name) === 'function')
}

/** Whether what is written at level debug goes anywhere. A log that does not say is taken not to. */
export function writesDebug(log: Log): boolean {
  const isLevelEnabled: unknown = Reflect.get(log, 'isLevelEnabled')
  return typeof isLevelEnabled === 'function' && Reflect.apply(isLevelEnabled, log, ['debug']) === true
}

/** How a client stands in a log line. */
export function clientFields(client: Client): { address: string; port: number; index: number } {
  return { address: client.address, port: client.port, index: client.index }
}

/** What was thrown, as one text. Anything can be thrown, also what cannot be made a string. */
export function textOfFailure(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'something that has no text'
  }
}

/** A line that was written, or would have been at another level. */
export interface LogLine {
  readonly level: 'warn' | 'error' | 'fatal'
  readonly message: string
}

/** The log of somebody, of which warnings and errors are told to who watches as well. */
export class WatchedLog implements Log {
  readonly trace: LogMethod
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  readonly fatal: LogMethod
  declare readonly isLevelEnabled?: (level: string) => boolean
  readonly #log: Log
  readonly #watchers: Set<(line: LogLine) => void>

  /** @param watchers those of the log that this one is a child of */
  constructor(log: Log, watchers = new Set<(line: LogLine) => void>()) {
    this.#log = log
    this.#watchers = watchers
    this.trace = log.trace.bind(log)
    this.debug = log.debug.bind(log)
    this.info = log.info.bind(log)
    this.warn = this.#watched('warn')
    this.error = this.#watched('error')
    this.fatal = this.#watched('fatal')
    // A log that has none is asked for none.
    if (log.isLevelEnabled) this.isLevelEnabled = log.isLevelEnabled.bind(log)
  }

  child(fields: Record<string, unknown>): Log {
    return new WatchedLog(this.#log.child(fields), this.#watchers)
  }

  /** Tells it each line from now on, those of children too. @returns what ends that */
  watch(watcher: (line: LogLine) => void): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  #watched(level: LogLine['level']): LogMethod {
    const log = this.#log
    return (...line: [message: string] | [fields: object, message: string]) => {
      if (line.length === 1) log[level](line[0])
      else log[level](line[0], line[1])
      for (const watcher of this.#watchers) watcher({ level, message: line.length === 1 ? line[0] : line[1] })
    }
  }
}
