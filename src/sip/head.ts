// The head of a message: finds where each header line begins and ends, and which header it is, in one pass. Not for what
// values mean.

import { headerKind, LAST_COMMON, OTHER, VIA } from './header-names.ts'

/** Words of the table for a line: start, end of the name, start and end of the value, kind and flags. */
const WORDS = 5

/** In the last word of a line: its value goes on in further lines. */
const FOLDED = 0x100
/** In the last word of a line: it has no name. */
const NAMELESS = 0x200

/**
 * The header lines of one message as offsets into its text. A table is scratch memory that is used again for the next
 * message: whoever wants to look at the lines of a message for longer scans them again, which is cheaper than to keep
 * them.
 */
export class HeadTable {
  count = 0
  /** Where the body begins; where the scan ended if the head is not complete. */
  end = 0
  /** An empty line has been found. */
  complete = false
  /** There were more lines than allowed; the rest was not looked at. */
  overfull = false
  /** Bits `1 << kind` of the headers that are there; only of those up to LAST_COMMON. */
  present = 0
  /** Bits of the headers that are there in more than one line. */
  repeated = 0
  /** How many Via lines there are. */
  viaLines = 0
  private readonly firsts = new Int32Array(LAST_COMMON + 1)
  private words = new Int32Array(WORDS * 64)

  /** Where the name begins. */
  nameStart(line: number): number {
    return this.words[line * WORDS] as number
  }

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

  /** A number of header-names.ts. */
  kind(line: number): number {
    return (this.words[line * WORDS + 4] as number) & 0xff
  }

  /** Whether the value goes on in further lines and has to be unfolded. */
  folded(line: number): boolean {
    return ((this.words[line * WORDS + 4] as number) & FOLDED) !== 0
  }

  /** Whether the line is no header: it has no colon, or nothing before it. */
  nameless(line: number): boolean {
    return ((this.words[line * WORDS + 4] as number) & NAMELESS) !== 0
  }

  /** The first line of a common header that is `present`. */
  first(kind: number): number {
    return this.firsts[kind] as number
  }

  /** Scans the lines of `text` from `start`, until an empty line, `end`, or `maxLines`. */
  scan(text: string, start: number, end: number, maxLines: number): void {
    let at = start
    let count = 0
    this.complete = false
    this.overfull = false
    this.present = 0
    this.repeated = 0
    this.viaLines = 0
    while (at < end) {
      let lineEnd = text.indexOf('\n', at)
      if (lineEnd < 0 || lineEnd >= end) lineEnd = end
      if (lineEnd === at || (lineEnd === at + 1 && text.charCodeAt(at) === CR)) {
        if (lineEnd < end) {
          this.complete = true
          at = lineEnd + 1
          break
        }
      }
      if (count === maxLines) {
        this.overfull = true
        break
      }
      let flags = 0
      let next = lineEnd + 1
      while (next < end && isBlank(text.charCodeAt(next))) {
        flags = FOLDED
        lineEnd = text.indexOf('\n', next)
        if (lineEnd < 0 || lineEnd >= end) lineEnd = end
        next = lineEnd + 1
      }
      this.line(text, count, at, lineEnd, flags)
      count += 1
      at = next < end ? next : end
    }
    this.count = count
    this.end = at
  }

  private line(text: string, line: number, start: number, lineEnd: number, folding: number): void {
    let flags = folding
    let colon = start
    while (colon < lineEnd && text.charCodeAt(colon) !== COLON) colon++
    let nameEnd = colon
    while (nameEnd > start && isSpace(text.charCodeAt(nameEnd - 1))) nameEnd--
    let valueStart = colon + 1
    let valueEnd = lineEnd
    if (colon === lineEnd || nameEnd === start || isBlank(text.charCodeAt(start))) {
      flags |= NAMELESS
      nameEnd = start
      valueStart = start
    } else {
      const kind = headerKind(text, start, nameEnd)
      flags |= kind
      if (kind !== OTHER && kind <= LAST_COMMON) this.note(kind, line)
    }
    while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--
    while (valueStart < valueEnd && isSpace(text.charCodeAt(valueStart))) valueStart++
    const base = line * WORDS
    if (base + WORDS > this.words.length) {
      const larger = new Int32Array(this.words.length * 2)
      larger.set(this.words)
      this.words = larger
    }
    const words = this.words
    words[base] = start
    words[base + 1] = nameEnd
    words[base + 2] = valueStart
    words[base + 3] = valueEnd
    words[base + 4] = flags
  }

  private note(kind: number, line: number): void {
    const bit = 1 << kind
    if (kind === VIA) this.viaLines += 1
    if ((this.present & bit) !== 0) this.repeated |= bit
    else {
      this.present |= bit
      this.firsts[kind] = line
    }
  }
}

const CR = 0x0d
const COLON = 0x3a

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
