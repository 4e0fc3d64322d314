// What a record of transformations is made of.

export interface SeenTransformations {
  /** What `$var(x)` is: byte strings and numbers. */
  readonly input: string | number
  /** What `$var(a)` is, where a transformation names it. */
  readonly argument?: string | number
  /** By what was written behind `var(x)`. */
  readonly seen: Readonly<Record<string, SeenValue>>
}

/** A text, a number; a number whose text is not its digits; null: it failed, and a text has nothing there. */
export type SeenValue = string | number | readonly [number: number, text: string] | null

/** What a value is, and what it is in a text. */
export function textOfSeen(value: SeenValue): string {
  return value === null ? '' : typeof value === 'object' ? value[1] : String(value)
}

export function typeOfSeen(value: SeenValue): 'null' | 'string' | 'number' {
  return value === null ? 'null' : typeof value === 'string' ? 'string' : 'number'
}

/** The pseudo-variable of a chain of transformations. */
export function variableWith(chain: string): string {
  return `$(var(x)${chain})`
}
