// The core module: what the language of a kamailio.cfg has as functions by itself. In Kamailio they leave $rc as it was. Not here: what would
// send the request on to somebody.

import type { RouteContext } from '../core/context.ts'
import { defineFunction, defineModule, eventRoute, type ModuleFunction } from '../core/module.ts'
import { RequestContext } from '../tm/request-context.ts'
import { scriptLog } from './core/script-log.ts'
import { checkFlag, FLAGS, isFlagSet, MESSAGE_FLAGS, resetFlag, setFlag } from './pv/flags.ts'
import {
  currentUri,
  destinationOf,
  revertUri,
  setDestination,
  setHost,
  setHostAndPort,
  setPort,
  setUri,
  setUser,
  setUserAndPassword,
} from './pv/request-uri.ts'

const FLAG = { name: 'flag', type: 'integer', check: checkFlag(FLAGS) } as const
const BOOLEAN = { returns: 'boolean' } as const

/** A function that changes the request's target with a text that is taken as it is written. */
function changing(
  name: string,
  doc: string,
  change: (ctx: RequestContext, value: string) => boolean,
  inKemi = false,
): ModuleFunction {
  return defineFunction({
    parameters: [{ name, type: 'literal' }],
    kemi: inKemi ? BOOLEAN : { hidden: true },
    doc,
    call: (ctx, value) => (ctx instanceof RequestContext && change(ctx, value) ? 1 : -1),
  })
}

const seturi = (inKemi: boolean) =>
  changing('uri', 'Puts a URI in place of the Request-URI ($ru).', setUri, inKemi)
const sethost = (inKemi: boolean) => changing('host', 'Changes the host of the Request-URI.', setHost, inKemi)
const setuser = (inKemi: boolean) => changing('user', 'Changes the user of the Request-URI.', setUser, inKemi)
const setuserpass = changing(
  'userpass',
  'Changes user and password of the Request-URI, written with a colon between them.',
  setUserAndPassword,
)
const setport = changing('port', 'Changes the port of the Request-URI; "" removes it.', setPort)
const sethostport = changing('hostport', 'Changes host and port of the Request-URI.', setHostAndPort)

/** Changes the user of the Request-URI, if it has one that can be read. */
function changeUser(ctx: RouteContext, changed: (user: string) => string): number {
  if (!(ctx instanceof RequestContext)) return -1
  const uri = currentUri(ctx)
  return uri && setUser(ctx, changed(uri.user)) ? 1 : -1
}

/** How many characters: a number that is written out. */
const COUNT = {
  name: 'count',
  type: 'integer',
  check: (constant: string) => (constant.startsWith('-') ? 'the count cannot be negative' : undefined),
} as const

const forceRport = defineFunction({
  parameters: [],
  kemi: BOOLEAN,
  doc: 'Replies over UDP go to the port that the request came from, also where the client has not asked for that (RFC 3581).',
  call(ctx) {
    if (!(ctx instanceof RequestContext)) return -1
    ctx.request.symmetric = true
    return 1
  },
})

const addRport = defineFunction({
  parameters: [],
  kemi: { hidden: true },
  doc: 'As force_rport.',
  call: (ctx) => forceRport.run(ctx),
})

/** What `log(level, ...)` takes. */
const LEVEL_OF_DEBUG = 3

export const core = defineModule({
  name: 'core',
  kemiName: '',
  eventRoutes: {
    'core:worker-one-init': eventRoute(
      'Once, when all modules have started and before anything is received.',
    ),
  },
  functions: {
    setflag: defineFunction({
      parameters: [FLAG],
      kemi: BOOLEAN,
      doc: 'Sets a flag of the message ($mf).',
      call: (ctx, flag) => setFlag(ctx, MESSAGE_FLAGS, flag),
    }),
    resetflag: defineFunction({
      parameters: [FLAG],
      kemi: BOOLEAN,
      doc: 'Resets a flag of the message.',
      call: (ctx, flag) => resetFlag(ctx, MESSAGE_FLAGS, flag),
    }),
    isflagset: defineFunction({
      parameters: [FLAG],
      kemi: BOOLEAN,
      doc: 'Whether a flag of the message is set.',
      call: (ctx, flag) => isFlagSet(ctx, MESSAGE_FLAGS, flag),
    }),

    seturi: seturi(true),
    rewriteuri: seturi(false),
    sethost: sethost(true),
    rewritehost: sethost(false),
    setuser: setuser(true),
    rewriteuser: setuser(false),
    setuserpass,
    rewriteuserpass: setuserpass,
    setport,
    rewriteport: setport,
    sethostport,
    rewritehostport: sethostport,
    rewritehostporttrans: changing(
      'hostport',
      'Changes host and port of the Request-URI, and removes its transport.',
      (ctx, value) => setHostAndPort(ctx, value, true),
    ),
    prefix: defineFunction({
      parameters: [{ name: 'digits', type: 'literal' }],
      kemi: { hidden: true },
      doc: 'Puts a text before the user of the Request-URI.',
      call: (ctx, digits) => changeUser(ctx, (user) => digits + user),
    }),
    strip: defineFunction({
      parameters: [COUNT],
      kemi: { hidden: true },
      doc: 'Takes so many characters from the beginning of the user of the Request-URI.',
      call: (ctx, count) => changeUser(ctx, (user) => user.slice(count)),
    }),
    strip_tail: defineFunction({
      parameters: [COUNT],
      kemi: { hidden: true },
      doc: 'Takes so many characters from the end of the user of the Request-URI.',
      call: (ctx, count) => changeUser(ctx, (user) => user.slice(0, Math.max(0, user.length - count))),
    }),
    revert_uri: defineFunction({
      parameters: [],
      kemi: { hidden: true },
      doc: 'The Request-URI is again as it came.',
      call(ctx) {
        if (!(ctx instanceof RequestContext)) return -1
        revertUri(ctx)
        return 1
      },
    }),
    setdsturi: changing('uri', 'Sets the URI of the next hop ($du).', setDestination, true),
    resetdsturi: defineFunction({
      parameters: [],
      kemi: BOOLEAN,
      doc: 'Removes the URI of the next hop.',
      call: (ctx) => (ctx instanceof RequestContext && setDestination(ctx, null) ? 1 : -1),
    }),
    isdsturiset: defineFunction({
      parameters: [],
      kemi: BOOLEAN,
      doc: 'Whether there is a URI of a next hop.',
      call: (ctx) => (ctx instanceof RequestContext && destinationOf(ctx) !== null ? 1 : -1),
    }),

    force_rport: forceRport,
    add_rport: addRport,

    log: defineFunction({
      parameters: [
        { name: 'level', type: 'literal' },
        { name: 'text', type: 'literal', optional: true },
      ],
      kemi: { hidden: true },
      doc: 'Writes a text to the log, as it is: with a level from -5 (alert) to 3 (debug), or without one, at debug.',
      call(ctx, first, second) {
        const text = second ?? first
        const level = second === undefined ? LEVEL_OF_DEBUG : Number(first)
        if (!Number.isInteger(level)) return -1
        scriptLog(ctx).write(level, text)
        return 1
      },
    }),
  },
})
