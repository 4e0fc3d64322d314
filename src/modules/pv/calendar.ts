// Variables of the calendar: parts of the time, $time(hour), and the time in a form of one's own, $timef(%Y-%m-%d); in local time, or in UTC with
// a u before the name. All show the moment at which the context first asked for the time.

import type { RouteContext } from '../../core/context.ts'
import { namedPseudoVariables, type PseudoVariableClass } from '../../core/pseudovariables.ts'
import { nameMissing } from './names.ts'
import { DAYS, MONTHS, momentOf } from './time.ts'

/** A moment in parts, in one zone. Months and days of the year from 1, days of the week from 1, a Sunday. */
interface Parts {
  readonly sec: number
  readonly min: number
  readonly hour: number
  readonly mday: number
  readonly mon: number
  readonly year: number
  readonly wday: number
  readonly yday: number
  readonly isdst: number
  /** Minutes east of UTC. */
  readonly offset: number
  readonly seconds: number
}

const DAY = 86_400_000

function partsOf(milliseconds: number, utc: boolean): Parts {
  const date = new Date(milliseconds)
  const offset = utc ? 0 : -date.getTimezoneOffset()
  // The local time as if it were UTC: one set of methods for both.
  const local = new Date(milliseconds + offset * 60_000)
  const year = local.getUTCFullYear()
  return {
    sec: local.getUTCSeconds(),
    min: local.getUTCMinutes(),
    hour: local.getUTCHours(),
    mday: local.getUTCDate(),
    mon: local.getUTCMonth() + 1,
    year,
    wday: local.getUTCDay() + 1,
    yday: Math.floor((local.getTime() - Date.UTC(year, 0, 1)) / DAY) + 1,
    isdst: utc ? 0 : isSummer(date, offset),
    offset,
    seconds: Math.floor(milliseconds / 1000),
  }
}

/** Whether the clock is ahead of the zone's own time, which is that of January or July, whichever is less. */
function isSummer(date: Date, offset: number): number {
  const year = date.getFullYear()
  const ofMonth = (month: number) => -new Date(year, month, 1).getTimezoneOffset()
  return offset > Math.min(ofMonth(0), ofMonth(6)) ? 1 : 0
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0')

/** What stands for a letter of strftime(3); in the C locale. */
const FIELDS: Readonly<Record<string, (parts: Parts, utc: boolean) => string>> = {
  a: ({ wday }) => DAYS[wday - 1] ?? '',
  A: ({ wday }) => LONG_DAYS[wday - 1] ?? '',
  b: ({ mon }) => MONTHS[mon - 1] ?? '',
  B: ({ mon }) => LONG_MONTHS[mon - 1] ?? '',
  c: (parts) => format('%a %b %e %H:%M:%S %Y', parts, false),
  C: ({ year }) => pad(Math.floor(year / 100)),
  d: ({ mday }) => pad(mday),
  D: (parts) => format('%m/%d/%y', parts, false),
  e: ({ mday }) => String(mday).padStart(2, ' '),
  F: (parts) => format('%Y-%m-%d', parts, false),
  h: ({ mon }) => MONTHS[mon - 1] ?? '',
  H: ({ hour }) => pad(hour),
  I: ({ hour }) => pad(hour % 12 === 0 ? 12 : hour % 12),
  j: ({ yday }) => pad(yday, 3),
  k: ({ hour }) => String(hour).padStart(2, ' '),
  l: ({ hour }) => String(hour % 12 === 0 ? 12 : hour % 12).padStart(2, ' '),
  m: ({ mon }) => pad(mon),
  M: ({ min }) => pad(min),
  n: () => '\n',
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  r: (parts) => format('%I:%M:%S %p', parts, false),
  R: (parts) => format('%H:%M', parts, false),
  s: ({ seconds }) => String(seconds),
  S: ({ sec }) => pad(sec),
  t: () => '\t',
  T: (parts) => format('%H:%M:%S', parts, false),
  u: ({ wday }) => String(wday === 1 ? 7 : wday - 1),
  U: ({ yday, wday }) => pad(Math.floor((yday + 6 - (wday - 1)) / 7)),
  w: ({ wday }) => String(wday - 1),
  x: (parts) => format('%m/%d/%y', parts, false),
  X: (parts) => format('%H:%M:%S', parts, false),
  y: ({ year }) => pad(year % 100),
  Y: ({ year }) => String(year),
  z: ({ offset }) => {
    const minutes = Math.abs(offset)
    return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`
  },
  Z: ({ seconds }, utc) => (utc ? 'GMT' : zoneName(seconds)),
  '%': () => '%',
}

const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const LONG_MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

const ZONE = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })

function zoneName(seconds: number): string {
  return ZONE.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** The moment in the form that a text says, as strftime(3) reads it. Letters that it has not stay as they are. */
function format(text: string, parts: Parts, utc: boolean): string {
  return text.replace(/%(.)/gs, (written, letter: string) => {
    return Object.hasOwn(FIELDS, letter) ? (FIELDS[letter]?.(parts, utc) ?? written) : written
  })
}

const NAMES = ['sec', 'min', 'hour', 'mday', 'mon', 'year', 'wday', 'yday', 'isdst'] as const

const now = (ctx: RouteContext, utc: boolean) => partsOf(Math.floor(momentOf(ctx) / 1000), utc)

function parts(name: string, utc: boolean): PseudoVariableClass {
  return namedPseudoVariables(
    name,
    Object.fromEntries(NAMES.map((part) => [part, { get: (ctx: RouteContext) => now(ctx, utc)[part] }])),
  )
}

function formatted(name: string, utc: boolean): PseudoVariableClass {
  return {
    parse: (inner) =>
      inner
        ? { get: (ctx) => format(inner, now(ctx, utc), utc) }
        : nameMissing(name).replace('a name', 'a format'),
  }
}

export const calendarVariables: Readonly<Record<string, PseudoVariableClass>> = {
  time: parts('time', false),
  utime: parts('utime', true),
  timef: formatted('timef', false),
  utimef: formatted('utimef', true),
}
