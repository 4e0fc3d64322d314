// JSON values over byte strings: what the parser makes and the printer writes. Unlike JSON.parse's they keep what a script can see: the
// order of members, whether a number was written as an integer or a real, integers of 64 bits. Strings are UTF-8, one char per byte.

/** An integer is a number where it is exact, else a bigint. */
export type JsonValue = null | boolean | number | bigint | string | JsonReal | JsonValue[] | JsonObject

/** What a text as a whole may be. */
export type JsonRoot = JsonValue[] | JsonObject

/** A number that was written with a fraction or an exponent. */
export class JsonReal {
  readonly value: number
  /** As it was written, where that is of interest. */
  readonly written: string | undefined

  constructor(value: number, written?: string) {
    this.value = value
    this.written = written
  }
}

/** Up to so many members a name is looked for one by one: that is faster than a map, which would have to be made first. */
const FEW = 16

/** Members in the order in which they were added. */
export class JsonObject {
  readonly names: string[] = []
  readonly values: JsonValue[] = []
  private positions: Map<string, number> | undefined = undefined

  /** An object with these members; of two of the same name the last counts. */
  static of(
    members: Readonly<Record<string, JsonValue>> | Iterable<readonly [string, JsonValue]>,
  ): JsonObject {
    const object = new JsonObject()
    const entries = Symbol.iterator in members ? members : Object.entries(members)
    for (const [name, value] of entries) object.set(name, value)
    return object
  }

  get size(): number {
    return this.names.length
  }

  get(name: string): JsonValue | undefined {
    return this.values[this.position(name)]
  }

  /** Adds a member. @returns false when there is one of that name: nothing has changed then */
  add(name: string, value: JsonValue): boolean {
    if (this.position(name) >= 0) return false
    this.positions?.set(name, this.names.length)
    this.names.push(name)
    this.values.push(value)
    return true
  }

  /** Adds a member, or gives the one of that name another value, in its place. */
  set(name: string, value: JsonValue): void {
    const position = this.position(name)
    if (position < 0) this.add(name, value)
    else this.values[position] = value
  }

  private position(name: string): number {
    const { names } = this
    if (names.length <= FEW) return names.indexOf(name)
    this.positions ??= new Map(names.map((each, position) => [each, position]))
    return this.positions.get(name) ?? -1
  }
}
