// Header names as numbers: which header a name in a message means, long, compact or in any case, found without making a
// string of it. Not for values.

/** A header that is none of those below. Its name has to be compared. */
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
/** The last of those that every message is looked through for. */
export const LAST_COMMON = TIMESTAMP

/** Names in lower case with their compact form (RFC 3261 section 7.3.3, IANA's list), those with a number of their own first. */
const NAMES: readonly (readonly [name: string, compact: string])[] = [
  ['', ''],
  ['via', 'v'],
  ['from', 'f'],
  ['to', 't'],
  ['call-id', 'i'],
  ['cseq', ''],
  ['content-length', 'l'],
  ['contact', 'm'],
  ['max-forwards', ''],
  ['record-route', ''],
  ['timestamp', ''],
  ['route', ''],
  ['content-type', 'c'],
  ['user-agent', ''],
  ['expires', ''],
  ['allow', ''],
  ['accept', ''],
  ['supported', 'k'],
  ['content-encoding', 'e'],
  ['subject', 's'],
  ['event', 'o'],
  ['refer-to', 'r'],
  ['referred-by', 'b'],
  ['accept-contact', 'a'],
  ['allow-events', 'u'],
  ['request-disposition', 'd'],
  ['reject-contact', 'j'],
  ['session-expires', 'x'],
  ['identity', 'y'],
  ['identity-info', 'n'],
]

/** Those that a length allows: few, so that a name is compared with one or two. */
const BY_LENGTH: readonly (readonly number[])[] = (() => {
  const lists: number[][] = []
  NAMES.forEach(([name], kind) => {
    if (kind === OTHER) return
    while (lists.length <= name.length) lists.push([])
    lists[name.length]?.push(kind)
  })
  return lists
})()

/** The header that each compact form means, by the code of its letter in lower case. */
const BY_LETTER: readonly number[] = (() => {
  const kinds = new Array<number>(128).fill(OTHER)
  NAMES.forEach(([, compact], kind) => {
    if (compact !== '') kinds[compact.charCodeAt(0)] = kind
  })
  return kinds
})()

/** Which header the name at `start` to `end` means; OTHER when it is none that has a number. */
export function headerKind(text: string, start: number, end: number): number {
  const length = end - start
  const first = text.charCodeAt(start) | 0x20
  if (length === 1) return BY_LETTER[first] ?? OTHER
  const candidates = BY_LENGTH[length]
  if (candidates === undefined) return OTHER
  for (let i = 0; i < candidates.length; i++) {
    const kind = candidates[i] as number
    const name = (NAMES[kind] as readonly [string, string])[0]
    if (name.charCodeAt(0) === first && equalsFolded(text, start, name)) return kind
  }
  return OTHER
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
