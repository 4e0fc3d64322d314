// KSR.pv: pseudo-variables as scripts in JavaScript read and assign them. What they do with null, numbers and names that are none is what
// Kamailio 5.6.3 was seen to do.

import { defineKemiFunction } from '../../core/module.ts'
import type { PvValue } from '../../core/pseudovariables.ts'
import { NULL_TEXT } from '../../core/templates.ts'

const PV = { name: 'pv', type: 'variable' } as const
const ASSIGNED = { ...PV, assigned: true } as const

const INT_MAX = 2_147_483_647

/** The number that a text begins with, cut to 32 bits; 0 when it begins with none. */
function integerOf(value: PvValue): number {
  if (typeof value === 'number') return value
  const number = Number(/^[+-]?\d+/.exec(value ?? '')?.[0] ?? 0)
  return Math.max(-INT_MAX - 1, Math.min(INT_MAX, number))
}

export const pvFunctions = {
  get: defineKemiFunction({
    parameters: [PV],
    returns: 'value',
    doc: 'The value: text, a number, or null for $null.',
    call: (ctx, variable) => variable.get(ctx),
  }),
  gete: defineKemiFunction({
    parameters: [PV],
    returns: 'value',
    otherwise: '',
    doc: 'The value; an empty text for $null.',
    call: (ctx, variable) => variable.get(ctx) ?? '',
  }),
  getw: defineKemiFunction({
    parameters: [PV],
    returns: 'value',
    otherwise: NULL_TEXT,
    doc: 'The value; the text `<null>` for $null.',
    call: (ctx, variable) => variable.get(ctx) ?? NULL_TEXT,
  }),
  geti: defineKemiFunction({
    parameters: [PV],
    returns: 'value',
    otherwise: 0,
    doc: 'The value as a number; 0 for $null and for what is none.',
    call: (ctx, variable) => integerOf(variable.get(ctx)),
  }),
  getvn: defineKemiFunction({
    parameters: [PV, { name: 'vn', type: 'integer' }],
    returns: 'value',
    doc: 'The value; the number vn for $null.',
    call: (ctx, variable, vn) => variable.get(ctx) ?? vn,
  }),
  getvs: defineKemiFunction({
    parameters: [PV, { name: 'vs', type: 'string' }],
    returns: 'value',
    doc: 'The value; the text vs for $null.',
    call: (ctx, variable, vs) => variable.get(ctx) ?? vs,
  }),
  seti: defineKemiFunction({
    parameters: [ASSIGNED, { name: 'val', type: 'integer' }],
    returns: 'boolean',
    doc: 'Assigns a number. False when that cannot be done now.',
    call: (ctx, variable, value) => variable.set?.(ctx, value) ?? false,
  }),
  sets: defineKemiFunction({
    parameters: [ASSIGNED, { name: 'val', type: 'string' }],
    returns: 'boolean',
    doc: 'Assigns a text, as it is: no pseudo-variable in it is expanded. False when that cannot be done now.',
    call: (ctx, variable, value) => variable.set?.(ctx, value) ?? false,
  }),
  unset: defineKemiFunction({
    parameters: [ASSIGNED],
    returns: 'boolean',
    doc: 'Assigns $null.',
    call: (ctx, variable) => variable.set?.(ctx, null) ?? false,
  }),
  is_null: defineKemiFunction({
    parameters: [PV],
    returns: 'boolean',
    otherwise: true,
    doc: 'Whether the value is $null.',
    call: (ctx, variable) => variable.get(ctx) === null,
  }),
}
