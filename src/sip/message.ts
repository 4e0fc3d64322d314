// What requests and replies have in common: headers and a body over one byte string. Kept are the text and where the few
// headers lie that every message is asked for; all else is read when somebody asks. Not for start lines (request.ts,
// reply.ts).

import { HeadTable, unfold } from './head.ts'
import { CALL_ID, CONTACT, CSEQ, FROM, HeaderName, MAX_FORWARDS, TO, VIA } from './header-names.ts'
import { type NameAddress, parseNameAddress } from './name-address.ts'
import { quoteEnd } from './params.ts'
import { parseVia, type Via } from './via.ts'

/** A header line: the name as it was written, the value unfolded and trimmed. */
export interface HeaderLine {
  readonly name: string
  readonly value: string
}

/** CSeq in parts. The number may be larger than RFC 3261 allows. */
export interface CSeq {
  readonly number: number
  readonly method: string
}

/** The lines of the message that was looked at last, `tableOwner`; scratch memory, see HeadTable. */
const table = new HeadTable()
let tableOwner: SipMessage | undefined

/** Scans the head that begins at `start`. The message that is made next takes over what was found. */
export function scanHead(text: string, start: number, maxLines: number): HeadTable {
  tableOwner = undefined
  table.scan(text, start, text.length, maxLines)
  return table
}

/** Where the common headers of a message lie, and what has been read of them. Apart from the message, so that it can be forgotten. */
class Reading {
  /** Bits by the numbers of header-names.ts: headers that are folded. */
  readonly folded: number
  readonly viaStart: number
  readonly viaEnd: number
  readonly fromStart: number
  readonly fromEnd: number
  readonly toStart: number
  readonly toEnd: number
  readonly callIdStart: number
  readonly callIdEnd: number
  readonly cseqStart: number
  readonly cseqEnd: number
  readonly contactStart: number
  readonly contactEnd: number
  readonly maxForwardsStart: number
  readonly maxForwardsEnd: number
  // null: not read yet.
  via: Via | undefined | null = null
  from: NameAddress | undefined | null = null
  to: NameAddress | undefined | null = null
  contact: NameAddress | undefined | null = null
  cseq: CSeq | undefined | null = null
  callId: string | null = null

  /** Of the message whose lines are in the table. @param present its common headers */
  constructor(present: number) {
    let folded = 0
    const via = (present & (1 << VIA)) !== 0 ? table.first(VIA) : -1
    this.viaStart = via < 0 ? 0 : table.valueStart(via)
    this.viaEnd = via < 0 ? 0 : table.valueEnd(via)
    if (via >= 0 && table.folded(via)) folded |= 1 << VIA
    const from = (present & (1 << FROM)) !== 0 ? table.first(FROM) : -1
    this.fromStart = from < 0 ? 0 : table.valueStart(from)
    this.fromEnd = from < 0 ? 0 : table.valueEnd(from)
    if (from >= 0 && table.folded(from)) folded |= 1 << FROM
    const to = (present & (1 << TO)) !== 0 ? table.first(TO) : -1
    this.toStart = to < 0 ? 0 : table.valueStart(to)
    this.toEnd = to < 0 ? 0 : table.valueEnd(to)
    if (to >= 0 && table.folded(to)) folded |= 1 << TO
    const callId = (present & (1 << CALL_ID)) !== 0 ? table.first(CALL_ID) : -1
    this.callIdStart = callId < 0 ? 0 : table.valueStart(callId)
    this.callIdEnd = callId < 0 ? 0 : table.valueEnd(callId)
    if (callId >= 0 && table.folded(callId)) folded |= 1 << CALL_ID
    const cseq = (present & (1 << CSEQ)) !== 0 ? table.first(CSEQ) : -1
    this.cseqStart = cseq < 0 ? 0 : table.valueStart(cseq)
    this.cseqEnd = cseq < 0 ? 0 : table.valueEnd(cseq)
    if (cseq >= 0 && table.folded(cseq)) folded |= 1 << CSEQ
    const contact = (present & (1 << CONTACT)) !== 0 ? table.first(CONTACT) : -1
    this.contactStart = contact < 0 ? 0 : table.valueStart(contact)
    this.contactEnd = contact < 0 ? 0 : table.valueEnd(contact)
    if (contact >= 0 && table.folded(contact)) folded |= 1 << CONTACT
    const maxForwards = (present & (1 << MAX_FORWARDS)) !== 0 ? table.first(MAX_FORWARDS) : -1
    this.maxForwardsStart = maxForwards < 0 ? 0 : table.valueStart(maxForwards)
    this.maxForwardsEnd = maxForwards < 0 ? 0 : table.valueEnd(maxForwards)
    this.folded = folded
  }
}

export abstract class SipMessage {
  /** The whole message, from its first line to the end of its body; a byte string. */
  readonly text: string
  /** Bytes up to and including the empty line. */
  readonly headLength: number
  /** How many Via lines there are; each may have several values. */
  readonly viaLines: number

