// Functions of textops that change the request as it would be sent on. Nothing is sent on here, and no variable shows such a change, in Kamailio
// neither: they return what they return there, and that is all. What changes the Request-URI or the replies is real, and is elsewhere.

import { defineFunction, type ModuleFunction } from '../../core/module.ts'
import { compileRegex, type Regex } from '../../core/regex.ts'
import { RequestContext } from '../../tm/request-context.ts'
import { HEADER_NAME, searching } from './searches.ts'
import { IN_MESSAGES } from './strings.ts'
import { substituting } from './substitutions.ts'

const NO_EFFECT = 'Changes what would be sent on, and has no effect here.'

const adding = defineFunction({
  parameters: [
    { name: 'text', type: 'string' },
    { name: 'header', type: 'literal', optional: true },
  ],
  kemi: { hidden: true },
  doc: `Adds a header line to the request. ${NO_EFFECT} False when the text is empty.`,
  call: (ctx, text) => (ctx instanceof RequestContext && text !== '' ? 1 : -1),
})

const replacing = (doc: string, textOf: (ctx: RequestContext) => string): ModuleFunction =>
  defineFunction({
    parameters: [
      {
        name: 'expression',
        type: 'literal',
        check(constant) {
          const regex = compileRegex(constant, IN_MESSAGES)
          return typeof regex === 'string' ? regex : undefined
        },
      },
      { name: 'text', type: 'literal' },
    ],
    doc: `${doc} ${NO_EFFECT} False when the expression is not found.`,
    call(ctx, expression) {
      if (!(ctx instanceof RequestContext)) return -1
      const regex = compileRegex(expression, IN_MESSAGES)
      return typeof regex !== 'string' && regex.test(textOf(ctx)) ? 1 : -1
    },
  })

const wholeText = ({ request }: RequestContext) => request.text
const body = ({ request }: RequestContext) => request.body

export const changeFunctions: Readonly<Record<string, ModuleFunction>> = {
  append_hf: adding,
  insert_hf: adding,
  remove_hf: defineFunction({
    parameters: [HEADER_NAME],
    doc: `Removes all lines of a header. ${NO_EFFECT} False when there is none.`,
    call: (ctx, name) => (ctx instanceof RequestContext && ctx.request.header(name) !== undefined ? 1 : -1),
  }),
  remove_hf_re: searching(
    `Removes the headers whose names a regular expression matches. ${NO_EFFECT} False when there is none.`,
    { ignoreCase: true, newline: false },
    ({ request }: RequestContext, regex: Regex) => request.headerLines.some(({ name }) => regex.test(name)),
  ),
  replace: replacing('Replaces the first match in the request.', wholeText),
  replace_all: replacing('Replaces all matches in the request.', wholeText),
  replace_body: replacing('Replaces the first match in the body.', body),
  replace_body_all: replacing('Replaces all matches in the body.', body),
  subst: substituting(
    `Substitutes in the request. ${NO_EFFECT} False when the expression is not found.`,
    wholeText,
    () => true,
  ),
  subst_body: substituting(
    `Substitutes in the body. ${NO_EFFECT} False when the expression is not found.`,
    body,
    () => true,
  ),
}
