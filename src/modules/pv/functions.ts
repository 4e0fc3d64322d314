// Functions of the pv module: questions about pseudo-variables, and $xavp records made of parameters and back. What is shared with none.

import { type AvpValue, XavpRecord } from '../../core/avps.ts'
import type { RouteContext } from '../../core/context.ts'
import { defineFunction, type ModuleFunction } from '../../core/module.ts'
import type { PseudoVariable, PvValue } from '../../core/pseudovariables.ts'

const VARIABLE = { name: 'variable', type: 'variable' } as const
const ASSIGNED = { name: 'variable', type: 'variable', assigned: true } as const
const HIDDEN = { hidden: true } as const

/** What typeof() calls a value. */
const TYPES = ['int', 'str', 'null', 'xavp'] as const

function typeOf(value: PvValue): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return 'int'
  return value.startsWith('<<xavp:') ? 'xavp' : 'str'
}

function asking(doc: string, answer: (value: PvValue) => boolean): ModuleFunction {
  return defineFunction({
    parameters: [VARIABLE],
    kemi: HIDDEN,
    doc,
    call: (ctx, variable) => (answer(variable.get(ctx)) ? 1 : -1),
  })
}

function assign(ctx: RouteContext, variable: PseudoVariable, value: PvValue): number {
  return variable.set?.(ctx, value) ? 1 : -1
}

const printf = (doc: string): ModuleFunction =>
  defineFunction({
    parameters: [ASSIGNED, { name: 'format', type: 'string' }],
    kemi: HIDDEN,
    doc,
    call: (ctx, variable, text) => assign(ctx, variable, text),
  })

/** The parameters of `a=1;b="2"`: quotes around a value are taken off. @returns undefined when they are none */
function readParams(text: string): readonly (readonly [string, AvpValue])[] | undefined {
  const params: [string, AvpValue][] = []
  for (const part of text.split(';')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    const name = (equals < 0 ? part : part.slice(0, equals)).trim()
    if (name === '') return undefined
    const value = equals < 0 ? '' : part.slice(equals + 1).trim()
    params.push([name, /^".*"$/s.test(value) ? value.slice(1, -1) : value])
  }
  return params.length === 0 ? undefined : params
}

export const pvScriptFunctions: Readonly<Record<string, ModuleFunction>> = {
  pv_isset: asking(
    'Whether a pseudo-variable has a value: whether it is not null.',
    (value) => value !== null,
  ),
  is_int: asking('Whether the value of a pseudo-variable is a number.', (value) => typeof value === 'number'),
  not_empty: asking(
    'Whether the value of a pseudo-variable is a text that is not empty.',
    (value) => typeof value === 'string' && value !== '',
  ),
  pv_unset: defineFunction({
    parameters: [VARIABLE],
    kemi: HIDDEN,
    doc: 'Assigns null to a pseudo-variable. One that is read-only stays as it is.',
    call(ctx, variable) {
      variable.set?.(ctx, null)
      return 1
    },
  }),
  typeof: defineFunction({
    parameters: [
      VARIABLE,
      {
        name: 'type',
        type: 'literal',
        check: (constant) =>
          TYPES.some((type) => type === constant)
            ? undefined
            : `${JSON.stringify(constant)} is no type; those are ${TYPES.join(', ')}`,
      },
    ],
    kemi: HIDDEN,
    doc: 'Whether the value of a pseudo-variable is of a type: int, str, null, xavp.',
    call: (ctx, variable, type) => (typeOf(variable.get(ctx)) === type ? 1 : -1),
  }),
  pv_printf: printf('Assigns a text, its pseudo-variables expanded, to a pseudo-variable.'),
  avp_printf: printf('As pv_printf.'),
  pv_evalx: defineFunction({
    parameters: [ASSIGNED, { name: 'format', type: 'string' }],
    kemi: HIDDEN,
    doc: 'Assigns a text to a pseudo-variable, expanded twice: once as every text is, and what that gives once more.',
    call: (ctx, variable, text) => assign(ctx, variable, ctx.runtime.templates.bytes(text).expand(ctx)),
  }),

  xavp_params_explode: defineFunction({
    parameters: [
      { name: 'params', type: 'string' },
      { name: 'xavp', type: 'string' },
    ],
    kemi: { name: 'KSR.pvx.xavp_params_explode' },
    doc: 'Makes a record of an $xavp out of parameters, `a=1;b=2`. False when there are none.',
    call(ctx, text, name) {
      const params = name === '' ? undefined : readParams(text)
      if (params === undefined) return -1
      const record = new XavpRecord()
      for (const [field, value] of params) record.push(field, value)
      ctx.avps.xavps.push(name, record)
      return 1
    },
  }),
  xavp_params_implode: defineFunction({
    parameters: [{ name: 'xavp', type: 'string' }, ASSIGNED],
    kemi: { name: 'KSR.pvx.xavp_params_implode' },
    doc: 'Makes parameters, `a=1;b=2;`, of the newest record of an $xavp, and assigns them to a pseudo-variable. False when there is no record.',
    call(ctx, name, target) {
      const record = ctx.avps.xavps.at(name, 0)
      if (!(record instanceof XavpRecord)) return -1
      const params = [...record.newest()].map(([field, value]) =>
        value === '' ? `${field};` : `${field}=${value};`,
      )
      return assign(ctx, target, params.join(''))
    },
  }),
  xavp_rm: defineFunction({
    parameters: [{ name: 'xavp', type: 'string' }],
    kemi: HIDDEN,
    doc: 'Removes the newest value or record of an $xavp.',
    call(ctx, name) {
      ctx.avps.xavps.remove(name, 0)
      return 1
    },
  }),
}
