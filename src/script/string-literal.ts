// String literals: "..." with escapes and '...' without; a row of "a" "b" is one string. Finds what they say, and for each character of
// that where it was written.

import type { Diagnostics } from './diagnostics.ts'
import type { SourceText } from './source-text.ts'
import type { StringToken } from './token.ts'

/** What Kamailio resolves; any other backslash stands for itself. */
const ESCAPE = /\\(?:([nrta\\"])|([0-7]{2,3})|x([0-9A-Fa-f]{1,2}))/y
const NAMED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07' }
const PLAIN = /[^"\\]+/y
/** A backslash at the end of a line: the next one belongs to it. */
const JOINED = /\\\r?\n/y
const BETWEEN = /[ \t\r\n]*"/y

/** From the character at `value` on, characters stand one by one from `source` on. */
interface Run {
  readonly value: number
  readonly source: number
}

/**
 * Reads the string whose quote is at `start`. One that is not closed goes up to the end of its line.
 * @param end where the text to read ends
 * @param lines whether the string may go over several lines
 */
export function readString(
  source: SourceText,
  start: number,
  end: number,
  lines: boolean,
  diagnostics: Diagnostics,
): { readonly token: StringToken; readonly end: number; readonly closed: boolean } {
  const { text } = source
  const limit = lines ? end : endOfLine(text, start, end)
  const quote = text[start] === "'" ? "'" : '"'
  const runs: Run[] = []
  let value = ''
  let at = start
  let opened = start
  let closed = false
  if (quote === "'") {
    const close = text.indexOf("'", start + 1)
    closed = close >= 0 && close < limit
    runs.push({ value: 0, source: start + 1 })
    value = text.slice(start + 1, closed ? close : endOfLine(text, start, limit))
    at = start + 1 + value.length + (closed ? 1 : 0)
  } else {
    for (;;) {
      opened = at
      at++
      runs.push({ value: value.length, source: at })
      closed = false
      while (at < limit) {
        if (text[at] === '"') {
          at++
          closed = true
          break
        }
        const plain = matchAt(PLAIN, text, at)?.[0].slice(0, limit - at)
        if (plain !== undefined) {
          value += plain
          at += plain.length
          continue
        }
        const joined = matchAt(JOINED, text, at)?.[0].length
        if (joined !== undefined) {
          at += joined
          runs.push({ value: value.length, source: at })
          continue
        }
        const escaped = matchAt(ESCAPE, text, at)
        value += escaped === undefined ? '\\' : resolve(escaped)
        at += escaped?.[0].length ?? 1
        runs.push({ value: value.length, source: at })
      }
      const next = matchAt(BETWEEN, text, at)?.[0].length
      if (!closed || next === undefined || at + next > limit) break
      at += next - 1
    }
  }
  if (!closed) {
    diagnostics.error(
      source.place(opened, opened + 1),
      'this string is never closed',
      `write ${quote} where it ends, or see whether a ${quote} is missing before it`,
    )
    // What follows is read as if the quote stood at the end of the line.
    at = endOfLine(text, opened, limit)
    value = text.slice(start + 1, at)
    runs.length = 1
  }
  const place = source.place(start, at)
  const placeOf = (offset: number) => {
    const run = lastRun(runs, offset)
    const where = Math.min(run.source + (offset - run.value), at)
    return source.place(where, where + 1)
  }
  return {
    token: { kind: 'string', text: text.slice(start, at), value, quote, place, placeOf },
    end: at,
    closed,
  }
}

function resolve([, letter, octal, hexadecimal]: RegExpExecArray): string {
  if (letter !== undefined) return NAMED[letter] ?? letter
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
  return String.fromCharCode(Number.parseInt(hexadecimal ?? '0', 16))
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function endOfLine(text: string, from: number, limit: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 || end > limit ? limit : end
}

function lastRun(runs: readonly Run[], offset: number): Run {
  let low = 0
  let high = runs.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((runs[middle]?.value ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return runs[low] ?? { value: 0, source: 0 }
}
