// What scripts write to the log: log(), xlog() and KSR.info() in one place. Kamailio's levels are numbers; here they become those of the log.

import { textOfBytes } from '../../core/bytestring.ts'
import type { RouteContext } from '../../core/context.ts'
import type { Log, LogLevel } from '../../core/log.ts'

/** Kamailio's levels by name, without `L_`. */
export const LEVELS = {
  ALERT: -5,
  BUG: -4,
  CRIT2: -3,
  CRIT: -2,
  ERR: -1,
  WARN: 0,
  NOTICE: 1,
  INFO: 2,
  DBG: 3,
} as const

/** What a level is in the log. What is below critical there needs somebody at once, as a fatal error does. */
function levelOf(level: number): LogLevel {
  if (level <= LEVELS.CRIT) return 'fatal'
  if (level === LEVELS.ERR) return 'error'
  if (level === LEVELS.WARN) return 'warn'
  return level <= LEVELS.INFO ? 'info' : 'debug'
}

/** The log as the script of one context writes to it. */
export class ScriptLog {
  private readonly ctx: RouteContext

  constructor(ctx: RouteContext) {
    this.ctx = ctx
  }

  /** Whether a line of that level would be written: whoever has to expand one may ask first. */
  writes(level: number): boolean {
    return isWritten(this.ctx.runtime.log, levelOf(level))
  }

  /**
   * Writes one line: with the route, and where in the script it was.
   * @param level of Kamailio's: -5 to 3
   * @param text a byte string; a newline at its end, which Kamailio's log needs, is dropped
   */
  write(level: number, text: string): void {
    const { ctx } = this
    const { file, line } = ctx.runtime.script
    const message = textOfBytes(text.endsWith('\n') ? text.slice(0, -1) : text)
    const fields = line > 0 ? { file, line } : {}
    ctx.log[levelOf(level)](fields, message)
  }
}

export function scriptLog(ctx: RouteContext): ScriptLog {
  return new ScriptLog(ctx)
}

function isWritten(log: Log, level: LogLevel): boolean {
  return log.isLevelEnabled?.(level) ?? true
}
