// The jansson module: JSON for scripts (Kamailio's jansson). What JSON is, and paths into it, is src/core/json; what an application
// answers and a script takes apart goes through jansson_get().

import type { RouteContext } from '../core/context.ts'
import { defineFunction, defineModule } from '../core/module.ts'
import type { PseudoVariable, PvValue } from '../core/pseudovariables.ts'
import { JSON_TEXTS } from './jansson/texts.ts'
import { scriptValue, typedValue } from './jansson/values.ts'
import { decodeIntoXavp, encodeXavp } from './jansson/xavp.ts'

const PATH = { name: 'path', type: 'string' } as const
const SOURCE = { name: 'src', type: 'string' } as const
const DESTINATION = { name: 'dst', type: 'variable', assigned: true } as const

const CHANGE = [
  { name: 'type', type: 'string' },
  PATH,
  { name: 'value', type: 'string' },
  DESTINATION,
] as const

function get(ctx: RouteContext, path: string, source: string, destination: PseudoVariable): number {
  const texts = ctx.runtime.state(JSON_TEXTS)
  const root = texts.read(source)
  if (typeof root === 'string') {
    ctx.log.debug({ problem: root }, 'jansson: the source is no JSON object or array')
    return -1
  }
  const value = texts.path(path).get(root)
  if (value === undefined) return -1
  destination.set?.(ctx, scriptValue(value))
  return 1
}

/** jansson_set and jansson_append: what the destination holds is changed, and is as it was if that is not possible. */
function change(
  ctx: RouteContext,
  how: 'set' | 'append',
  [type, path, text, destination]: readonly [string, string, string, PseudoVariable],
): number {
  const value = typedValue(type, text)
  if (value === undefined) {
    ctx.log.warn({ type }, `jansson_${how}: ${JSON.stringify(text)} is no JSON value of this type`)
    return -1
  }
  const texts = ctx.runtime.state(JSON_TEXTS)
  const before = destination.get(ctx)
  // A number, which a variable is that nobody has assigned to, is as good as an empty object; an empty text is not.
  const root = texts.take(typeof before === 'string' ? before : '{}')
  if (typeof root === 'string' || !texts.path(path)[how](root, value)) {
    ctx.log.debug({ path }, `jansson_${how}: the destination is no JSON, or has no such place in it`)
    return -1
  }
  destination.set?.(ctx, texts.put(root))
  return 1
}

export const jansson = defineModule({
  name: 'jansson',
  functions: {
    jansson_get: defineFunction({
      parameters: [PATH, SOURCE, DESTINATION],
      doc: 'Assigns to dst what path leads to in the JSON text src. False when src is no JSON object or array, and when nothing is there.',
      call: get,
    }),
    jansson_pv_get: defineFunction({
      parameters: [PATH, { name: 'src', type: 'variable' }, DESTINATION],
      doc: 'As jansson_get; src is the pseudo-variable that holds the JSON text.',
      call: (ctx, path, source, destination) => get(ctx, path, textOf(source.get(ctx)), destination),
    }),
    jansson_get_field: defineFunction({
      parameters: [SOURCE, { name: 'field', type: 'string' }, DESTINATION],
      doc: 'As jansson_get, with the arguments in another order.',
      call: (ctx, source, field, destination) => get(ctx, field, source, destination),
    }),
    jansson_set: defineFunction({
      parameters: CHANGE,
      doc: 'Puts a value (type: string, integer, real, object, array, true, false, null) at path into the JSON text that dst holds. False, and dst is as it was, when that cannot be.',
      call: (ctx, ...args) => change(ctx, 'set', args),
    }),
    jansson_append: defineFunction({
      parameters: CHANGE,
      doc: 'As jansson_set, but adds the value to the array at path, or the members of an object to the object there.',
      call: (ctx, ...args) => change(ctx, 'append', args),
    }),
    jansson_array_size: defineFunction({
      parameters: [PATH, SOURCE, DESTINATION],
      doc: 'Assigns to dst how many elements the array at path in the JSON text src has. False when there is no array.',
      call(ctx, path, source, destination) {
        const texts = ctx.runtime.state(JSON_TEXTS)
        const root = texts.read(source)
        const value = typeof root === 'string' ? undefined : texts.path(path).get(root)
        if (!Array.isArray(value)) return -1
        destination.set?.(ctx, value.length)
        return 1
      },
    }),
    jansson_xdecode: defineFunction({
      parameters: [SOURCE, { name: 'xavp', type: 'string' }],
      doc: 'Makes an $xavp of the members of the JSON object src, of each object if it is an array of them. False when src is no JSON.',
      call(ctx, source, name) {
        const root = ctx.runtime.state(JSON_TEXTS).read(source)
        if (typeof root === 'string') return -1
        decodeIntoXavp(ctx, name, root)
        return 1
      },
    }),
    jansson_xencode: defineFunction({
      parameters: [{ name: 'xavp', type: 'string' }, DESTINATION],
      doc: 'Assigns to dst the fields of an $xavp as a JSON object. False when there is no such $xavp with fields.',
      call(ctx, name, destination) {
        const text = encodeXavp(ctx, name)
        if (text === undefined) return -1
        destination.set?.(ctx, text)
        return 1
      },
    }),
  },
})

function textOf(value: PvValue): string {
  return value === null ? '' : String(value)
}
