// The corex module, as far as it sends nothing: extended flags, and what a request has (Kamailio's corex).

import { defineFunction, defineKemiFunction, defineModule, type ModuleFunction } from '../core/module.ts'
import { RequestContext } from '../tm/request-context.ts'
import { checkFlag, EXTENDED_FLAGS, isFlagSet, MORE_FLAGS, resetFlag, setFlag } from './pv/flags.ts'
import { currentUri } from './pv/request-uri.ts'

const FLAG = { name: 'flag', type: 'integer', check: checkFlag(EXTENDED_FLAGS) } as const

function extendedFlag(doc: string, change: typeof setFlag): ModuleFunction {
  return defineFunction({
    parameters: [FLAG],
    doc,
    call: (ctx, flag) => change(ctx, MORE_FLAGS, flag, EXTENDED_FLAGS),
  })
}

export const corex = defineModule({
  name: 'corex',
  functions: {
    setxflag: extendedFlag('Sets an extended flag, 0 to 63.', setFlag),
    resetxflag: extendedFlag('Resets an extended flag.', resetFlag),
    isxflagset: extendedFlag('Whether an extended flag is set.', isFlagSet),
  },
  kemi: {
    has_ruri_user: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: 'Whether the Request-URI has a user.',
      call: (ctx) => (ctx instanceof RequestContext && (currentUri(ctx)?.user ?? '') !== '' ? 1 : -1),
    }),
    has_user_agent: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: 'Whether the request has a User-Agent that says something.',
      call: (ctx) =>
        ctx instanceof RequestContext && (ctx.request.header('user-agent') ?? '') !== '' ? 1 : -1,
    }),
    is_faked_msg: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: 'Whether the message is one that was made up for an event: none is here.',
      call: () => -1,
    }),
  },
})
