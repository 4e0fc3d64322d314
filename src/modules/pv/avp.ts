// $avp(name): values that live as long as the context of a request, several to a name. Assigning adds one on top; null takes the newest away.

import type { AvpStore } from '../../core/avps.ts'
import type { RouteContext } from '../../core/context.ts'
import {
  indexNow,
  type PseudoVariable,
  type PseudoVariableClass,
  type PvIndex,
  type PvValue,
} from '../../core/pseudovariables.ts'
import { nameMissing, nameNow } from './names.ts'

type AvpName = string | number

class AvpVariable implements PseudoVariable {
  private readonly name: AvpName | PseudoVariable
  private readonly index: PvIndex | undefined

  constructor(name: AvpName | PseudoVariable, index: PvIndex | undefined) {
    this.name = name
    this.index = index
  }

  get(ctx: RouteContext): PvValue {
    const name = this.nameFor(ctx)
    const index = indexNow(this.index, ctx)
    if (name === null || index === null) return null
    const { avps } = ctx.avps
    return index === '*' ? joined(ctx.avps, name) : (avps.at(name, index) ?? null)
  }

  /** Of an index only `*` means something here: in Kamailio, too, the others neither replace nor remove the value they name. */
  set(ctx: RouteContext, value: PvValue): boolean {
    const name = this.nameFor(ctx)
    const index = indexNow(this.index, ctx)
    if (name === null || index === null) return false
    const { avps } = ctx.avps
    if (index === '*') avps.clear(name)
    if (value !== null) avps.push(name, value)
    else if (index !== '*') avps.remove(name, 0)
    return true
  }

  private nameFor(ctx: RouteContext): AvpName | null {
    return typeof this.name === 'object' ? nameNow(this.name, ctx) : this.name
  }
}

/** All values as one text; null when there is none. */
function joined({ avps }: AvpStore, name: AvpName): string | null {
  const values = avps.all(name)
  if (values.length === 0) return null
  // Kamailio puts no comma where nothing stands before it.
  return values.reduce<string>((text, value) => (text === '' ? `${value}` : `${text}, ${value}`), '')
}

export const avp: PseudoVariableClass = {
  indexed: true,
  parse(inner, index, nested) {
    if (!inner) return nameMissing('avp')
    if (inner.startsWith('$')) return new AvpVariable(nested(inner), index)
    const colon = inner.indexOf(':')
    const name = inner.slice(colon + 1)
    if (colon < 0 || colon === 0) return new AvpVariable(inner, index)
    if (name === '') return nameMissing('avp')
    switch (inner.slice(0, colon)) {
      case 's':
      case 'S':
        return new AvpVariable(name, index)
      case 'i':
      case 'I':
        return /^\d+$/.test(name)
          ? new AvpVariable(Number(name), index)
          : `$avp(${inner}) is named by a number: ${JSON.stringify(name)} is none`
      default:
        return `unknown kind of name in $avp(${inner}); known: s: text, i: number`
    }
  },
}
