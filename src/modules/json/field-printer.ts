// Prints JSON values as Kamailio's json module does: blanks within brackets, slashes escaped, reals as they were written.

import { JsonObject, JsonReal, type JsonValue } from '../../core/json/value.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
const SPECIAL = /["\\/\u0000-\u001f]/g

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

export function printField(value: JsonValue): string {
  if (typeof value === 'string') return printQuoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof JsonReal) return value.written ?? String(value.value)
  if (value instanceof JsonObject) {
    const members = value.names.map(
      (name, position) => `${printQuoted(name)}: ${printField(value.values[position] ?? null)}`,
    )
    return members.length === 0 ? '{ }' : `{ ${members.join(', ')} }`
  }
  return value.length === 0 ? '[ ]' : `[ ${value.map(printField).join(', ')} ]`
}

function printQuoted(text: string): string {
  return `"${text.replace(SPECIAL, (char) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}
