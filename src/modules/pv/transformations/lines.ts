// The class line: lines of a text, which end with LF or CRLF.

import { namedTransformations } from '../../../core/transformations.ts'
import { plain, withNumber, withText } from './text.ts'

/** As text, as Kamailio has it. A line end at the end begins no line. */
function count(text: string): string | null {
  if (text === '') return null
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < text.length - 1; at = text.indexOf('\n', at + 1)) lines++
  return String(lines)
}

/** The line number `index`; from the end, -1 the last, if negative. Nothing when there are fewer. */
function lineAt(text: string, index: number): string | null {
  if (text === '') return null
  if (index < 0) {
    let end = text.endsWith('\n') ? text.length - 1 : text.length
    for (let left = -index; ; left--) {
      const at = end === 0 ? -1 : text.lastIndexOf('\n', end - 1)
      if (left === 1) return line(text, at + 1, end)
      if (at < 0) return ''
      end = at
    }
  }
  let start = 0
  for (let left = index; left > 0; left--) {
    const at = text.indexOf('\n', start)
    if (at < 0) return ''
    start = at + 1
  }
  const end = text.indexOf('\n', start)
  return line(text, start, end < 0 ? text.length : end)
}

/** The first line that begins with `beginning`. */
function lineStarting(text: string, beginning: string): string | null {
  if (text === '') return null
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start)
    if (text.startsWith(beginning, start)) return line(text, start, end < 0 ? text.length : end)
    if (end < 0) break
    start = end + 1
  }
  return ''
}

function line(text: string, start: number, end: number): string {
  return text.slice(start, end > start && text[end - 1] === '\r' ? end - 1 : end)
}

export const lines = namedTransformations('line', {
  count: plain(count),
  at: withNumber(lineAt),
  sw: withText(lineStarting),
})
