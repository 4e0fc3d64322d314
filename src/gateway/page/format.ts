// Numbers, times and bytes as people read them.

const SCALES = ['', 'k', 'M', 'G', 'T', 'P']
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A number and its unit, apart: `12.3` and `kB`. */
export interface Figure {
  readonly number: string
  readonly unit: string
}

/** Three digits that count. */
export function figure(value: number, unit = ''): Figure {
  let scale = 0
  let rest = Math.abs(value)
  // What rounds to 1000 is one of the next scale.
  while (rest >= 999.5 && scale < SCALES.length - 1) {
    rest /= 1000
    scale++
  }
  const digits = scale === 0 ? (rest < 10 && rest % 1 !== 0 ? 1 : 0) : rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0
  return { number: rest.toFixed(digits), unit: `${SCALES[scale] ?? ''}${unit}` }
}

export function short(value: number, unit = ''): string {
  const { number, unit: scaled } = figure(value, unit)
  return scaled === '' ? number : `${number} ${scaled}`
}

/** All digits, up to six of them. */
export function count(value: number): string {
  return value < 1_000_000 ? grouped.format(value) : short(value)
}

/** Seconds as the two largest units: `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.floor(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`
}

/** `15:04:05.678`, in the time of whoever looks. */
export function clock(at: number, millis = true): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return millis ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text
}

/** In a line: what cannot be seen is shown as what stands for it. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    const code = char.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '\u2421' : '\u00b7'
  })
}
