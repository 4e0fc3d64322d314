// Templates: strings with pseudo-variables in them. Split once, cached, and then expanded by concatenation. Everything
// in here is byte strings (bytestring.ts); the grammar is the one that Kamailio 5.6 was seen to accept. How one
// pseudo-variable is written is in references.ts.

import type { Message } from '../dispatcher.ts'
import { bytesOfText } from './bytestring.ts'
import type { RouteContext } from './context.ts'
import { TemplateError } from './errors.ts'
import type { Transformation } from './module.ts'
import type { Operand } from './operand.ts'
import type { PseudoVariable, PseudoVariableRegistry, PvIndex, PvValue } from './pseudovariables.ts'
import { readReference, type WrittenTransformation } from './references.ts'
import { TransformedVariable } from './transformations.ts'

/** What `$null` leaves in a string (seen in Kamailio 5.6.3: `x$(null)y` is relayed as `x<null>y`). */
export const NULL_TEXT = '<null>'

/** How many templates of either kind are remembered. A route that builds them on the fly must not fill the memory. */
const CACHE_LIMIT = 1024

type Part = string | PseudoVariable

/** A string that has been split into literal text and pseudo-variables. */
export class Template implements Operand {
  readonly only: PseudoVariable | undefined
  readonly constant: string | undefined

  readonly parts: readonly Part[]

  constructor(parts: readonly Part[]) {
    const first = parts[0]
    this.parts = parts
    this.only = parts.length === 1 && typeof first === 'object' ? first : undefined
    this.constant =
      parts.length === 0 ? '' : parts.length === 1 && typeof first === 'string' ? first : undefined
  }

  /** The byte string with every pseudo-variable replaced by its value; `$null` by `<null>`. */
  expand(ctx: RouteContext): string {
    let expanded = ''
    for (const part of this.parts) {
      if (typeof part === 'string') expanded += part
      else expanded += part.text === undefined ? (part.get(ctx) ?? NULL_TEXT) : part.text(ctx)
    }
    return expanded
  }

  data(ctx: RouteContext): string | Message {
    return this.only?.message?.(ctx) ?? this.expand(ctx)
  }

  value(ctx: RouteContext): PvValue {
    return this.only ? this.only.get(ctx) : this.expand(ctx)
  }
}

/** Parses and remembers templates over one registry of pseudo-variables. */
export class TemplateCache {
  private readonly registry: PseudoVariableRegistry
  private readonly ofBytes = new Map<string, Template>()
  private readonly ofText = new Map<string, Template>()

  constructor(registry: PseudoVariableRegistry) {
    this.registry = registry
  }

  /** The template of a byte string, as scripts have them. @throws TemplateError */
  bytes(source: string): Template {
    return this.ofBytes.get(source) ?? this.remember(this.ofBytes, source, source)
  }

  /** The template of a text, as TypeScript has them. @throws TemplateError */
  text(source: string): Template {
    return this.ofText.get(source) ?? this.remember(this.ofText, source, bytesOfText(source))
  }

  /** The one pseudo-variable that a text consists of. @throws TemplateError also when there is anything else */
  pseudoVariable(source: string): PseudoVariable {
    return onlyVariable(source, this.text(source).parts)
  }

  private remember(cache: Map<string, Template>, key: string, source: string): Template {
    const template = new Template(parse(source, this.registry))
    if (cache.size >= CACHE_LIMIT) cache.clear()
    cache.set(key, template)
    return template
  }
}

/** Splits a byte string. `$$` is a dollar; `$name`, `$name(inner)`, `$(name(inner)[index]{class.name,...})` are pseudo-variables. */
function parse(source: string, registry: PseudoVariableRegistry): Part[] {
  const nested = (inner: string) => onlyVariable(inner, parse(inner, registry))
  const parts: Part[] = []
  let literal = ''
  let at = 0
  while (at < source.length) {
    const dollar = source.indexOf('$', at)
    if (dollar < 0) break
    literal += source.slice(at, dollar)
    if (source[dollar + 1] === '$') {
      literal += '$'
      at = dollar + 2
      continue
    }
    const { name, inner, index, transformations, end } = readReference(source, dollar)
    at = end
    const which = index === undefined ? undefined : parseIndex(source, dollar, index, nested)
    let variable = registry.parse(name, inner, which, nested)
    if (typeof variable === 'string') throw new TemplateError(source, dollar, variable)
    if (transformations.length > 0) {
      const steps = transformations.map((written) => parseTransformation(source, written, registry, nested))
      variable = new TransformedVariable(variable, steps)
    }
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(variable)
  }
  literal += source.slice(at)
  if (literal !== '') parts.push(literal)
  return parts
}

/** What all of `source` is, if it is one pseudo-variable and nothing else. @throws TemplateError */
function onlyVariable(source: string, parts: readonly Part[]): PseudoVariable {
  const [only] = parts
  if (parts.length === 1 && typeof only === 'object') return only
  throw new TemplateError(source, 0, 'expected exactly one pseudo-variable such as $evapi(srcaddr)')
}

/** A transformation, ready to be applied. @throws TemplateError, also for a mistake within its argument, that says where its brace is */
function parseTransformation(
  source: string,
  written: WrittenTransformation,
  registry: PseudoVariableRegistry,
  nested: (source: string) => PseudoVariable,
): Transformation {
  try {
    const transformation = registry.parseTransformation(written, nested)
    if (typeof transformation !== 'string') return transformation
    throw new TemplateError(source, written.offset, transformation)
  } catch (error) {
    if (!(error instanceof TemplateError) || error.template === source) throw error
    throw new TemplateError(source, written.offset, error.problem)
  }
}

/** What is between the square brackets of `$(name(inner)[index])`. */
function parseIndex(
  source: string,
  dollar: number,
  index: string,
  nested: (source: string) => PseudoVariable,
): PvIndex {
  if (index === '*') return index
  if (index.startsWith('$')) return nested(index)
  if (/^-?\d+$/.test(index)) return Number(index)
  throw new TemplateError(source, dollar, `[${index}] is not an index: a number, * or a pseudo-variable is`)
}
