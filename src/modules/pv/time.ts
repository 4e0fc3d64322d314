// Variables of time and of the process. They need no request: they answer in every route.

import { ContextKey, type RouteContext } from '../../core/context.ts'
import {
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
} from '../../core/pseudovariables.ts'
import { single } from './request.ts'

/**
 * Microseconds since 1970. The wall clock has milliseconds; what is between them comes from the clock that does not jump, held to
 * the wall clock again and again, since that one is set now and then.
 */
let offset = Date.now() - performance.now()

function microseconds(): number {
  const wall = Date.now()
  let now = performance.now() + offset
  if (Math.abs(now - wall) > 2) {
    offset += wall - now
    now = wall
  }
  return Math.floor(now * 1000)
}

/** The moment at which a context first asked for the time: all variables but those of now show this one. */
const MOMENT = new ContextKey(microseconds)

export const momentOf = (ctx: RouteContext) => ctx.state(MOMENT)
const seconds = (time: number) => Math.floor(time / 1_000_000)
const fraction = (time: number) => time % 1_000_000

export const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** As ctime(3) writes it, in the machine's time zone. */
function formatted(time: number): string {
  const date = new Date(time / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const day = String(date.getDate()).padStart(2, ' ')
  return `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${day} ${clock} ${date.getFullYear()}`
}

const TV: Readonly<Record<string, PseudoVariable>> = {
  s: { get: (ctx) => seconds(momentOf(ctx)) },
  u: { get: (ctx) => fraction(momentOf(ctx)) },
  sn: { get: () => seconds(microseconds()) },
  un: { get: () => fraction(microseconds()) },
  Sn: {
    get() {
      const now = microseconds()
      return `${seconds(now)}.${String(fraction(now)).padStart(6, '0')}`
    },
  },
}

/** When the process started. */
const STARTED = Math.floor(performance.timeOrigin / 1000)

export const timeVariables: Readonly<Record<string, PseudoVariableClass>> = {
  Ts: single('Ts', { get: (ctx) => seconds(momentOf(ctx)) }),
  TS: single('TS', { get: () => seconds(microseconds()) }),
  TV: namedPseudoVariables('TV', TV),
  Tf: single('Tf', { get: (ctx) => formatted(momentOf(ctx)) }),
  TF: single('TF', { get: () => formatted(microseconds()) }),
  Tb: single('Tb', { get: () => STARTED }),
  pp: single('pp', { get: () => process.pid }),
}
