// Figures and names in few columns of a terminal.

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const

/** At most five columns: `0`, `999`, `12.3k`, `4.5M`. `-` where it is not known. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '-'
  let rest = value
  let unit = 0
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000
    unit++
  }
  // Less than one a second is something else than nothing.
  const digits =
    unit === 0 ? (rest > 0 && rest < 9.95 && !Number.isInteger(rest) ? 1 : 0) : rest < 99.95 ? 1 : 0
  return `${rest.toFixed(digits)}${UNITS[unit]}`
}

/** At most six columns: `7s`, `3m05s`, `2h07m`, `12d03h`. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`
  const days = Math.floor(whole / 86_400)
  return days < 1000 ? `${days}d${two(Math.floor(whole / 3600) % 24)}h` : `${days}d`
}

// Whoever connects chooses its tag: nothing of it may command the terminal, nor turn what stands beside it round.
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const JOINED = /^\p{M}$/u

/** A name without anything that a terminal would act on. */
export function safe(text: string): string {
  return text.replace(UNSAFE, '?')
}

function widthOf(char: string): number {
  if (JOINED.test(char)) return 0
  return WIDE.test(char) ? 2 : 1
}

/** The text in so many columns, cut off (`…`) or filled up on its right, or on its left. */
export function fit(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const chars = [...text]
  let used = chars.reduce((sum, char) => sum + widthOf(char), 0)
  let shown = text
  if (used > width) {
    shown = ''
    used = 0
    for (const char of chars) {
      if (used + widthOf(char) > width - 1) break
      shown += char
      used += widthOf(char)
    }
    if (width > 0) {
      shown += '…'
      used++
    }
  }
  const space = ' '.repeat(Math.max(width - used, 0))
  return side === 'left' ? `${space}${shown}` : `${shown}${space}`
}
