// The head of a message: finds where each header line begins and ends, and which of the common headers it is, in one pass. Not for
// what values mean.

import { HEADER_KINDS, headerKind, OTHER, VIA } from './header-names.ts'

/** Words of the table for a line: start and end of the name, start and end of the value, 1 if it is folded. */
const WORDS = 5

const CR = 0x0d

/**
 * The header lines of one message as offsets into its text. A table is scratch memory that is used again for the next
 * message: whoever wants to look at the lines of a message later scans them again, which is cheaper than to keep them.
 */
export class HeadTable {
  /** How many lines there are. */
  count = 0
  /** Where the body begins; where the scan ended if the head is not complete. */
  end = 0
  /** An empty line has been found. */
  complete = false
  /** There were more lines than allowed; the rest was not looked at. */
  overfull = false
  /** Bits `1 << kind` of the common headers that are there. */
  present = 0
  /** Bits of those that are there in more than one line. */
  repeated = 0
  /** How many Via lines there are. */
  viaLines = 0

  private words = new Int32Array(WORDS * 64)
  private readonly firsts = new Int32Array(HEADER_KINDS)

  /** Where the name begins. */
  nameStart(line: number): number {
    return this.words[line * WORDS] as number
  }

  /** Where the name ends; where it begins, if the line is no header because it has none. */
  nameEnd(line: number): number {
    return this.words[line * WORDS + 1] as number
  }

  /** Where the value begins, after white space. */
  valueStart(line: number): number {
    return this.words[line * WORDS + 2] as number
  }

  /** Where the value ends, before white space. */
  valueEnd(line: number): number {
    return this.words[line * WORDS + 3] as number
  }

  /** Whether the value goes on in further lines and has to be unfolded. */
  folded(line: number): boolean {
    return this.words[line * WORDS + 4] !== 0
  }

  /** The first line of a common header that is `present`. */
  first(kind: number): number {
    return this.firsts[kind] as number
  }

  /** Scans the lines of `text` from `start`, until an empty line, `end`, or `maxLines`. */
  scan(text: string, start: number, end: number, maxLines: number): void {
    let at = start
    let count = 0
    let colon = start - 1
    this.complete = false
    this.overfull = false
    this.present = 0
    this.repeated = 0
    this.viaLines = 0
    while (at < end) {
      let lineEnd = text.indexOf('\n', at)
      if (lineEnd < 0 || lineEnd > end) lineEnd = end
      if (lineEnd <= at + 1 && lineEnd < end && (lineEnd === at || text.charCodeAt(at) === CR)) {
        this.complete = true
        at = lineEnd + 1
        break
      }
      if (count === maxLines) {
        this.overfull = true
        break
      }
      // Looked for once: where there is no colon, nobody is to look for one from each line to the end.
      if (colon < at) {
        colon = text.indexOf(':', at)
        if (colon < 0) colon = end
      }
      const firstEnd = lineEnd
      let next = lineEnd + 1
      while (next < end && isBlank(text.charCodeAt(next))) {
        lineEnd = text.indexOf('\n', next)
        if (lineEnd < 0 || lineEnd > end) lineEnd = end
        next = lineEnd + 1
      }
      this.note(text, count, at, colon < firstEnd ? colon : at, lineEnd, firstEnd === lineEnd ? 0 : 1)
      count += 1
      at = next
    }
    this.count = count
    this.end = at < end ? at : end
  }

  /** Notes one line. @param colon where its colon is, or `start` when it has none */
  private note(
    text: string,
    line: number,
    start: number,
    colon: number,
    lineEnd: number,
    folded: number,
  ): void {
    const base = line * WORDS
    if (base === this.words.length) {
      const larger = new Int32Array(base * 2)
      larger.set(this.words)
      this.words = larger
    }
    let nameEnd = colon
    while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--
    let valueStart = colon + 1
    let valueEnd = lineEnd
    while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--
    while (valueStart < valueEnd && isSpace(text.charCodeAt(valueStart))) valueStart++
    const { words } = this
    words[base] = start
    words[base + 1] = nameEnd
    words[base + 2] = valueStart
    words[base + 3] = valueEnd
    words[base + 4] = folded
    const kind = headerKind(text, start, nameEnd)
    if (kind === OTHER) return
    const bit = 1 << kind
    if (kind === VIA) this.viaLines += 1
    if ((this.present & bit) !== 0) this.repeated |= bit
    else {
      this.present |= bit
      this.firsts[kind] = line
    }
  }
}

/** Space or tab: white space within a line, and what a line begins with that goes on with the one before. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** White space around a value, folding included. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a
}

/** A folded value as one line (RFC 3261 section 7.3.1): each fold is a space. Stray CRs too: nobody is to take them for a line's end. */
export function unfold(value: string): string {
  return value.replace(/[ \t]*[\r\n]+[ \t]*/g, ' ')
}
