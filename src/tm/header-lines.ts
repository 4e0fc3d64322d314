// Header lines that programs give by name, checked: what comes from elsewhere must not bring lines of its own.

import { bytesOfText } from '../core/bytestring.ts'
import { CallError } from '../core/errors.ts'

/** Header lines by name; a list stands for several lines. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>

/** A token of RFC 3261 section 25.1, as header names are. */
const TOKEN = /^[A-Za-z0-9.!%*_+`'~-]+$/

/**
 * The lines as they go out, each with its CRLF.
 * @param reserved names in lower case that are not the program's to give
 * @throws CallError for what is no name or no line
 */
export function headerLines(headers: HeaderValues, reserved: ReadonlySet<string>): string {
  let lines = ''
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name)) throw new CallError(`${JSON.stringify(name)} is not the name of a header`)
    if (reserved.has(name.toLowerCase())) throw new CallError(`${name} is not yours to set`)
    for (const one of Array.isArray(value) ? value : [value]) lines += `${name}: ${oneLine(name, one)}\r\n`
  }
  return lines
}

/** Names that are not given with a reply: what comes from the request, or from the length of the body. */
export const OF_THE_REPLY: ReadonlySet<string> = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'content-length', 'l'],
])

/** A text as a byte string. @throws CallError when it is not one line */
export function oneLine(what: string, text: unknown): string {
  if (typeof text !== 'string') throw new CallError(`${what} must be a text`)
  if (/[\r\n\0]/.test(text)) throw new CallError(`${what} must be one line, not ${JSON.stringify(text)}`)
  return bytesOfText(text)
}
