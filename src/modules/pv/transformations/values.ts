// The class val: values for places that take no null, and for JSON. Kamailio 5.6 documents it, and 5.6.3 does not know it.

import { namedTransformations } from '../../../core/transformations.ts'
import { bare, textOf } from './text.ts'

/** The inside of a JSON string. Bytes above 0x7f pass as they are: a text in UTF-8 stays one. */
function jsonEscape(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

export const values = namedTransformations('val', {
  n0: bare({ value: (value) => value, ofNull: 0 }),
  ne: bare({ value: (value) => value, ofNull: '' }),
  json: bare({ value: (value) => (typeof value === 'number' ? value : jsonEscape(value)), ofNull: '' }),
  jsonqe: bare({
    value: (value) => (typeof value === 'number' ? value : `"${jsonEscape(textOf(value))}"`),
    ofNull: '""',
  }),
})
