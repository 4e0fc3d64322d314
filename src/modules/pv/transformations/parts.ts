// Parts of texts: substrings, what stands before and after something, what is left when something is removed; and the case of their
// letters. They allocate no more than what they return.

/** Room for what grows with a power of what it is made of: Kamailio's. */
const LARGEST = 65_535

/** Room for what is replaced: more than any message has. */
const LARGEST_REPLACED = 16 * 1024 * 1024

/**
 * `length` bytes from `start`; all that follow when it is 0 or there are fewer. From the end if start is negative.
 * @returns null when it begins outside of the text
 */
export function substring(text: string, start: number, length: number): string | null {
  if (length < 0) return null
  const begin = start < 0 ? text.length + start : start
  if (begin < 0 || begin >= text.length) return null
  return length === 0 ? text.slice(begin) : text.slice(begin, begin + length)
}

/** What stands between two separators, counted from 0; from the end, -1 the last, if negative. Nothing when there are fewer. */
export function select(text: string, index: number, separator: string): string {
  if (index < 0) {
    let end = text.length
    for (let left = -index; ; left--) {
      const at = end === 0 ? -1 : text.lastIndexOf(separator, end - 1)
      if (left === 1) return text.slice(at + 1, end)
      if (at < 0) return ''
      end = at
    }
  }
  let start = 0
  for (let left = index; left > 0; left--) {
    const at = text.indexOf(separator, start)
    if (at < 0) return ''
    start = at + 1
  }
  const end = text.indexOf(separator, start)
  return end < 0 ? text.slice(start) : text.slice(start, end)
}

export function strip(text: string, count: number): string {
  return count > 0 ? text.slice(count) : text
}

export function stripTail(text: string, count: number): string {
  return count > 0 ? text.slice(0, Math.max(0, text.length - count)) : text
}

/** From the first `character` on; nothing when it is not there. */
export function stripTo(text: string, character: string): string {
  const at = text.indexOf(character)
  return at < 0 ? '' : text.slice(at)
}

/** All of it when `character` is not there. */
export function before(text: string, character: string): string {
  const at = text.indexOf(character)
  return at < 0 ? text : text.slice(0, at)
}

/** Nothing when `character` is not there. */
export function after(text: string, character: string): string {
  const at = text.indexOf(character)
  return at < 0 ? '' : text.slice(at + 1)
}

/** All of it when `character` is not there. */
export function beforeLast(text: string, character: string): string {
  const at = text.lastIndexOf(character)
  return at < 0 ? text : text.slice(0, at)
}

/** Nothing when `character` is not there. */
export function afterLast(text: string, character: string): string {
  const at = text.lastIndexOf(character)
  return at < 0 ? '' : text.slice(at + 1)
}

/**
 * The prefixes of a text, the shortest first, with commas between them.
 * @param most how many; all for 0 and less
 * @returns null when they are too long
 */
export function prefixes(text: string, most: number, quote: string): string | null {
  const count = most > 0 ? Math.min(most, text.length) : text.length
  if (count * ((count + 1) / 2 + 1 + 2 * quote.length) > LARGEST) return null
  let list = ''
  for (let length = 1; length <= count; length++) {
    list += `${length === 1 ? '' : ','}${quote}${text.slice(0, length)}${quote}`
  }
  return list
}

export function count(text: string, character: string): number {
  let found = 0
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found++
  return found
}

/** @returns null when it becomes too long */
export function replace(text: string, what: string, by: string): string | null {
  if (what === '') return text
  const longest = text.length + (text.length / what.length) * by.length
  if (longest > LARGEST_REPLACED) return null
  return text.replaceAll(what, () => by)
}

export function remove(text: string, what: string): string {
  return what === '' ? text : text.replaceAll(what, '')
}

export function trimLeft(text: string): string {
  let start = 0
  while (start < text.length && isSpace(text.charCodeAt(start))) start++
  return start === 0 ? text : text.slice(start)
}

export function trimRight(text: string): string {
  let end = text.length
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--
  return end === text.length ? text : text.slice(0, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a
}

/** Only ASCII has cases here: what other bytes mean is not known. */
const ASCII = /^[^\x80-\xff]*$/

export function lower(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

export function upper(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
}

/** Without the quotes around it, double or single. */
export function unquote(text: string): string {
  const first = text.charAt(0)
  if (text.length < 2 || (first !== '"' && first !== "'") || !text.endsWith(first)) return text
  return text.slice(1, -1)
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' }

/** Without the brackets around it, of any kind. */
export function unbracket(text: string): string {
  const closing = CLOSING[text.charAt(0)]
  return text.length < 2 || closing === undefined || !text.endsWith(closing) ? text : text.slice(1, -1)
}

/**
 * A text in lines, each after the first indented. As Kamailio 5.6.3 was seen to do it: each line but the last has one byte.
 * @param most how many lines
 * @param width how many times `indent` stands before a line
 * @returns null when they are too long
 */
export function lines(text: string, most: number, indent: string, width: number): string | null {
  if (most <= 0 || width < 0) return null
  const singles = Math.min(most, text.length) - 1
  if (text.length + singles * (width + 2) > LARGEST) return null
  const between = `\r\n${indent.repeat(singles > 0 ? width : 0)}`
  let list = ''
  for (let at = 0; at < singles; at++) list += text.charAt(at) + between
  return list + text.slice(Math.max(0, singles))
}
