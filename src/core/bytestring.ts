// Byte strings: what strings are inside templates, pseudo-variables and scripts. One char per byte ('latin1'), so that
// a length is a number of bytes and any payload passes unharmed. TypeScript routes deal in text; these two
// functions are the border between them. Not for sockets: the dispatcher encodes by itself.

const NOT_ASCII = /[\u0080-\uffff]/

/** Text as the byte string of its UTF-8 encoding. Costs nothing but a scan when the text is ASCII. */
export function bytesOfText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** The text whose UTF-8 encoding a byte string holds; invalid sequences become U+FFFD. */
export function textOfBytes(bytes: string): string {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}
