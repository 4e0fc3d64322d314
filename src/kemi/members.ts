// What stands behind `KSR.`: modules and their functions by name, and what to say of a name that is not there. The names come from
// the module registry, and from nowhere else; what Kamailio has beyond them is absent.ts's.

import { nearest } from '../core/nearest.ts'
import type { KemiEntry, ModuleRegistry } from '../core/registry.ts'
import { whyAbsent } from './absent.ts'

/** A member of `KSR`: a function, or a module with functions. */
export type Member =
  | { readonly kind: 'function'; readonly path: string; readonly entry: KemiEntry }
  | { readonly kind: 'module'; readonly path: string; readonly members: ReadonlyMap<string, Member> }

/** What is wrong with a name, and what to do about it. */
export interface UnknownMember {
  readonly problem: string
  readonly advice: string | undefined
  /** Kamailio 5.6 has it: a script that says it is no wrong script. */
  readonly isOfKamailio: boolean
}

/** All of `KSR`, by name. */
export function membersOf(registry: ModuleRegistry): ReadonlyMap<string, Member> {
  const root = new Map<string, Member>()
  const modules = new Map<string, Map<string, Member>>()
  for (const [path, entry] of registry.kemi) {
    const [, first = '', second] = path.split('.')
    if (second === undefined) {
      root.set(first, { kind: 'function', path, entry })
      continue
    }
    let members = modules.get(first)
    if (!members) {
      members = new Map()
      modules.set(first, members)
      root.set(first, { kind: 'module', path: `KSR.${first}`, members })
    }
    members.set(second, { kind: 'function', path, entry })
  }
  return root
}

/**
 * Looks up `KSR.first` or `KSR.first.second`.
 * @returns undefined when it is there, or is a member of a function
 */
export function lookUp(
  root: ReadonlyMap<string, Member>,
  first: string,
  second?: string,
): UnknownMember | undefined {
  const found = root.get(first)
  const isThere = found?.kind === 'module' && second !== undefined ? found.members.has(second) : found
  if (isThere) return undefined
  const path = second === undefined ? `KSR.${first}` : `KSR.${first}.${second}`
  const why = whyAbsent(first, second)
  if (why !== undefined)
    return { problem: `${path} is not here: ${why}`, advice: undefined, isOfKamailio: true }
  const problem = `there is no ${path}`
  // A function that is looked for in the wrong place is in another.
  const elsewhere = placeOf(root, second ?? first)
  if (elsewhere !== undefined) return { problem, advice: `it is ${elsewhere}`, isOfKamailio: false }
  const near =
    found?.kind === 'module' && second !== undefined
      ? under(found.path, nearest(second, found.members.keys()))
      : under('KSR', nearest(first, root.keys()))
  return { problem, advice: near === undefined ? undefined : `did you mean ${near}?`, isOfKamailio: false }
}

function under(path: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${path}.${name}`
}

function placeOf(root: ReadonlyMap<string, Member>, name: string): string | undefined {
  for (const member of root.values()) {
    if (member.kind === 'module' && member.members.has(name)) return `${member.path}.${name}`
  }
  return undefined
}