  /** Where the first header line begins. */
  private readonly headStart: number
  /** Bits by the numbers of header-names.ts: common headers that are there, that are there twice. */
  private readonly present: number
  private readonly repeated: number
  /** What has been read of it; null: nothing yet, or it has been forgotten. */
  private reading: Reading | null

  /** @param text what scanHead() was given, or less of its end; nothing else was scanned since */
  protected constructor(text: string, headStart: number) {
    this.text = text
    this.headStart = headStart
    this.headLength = table.end
    this.viaLines = table.viaLines
    this.present = table.present
    this.repeated = table.repeated
    this.reading = new Reading(table.present)
    tableOwner = this
  }

  /** Where the common headers lie, and what has been read of them. */
  private get read(): Reading {
    if (this.reading === null) {
      this.lines()
      this.reading = new Reading(this.present)
    }
    return this.reading
  }

  /** What follows the empty line, as long as Content-Length says. */
  get body(): string {
    return this.headLength < this.text.length ? this.text.slice(this.headLength) : ''
  }

  /** The topmost Via value; undefined when there is none or it is malformed. */
  get via(): Via | undefined {
    const { read } = this
    if (read.via === null) {
      const { text } = this
      const { viaStart: start, viaEnd: end } = read
      if (!this.has(VIA)) read.via = undefined
      else if (this.isFolded(VIA)) {
        const value = unfold(text.slice(start, end))
        read.via = parseVia(value, 0, value.length)
      } else read.via = parseVia(text, start, end)
    }
    return read.via
  }

  /** From; undefined when there is none or it is malformed. */
  get from(): NameAddress | undefined {
    const { read } = this
    if (read.from === null) read.from = this.nameAddress(FROM, read.fromStart, read.fromEnd)
    return read.from
  }

  /** To; undefined when there is none or it is malformed. */
  get to(): NameAddress | undefined {
    const { read } = this
    if (read.to === null) read.to = this.nameAddress(TO, read.toStart, read.toEnd)
    return read.to
  }

  /** The first Contact; undefined when there is none or it is malformed. */
  get contact(): NameAddress | undefined {
    const { read } = this
    if (read.contact === null) read.contact = this.nameAddress(CONTACT, read.contactStart, read.contactEnd)
    return read.contact
  }

  /** `''` when there is none. */
  get callId(): string {
    const { read } = this
    if (read.callId === null) {
      const value = this.text.slice(read.callIdStart, read.callIdEnd)
      read.callId = value.includes('\r') || this.isFolded(CALL_ID) ? unfold(value) : value
    }
    return read.callId
  }

  /** CSeq; undefined when there is none or it is malformed. */
  get cseq(): CSeq | undefined {
    const { read } = this
    if (read.cseq === null) {
      const { text } = this
      const { cseqStart: start, cseqEnd: end } = read
      if (!this.has(CSEQ)) read.cseq = undefined
      else if (this.isFolded(CSEQ)) {
        const value = unfold(text.slice(start, end))
        read.cseq = parseCSeq(value, 0, value.length)
      } else read.cseq = parseCSeq(text, start, end)
    }
    return read.cseq
  }

  /** Max-Forwards; undefined when there is none, -1 when it is no number. */
  get maxForwards(): number | undefined {
    return this.has(MAX_FORWARDS)
      ? parseDigits(this.text, this.read.maxForwardsStart, this.read.maxForwardsEnd)
      : undefined
  }

  /** All header lines, in order. */
  get headerLines(): readonly HeaderLine[] {
    const lines: HeaderLine[] = []
    const { text } = this
    const { count } = this.lines()
    for (let line = 0; line < count; line++) {
      if (table.nameEnd(line) === table.nameStart(line)) continue
      lines.push({ name: text.slice(table.nameStart(line), table.nameEnd(line)), value: this.valueOf(line) })
    }
    return lines
  }

  /**
   * The value of the first line with that name, unfolded and trimmed; undefined when there is none.
   * @param name in any case, long or compact
   */
  header(name: string): string | undefined {
    const wanted = HeaderName.of(name)
    const { count } = this.lines()
    for (let line = 0; line < count; line++) {
      if (wanted.is(this.text, table.nameStart(line), table.nameEnd(line))) return this.valueOf(line)
    }
    return undefined
  }

  /** The values of all lines with that name, one per line. */
  headers(name: string): readonly string[] {
    const wanted = HeaderName.of(name)
    const values: string[] = []
    const { count } = this.lines()
    for (let line = 0; line < count; line++) {
      if (wanted.is(this.text, table.nameStart(line), table.nameEnd(line))) values.push(this.valueOf(line))
    }
    return values
  }

  /** The values of a header that is a list: those of all its lines, split at commas that are neither quoted nor in angle brackets. */
  values(name: string): readonly string[] {
    return this.headers(name).flatMap(splitList)
  }

