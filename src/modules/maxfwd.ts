// The maxfwd module: Max-Forwards, so that scripts written for proxies run as they are (Kamailio's maxfwd). Nothing is sent on here: the count
// is kept beside the request, which stays as it came.

import { ContextKey } from '../core/context.ts'
import { defineFunction, defineModule } from '../core/module.ts'
import { integer } from '../core/parameters.ts'
import { StateKey } from '../core/runtime.ts'
import { RequestContext } from '../tm/request-context.ts'

const parameters = {
  max_limit: integer({
    default: 70,
    min: 1,
    max: 255,
    doc: 'Max-Forwards is put down to this where it is more.',
  }),
}

const LIMIT = new StateKey((runtime) => runtime.parametersOf('maxfwd', parameters).maxLimit)

/** Max-Forwards as it would be sent on; undefined: the request has none. */
const COUNT: ContextKey<{ value: number | undefined }> = new ContextKey((ctx) => ({
  value: ctx instanceof RequestContext ? ctx.request.maxForwards : undefined,
}))

const checkLimit = (constant: string) =>
  /^\d+$/.test(constant) && Number(constant) <= 255 ? undefined : 'Max-Forwards is a number from 0 to 255'

export const maxfwd = defineModule({
  name: 'maxfwd',
  parameters,
  functions: {
    mf_process_maxfwd_header: defineFunction({
      parameters: [{ name: 'max_value', type: 'integer', check: checkLimit }],
      kemi: { name: 'process_maxfwd' },
      doc: 'Counts Max-Forwards down by one, or begins with max_value where there is none (2). -1 when it is 0: the request may go no further.',
      call(ctx, max) {
        if (!(ctx instanceof RequestContext)) return -1
        const count = ctx.state(COUNT)
        const limit = ctx.runtime.state(LIMIT)
        if (count.value === undefined) {
          count.value = Math.min(max, limit)
          return 2
        }
        if (count.value <= 0) return -1
        count.value = Math.min(count.value - 1, limit)
        return 1
      },
    }),
    is_maxfwd_lt: defineFunction({
      parameters: [{ name: 'max_value', type: 'integer', check: checkLimit }],
      doc: 'Whether Max-Forwards is less than max_value. -2 when there is none.',
      call(ctx, max) {
        if (!(ctx instanceof RequestContext)) return -1
        const { value } = ctx.state(COUNT)
        if (value === undefined) return -2
        return value < max ? 1 : -1
      },
    }),
  },
})
