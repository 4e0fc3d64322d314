// The json module: fields of JSON texts (Kamailio's json). It is not jansson: texts are read more leniently, strings keep their quotes in
// json_get_field(), and null is nothing.

import type { RouteContext } from '../core/context.ts'
import { JsonObject, type JsonValue } from '../core/json/value.ts'
import { defineFunction, defineModule } from '../core/module.ts'
import type { PseudoVariable } from '../core/pseudovariables.ts'
import { namedTransformations } from '../core/transformations.ts'
import { FieldPath } from './json/field-path.ts'
import { printField } from './json/field-printer.ts'
import { parseLenientJson } from './json/lenient-parser.ts'

const PARAMETERS = [
  { name: 'json', type: 'string' },
  { name: 'field', type: 'string' },
  { name: 'result', type: 'variable', assigned: true },
] as const

/** @param print what the script gets for a value */
function get(print: (value: JsonValue) => string) {
  return (ctx: RouteContext, text: string, field: string, result: PseudoVariable): number => {
    const root = parseLenientJson(text)
    const value = root instanceof JsonObject ? root.get(field) : undefined
    if (value === undefined || value === null) {
      ctx.log.debug({ field }, 'json: the text is no JSON object with this field')
      return -1
    }
    result.set?.(ctx, print(value))
    return 1
  }
}

/** A string without its quotes, up to a NUL; all else as JSON. */
function printContent(value: JsonValue): string {
  if (typeof value !== 'string') return printField(value)
  const end = value.indexOf('\0')
  return end < 0 ? value : value.slice(0, end)
}

/** `{json.parse,path}`: nothing is an empty text, in Kamailio as well. */
const transformations = namedTransformations('json', {
  parse({ written, nested }) {
    if (!written) return 'takes a path: {json.parse,a.b}'
    const variable = written.startsWith('$') ? nested(written) : undefined
    const constant = variable ? undefined : new FieldPath(written)
    return {
      value(value, ctx) {
        const path = constant ?? new FieldPath(String(variable?.get(ctx) ?? ''))
        const root = parseLenientJson(String(value))
        const found = root === undefined ? undefined : path.get(root)
        return found === undefined || found === null ? '' : printContent(found)
      },
    }
  },
})

export const json = defineModule({
  name: 'json',
  functions: {
    json_get_field: defineFunction({
      parameters: PARAMETERS,
      kemi: { hidden: true },
      doc: 'Assigns to result the field of a JSON object, as JSON: strings keep their quotes. False when it is not there or null.',
      call: get(printField),
    }),
    json_get_string: defineFunction({
      parameters: PARAMETERS,
      kemi: { hidden: true },
      doc: 'As json_get_field, but a string comes without its quotes and escapes.',
      call: get(printContent),
    }),
  },
  transformations: { json: transformations },
})
