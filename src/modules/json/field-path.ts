// Paths of {json.parse,path}: `a.b[1].c`. What odd ones mean is what Kamailio 5.6.3's json module was seen to make of them; jansson's paths
// are others (src/core/json/path.ts).

import { JsonObject, type JsonValue } from '../../core/json/value.ts'

interface Step {
  readonly name: string
  /** Undefined where no bracket was written; what is no number in one is 0. */
  readonly index: number | undefined
}

export class FieldPath {
  private readonly steps: readonly Step[]

  constructor(path: string) {
    this.steps = path
      .split('.')
      .filter((part) => part !== '')
      .map((part) => {
        const open = part.indexOf('[')
        if (open < 0) return { name: part, index: undefined }
        return { name: part.slice(0, open), index: Number.parseInt(part.slice(open + 1), 10) || 0 }
      })
  }

  /** What is there; undefined when there is nothing. */
  get(root: JsonValue): JsonValue | undefined {
    let value: JsonValue | undefined = root
    for (const { name, index } of this.steps) {
      value = value instanceof JsonObject ? value.get(name) : undefined
      // Of what is no array an index means the whole.
      if (index !== undefined && Array.isArray(value)) value = value[index]
    }
    return value
  }
}
