// The textops module: what scripts do with the text of requests and replies (Kamailio's textops). What it looks at, compares and changes is in
// textops/; here are the lines and bodies that replies get.

import { defineFunction, defineKemiFunction, defineModule } from '../core/module.ts'
import { OF_THE_REPLY } from '../tm/header-lines.ts'
import { RequestContext } from '../tm/request-context.ts'
import { REPLY_BODY } from './reply-by-script.ts'
import { changeFunctions } from './textops/changes.ts'
import { isMethod } from './textops/methods.ts'
import { regexTransformations } from './textops/re.ts'
import { hasBody, searchFunctions } from './textops/searches.ts'
import { stringFunctions } from './textops/strings.ts'
import { substitutionFunctions } from './textops/substitutions.ts'

export const textops = defineModule({
  name: 'textops',
  transformations: { re: regexTransformations },
  functions: {
    is_method: isMethod,
    ...searchFunctions,
    ...stringFunctions,
    ...substitutionFunctions,
    ...changeFunctions,

    append_to_reply: defineFunction({
      parameters: [{ name: 'text', type: 'string' }],
      kemi: { hidden: true },
      doc: 'Appends header lines, each with its CRLF, to the replies to this request. False when they are no header lines, or lines that every reply has by itself.',
      call(ctx, text) {
        if (!(ctx instanceof RequestContext) || !isHeaderLines(text)) return -1
        ctx.appendToReply(text)
        return 1
      },
    }),
    append_time: defineFunction({
      parameters: [],
      kemi: { hidden: true },
      doc: 'Appends a Date header to the replies to this request.',
      call(ctx) {
        if (!(ctx instanceof RequestContext)) return -1
        ctx.appendToReply(`Date: ${new Date().toUTCString()}\r\n`)
        return 1
      },
    }),
    set_reply_body: defineFunction({
      parameters: [
        { name: 'body', type: 'string' },
        { name: 'type', type: 'string' },
      ],
      doc: 'The body of the replies to this request, and its Content-Type. False when either cannot be one.',
      call(ctx, body, type) {
        if (!(ctx instanceof RequestContext) || type === '' || /[\r\n\0]/.test(type)) return -1
        const reply = ctx.state(REPLY_BODY)
        reply.body = body
        reply.type = type
        return 1
      },
    }),
  },
  kemi: {
    has_body: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: 'Whether the request has a body.',
      call: (ctx) => hasBody(ctx, ''),
    }),
    has_body_type: defineKemiFunction({
      parameters: [{ name: 'type', type: 'string' }],
      returns: 'integer',
      doc: 'Whether the request has a body of that media type.',
      call: (ctx, type) => hasBody(ctx, type),
    }),
  },
})

/** Whole lines that each begin with a name and a colon, or continue the one before: what else ends a reply's head, or breaks it. */
export function isHeaderLines(text: string): boolean {
  if (!text.endsWith('\n') || /\0|\r(?!\n)/.test(text)) return false
  return text
    .split(/\r?\n/)
    .slice(0, -1)
    .every((line, position) => {
      const name = /^([A-Za-z0-9.!%*_+`'~-]+)[ \t]*:/.exec(line)?.[1]
      if (name === undefined) return position > 0 && /^[ \t]+\S/.test(line)
      return !OF_THE_REPLY.has(name.toLowerCase())
    })
}
