// KSR.pvx: variables by the bare name, $var, $shv, $avp and $xavp (Kamailio's pv module, as KEMI has it). They are the pseudo-variables under
// another name, and are made of them.

import type { RouteContext } from '../../core/context.ts'
import { AssignmentError, CallError } from '../../core/errors.ts'
import { defineKemiFunction, defineModule, type KemiFunction } from '../../core/module.ts'
import type { PseudoVariable, PvValue } from '../../core/pseudovariables.ts'
import { NULL_TEXT } from '../../core/templates.ts'

const NAME = { name: 'name', type: 'string' } as const
const FIELD = { name: 'field', type: 'string' } as const
const NUMBER = { name: 'val', type: 'integer' } as const
const TEXT = { name: 'val', type: 'string' } as const

/** A name that a variable can have; anything else would be a variable within brackets, or none. */
function named(ctx: RouteContext, written: string, ...names: readonly string[]): PseudoVariable {
  if (!names.every((name) => /^[\w.:-]+$/.test(name)))
    throw new CallError(`${names.join('=>')} is not the name of a variable`)
  const { only } = ctx.runtime.templates.bytes(written)
  if (!only) throw new CallError(`${written} is not a variable`)
  return only
}

function assign(ctx: RouteContext, variable: PseudoVariable, value: PvValue): number {
  if (!variable.set) throw new AssignmentError('the variable is read-only')
  return variable.set(ctx, value) ? 1 : -1
}

type Find = (ctx: RouteContext, name: string) => PseudoVariable
type FindField = (ctx: RouteContext, name: string, field: string) => PseudoVariable

/** KIND_seti, KIND_sets, KIND_get. */
function settable(kind: string, what: string, find: Find): Record<string, KemiFunction> {
  return {
    [`${kind}_seti`]: defineKemiFunction({
      parameters: [NAME, NUMBER],
      returns: 'integer',
      doc: `Assigns a number to ${what}.`,
      call: (ctx, name, value) => assign(ctx, find(ctx, name), value),
    }),
    [`${kind}_sets`]: defineKemiFunction({
      parameters: [NAME, TEXT],
      returns: 'integer',
      doc: `Assigns a text to ${what}.`,
      call: (ctx, name, value) => assign(ctx, find(ctx, name), value),
    }),
    [`${kind}_get`]: defineKemiFunction({
      parameters: [NAME],
      returns: 'value',
      doc: `The value of ${what}; null when there is none.`,
      call: (ctx, name) => find(ctx, name).get(ctx),
    }),
  }
}

/** KIND_gete, KIND_getw, KIND_rm, KIND_is_null. */
function stacked(kind: string, what: string, find: Find): Record<string, KemiFunction> {
  return {
    [`${kind}_gete`]: defineKemiFunction({
      parameters: [NAME],
      returns: 'value',
      otherwise: '',
      doc: `The value of ${what}; an empty text when there is none.`,
      call: (ctx, name) => find(ctx, name).get(ctx) ?? '',
    }),
    [`${kind}_getw`]: defineKemiFunction({
      parameters: [NAME],
      returns: 'value',
      otherwise: NULL_TEXT,
      doc: `The value of ${what}; the text \`<null>\` when there is none.`,
      call: (ctx, name) => find(ctx, name).get(ctx) ?? NULL_TEXT,
    }),
    [`${kind}_rm`]: defineKemiFunction({
      parameters: [NAME],
      returns: 'integer',
      doc: `Takes the newest value of ${what} away.`,
      call: (ctx, name) => assign(ctx, find(ctx, name), null),
    }),
    [`${kind}_is_null`]: defineKemiFunction({
      parameters: [NAME],
      returns: 'integer',
      doc: `Whether ${what} has no value.`,
      call: (ctx, name) => (find(ctx, name).get(ctx) === null ? 1 : -1),
    }),
  }
}

/** Fields of the newest record: xavp_child_NAME. */
function fields(read: FindField, write: FindField): Record<string, KemiFunction> {
  const what = 'a field of an $xavp'
  return {
    xavp_child_seti: defineKemiFunction({
      parameters: [NAME, FIELD, NUMBER],
      returns: 'integer',
      doc: `Assigns a number to ${what}.`,
      call: (ctx, name, field, value) => assign(ctx, write(ctx, name, field), value),
    }),
    xavp_child_sets: defineKemiFunction({
      parameters: [NAME, FIELD, TEXT],
      returns: 'integer',
      doc: `Assigns a text to ${what}.`,
      call: (ctx, name, field, value) => assign(ctx, write(ctx, name, field), value),
    }),
    xavp_child_get: defineKemiFunction({
      parameters: [NAME, FIELD],
      returns: 'value',
      doc: `The value of ${what}; null when there is none.`,
      call: (ctx, name, field) => read(ctx, name, field).get(ctx),
    }),
    xavp_child_gete: defineKemiFunction({
      parameters: [NAME, FIELD],
      returns: 'value',
      otherwise: '',
      doc: `The value of ${what}; an empty text when there is none.`,
      call: (ctx, name, field) => read(ctx, name, field).get(ctx) ?? '',
    }),
    xavp_child_getw: defineKemiFunction({
      parameters: [NAME, FIELD],
      returns: 'value',
      otherwise: NULL_TEXT,
      doc: `The value of ${what}; the text \`<null>\` when there is none.`,
      call: (ctx, name, field) => read(ctx, name, field).get(ctx) ?? NULL_TEXT,
    }),
    xavp_child_rm: defineKemiFunction({
      parameters: [NAME, FIELD],
      returns: 'integer',
      doc: `Takes ${what} away.`,
      call: (ctx, name, field) => assign(ctx, read(ctx, name, field), null),
    }),
    xavp_child_is_null: defineKemiFunction({
      parameters: [NAME, FIELD],
      returns: 'integer',
      doc: `Whether ${what} has no value.`,
      call: (ctx, name, field) => (read(ctx, name, field).get(ctx) === null ? 1 : -1),
    }),
  }
}

const ofKind =
  (kind: string): Find =>
  (ctx, name) =>
    named(ctx, `$${kind}(${name})`, name)

const field: FindField = (ctx, name, child) => named(ctx, `$xavp(${name}=>${child})`, name, child)
const ownField: FindField = (ctx, name, child) => {
  // In the record that there is, if there is one: without an index a value would make another record.
  const first = named(ctx, `$xavp(${name}[0])`, name).get(ctx)
  return first === null ? field(ctx, name, child) : named(ctx, `$xavp(${name}[0]=>${child})`, name, child)
}

export const pvx = defineModule({
  name: 'kemi_pvx',
  kemiName: 'pvx',
  kemi: {
    ...settable('var', 'a $var', ofKind('var')),
    ...settable('shv', 'a $shv', ofKind('shv')),
    ...settable('avp', 'an $avp', ofKind('avp')),
    ...stacked('avp', 'an $avp', ofKind('avp')),
    ...settable('xavp', 'an $xavp', ofKind('xavp')),
    ...stacked('xavp', 'an $xavp', ofKind('xavp')),
    ...fields(field, ownField),
    evalx: defineKemiFunction({
      parameters: [
        { name: 'dst', type: 'variable', assigned: true },
        { name: 'fmt', type: 'format' },
      ],
      returns: 'integer',
      doc: 'Assigns a text in which pseudo-variables are expanded.',
      call: (ctx, variable, text) => assign(ctx, variable, text),
    }),
  },
})
