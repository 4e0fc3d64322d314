// Functions of textops that compare texts, whatever they are. They need no request.

import { defineFunction, type ModuleFunction } from '../../core/module.ts'
import { compileRegex } from '../../core/regex.ts'
import { lowerCase } from '../../sip/header-names.ts'

/** What Kamailio's compare functions return: 1 equal, -2 less, -1 more. */
function compared(one: string, other: string): number {
  return one === other ? 1 : one < other ? -2 : -1
}

function ofTwo(
  [one, other]: readonly [string, string],
  doc: string,
  call: (one: string, other: string) => number,
): ModuleFunction {
  return defineFunction({
    parameters: [
      { name: one, type: 'string' },
      { name: other, type: 'string' },
    ],
    doc,
    call: (_, first, second) => call(first, second),
  })
}

function startsWith(text: string, prefix: string): number {
  if (text.length < prefix.length) return -1
  return text.startsWith(prefix) ? 1 : -2
}

/** From 1, so that the beginning is true as well; a text is never found in the empty one. */
function positionOf(text: string, needle: string): number {
  const position = text === '' ? -1 : text.indexOf(needle)
  return position < 0 ? -1 : position + 1
}

function inList(doc: string, matches: (subject: string, item: string) => boolean): ModuleFunction {
  return defineFunction({
    parameters: [
      { name: 'subject', type: 'string' },
      { name: 'list', type: 'string' },
      {
        name: 'separator',
        type: 'string',
        check: (constant) => (constant.length === 1 ? undefined : 'the separator is one character'),
      },
    ],
    doc,
    call(ctx, subject, list, separator) {
      if (subject === '' || list === '' || separator.length !== 1) {
        ctx.log.error('subject and list must not be empty, and the separator is one character')
        return -1
      }
      return list.split(separator).some((item) => matches(subject, item.trim())) ? 1 : -1
    },
  })
}

export const stringFunctions: Readonly<Record<string, ModuleFunction>> = {
  cmp_str: ofTwo(
    ['one', 'other'],
    'Whether two texts are equal: 1, else -2 or -1 as the first is less or more.',
    compared,
  ),
  cmp_istr: ofTwo(['one', 'other'], 'As cmp_str, whatever the case of ASCII letters.', (one, other) =>
    compared(lowerCase(one), lowerCase(other)),
  ),
  starts_with: ofTwo(['text', 'prefix'], 'Whether a text starts with another.', startsWith),
  ends_with: ofTwo(['text', 'suffix'], 'Whether a text ends with another.', (text, suffix) =>
    text.endsWith(suffix) ? 1 : -1,
  ),
  str_find: ofTwo(
    ['text', 'needle'],
    'Where a text is found in another, from 1; -1 when it is not.',
    positionOf,
  ),
  str_ifind: ofTwo(['text', 'needle'], 'As str_find, whatever the case of ASCII letters.', (text, needle) =>
    positionOf(lowerCase(text), lowerCase(needle)),
  ),
  search_str: defineFunction({
    parameters: [
      { name: 'text', type: 'string' },
      {
        name: 'expression',
        type: 'string',
        check: (constant) => wrongWith(compileRegex(constant, IN_MESSAGES)),
      },
    ],
    doc: 'Whether a regular expression is found in a text, whatever the case.',
    call(ctx, text, expression) {
      const regex = compileRegex(expression, IN_MESSAGES)
      if (typeof regex !== 'string') return regex.test(text) ? 1 : -1
      ctx.log.error(`${JSON.stringify(expression)} is no regular expression: ${regex}`)
      return -1
    },
  }),
  in_list: inList(
    'Whether a text is one of a list; white space around those of the list does not count.',
    (subject, item) => subject === item,
  ),
  in_list_prefix: inList(
    'Whether one of a list is what a text starts with.',
    (subject, item) => item !== '' && subject.startsWith(item),
  ),
}

/** How expressions are read that search a message. */
export const IN_MESSAGES = { ignoreCase: true, newline: true } as const

function wrongWith(regex: object | string): string | undefined {
  return typeof regex === 'string' ? regex : undefined
}