  /** Forgets what has been read, for whoever keeps the message for long: it is read again when somebody asks. */
  forget(): void {
    this.reading = null
    if (tableOwner === this) tableOwner = undefined
  }

  /** Whether a common header is there. @param kind a number of header-names.ts, */
  has(kind: number): boolean {
    return (this.present & (1 << kind)) !== 0
  }

  /** Whether a common header is there in more than one line. */
  isRepeated(kind: number): boolean {
    return (this.repeated & (1 << kind)) !== 0
  }

  /** Whether each of some common headers is there in exactly one line. @param bits `1 << kind` of each */
  hasOnce(bits: number): boolean {
    return (this.present & bits) === bits && (this.repeated & bits) === 0
  }

  /** From or To, or what stands in its place, as one line; `''` when there is none. */
  rawValue(kind: typeof FROM | typeof TO | typeof VIA | typeof CSEQ): string {
    const { text, read } = this
    let value: string
    if (kind === FROM) value = text.slice(read.fromStart, read.fromEnd)
    else if (kind === TO) value = text.slice(read.toStart, read.toEnd)
    else if (kind === VIA) value = text.slice(read.viaStart, read.viaEnd)
    else value = text.slice(read.cseqStart, read.cseqEnd)
    // A stray CR must not come into a reply: who takes it for a line's end would see headers that nobody wrote.
    return this.isFolded(kind) || value.includes('\r') ? unfold(value) : value
  }

  private isFolded(kind: number): boolean {
    return (this.read.folded & (1 << kind)) !== 0
  }

  private nameAddress(kind: number, start: number, end: number): NameAddress | undefined {
    if (!this.has(kind)) return undefined
    if (!this.isFolded(kind)) return parseNameAddress(this.text, start, end, kind !== CONTACT)
    const value = unfold(this.text.slice(start, end))
    return parseNameAddress(value, 0, value.length, kind !== CONTACT)
  }

  /** The table, with the lines of this message in it. */
  private lines(): HeadTable {
    if (tableOwner !== this) {
      table.scan(this.text, this.headStart, this.headLength, this.headLength)
      tableOwner = this
    }
    return table
  }

  private valueOf(line: number): string {
    const value = this.text.slice(table.valueStart(line), table.valueEnd(line))
    return table.folded(line) || value.includes('\r') ? unfold(value) : value
  }
}

/** Splits at commas that are neither in quotes nor in angle brackets; values are trimmed, empty ones left out. */
export function splitList(value: string): readonly string[] {
  if (!value.includes(',')) return value === '' ? [] : [value]
  const parts: string[] = []
  let begin = 0
  let bracketed = false
  for (let i = 0; i <= value.length; i++) {
    const char = value[i]
    if (char === '"' && !bracketed) {
      const end = quoteEnd(value, i, value.length)
      // A quote that does not end is a character like any other.
      if (end > 0) i = end - 1
    } else if (char === '<') bracketed = true
    else if (char === '>') bracketed = false
    else if (char === undefined || (char === ',' && !bracketed)) {
      const part = value.slice(begin, i).trim()
      if (part !== '') parts.push(part)
      begin = i + 1
    }
  }
  return parts
}

/** The number that the characters from `start` to `end` say in digits; -1 when they say none. */
export function parseDigits(text: string, start: number, end: number): number {
  if (start === end) return -1
  let number = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

/** Reads `4711 INVITE`; undefined when it is something else. */
function parseCSeq(text: string, start: number, end: number): CSeq | undefined {
  let at = start
  let number = 0
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) break
    number = number * 10 + digit
  }
  if (at === start || at >= end) return undefined
  const digitsEnd = at
  while (at < end && (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09)) at++
  if (at === digitsEnd) return undefined
  const method = methodOf(text, at, end)
  return method === '' ? undefined : { number, method }
}

/** Every method that is known, as Allow lists them. */
export const KNOWN_METHODS: readonly string[] =
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE'.split(' ')

/** The same by length: the names need not be made again for each message. */
const METHODS: readonly (readonly string[])[] = Array.from({ length: 10 }, (_, length) =>
  KNOWN_METHODS.filter((name) => name.length === length),
)

/** The method whose name stands at `start` to `end`; `''` when no token stands there (RFC 3261 section 25.1). */
export function methodOf(text: string, start: number, end: number): string {
  const known = METHODS[end - start]
  if (known !== undefined) {
    for (let i = 0; i < known.length; i++) {
      const name = known[i] as string
      if (text.startsWith(name, start)) return name
    }
  }
  const name = text.slice(start, end)
  return isToken(name) ? name : ''
}

/** Whether a text is a token (RFC 3261 section 25.1). */
export function isToken(text: string): boolean {
  return /^[-A-Za-z0-9.!%*_+`'~]+$/.test(text)
}
