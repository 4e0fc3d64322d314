// Header names as numbers: which of the headers that every message is looked through for a name means, long, compact or in any
// case, found without making a string of it. And what a name stands for that somebody looks for. Not for values.

/** A header that is none of those below. */
export const OTHER = 0
export const VIA = 1
export const FROM = 2
export const TO = 3
export const CALL_ID = 4
export const CSEQ = 5
export const CONTENT_LENGTH = 6
export const CONTACT = 7
export const MAX_FORWARDS = 8
export const RECORD_ROUTE = 9
export const TIMESTAMP = 10

/** How many there are, OTHER included. */
export const HEADER_KINDS = 11

/** How the common ones are nearly always written, by number. */
const USUAL = [
  '',
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Content-Length',
  'Contact',
  'Max-Forwards',
  'Record-Route',
  'Timestamp',
] as const

const LOWER: readonly string[] = USUAL.map((name) => name.toLowerCase())

/** Compact forms (RFC 3261 section 7.3.3 and the IANA registry of header fields), with the names in lower case. */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['n', 'identity-info'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
  ['y', 'identity'],
])

const LETTERS: ReadonlyMap<string, string> = new Map([...COMPACT].map(([letter, name]) => [name, letter]))

/** The common header that the name at `start` to `end` means; OTHER when it is none. */
export function headerKind(text: string, start: number, end: number): number {
  const first = text.charCodeAt(start) | 0x20
  // By length and first letter one candidate is left, or none.
  switch (end - start) {
    case 1:
      return compactKind(first)
    case 2:
      return first === T ? confirm(text, start, TO) : OTHER
    case 3:
      return first === V ? confirm(text, start, VIA) : OTHER
    case 4:
      return first === F ? confirm(text, start, FROM) : first === C ? confirm(text, start, CSEQ) : OTHER
    case 7:
      if (first !== C) return OTHER
      return confirm(text, start, (text.charCodeAt(start + 1) | 0x20) === A ? CALL_ID : CONTACT)
    case 9:
      return first === T ? confirm(text, start, TIMESTAMP) : OTHER
    case 12:
      return first === M
        ? confirm(text, start, MAX_FORWARDS)
        : first === R
          ? confirm(text, start, RECORD_ROUTE)
          : OTHER
    case 14:
      return first === C ? confirm(text, start, CONTENT_LENGTH) : OTHER
    default:
      return OTHER
  }
}

const A = 0x61
const C = 0x63
const F = 0x66
const I = 0x69
const L = 0x6c
const M = 0x6d
const R = 0x72
const T = 0x74
const V = 0x76

function compactKind(letter: number): number {
  switch (letter) {
    case F:
      return FROM
    case I:
      return CALL_ID
    case L:
      return CONTENT_LENGTH
    case M:
      return CONTACT
    case T:
      return TO
    case V:
      return VIA
    default:
      return OTHER
  }
}

function confirm(text: string, start: number, kind: number): number {
  if (text.startsWith(USUAL[kind] as string, start)) return kind
  return equalsFolded(text, start, LOWER[kind] as string) ? kind : OTHER
}

/** Text in lower case, ASCII letters only: in a byte string, the others are no letters. */
export function lowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text
}

/** Names that were looked for lately. Routes ask for the same few again and again. */
const remembered = new Map<string, HeaderName>()
const REMEMBERED_MAX = 1024

/** A name that is looked for among header lines. */
export class HeaderName {
  private readonly long: string
  /** The letter of the compact form; `''` when there is none. */
  private readonly compact: string

  /** @param name in any case, long or compact */
  static of(name: string): HeaderName {
    let wanted = remembered.get(name)
    if (wanted === undefined) {
      if (remembered.size >= REMEMBERED_MAX) remembered.clear()
      wanted = new HeaderName(name)
      remembered.set(name, wanted)
    }
    return wanted
  }

  private constructor(name: string) {
    const lower = lowerCase(name)
    this.long = COMPACT.get(lower) ?? lower
    this.compact = LETTERS.get(this.long) ?? ''
  }

  /** Whether the name at `start` to `end` means the same header. */
  is(text: string, start: number, end: number): boolean {
    const { long, compact } = this
    const length = end - start
    if (length === long.length && length > 0 && equalsFolded(text, start, long)) return true
    return length === 1 && compact !== '' && equalsFolded(text, start, compact)
  }
}

/** Whether the characters of `text` from `start` are those of `lower`, in any case. `lower` is in lower case. */
export function equalsFolded(text: string, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const wanted = lower.charCodeAt(i)
    const given = text.charCodeAt(start + i)
    // Only letters have a case: | 0x20 alone would take CR for a hyphen.
    if (given !== wanted && (wanted < 0x61 || wanted > 0x7a || (given | 0x20) !== wanted)) return false
  }
  return true
}
