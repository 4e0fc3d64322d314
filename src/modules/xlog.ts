// The xlog module: lines of the log with pseudo-variables in them (Kamailio's xlog). Every line says which route wrote it and where in the
// script; a line of a level that is not written costs nothing: its variables are not looked at.

import type { RouteContext } from '../core/context.ts'
import { ArgumentError } from '../core/errors.ts'
import {
  type Argument,
  defineFunction,
  defineKemiFunction,
  defineModule,
  type ModuleFunction,
} from '../core/module.ts'
import { ignored, integer } from '../core/parameters.ts'
import type { PseudoVariableClass } from '../core/pseudovariables.ts'
import { StateKey } from '../core/runtime.ts'
import { LEVELS, scriptLog } from './core/script-log.ts'

const parameters = {
  buf_size: integer({ default: 4096, min: 1, doc: 'Bytes of a line; what is more is cut off.' }),
  force_color: ignored('integer', 'lines are JSON, or coloured by log_pretty'),
  long_format: ignored('integer', 'lines have the file and line of the script as fields'),
  prefix: ignored('string', 'lines have fields that say where they are from'),
  prefix_mode: ignored('integer', 'there is no prefix'),
  log_facility: ignored('string', 'the log goes to stderr, not to syslog'),
  log_colors: ignored('string', 'lines are JSON, or coloured by log_pretty'),
}

const LINE_LIMIT = new StateKey((runtime) => runtime.parametersOf('xlog', parameters).bufSize)

const NAMES = Object.keys(LEVELS).map((name) => `L_${name}`)

/** The level of `L_INFO`; undefined when it is none. */
function levelNamed(name: string): number | undefined {
  const level = name.startsWith('L_') ? name.slice(2) : ''
  return Object.hasOwn(LEVELS, level) ? LEVELS[level as keyof typeof LEVELS] : undefined
}

const TEXT = { name: 'text', type: 'deferred', format: true } as const

/** Writes a line, expanded only now. */
function write(ctx: RouteContext, level: number, text: Argument): number {
  const log = scriptLog(ctx)
  if (!log.writes(level)) return 1
  const line = typeof text === 'number' ? `${text}` : text.expand(ctx)
  log.write(level, line.slice(0, ctx.runtime.state(LINE_LIMIT)))
  return 1
}

/** What a level says now, a name or a number that a variable holds; undefined when it is neither. */
function levelNow(ctx: RouteContext, level: Argument): number | undefined {
  const value = typeof level === 'number' ? level : level.value(ctx)
  return typeof value === 'number' ? value : levelNamed(value ?? '')
}

function fixed(level: number, doc: string, hidden = false): ModuleFunction {
  return defineFunction({
    parameters: [TEXT],
    kemi: { hidden },
    doc,
    call: (ctx, text) => write(ctx, level, text),
  })
}

/** With a level, or without: then it is an error. */
function levelled(doc: string): ModuleFunction {
  const definition = defineFunction({
    parameters: [
      { name: 'level', type: 'deferred', format: true },
      { ...TEXT, optional: true },
    ],
    kemi: { hidden: true },
    doc,
    call(ctx, first, second) {
      if (second === undefined) return write(ctx, LEVELS.ERR, first)
      const level = levelNow(ctx, first)
      return level === undefined ? -1 : write(ctx, level, second)
    },
  })
  return {
    ...definition,
    bind(args) {
      const [first, second] = args
      if (args.length !== 2 || first === undefined || second === undefined) return definition.bind(args)
      const constant = typeof first === 'number' ? `${first}` : first.constant
      if (constant === undefined) return definition.bind(args)
      const level = levelNamed(constant)
      if (level === undefined) {
        throw new ArgumentError(
          0,
          `${JSON.stringify(constant)} is no level; those are ${NAMES.join(', ')}, and numbers in variables`,
        )
      }
      return (ctx) => write(ctx, level, second)
    },
  }
}

const xlogged = levelled(
  'Writes a line to the log, its pseudo-variables expanded, with a level (L_INFO) or as an error.',
)

/** The numbers of colours in the escapes of terminals; a capital letter is the bright one. */
const COLOURS: Readonly<Record<string, number>> = { r: 1, g: 2, y: 3, b: 4, p: 5, c: 6, w: 7, x: 9 }

/** `$C(rx)`: the escape that makes what follows red on the terminal's own ground; `$C(xx)` ends that. */
const colour: PseudoVariableClass = {
  parse(inner) {
    const [, front = '', back = ''] = /^([A-Za-z])([a-z])$/.exec(inner ?? '') ?? []
    const foreground = COLOURS[front.toLowerCase()]
    const background = COLOURS[back]
    if (foreground === undefined || background === undefined || front === 'X') {
      return `$C(${inner ?? ''}) is no colour: two letters of rgybpcwx, foreground and background, the first in capitals to be bright`
    }
    const sequence = `\x1b[${front === front.toLowerCase() ? 0 : 1};${30 + foreground};${40 + background}m`
    return { get: () => sequence }
  },
}

export const xlog = defineModule({
  name: 'xlog',
  parameters,
  pseudoVariables: { C: colour },
  functions: {
    xlog: xlogged,
    // Kamailio's long format adds file and line: here every line has them.
    xlogl: levelled('As xlog.'),
    xdbg: fixed(LEVELS.DBG, 'Writes a line at debug.'),
    xinfo: fixed(LEVELS.INFO, 'Writes a line at info.'),
    xnotice: fixed(LEVELS.NOTICE, 'Writes a line at notice, which is info in the log.'),
    xwarn: fixed(LEVELS.WARN, 'Writes a warning.'),
    xerr: fixed(LEVELS.ERR, 'Writes an error.'),
    xbug: fixed(LEVELS.BUG, 'Writes a line at bug, which is fatal in the log.', true),
    xcrit: fixed(LEVELS.CRIT, 'Writes a line at critical, which is fatal in the log.'),
    xalert: fixed(LEVELS.ALERT, 'Writes a line at alert, which is fatal in the log.'),
  },
  kemi: {
    xlog: defineKemiFunction({
      parameters: [{ name: 'level', type: 'string' }, TEXT],
      returns: 'integer',
      doc: 'Writes a line to the log, its pseudo-variables expanded, with a level (L_INFO); a level that is none is an error.',
      call: (ctx, level, text) => write(ctx, levelNamed(level) ?? LEVELS.ERR, text),
    }),
  },
})
