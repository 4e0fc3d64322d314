// Between JSON values and those of scripts: what a script gets for one, and which one it means by a type and a text.

import { isUtf8 } from 'node:buffer'
import { parseJson } from '../../core/json/parser.ts'
import { printJson } from '../../core/json/printer.ts'
import { significant } from '../../core/json/real.ts'
import { JsonObject, JsonReal, type JsonRoot, type JsonValue } from '../../core/json/value.ts'

/** Integers beyond this are texts, in Kamailio too: scripts count with 32 bits there. */
const INT_MAX = 2 ** 31 - 1

/** Characters beyond which no integer is read digit by digit: it fits into nothing, but for leading zeros and spaces. */
const LONGEST_INTEGER = 64

/** What a script gets for a JSON value: texts and numbers as such, 1 and 0 for true and false, 0 for null, the JSON text of all else. */
export function scriptValue(value: JsonValue): string | number {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return Math.abs(value) <= INT_MAX || value === -INT_MAX - 1 ? value : String(value)
    case 'bigint':
      return String(value)
    case 'boolean':
      return value ? 1 : 0
    default:
      if (value === null) return 0
      return value instanceof JsonReal ? significant(value.value, 15) : printJson(value)
  }
}

/** The JSON value that a script means by a type and a text; undefined when the text is none of that type. */
export function typedValue(type: string, text: string): JsonValue | undefined {
  switch (type) {
    case 'string':
    case 'str':
      return isUtf8(Buffer.from(text, 'latin1')) ? upToNul(text) : undefined
    case 'integer':
    case 'int':
      return integerOf(text)
    case 'real':
      return realOf(text)
    case 'object':
    case 'obj':
      return rootOf(text, (root) => root instanceof JsonObject)
    case 'array':
      return rootOf(text, Array.isArray)
    case 'true':
      return true
    case 'false':
      return false
    case 'null':
      return null
    default:
      return undefined
  }
}

function rootOf(text: string, accepts: (root: JsonRoot) => boolean): JsonValue | undefined {
  const root = parseJson(text)
  return typeof root !== 'string' && accepts(root) ? root : undefined
}

/** As C's strtoll() reads it, to the end of the text; what does not fit becomes the nearest that does. Nothing is 0. */
function integerOf(text: string): number | bigint | undefined {
  if (text === '') return 0
  if (!/^[ \t\n\v\f\r]*[+-]?[0-9]+$/.test(text)) return undefined
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number + 0
  const exact =
    text.length <= LONGEST_INTEGER
      ? BigInt(text.trim().replace(/^\+/, ''))
      : BigInt(text.includes('-') ? -(2n ** 64n) : 2n ** 64n)
  if (BigInt.asIntN(64, exact) === exact) return exact
  return exact < 0n ? -(2n ** 63n) : 2n ** 63n - 1n
}

/** As C's strtod() reads it, to the end of the text. Nothing is 0; what JSON has no number for is none. */
function realOf(text: string): JsonReal | undefined {
  const [, sign, digits] =
    /^[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)$/.exec(
      text,
    ) ?? []
  if (digits === undefined) return text === '' ? new JsonReal(0) : undefined
  const value = Number(digits)
  if (!Number.isFinite(value)) return undefined
  return new JsonReal(sign === '-' ? -value : value)
}

function upToNul(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
