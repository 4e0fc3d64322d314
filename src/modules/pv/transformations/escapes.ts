// Escapes: of quotes and backslashes, of what URIs cannot have, of what stands in a column of CSV.

const COMMON: Readonly<Record<string, string>> = { "'": "\\'", '"': '\\"', '\\': '\\\\', '\0': '\\0' }

export function escapeCommon(text: string): string {
  return text.replace(/['"\\\0]/g, (character) => COMMON[character] ?? '')
}

export function unescapeCommon(text: string): string {
  return text.replace(/\\(['"\\0])/g, (_, character: string) => (character === '0' ? '\0' : character))
}

export function escapeCsv(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** What is neither a control character nor beyond ASCII. */
const PRINTABLE = /^[ -~]*$/

/** @returns null when there are other than printable characters */
export function escapeUser(text: string): string | null {
  return PRINTABLE.test(text) ? percent(text, /[^A-Za-z0-9\-_.!~*'()&=+$,;?]/g) : null
}

/** @returns null when there are other than printable characters */
export function escapeParam(text: string): string | null {
  return PRINTABLE.test(text) ? percent(text, /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g) : null
}

/** @returns null when an escape is malformed, or is of no printable character */
export function unescapePercent(text: string): string | null {
  return /%(?![2-6][0-9A-Fa-f]|7[0-9A-Ea-e])/.test(text) ? null : percentDecoded(text)
}

export function urlEncode(text: string): string {
  return percent(text, /[^A-Za-z0-9\-_.~]/g)
}

export function urlDecode(text: string): string {
  return percentDecoded(text.replaceAll('+', ' '))
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

function percent(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
