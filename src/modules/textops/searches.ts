// Functions of textops that look at the request as it came: at its text, its headers, its body.

import type { RouteContext } from '../../core/context.ts'
import { defineFunction, type ModuleFunction } from '../../core/module.ts'
import { definePreparedFunction } from '../../core/prepared-function.ts'
import { compileRegex, type Regex } from '../../core/regex.ts'
import { lowerCase } from '../../sip/header-names.ts'
import { RequestContext } from '../../tm/request-context.ts'
import { IN_MESSAGES } from './strings.ts'

/** A token (RFC 3261 section 25.1). */
const NAME = /^[-A-Za-z0-9.!%*_+`'~]+$/

/** What is wrong with the name of a header. */
export function checkHeaderName(name: string): string | undefined {
  return NAME.test(name.trim()) ? undefined : `${JSON.stringify(name)} is not the name of a header`
}

export const HEADER_NAME = { name: 'name', type: 'literal', check: checkHeaderName } as const

/** A function that looks for an expression in something of the request. */
export function searching(
  doc: string,
  options: { ignoreCase: boolean; newline: boolean },
  found: (ctx: RequestContext, regex: Regex) => boolean,
): ModuleFunction {
  return definePreparedFunction({
    text: 'expression',
    doc,
    prepare: (text) => compileRegex(text, options),
    call: (ctx: RouteContext, regex: Regex) => (ctx instanceof RequestContext && found(ctx, regex) ? 1 : -1),
  })
}

/** The media type of the body, in lower case and without parameters; `''` when none is said. */
function typeOf({ request }: RequestContext): string {
  return lowerCase(request.header('content-type')?.split(';', 1)[0]?.trim() ?? '')
}

function hasBody(ctx: RouteContext, type: string): number {
  if (!(ctx instanceof RequestContext) || ctx.request.body === '') return -1
  return type === '' || typeOf(ctx) === lowerCase(type) ? 1 : -1
}

/** Which lines of a header search_hf() looks at: all, the first, the last. */
const WHICH: ReadonlySet<string> = new Set(['a', 'f', 'l'])

export const searchFunctions: Readonly<Record<string, ModuleFunction>> = {
  search: searching(
    'Whether a regular expression is found anywhere in the request, whatever the case; ^ and $ are line ends.',
    IN_MESSAGES,
    ({ request }, regex) => regex.test(request.text),
  ),
  search_body: searching(
    'Whether a regular expression is found in the body, whatever the case.',
    IN_MESSAGES,
    ({ request }, regex) => request.body !== '' && regex.test(request.body),
  ),
  search_hf: defineFunction({
    parameters: [
      HEADER_NAME,
      {
        name: 'expression',
        type: 'literal',
        check(constant) {
          const regex = compileRegex(constant, IN_MESSAGES)
          return typeof regex === 'string' ? regex : undefined
        },
      },
      {
        name: 'which',
        type: 'literal',
        optional: true,
        check: (constant) =>
          WHICH.has(constant) ? undefined : 'which lines: a all, f the first, l the last',
      },
    ],
    doc: 'Whether a regular expression is found in the value of a header: in any line (a, as when nothing is said), the first (f) or the last (l).',
    call(ctx, name, expression, which) {
      if (!(ctx instanceof RequestContext)) return -1
      const regex = compileRegex(expression, IN_MESSAGES)
      if (typeof regex === 'string') return -1
      const lines = ctx.request.headers(name)
      const looked = which === 'f' ? lines.slice(0, 1) : which === 'l' ? lines.slice(-1) : lines
      return looked.some((line) => regex.test(line)) ? 1 : -1
    },
  }),
  is_present_hf: defineFunction({
    parameters: [HEADER_NAME],
    doc: 'Whether the request has a header, long or compact, in any case.',
    call: (ctx, name) => (ctx instanceof RequestContext && ctx.request.header(name) !== undefined ? 1 : -1),
  }),
  is_present_hf_re: searching(
    'Whether the name of a header is one that a regular expression matches, whatever the case.',
    { ignoreCase: true, newline: false },
    ({ request }, regex) => request.headerLines.some(({ name }) => regex.test(name)),
  ),
  has_body: defineFunction({
    parameters: [{ name: 'type', type: 'literal', optional: true }],
    // Two functions there.
    kemi: { hidden: true },
    doc: 'Whether the request has a body, of that media type if one is given.',
    call: (ctx, type = '') => hasBody(ctx, type),
  }),
  is_privacy: defineFunction({
    parameters: [{ name: 'privacy', type: 'literal' }],
    doc: 'Whether the Privacy header has that word among its values.',
    call(ctx, privacy) {
      if (!(ctx instanceof RequestContext)) return -1
      const words = ctx.request.headers('privacy').flatMap((line) => line.split(';'))
      return words.some((word) => lowerCase(word.trim()) === lowerCase(privacy)) ? 1 : -1
    },
  }),
}

export { hasBody }
