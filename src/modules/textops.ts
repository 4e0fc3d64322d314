// The textops module: what scripts do to the text of messages (Kamailio's textops). Here: lines for replies.

import { defineFunction, defineModule } from '../core/module.ts'
import { OF_THE_REPLY } from '../tm/header-lines.ts'
import { RequestContext } from '../tm/request-context.ts'
import { regexTransformations } from './textops/re.ts'

export const textops = defineModule({
  name: 'textops',
  transformations: { re: regexTransformations },
  functions: {
    append_to_reply: defineFunction({
      parameters: [{ name: 'text', type: 'string' }],
      doc: 'Appends header lines, each with its CRLF, to the replies to this request. False when they are no header lines, or lines that every reply has by itself.',
      call(ctx, text) {
        if (!(ctx instanceof RequestContext) || !isHeaderLines(text)) return -1
        ctx.appendToReply(text)
        return 1
      },
    }),
  },
})

/** Whole lines that each begin with a name and a colon, or continue the one before: what else ends a reply's head, or breaks it. */
function isHeaderLines(text: string): boolean {
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
