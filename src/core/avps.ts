// AVPs: values that a route leaves for a later one of the same context, by name, several to a name. `$avp` and `$xavp` are
// faces of this store (src/modules/pv/avp.ts, xavp.ts); what they take and what null does is theirs.

/** One value of an AVP. Text is a byte string. */
export type AvpValue = string | number

/** Stacks of values by name. The newest value of a name is number 0; -1 is the oldest. */
export class ValueStacks<Name, Value> {
  /** Oldest first, so that a new value is a push. No empty lists. */
  private readonly stacks = new Map<Name, Value[]>()

  /** The value with that number; undefined when there is none. -1 is the oldest. */
  at(name: Name, number: number): Value | undefined {
    return this.stacks.get(name)?.at(-1 - number)
  }

  /** All values, newest first. */
  all(name: Name): readonly Value[] {
    return this.stacks.get(name)?.toReversed() ?? []
  }

  /** All names, in the order in which their newest values were added. */
  get names(): Name[] {
    return [...this.stacks.keys()]
  }

  /** The newest value of each name, in the order in which the names came. */
  *newest(): Iterable<readonly [Name, Value]> {
    for (const [name, stack] of this.stacks) yield [name, stack[stack.length - 1] as Value]
  }

  /** Adds a value on top of those that are there. */
  push(name: Name, value: Value): void {
    const stack = this.stacks.get(name)
    if (!stack) {
      this.stacks.set(name, [value])
      return
    }
    stack.push(value)
    this.stacks.delete(name)
    this.stacks.set(name, stack)
  }

  /** Puts a value in the place of another. @returns false when there is none with that number */
  replace(name: Name, number: number, value: Value): boolean {
    const stack = this.stacks.get(name)
    if (!stack || number < 0 || number >= stack.length) return false
    stack[stack.length - 1 - number] = value
    return true
  }

  /** Removes one value, if it is there. */
  remove(name: Name, number: number): void {
    const stack = this.stacks.get(name)
    if (!stack || number < 0 || number >= stack.length) return
    stack.splice(stack.length - 1 - number, 1)
    if (stack.length === 0) this.stacks.delete(name)
  }

  /** Removes all values of a name. */
  clear(name: Name): void {
    this.stacks.delete(name)
  }
}

/** A value of an XAVP that has fields of its own. */
export class XavpRecord extends ValueStacks<string, AvpValue | null> {}

/** All AVPs of one context. */
export class AvpStore {
  /** By name: a byte string, or the number of `$avp(i:5)`. */
  readonly avps = new ValueStacks<string | number, AvpValue>()
  /** By name. */
  readonly xavps = new ValueStacks<string, AvpValue | XavpRecord>()
}
