// The app_jsdt module: scripts in JavaScript (Kamailio's app_jsdt), as far as it has parameters and functions of its own. Loading and running
// them is src/kemi's. And `KSR.x`, which every script engine of Kamailio has: how a script ends, and calls what has no KEMI name.

import type { RouteContext } from '../core/context.ts'
import { defineFunction, defineKemiFunction, defineModule } from '../core/module.ts'
import { ignored, integer, string } from '../core/parameters.ts'
import { SCRIPT } from './app-jsdt/running-script.ts'

/** What exit() and drop() throw: the very text of Kamailio's, which a script may catch, and throw on when it knows it. */
export const KEMI_EXIT = '~~ksr~exit~~'

const FUNC = { name: 'func', type: 'string' } as const
const P1 = { name: 'p1', type: 'string' } as const
const P2 = { name: 'p2', type: 'string' } as const
const P3 = { name: 'p3', type: 'string' } as const

function run(ctx: RouteContext, func: string, args: readonly string[]): number {
  const { engine } = ctx.runtime.state(SCRIPT)
  if (engine) return engine.run(func, args) ? 1 : -1
  ctx.log.error({ function: func }, `no KEMI script runs that could have a function ${func}`)
  return -1
}

export const appJsdt = defineModule({
  name: 'app_jsdt',
  parameters: {
    load: string({ default: '', live: true, doc: 'The script: a .js, or a .ts whose types are taken out.' }),
    mode: ignored('integer', 'a script is compiled once, when it is loaded'),
    watchdog: integer({
      default: 5000,
      doc: 'Milliseconds after which a function of a script that does not return is ended, so that the bus goes on. 0: never.',
    }),
  },
  functions: {
    jsdt_run: defineFunction({
      parameters: [FUNC, { ...P1, optional: true }, { ...P2, optional: true }, { ...P3, optional: true }],
      kemi: { name: 'run' },
      doc: 'Calls a function of the script that runs. False when there is none, or it throws.',
      call: (ctx, func, ...args) =>
        run(
          ctx,
          func,
          args.filter((argument) => argument !== undefined),
        ),
    }),
  },
  kemi: {
    run_p1: defineKemiFunction({
      parameters: [FUNC, P1],
      returns: 'integer',
      doc: 'Calls a function of the script with an argument.',
      call: (ctx, func, ...args) => run(ctx, func, args),
    }),
    run_p2: defineKemiFunction({
      parameters: [FUNC, P1, P2],
      returns: 'integer',
      doc: 'Calls a function of the script with two arguments.',
      call: (ctx, func, ...args) => run(ctx, func, args),
    }),
    run_p3: defineKemiFunction({
      parameters: [FUNC, P1, P2, P3],
      returns: 'integer',
      doc: 'Calls a function of the script with three arguments.',
      call: (ctx, func, ...args) => run(ctx, func, args),
    }),
  },
  stop: (runtime) => runtime.state(SCRIPT).stop(),
})

function end(): never {
  throw KEMI_EXIT
}

const PARAMETER = { type: 'string', optional: true } as const

export const x = defineModule({
  name: 'kemi_x',
  kemiName: 'x',
  kemi: {
    exit: defineKemiFunction({
      parameters: [],
      returns: 'nothing',
      doc: 'Ends the route: nothing after it runs. A try around it catches it, as in Kamailio.',
      call: end,
    }),
    drop: defineKemiFunction({
      parameters: [],
      returns: 'nothing',
      doc: 'As exit(): what drop prevents in Kamailio, the forwarding of a message, does not happen here.',
      call: end,
    }),
    modf: defineKemiFunction({
      parameters: [
        // Optional only because Kamailio has an answer for a call without it.
        { name: 'fname', ...PARAMETER },
        { name: 'p1', ...PARAMETER },
        { name: 'p2', ...PARAMETER },
        { name: 'p3', ...PARAMETER },
        { name: 'p4', ...PARAMETER },
        { name: 'p5', ...PARAMETER },
        { name: 'p6', ...PARAMETER },
      ],
      returns: 'integer',
      doc: 'Calls a function by its name in a kamailio.cfg, with texts in which pseudo-variables are expanded. Kamailio takes few of its functions here; all are taken.',
      call(ctx, name, ...args) {
        if (name === undefined) {
          ctx.log.error('KSR.x.modf() needs the name of a function')
          return -1
        }
        return ctx.callBytes(
          name,
          args.filter((argument) => argument !== undefined),
        )
      },
    }),
  },
})
