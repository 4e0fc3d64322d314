// Sets of bytes: what one character of a regular expression matches.

/** For each byte, 1 if it is in the set. */
export type ByteSet = Uint8Array

const NEWLINE = 0x0a

export function emptySet(): ByteSet {
  return new Uint8Array(256)
}

export function setOf(...bytes: readonly number[]): ByteSet {
  const set = emptySet()
  for (const byte of bytes) set[byte] = 1
  return set
}

export function complement(set: ByteSet): ByteSet {
  return set.map((has) => 1 - has)
}

export function without(set: ByteSet, byte: number): ByteSet {
  const rest = set.slice()
  rest[byte] = 0
  return rest
}

export function union(one: ByteSet, other: ByteSet): ByteSet {
  return one.map((has, byte) => has | (other[byte] as number))
}

export function overlaps(one: ByteSet, other: ByteSet): boolean {
  return one.some((has, byte) => has === 1 && other[byte] === 1)
}

export function isSubset(one: ByteSet, of: ByteSet): boolean {
  return one.every((has, byte) => has === 0 || of[byte] === 1)
}

/** The only byte of a set; -1 when it has none or several. */
export function onlyByte(set: ByteSet): number {
  const first = set.indexOf(1)
  return first >= 0 && set.indexOf(1, first + 1) < 0 ? first : -1
}

/** All bytes. @param newline whether the newline is one of them */
export function anyByte(newline: boolean): ByteSet {
  const all = new Uint8Array(256).fill(1)
  return newline ? all : without(all, NEWLINE)
}

function ranges(...pairs: readonly string[]): ByteSet {
  const set = emptySet()
  for (const pair of pairs) {
    for (let byte = pair.charCodeAt(0); byte <= pair.charCodeAt(pair.length - 1); byte++) set[byte] = 1
  }
  return set
}

const upper = ranges('AZ')
const lower = ranges('az')
const alpha = union(upper, lower)
const digit = ranges('09')
const alnum = union(alpha, digit)
const space = ranges(' ', '\t\r')
const graph = ranges('!~')

/** What `[:name:]` holds in the C locale, which has no letters beyond ASCII. */
export const CLASSES: ReadonlyMap<string, ByteSet> = new Map([
  ['alpha', alpha],
  ['digit', digit],
  ['alnum', alnum],
  ['upper', upper],
  ['lower', lower],
  ['space', space],
  ['blank', ranges(' ', '\t')],
  ['punct', graph.map((has, byte) => has & (1 - (alnum[byte] as number)))],
  ['print', ranges(' ~')],
  ['graph', graph],
  ['cntrl', ranges('\x00\x1f', '\x7f')],
  ['xdigit', ranges('09', 'AF', 'af')],
])

/** What `\w` and `\s` match. */
export const WORD: ByteSet = union(alnum, ranges('_'))
export const SPACE: ByteSet = space

/** The capital letter of an ASCII letter; any other byte as it is. */
export function upperByte(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte
}

/** The set whose bytes are, as capital letters, in a set. */
export function inAnyCase(set: ByteSet): ByteSet {
  return set.map((_, byte) => set[upperByte(byte)] as number)
}
