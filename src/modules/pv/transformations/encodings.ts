// Encodings of byte strings as text: hexadecimal digits, base64, base58, and the septets of short messages.

export function toHex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex')
}

/** A digit left over at the end is nothing. @returns null when there are other characters */
export function fromHex(text: string): string | null {
  return isHex(text) ? Buffer.from(text, 'hex').toString('latin1') : null
}

function isHex(text: string): boolean {
  return /^(?:[0-9A-Fa-f]{2})*[\s\S]?$/.test(text)
}

export function toBase64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64')
}

export function toBase64Trimmed(text: string): string {
  return trimmed(toBase64(text))
}

export function toBase64Url(text: string): string {
  return toBase64(text).replaceAll('+', '-').replaceAll('/', '_')
}

export function toBase64UrlTrimmed(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64url')
}

/** @returns null when there are other characters, or it is no whole number of groups of four */
export function fromBase64(text: string): string | null {
  return text.length % 4 === 0 ? fromBase64Trimmed(text) : null
}

/** The same, where what fills the last group may be missing. */
export function fromBase64Trimmed(text: string): string | null {
  return /^[A-Za-z0-9+/]*={0,3}$/.test(text) ? Buffer.from(text, 'base64').toString('latin1') : null
}

/** Also null for nothing at all, as in Kamailio. */
export function fromBase64Url(text: string): string | null {
  return /^[A-Za-z0-9_-]+={0,3}$/.test(text) ? Buffer.from(text, 'base64url').toString('latin1') : null
}

function trimmed(text: string): string {
  return text.replace(/=+$/, '')
}

/** Seven bits of each byte (what has an eighth blurs the one after it), packed as 3GPP TS 23.038 has them, in hexadecimal digits. */
export function toSevenBit(text: string): string {
  let packed = ''
  let bits = 0
  let count = 0
  for (let at = 0; at < text.length; at++) {
    bits |= text.charCodeAt(at) << count
    count += 7
    if (count >= 8) {
      packed += hexOf(bits & 0xff)
      bits >>= 8
      count -= 8
    }
  }
  return count > 0 ? packed + hexOf(bits) : packed
}

/** @returns null when there are other characters than hexadecimal digits */
export function fromSevenBit(text: string): string | null {
  if (!isHex(text)) return null
  const bytes = Buffer.from(text, 'hex')
  let unpacked = ''
  let bits = 0
  let count = 0
  for (const byte of bytes) {
    bits |= byte << count
    count += 8
    while (count >= 7) {
      unpacked += String.fromCharCode(bits & 0x7f)
      bits >>= 7
      count -= 7
    }
  }
  return unpacked
}

function hexOf(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

/** The digits of base58, which leave out those that look alike. */
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** The time this takes grows with the square of the length. */
const LONGEST_BASE58 = 2048

/** @returns null when it is too long */
export function toBase58(text: string): string | null {
  if (text.length > LONGEST_BASE58) return null
  let zeros = 0
  while (zeros < text.length && text.charCodeAt(zeros) === 0) zeros++
  // Digits of the number that the bytes are, the lowest first.
  const digits: number[] = []
  for (let at = zeros; at < text.length; at++) {
    let carry = text.charCodeAt(at)
    for (let place = 0; place < digits.length; place++) {
      carry += (digits[place] ?? 0) << 8
      digits[place] = carry % 58
      carry = (carry / 58) | 0
    }
    for (; carry > 0; carry = (carry / 58) | 0) digits.push(carry % 58)
  }
  let encoded = '1'.repeat(zeros)
  for (let place = digits.length - 1; place >= 0; place--) encoded += BASE58.charAt(digits[place] ?? 0)
  return encoded
}

/** @returns null when there are other characters, or too many */
export function fromBase58(text: string): string | null {
  if (text.length > LONGEST_BASE58) return null
  let zeros = 0
  while (zeros < text.length && text.charAt(zeros) === '1') zeros++
  const bytes: number[] = []
  for (let at = zeros; at < text.length; at++) {
    let carry = BASE58.indexOf(text.charAt(at))
    if (carry < 0) return null
    for (let place = 0; place < bytes.length; place++) {
      carry += (bytes[place] ?? 0) * 58
      bytes[place] = carry & 0xff
      carry >>= 8
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 0xff)
  }
  let decoded = '\0'.repeat(zeros)
  for (let place = bytes.length - 1; place >= 0; place--) decoded += String.fromCharCode(bytes[place] ?? 0)
  return decoded
}
