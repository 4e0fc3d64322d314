// The rtimer module: routes that run by the clock (Kamailio's rtimer). Each timer runs its routes one after the other, never a second time
// before the first is over, and keeps no process alive.

import { ConfigError, type Mistake } from '../core/errors.ts'
import { defineModule } from '../core/module.ts'
import { integer, strings } from '../core/parameters.ts'
import type { RunObserver } from '../core/routes.ts'
import { type Runtime, StateKey } from '../core/runtime.ts'
import { type Appointment, type Clock, systemClock } from '../tm/clock.ts'
import { readAttributes } from './attributes.ts'

const TIMER = '"name=ta;interval=10;mode=1": seconds, or microseconds as in interval=500000u'
const EXEC = '"timer=ta;route=NAME"'

const parameters = {
  timer: strings({
    expected: TIMER,
    check: (text) => typeof readTimer(text, 1) !== 'string',
    doc: `A timer, once for each: ${TIMER}. mode has no effect: there is one process.`,
  }),
  exec: strings({
    expected: EXEC,
    check: (text) => typeof readExec(text) !== 'string',
    doc: `What a timer runs, once for each: ${EXEC}.`,
  }),
  default_interval: integer({ default: 120, min: 1, doc: 'Seconds, where a timer has no interval.' }),
}

interface TimerSettings {
  readonly name: string
  readonly ms: number
}

/** @param defaultInterval seconds @returns a text that says what is wrong, if something is */
function readTimer(text: string, defaultInterval: number): TimerSettings | string {
  const attributes = readAttributes(text)
  if (typeof attributes === 'string') return attributes
  const name = attributes.get('name')
  if (!name) return 'a timer has a name'
  const [, digits, micro] = /^(\d*)(u?)$/.exec(attributes.get('interval') ?? '') ?? []
  if (digits === undefined) return 'interval is not a number'
  const interval = Number(digits) || defaultInterval * (micro ? 1_000_000 : 1)
  return { name, ms: micro ? interval / 1000 : interval * 1000 }
}

/** @returns a text that says what is wrong, if something is */
function readExec(text: string): { readonly timer: string; readonly route: string } | string {
  const attributes = readAttributes(text)
  if (typeof attributes === 'string') return attributes
  const { timer, route } = Object.fromEntries(attributes)
  return timer && route ? { timer, route } : 'a timer and a route are needed'
}

/** One timer. */
export class RouteTimer implements RunObserver {
  private readonly runtime: Runtime
  private readonly clock: Clock
  private readonly ms: number
  private readonly routes: readonly string[]
  private appointment: Appointment | undefined = undefined
  private due: number
  private underWay = 0

  /** @param ms at least 1 is waited: nothing here is asked to run more often than a thousand times a second */
  constructor(runtime: Runtime, clock: Clock, ms: number, routes: readonly string[]) {
    this.runtime = runtime
    this.clock = clock
    this.ms = Math.max(ms, 1)
    this.routes = routes
    this.due = clock.now()
    this.arm()
  }

  stop(): void {
    this.appointment?.cancel()
    this.appointment = undefined
  }

  /** A beat that was missed, because the process was busy, is not made up for. */
  private arm(): void {
    const now = this.clock.now()
    this.due = Math.max(this.due + this.ms, now)
    this.appointment = this.clock.after(this.due - now, () => this.beat())
  }

  private beat(): void {
    this.arm()
    if (this.underWay > 0) return
    for (const name of this.routes) {
      this.underWay++
      // Looked up each time: a reload may have brought another one, or none.
      if (!this.runtime.runEvent(name, this)) this.underWay--
    }
  }

  // --- RunObserver

  goesOn(): void {}

  ended(): void {
    this.underWay--
  }

  isOrdinary(_error: unknown): _error is never {
    return false
  }
}

const ROUTE_TIMERS = new StateKey((): RouteTimer[] => [])

export const rtimer = defineModule({
  name: 'rtimer',
  parameters,

  start(runtime, { timer, exec, defaultInterval }) {
    const mistakes: Mistake[] = []
    const settings = timer
      .map((text) => readTimer(text, defaultInterval))
      .filter((each) => typeof each !== 'string')
    const routes = new Map<string, string[]>(settings.map(({ name }) => [name, []]))
    for (const each of exec.map(readExec).filter((read) => typeof read !== 'string')) {
      const route = `route[${each.route}]`
      const list = routes.get(each.timer)
      if (!list) mistakes.push({ path: 'rtimer.exec', problem: `there is no timer ${each.timer}` })
      else if (!runtime.routes.get(route))
        mistakes.push({ path: 'rtimer.exec', problem: `there is no ${route}` })
      // The one that was named last runs first, in Kamailio as well.
      else list.unshift(route)
    }
    if (mistakes.length > 0) throw new ConfigError(mistakes)
    const timers = runtime.state(ROUTE_TIMERS)
    for (const { name, ms } of settings) {
      const list = routes.get(name) ?? []
      if (list.length > 0) timers.push(new RouteTimer(runtime, systemClock, ms, list))
    }
  },

  stop(runtime) {
    for (const timer of runtime.state(ROUTE_TIMERS)) timer.stop()
  },
})
