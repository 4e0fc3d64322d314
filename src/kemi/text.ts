// Text at the border of KEMI: JavaScript has UTF-16, the bus has bytes. Bytes that are UTF-8 become the text they mean. A byte that is part
// of no UTF-8 becomes one of 128 lone surrogates, U+DC80 to U+DCFF, which no text holds, and a byte again on its way out (Python calls
// this surrogateescape): any payload passes through a script unharmed, as it does through Duktape's strings, which are bytes.

import { isUtf8 } from 'node:buffer'
import { bytesOfText } from '../core/bytestring.ts'

const NOT_ASCII = /[\u0080-\uffff]/
const ESCAPED = /(?<![\ud800-\udbff])[\udc80-\udcff]/
const PIECES = /(?<![\ud800-\udbff])[\udc80-\udcff]+/g

/** Well-formed UTF-8 (RFC 3629), and any other byte, which is the group. */
const SEQUENCES =
  /[^\x80-\xff]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])/g

/** What a script says, as bytes. Costs a scan when it is ASCII. */
export function bytesOfScript(text: string): string {
  if (!NOT_ASCII.test(text)) return text
  if (!ESCAPED.test(text)) return bytesOfText(text)
  let bytes = ''
  let at = 0
  for (const { 0: escaped, index } of text.matchAll(PIECES)) {
    bytes += bytesOfText(text.slice(at, index))
    for (let i = 0; i < escaped.length; i++) bytes += String.fromCharCode(escaped.charCodeAt(i) - 0xdc00)
    at = index + escaped.length
  }
  return bytes + bytesOfText(text.slice(at))
}

/** Bytes as a script sees them. Costs a scan when they are ASCII. */
export function textOfScript(bytes: string): string {
  if (!NOT_ASCII.test(bytes)) return bytes
  const buffer = Buffer.from(bytes, 'latin1')
  if (isUtf8(buffer)) return buffer.toString('utf8')
  return bytes.replace(SEQUENCES, (sequence, stray: string | undefined) =>
    stray === undefined
      ? Buffer.from(sequence, 'latin1').toString('utf8')
      : String.fromCharCode(stray.charCodeAt(0) + 0xdc00),
  )
}
