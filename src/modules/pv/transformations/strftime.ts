// Times as strftime(3) of the GNU C library writes them, in the C locale and the machine's time zone.

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
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

/** Whole conversions that stand for others. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  h: '%b',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
}

/** A value before flags and width are applied: a number with its usual width and padding, or a text. */
type Conversion = readonly [value: number, width: number, pad: '0' | ' '] | string

/** Room for a time, which is Kamailio's. */
const LARGEST = 65_535

/** Which conversions have another form for other eras, and with other digits. They are the same in the C locale. */
const MODIFIED: Readonly<Record<string, string>> = { E: 'cCxXyY', O: 'bBdeHImMSuUVwWy' }

/**
 * @param seconds since 1970
 * @returns null when it becomes too long
 */
export function strftime(format: string, seconds: number): string | null {
  return expand(format, new Date(seconds * 1000))
}

function expand(format: string, date: Date): string | null {
  let room = LARGEST - format.length
  const expanded = format.replace(
    /%([_0^#-]*)(\d*)([EO]?)([A-Za-z%])/g,
    (written, flags: string, width: string, modifier: string, letter: string) => {
      if (modifier !== '' && !MODIFIED[modifier]?.includes(letter)) return written
      const conversion = convert(letter, date)
      if (conversion === undefined) return written
      room -= Number(width)
      return room < 0 ? '' : adorn(conversion, flags, Number(width), letter)
    },
  )
  return room < 0 ? null : expanded
}

function adorn(conversion: Conversion, flags: string, width: number, letter: string): string {
  let padding = ''
  for (const flag of flags) if (flag === '_' || flag === '-' || flag === '0') padding = flag
  if (typeof conversion !== 'string') {
    const [value, usual, pad] = conversion
    const digits = String(Math.abs(value))
    const sign = value < 0 ? '-' : ''
    const fill = padding === '_' || padding === '-' ? ' ' : padding === '' ? pad : '0'
    const room = padding === '-' ? width : Math.max(width, usual)
    if (fill === ' ') return (sign + digits).padStart(room, ' ')
    return sign + digits.padStart(room - sign.length, '0')
  }
  let text = conversion
  if (flags.includes('#')) text = letter === 'p' || letter === 'Z' ? text.toLowerCase() : text.toUpperCase()
  if (flags.includes('^')) text = text.toUpperCase()
  return text.padStart(width, padding === '0' ? '0' : ' ')
}

function convert(letter: string, date: Date): Conversion | undefined {
  const composed = COMPOSED[letter]
  if (composed !== undefined) return expand(composed, date) ?? undefined
  switch (letter) {
    case 'a':
      return (DAYS[date.getDay()] ?? '').slice(0, 3)
    case 'A':
      return DAYS[date.getDay()] ?? ''
    case 'b':
      return (MONTHS[date.getMonth()] ?? '').slice(0, 3)
    case 'B':
      return MONTHS[date.getMonth()] ?? ''
    case 'C':
      return [Math.floor(date.getFullYear() / 100), 2, '0']
    case 'd':
      return [date.getDate(), 2, '0']
    case 'e':
      return [date.getDate(), 2, ' ']
    case 'g':
      return [isoWeek(date).year % 100, 2, '0']
    case 'G':
      return [isoWeek(date).year, 1, '0']
    case 'H':
      return [date.getHours(), 2, '0']
    case 'I':
      return [date.getHours() % 12 || 12, 2, '0']
    case 'j':
      return [dayOfYear(date) + 1, 3, '0']
    case 'k':
      return [date.getHours(), 2, ' ']
    case 'l':
      return [date.getHours() % 12 || 12, 2, ' ']
    case 'm':
      return [date.getMonth() + 1, 2, '0']
    case 'M':
      return [date.getMinutes(), 2, '0']
    case 'n':
      return '\n'
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM'
    case 'P':
      return date.getHours() < 12 ? 'am' : 'pm'
    case 's':
      return [Math.floor(date.getTime() / 1000), 1, '0']
    case 'S':
      return [date.getSeconds(), 2, '0']
    case 't':
      return '\t'
    case 'u':
      return [date.getDay() || 7, 1, '0']
    case 'U':
      return [Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7), 2, '0']
    case 'V':
      return [isoWeek(date).week, 2, '0']
    case 'w':
      return [date.getDay(), 1, '0']
    case 'W':
      return [Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7), 2, '0']
    case 'y':
      return [((date.getFullYear() % 100) + 100) % 100, 2, '0']
    case 'Y':
      return [date.getFullYear(), 1, '0']
    case 'z':
      return offset(date)
    case 'Z':
      return zoneName(date)
    case '%':
      return '%'
    default:
      return undefined
  }
}

/** Days since the first of January, which is 0. */
function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return Math.round((day - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000)
}

/** The week of ISO 8601: it begins on Monday, and belongs to the year that has its Thursday. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()))
  thursday.setUTCDate(thursday.getUTCDate() + 3 - ((thursday.getUTCDay() + 6) % 7))
  const year = thursday.getUTCFullYear()
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 / 7) + 1
  return { year, week }
}

function offset(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  const two = (value: number) => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}
