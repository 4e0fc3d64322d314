// The class param: values, names and number of parameters in a list.

import type { RouteContext } from '../../../core/context.ts'
import type { Transformation } from '../../../core/module.ts'
import type { PvValue } from '../../../core/pseudovariables.ts'
import { namedTransformations, numberNow, textNow } from '../../../core/transformations.ts'
import { named, type Param, paramList, valueNamed } from './param-list.ts'
import { type TransformationParser, textOf } from './text.ts'

/** A transformation of a list, which a separator at its end belongs to. */
function ofList(
  separator: string,
  apply: (list: readonly Param[], ctx: RouteContext) => PvValue,
): Transformation {
  return {
    value(value, ctx) {
      const text = textOf(value)
      const list = paramList(text.endsWith(separator) ? text.slice(0, -1) : text, separator)
      return list ? apply(list, ctx) : null
    },
  }
}

/** The separator that was written, `;` when none was; undefined when it is none. */
function separatorOf(written: string | undefined): string | undefined {
  if (written === undefined) return ';'
  return /^[^,\s]$/.test(written) ? written : undefined
}

function byName(apply: (list: readonly Param[], name: string) => PvValue): TransformationParser {
  return (argument) => {
    const [first, second] = argument.parts(2)
    const name = first === undefined ? undefined : argument.text(first)
    const separator = separatorOf(second)
    if (name === undefined || separator === undefined) {
      return 'takes the name of a parameter, and a character that separates them if that is not ;'
    }
    return ofList(separator, (list, ctx) => {
      const now = textNow(name, ctx)
      return now === null ? null : apply(list, now)
    })
  }
}

function byIndex(apply: (param: Param | undefined) => PvValue): TransformationParser {
  return (argument) => {
    const [first, second] = argument.parts(2)
    const index = first === undefined ? undefined : argument.number(first)
    const separator = separatorOf(second)
    if (index === undefined || separator === undefined) {
      return 'takes the number of a parameter, and a character that separates them if that is not ;'
    }
    return ofList(separator, (list, ctx) => {
      const now = numberNow(index, ctx)
      return now === null ? null : apply(list.at(now))
    })
  }
}

const count: TransformationParser = ({ written }) => {
  const separator = separatorOf(written)
  if (separator === undefined) return 'takes a character that separates, if that is not ;'
  return ofList(separator, (list) => list.length)
}

export const params = namedTransformations('param', {
  value: byName(valueNamed),
  in: byName((list, name) => (named(list, name) ? 1 : 0)),
  valueat: byIndex((param) => param?.value ?? ''),
  name: byIndex((param) => param?.name ?? ''),
  count,
})
