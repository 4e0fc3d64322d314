// What stands in the brackets of $sht and its kin: `table=>key`, where the key may have pseudo-variables in it.

import type { RouteContext } from '../../core/context.ts'
import type { PseudoVariable } from '../../core/pseudovariables.ts'
import { readReference } from '../../core/references.ts'
import type { Runtime } from '../../core/runtime.ts'
import { NULL_TEXT } from '../../core/templates.ts'
import type { HashTable } from './table.ts'
import { HASH_TABLES } from './tables.ts'

/** A text with pseudo-variables in it, as the brackets of another one can hold it. */
export class KeyFormat {
  private readonly parts: readonly (string | PseudoVariable)[]
  /** The text, if there is no variable in it. */
  private readonly constant: string | undefined

  /** @throws TemplateError */
  constructor(source: string, nested: (source: string) => PseudoVariable) {
    const parts: (string | PseudoVariable)[] = []
    let at = 0
    for (let dollar = source.indexOf('$'); dollar >= 0; dollar = source.indexOf('$', at)) {
      if (dollar > at) parts.push(source.slice(at, dollar))
      if (source[dollar + 1] === '$') {
        parts.push('$')
        at = dollar + 2
        continue
      }
      const { end } = readReference(source, dollar)
      parts.push(nested(source.slice(dollar, end)))
      at = end
    }
    if (at < source.length) parts.push(source.slice(at))
    this.parts = parts
    this.constant = parts.every((part) => typeof part === 'string') ? parts.join('') : undefined
  }

  expand(ctx: RouteContext): string {
    if (this.constant !== undefined) return this.constant
    let text = ''
    for (const part of this.parts) text += typeof part === 'string' ? part : (part.get(ctx) ?? NULL_TEXT)
    return text
  }
}

/** A table and a key in it, as a script names them. The table is looked up once. */
export class TableReference {
  private readonly name: string
  private readonly key: KeyFormat
  private runtime: Runtime | undefined = undefined
  private found: HashTable | undefined = undefined

  private constructor(name: string, key: KeyFormat) {
    this.name = name
    this.key = key
  }

  /** @returns a text that says what is wrong, if something is */
  static parse(
    className: string,
    inner: string | undefined,
    nested: (source: string) => PseudoVariable,
  ): TableReference | string {
    const arrow = inner?.indexOf('=>') ?? -1
    if (inner === undefined || arrow < 1)
      return `$${className} needs a table and a key: $${className}(table=>key)`
    return new TableReference(inner.slice(0, arrow), new KeyFormat(inner.slice(arrow + 2), nested))
  }

  /** The table; undefined when there is none of that name. */
  table(ctx: RouteContext): HashTable | undefined {
    const { runtime } = ctx
    if (runtime !== this.runtime) {
      this.runtime = runtime
      this.found = runtime.state(HASH_TABLES).table(this.name)
      if (!this.found) ctx.log.warn({ table: this.name }, `there is no hash table ${this.name}`)
    }
    return this.found
  }

  keyNow(ctx: RouteContext): string {
    return this.key.expand(ctx)
  }
}

/** Cuts `table=>rest`. @returns undefined when there is no such arrow */
export function splitReference(text: string): { readonly table: string; readonly rest: string } | undefined {
  const arrow = text.indexOf('=>')
  return arrow < 1 ? undefined : { table: text.slice(0, arrow), rest: text.slice(arrow + 2) }
}
