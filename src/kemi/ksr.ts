// The object KSR as a script has it: frozen, made of the functions of all modules. Whoever asks it for a name that is not there is told
// so at once, and which was meant, instead of getting undefined and failing somewhere later.

import { bindScriptFunction, type CallHost, type ScriptFunction } from './calls.ts'
import { lookUp, type Member, type UnknownMember } from './members.ts'
import type { Realm } from './realm.ts'

/** What Kamailio has and evapid has not. */
export interface MissingFunctions {
  /** Whether it may be used all the same (--allow-missing): it is then false. */
  readonly allowed: boolean
  /** One of them is called. */
  called(path: string, unknown: UnknownMember): void
}

/** What the machinery of the language asks any object for: that a script does not say. */
const ASKED_FOR_BY_THE_LANGUAGE: ReadonlySet<PropertyKey> = new Set(['then', 'toJSON', 'constructor'])

/** Makes KSR for a realm. */
export function makeKsr(
  members: ReadonlyMap<string, Member>,
  realm: Realm,
  host: CallHost,
  missing: MissingFunctions,
): object {
  const stubs = new Map<string, unknown>()

  /** What stands for a name of Kamailio's that is not here, where that is allowed. */
  const stub = (path: string, found: UnknownMember): unknown => {
    const known = stubs.get(path)
    if (known !== undefined) return known
    const none = realm.adopt(() => {
      missing.called(path, found)
      return falseOf(path)
    }, path)
    stubs.set(path, none)
    return none
  }

  const guard = (first: string | undefined): object =>
    new Proxy(Object.create(realm.intrinsics.objectPrototype), {
      get(target, name, receiver) {
        if (typeof name === 'symbol' || name in target || ASKED_FOR_BY_THE_LANGUAGE.has(name)) {
          return Reflect.get(target, name, receiver)
        }
        const found = first === undefined ? lookUp(members, name) : lookUp(members, first, name)
        if (!found) return undefined
        const path = first === undefined ? `KSR.${name}` : `KSR.${first}.${name}`
        if (!(missing.allowed && found.isOfKamailio)) {
          throw new realm.intrinsics.TypeError(messageOf(found))
        }
        // A module that is missing has whatever name it is asked for.
        return first === undefined && isModule(name) ? guard(name) : stub(path, found)
      },
    })

  const isModule = (name: string) => lookUp(members, name, 'x')?.isOfKamailio === true

  const objectOf = (list: ReadonlyMap<string, Member>, name: string | undefined): object => {
    const made = Object.create(guard(name))
    for (const [key, member] of list) {
      made[key] =
        member.kind === 'module'
          ? objectOf(member.members, key)
          : realm.adopt<ScriptFunction>(bindScriptFunction(member.path, member.entry, host), key)
    }
    return Object.freeze(made)
  }
  return objectOf(members, undefined)
}

/** `there is no KSR.pv.gte; did you mean KSR.pv.gete?` */
export function messageOf({ problem, advice }: UnknownMember): string {
  return advice === undefined ? problem : `${problem}; ${advice}`
}

/** What is false for a function of which no more is known than its name. */
function falseOf(path: string): -1 | false | null {
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (/^get/.test(name)) return null
  return /^KSR\.(?:is|set|reset|to_)/.test(path) ? false : -1
}
