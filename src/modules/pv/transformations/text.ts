// What the transformations of this directory are made of: functions of a text, with arguments that are numbers, texts or single
// characters. Not for what any of them does.

import type { RouteContext } from '../../../core/context.ts'
import type { Transformation } from '../../../core/module.ts'
import type { PvValue } from '../../../core/pseudovariables.ts'
import {
  type NumberArgument,
  numberNow,
  type TextArgument,
  type TransformationArgument,
  textNow,
} from '../../../core/transformations.ts'

/** Reads the argument of one transformation. */
export type TransformationParser = (argument: TransformationArgument) => Transformation | string

/** What all of them begin with: a number is its digits. */
export function textOf(value: string | number): string {
  return typeof value === 'number' ? String(value) : value
}

/** A transformation that takes no argument. */
export function bare(transformation: Transformation): TransformationParser {
  return ({ written }) => (written === undefined ? transformation : 'takes no argument')
}

/** A transformation of a text that takes no argument. */
export function plain(apply: (text: string, ctx: RouteContext) => PvValue): TransformationParser {
  return bare({ value: (value, ctx) => apply(textOf(value), ctx) })
}

/** A transformation of a text with one number. */
export function withNumber(apply: (text: string, number: number) => PvValue): TransformationParser {
  return (argument) => {
    const number = argument.number(argument.written ?? '')
    if (number === undefined) return 'takes a number, or a pseudo-variable that is one'
    return numbered(number, apply)
  }
}

/** The same, where it may be left out. */
export function withOptionalNumber(
  absent: number,
  apply: (text: string, number: number) => PvValue,
): TransformationParser {
  const parse = withNumber(apply)
  return (argument) => (argument.written === undefined ? numbered(absent, apply) : parse(argument))
}

function numbered(number: NumberArgument, apply: (text: string, number: number) => PvValue): Transformation {
  if (typeof number === 'number') return { value: (value) => apply(textOf(value), number) }
  return {
    value(value, ctx) {
      const now = numberNow(number, ctx)
      return now === null ? null : apply(textOf(value), now)
    },
  }
}

/** A transformation of a text with two numbers. */
export function withNumbers(
  apply: (text: string, first: number, second: number) => PvValue,
): TransformationParser {
  return (argument) => {
    const [first, second] = argument.parts(2).map((part) => argument.number(part))
    if (first === undefined || second === undefined) {
      return 'takes two numbers, or pseudo-variables that are numbers'
    }
    return {
      value(value, ctx) {
        const one = numberNow(first, ctx)
        const two = numberNow(second, ctx)
        return one === null || two === null ? null : apply(textOf(value), one, two)
      },
    }
  }
}

/** The same, where a number that is written must not be negative. */
export function withCounts(
  apply: (text: string, first: number, second: number) => PvValue,
): TransformationParser {
  const parse = withNumbers(apply)
  return (argument) =>
    argument.parts(2).some((part) => /^\s*-/.test(part)) ? 'takes no negative numbers' : parse(argument)
}

/** A transformation of a text with another text. */
export function withText(apply: (text: string, argument: string) => PvValue): TransformationParser {
  return (argument) => {
    const text = argument.written === undefined ? undefined : oneText(argument, argument.written)
    if (text === undefined) return 'takes a text, or a pseudo-variable'
    return {
      value(value, ctx) {
        const now = textNow(text, ctx)
        return now === null ? null : apply(textOf(value), now)
      },
    }
  }
}

/** A text without commas, which would begin another argument. */
export function oneText(argument: TransformationArgument, part: string): TextArgument | undefined {
  return argument.parts(2).length > 1 && part === argument.written ? undefined : argument.text(part)
}

/**
 * A transformation of a text with one character: the first of what is written or of what a pseudo-variable says. Where nothing is
 * written it is the brace behind it, as in Kamailio.
 */
export function withCharacter(apply: (text: string, character: string) => PvValue): TransformationParser {
  return (argument) => {
    if (argument.written === undefined) return 'takes a character, or a pseudo-variable'
    const written = argument.written.replace(/^[ \t\r\n]+/, '')
    if (!written.startsWith('$')) {
      const character = written.charAt(0) || '}'
      return { value: (value) => apply(textOf(value), character) }
    }
    const variable = argument.nested(written.trimEnd())
    return {
      value(value, ctx) {
        const now = textNow(variable, ctx)
        return now === null || now === '' ? null : apply(textOf(value), now.charAt(0))
      },
    }
  }
}
