// What changes from one configuration to the next: which parameters are in effect at once and which need a restart, which modules
// come and which go. Changing them is the server's.

import { isDeepStrictEqual } from 'node:util'
import type { ResolvedConfig } from './config.ts'
import { isLog } from './core/log.ts'
import type { Module } from './core/module.ts'
import { camelCase } from './core/parameters.ts'
import type { EvapiParameters } from './modules/evapi.ts'

export interface Changes {
  /** The configuration as it is from now on: what needs a restart is as it was. */
  readonly config: ResolvedConfig
  /** What has changed and needs a restart, by the names of modparam (`evapi.bind_addr`), and `listen` and `log`. */
  readonly needRestart: readonly string[]
  /** Modules of the user that were not there before. One is the same if it is the same object. */
  readonly arriving: readonly Module[]
  /** Those that are there no longer. */
  readonly leaving: readonly Module[]
}

/** @param before the configuration in effect */
export function changesOf(before: ResolvedConfig, after: ResolvedConfig): Changes {
  const needRestart: string[] = []
  const parameters = new Map(after.parameters)
  const arriving: Module[] = []
  for (const module of after.registry.modules.values()) {
    const { name } = module
    if (before.registry.modules.get(name) !== module) {
      arriving.push(module)
      continue
    }
    const old = before.parameters.get(name) ?? {}
    const values = { ...after.parameters.get(name) }
    for (const [parameter, { live, noEffect }] of Object.entries(module.parameters)) {
      const key = camelCase(parameter)
      if (live || noEffect !== undefined || isDeepStrictEqual(values[key], old[key])) continue
      needRestart.push(`${name}.${parameter}`)
      values[key] = old[key]
    }
    parameters.set(name, values)
  }
  const leaving = [...before.registry.modules.values()].filter(
    (module) => after.registry.modules.get(module.name) !== module,
  )
  if (!isDeepStrictEqual(before.listen, after.listen)) needRestart.push('listen')
  if (!isSameLog(before.log, after.log)) needRestart.push('log')
  const config = {
    ...after,
    parameters,
    // The same set of parameters, with some of the old values.
    evapi: (parameters.get('evapi') ?? after.evapi) as EvapiParameters,
    listen: before.listen,
    log: before.log,
  }
  return { config, needRestart, arriving, leaving }
}

/** A logger that a file makes is another one each time it is loaded: that is no change. */
function isSameLog(before: ResolvedConfig['log'], after: ResolvedConfig['log']): boolean {
  if (before && after && isLog(before) && isLog(after)) return true
  return isDeepStrictEqual(before, after)
}
