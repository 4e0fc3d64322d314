// The KEMI script that runs: which engine's function it is, and since when, so that one that does not return can be ended. One per
// server.

import { type Runtime, StateKey } from '../../core/runtime.ts'
import { Watchdog } from './watchdog.ts'

/** An engine of scripts, as far as functions of modules ask it for something. */
export interface ScriptEngine {
  /** What is defined for it (#!define of the kamailio.cfg that loads it, -A). Byte strings. */
  readonly defines: ReadonlyMap<string, string>
  /** Calls a function of the script. @returns false when there is none or it throws, which has been logged */
  run(name: string, args: readonly string[]): boolean
  /** A function was ended from outside: nothing of it has run since, no `finally` either. */
  ended(name: string): void
}

export class RunningScript {
  /** Whose function runs; null when none does. */
  engine: ScriptEngine | null = null
  private name = ''
  private watchdog: Watchdog | null = null
  private readonly runtime: Runtime
  private readonly limit: number

  constructor(runtime: Runtime) {
    this.runtime = runtime
    const limit = runtime.parametersOf('app_jsdt')['watchdog']
    this.limit = typeof limit === 'number' ? limit : 0
  }

  /**
   * A function begins, possibly within another.
   * @returns what leave() is to be given
   */
  enter(engine: ScriptEngine, name: string): ScriptEngine | null {
    const outer = this.engine
    this.engine = engine
    if (outer === null && this.limit > 0) {
      this.name = name
      this.watchdog ??= new Watchdog(this.limit, (problem) => this.stuck(problem))
      this.watchdog.begin()
    }
    return outer
  }

  leave(outer: ScriptEngine | null): void {
    this.engine = outer
    if (outer === null) this.watchdog?.end()
  }

  stop(): Promise<void> | undefined {
    return this.watchdog?.stop()
  }

  /** @param problem why it could not be ended; undefined: it was */
  private stuck(problem: string | undefined): void {
    const { engine, name, limit } = this
    if (problem !== undefined) {
      this.runtime.log.error(
        { function: name, watchdog: limit },
        `the watchdog of KEMI scripts does not work here: ${problem}`,
      )
      return
    }
    this.runtime.log.error(
      { function: name, watchdog: limit },
      `${name} of the KEMI script ran for ${limit} ms and was ended`,
    )
    this.engine = null
    this.watchdog?.end()
    engine?.ended(name)
  }
}

/** The script of a server. */
export const SCRIPT = new StateKey((runtime) => new RunningScript(runtime))
