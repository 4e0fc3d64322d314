// Between JSON objects and $xavp records (jansson_xdecode, jansson_xencode). One level: what lies deeper becomes JSON text.

import { XavpRecord } from '../../core/avps.ts'
import type { RouteContext } from '../../core/context.ts'
import { printJson, SPACED } from '../../core/json/printer.ts'
import { JsonObject, type JsonRoot } from '../../core/json/value.ts'
import { scriptValue } from './values.ts'

/** Adds a record; for an array one for each element, the last on top. Elements that are no objects make empty records. */
export function decodeIntoXavp(ctx: RouteContext, name: string, root: JsonRoot): void {
  for (const element of Array.isArray(root) ? root : [root]) {
    const record = new XavpRecord()
    if (element instanceof JsonObject) {
      for (const [position, field] of element.names.entries()) {
        const value = element.values[position] ?? null
        record.push(field, value === null ? null : scriptValue(value))
      }
    }
    ctx.avps.xavps.push(name, record)
  }
}

/** The newest record of a name as JSON; undefined when there is none. Of a field with several values the oldest counts, as in Kamailio. */
export function encodeXavp(ctx: RouteContext, name: string): string | undefined {
  const record = ctx.avps.xavps.at(name, 0)
  if (!(record instanceof XavpRecord)) return undefined
  const object = new JsonObject()
  for (const field of record.names.reverse()) object.set(field, record.at(field, -1) ?? null)
  return printJson(object, SPACED)
}
