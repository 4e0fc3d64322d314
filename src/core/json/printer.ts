// Prints JSON values as jansson does, byte for byte: scripts relay what they got out of a message, and applications compare it.

import { significant } from './real.ts'
import { JsonObject, JsonReal, type JsonValue } from './value.ts'

/** What stands between members, and after a name. */
export interface JsonStyle {
  readonly comma: string
  readonly colon: string
}

export const COMPACT: JsonStyle = { comma: ',', colon: ':' }
export const SPACED: JsonStyle = { comma: ', ', colon: ': ' }

/** The text of a value. As deep as the value is nested, which whoever makes values bounds. */
export function printJson(value: JsonValue, style: JsonStyle = COMPACT): string {
  if (typeof value === 'string') return printString(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof JsonReal) return printReal(value)
  let text = ''
  if (value instanceof JsonObject) {
    for (const [position, name] of value.names.entries()) {
      const member = printJson(value.values[position] ?? null, style)
      text += `${position === 0 ? '' : style.comma}${printString(name)}${style.colon}${member}`
    }
    return `{${text}}`
  }
  for (const [position, element] of value.entries()) {
    text += `${position === 0 ? '' : style.comma}${printJson(element, style)}`
  }
  return `[${text}]`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
const SPECIAL = /["\\\u0000-\u001f]/g

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** A string in quotes. What is not ASCII stays as it is. */
export function printString(text: string): string {
  return `"${text.replace(SPECIAL, escaped)}"`
}

function escaped(char: string): string {
  return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Seventeen digits name every double; what looks like an integer gets a `.0`, and an exponent is written as short as can be. */
function printReal({ value }: JsonReal): string {
  const text = significant(value, 17)
  if (!/[.e]/.test(text)) return `${text}.0`
  return text.replace(/e([+-])0*(?=\d)/, (_, sign: string) => (sign === '-' ? 'e-' : 'e'))
}

/** A value over several lines, as Kamailio's jsonrpcs writes replies: tabs, a member a line, the elements of an array in one. */
export function printIndented(value: JsonValue, depth = 0): string {
  if (Array.isArray(value)) return `[${value.map((each) => printIndented(each, depth + 1)).join(', ')}]`
  if (!(value instanceof JsonObject)) return printJson(value)
  const tabs = '\t'.repeat(depth)
  const members = value.names.map(
    (name, position) =>
      `${tabs}\t${printString(name)}:\t${printIndented(value.values[position] ?? null, depth + 1)}`,
  )
  return members.length === 0 ? `{\n${tabs}}` : `{\n${members.join(',\n')}\n${tabs}}`
}
