// Pseudo-variables: the registry of classes ($evapi(...), $null, and what modules add), and what one is once parsed.
// Not for the text around them, which is the template's.

import type { Message, PlanPart } from '../dispatcher.ts'
import type { RouteContext } from './context.ts'
import type { Transformation, TransformationClass } from './module.ts'
import { nearest } from './nearest.ts'
import type { WrittenTransformation } from './references.ts'
import { TransformationArgument } from './transformations.ts'

/** Text is a byte string (bytestring.ts); null is `$null`. */
export type PvValue = string | number | null

/** A pseudo-variable, parsed and ready to be read any number of times. */
export interface PseudoVariable {
  get(ctx: RouteContext): PvValue
  /** What it is within a text, where that is not its value, and `<null>` for null. */
  text?(ctx: RouteContext): string
  /**
   * Assigns to it; absent where it is read-only. Numbers are whole.
   * @returns false when the value, or the state of things, does not allow it: nothing has changed then
   */
  set?(ctx: RouteContext, value: PvValue): boolean
  /** The same value as the received message itself, where it is one: relayed without a copy. */
  message?(ctx: RouteContext): Message | null
  /** What the dispatcher calls it, where it knows the value, too: such variables may stand in plans that run there. */
  readonly plan?: PlanPart
  /** It is always null. */
  readonly constant?: null
}

/** Which of several values: counted from 0, from the end if negative; all; or what a variable says when it is read. */
export type PvIndex = number | '*' | PseudoVariable

/** What stands behind one name: turns what is in the brackets into a pseudo-variable. */
export interface PseudoVariableClass {
  /** Whether `$(name(inner)[index])` may be written. */
  readonly indexed?: boolean
  /**
   * @param inner what was in the brackets, a byte string; undefined when there were none
   * @param index what stood in square brackets, if the class is indexed
   * @param nested parses a pseudo-variable within the brackets; throws TemplateError
   * @returns the pseudo-variable, or a text that says what is wrong
   */
  parse(
    inner: string | undefined,
    index: PvIndex | undefined,
    nested: (source: string) => PseudoVariable,
  ): PseudoVariable | string
}

/** The index that is meant now; 0 where none was written, null where a variable holds no whole number. */
export function indexNow(index: PvIndex | undefined, ctx: RouteContext): number | '*' | null {
  if (typeof index !== 'object') return index ?? 0
  const value = index.get(ctx)
  return Number.isInteger(value) ? (value as number) : null
}

/** A class whose brackets hold one of a fixed set of names, as in `$evapi(srcaddr)`. */
export function namedPseudoVariables(
  className: string,
  members: Readonly<Record<string, PseudoVariable>>,
): PseudoVariableClass {
  const names = Object.keys(members)
  return {
    parse(inner) {
      if (inner === undefined) return `$${className} needs a name in brackets: ${names.join(', ')}`
      if (Object.hasOwn(members, inner)) return members[inner] ?? ''
      const near = nearest(inner, names)
      const hint =
        near === undefined ? `; known: ${names.join(', ')}` : `; did you mean $${className}(${near})?`
      return `unknown pseudo-variable $${className}(${inner})${hint}`
    },
  }
}

const NULL: PseudoVariable = { get: () => null, constant: null }

/** All classes that templates may use, and the transformations of what they are. `$null` is always there. */
export class PseudoVariableRegistry {
  private readonly transformations = new Map<string, TransformationClass>()

  private readonly classes = new Map<string, PseudoVariableClass>([
    ['null', { parse: (inner) => (inner === undefined ? NULL : '$null takes no brackets') }],
  ])

  /** Adds a class. @returns false when the name is taken */
  add(name: string, pseudoVariableClass: PseudoVariableClass): boolean {
    if (this.classes.has(name)) return false
    this.classes.set(name, pseudoVariableClass)
    return true
  }

  /** Adds a class of transformations. @returns false when the name is taken */
  addTransformation(name: string, transformationClass: TransformationClass): boolean {
    if (this.transformations.has(name)) return false
    this.transformations.set(name, transformationClass)
    return true
  }

  /**
   * Looks up and parses `$name`, `$name(inner)` or `$(name(inner)[index])`.
   * @returns a text that says what is wrong, if something is
   */
  parse(
    name: string,
    inner: string | undefined,
    index: PvIndex | undefined,
    nested: (source: string) => PseudoVariable,
  ): PseudoVariable | string {
    const pseudoVariableClass = this.classes.get(name)
    if (pseudoVariableClass) {
      if (index !== undefined && !pseudoVariableClass.indexed) return `$${name} takes no index`
      return pseudoVariableClass.parse(inner, index, nested)
    }
    const near = nearest(name, this.classes.keys())
    return `unknown pseudo-variable $${name}${near === undefined ? '' : `; did you mean $${near}?`}`
  }

  /**
   * Looks up and parses `{class.name,argument}`.
   * @returns a text that says what is wrong, if something is
   */
  parseTransformation(
    { className, name, argument }: WrittenTransformation,
    nested: (source: string) => PseudoVariable,
  ): Transformation | string {
    const transformationClass = this.transformations.get(className)
    if (transformationClass) {
      return transformationClass.parse(name, new TransformationArgument(argument, nested))
    }
    const near = nearest(className, this.transformations.keys())
    const hint = near === undefined ? '' : `; did you mean {${near}.${name}}?`
    return `unknown transformation {${className}.${name}}${hint}`
  }
}
