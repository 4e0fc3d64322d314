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
  if (!found) {
    // A function that is looked for in the wrong place is in the right one.
    const elsewhere = second === undefined ? placeOf(root, first) : undefined
    return unknown(second === undefined ? `KSR.${first}` : `KSR.${first}.${second}`, first, second, [
      ...(elsewhere === undefined ? [] : [elsewhere]),
      ...[...root.keys()].map((name) => `KSR.${name}`),
    ])
  }
  if (second === undefined || found.kind === 'function' || found.members.has(second)) return undefined
  const path = `${found.path}.${second}`
  const elsewhere = placeOf(root, second)
  if (elsewhere !== undefined) {
    return { problem: `there is no ${path}`, advice: `it is ${elsewhere}`, isOfKamailio: false }
  }
  return unknown(
    path,
    first,
    second,
    [...found.members.keys()].map((name) => `${found.path}.${name}`),
  )
}

function placeOf(root: ReadonlyMap<string, Member>, name: string): string | undefined {
  for (const member of root.values()) {
    if (member.kind === 'module' && member.members.has(name)) return `${member.path}.${name}`
  }
  return undefined
}

function unknown(
  path: string,
  first: string,
  second: string | undefined,
  known: readonly string[],
): UnknownMember {
  const why = whyAbsent(first, second)
  if (why !== undefined)
    return { problem: `${path} is not here: ${why}`, advice: undefined, isOfKamailio: true }
  const near = nearest(second === undefined ? path : path, known)
  return {
    problem: `there is no ${path}`,
    advice: near === undefined ? undefined : `did you mean ${near}?`,
    isOfKamailio: false,
  }
}
