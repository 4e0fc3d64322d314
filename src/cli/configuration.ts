// The configuration of a daemon: the files that the command line names, and over them what it says itself.

import { modulesOf, resolveConfig } from '../config.ts'
import { ConfigError, type Mistake } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { readModparam } from '../core/parameters.ts'
import { DEFAULT_HTTP, USUAL_PLACE } from '../gateway/parameters.ts'
import { type Loaded, load } from '../load.ts'
import type { Configuration } from './daemon.ts'
import type { DaemonOptions, Modparam } from './options.ts'

/** What the files and the command line have come to. */
export type ReadConfiguration = Configuration & Pick<Loaded, 'summary'>

/**
 * Reads and checks everything a daemon is configured by. Each time anew.
 * @throws RouteFileError, ScriptFileError, ConfigError with every mistake of both file and command line
 */
export async function readConfiguration(options: DaemonOptions): Promise<ReadConfiguration> {
  const { file, kemi, allowMissing } = options
  const mistakes: Mistake[] = []
  const { config, warnings, summary } = await load(
    file,
    {
      allowMissing,
      defines: Object.fromEntries(options.defines.map(({ name, value }) => [name, value ?? true])),
      ...(kemi === undefined ? {} : { kemi }),
    },
    (exported) => merge(exported, options, mistakes),
  )
  try {
    const resolved = resolveConfig(config)
    if (mistakes.length === 0) return { config: resolved, warnings, summary }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    mistakes.unshift(
      ...error.mistakes.map((mistake) => ({ ...mistake, path: whence(mistake.path, options) })),
    )
  }
  throw new ConfigError(mistakes)
}

/** Where a person finds what has a mistake: in the file, or on the command line that stands in its place. */
function whence(path: string, { file, listen, http, rpcSocket }: DaemonOptions): string {
  if (rpcSocket !== undefined && path === 'gateway.rpcSocket') return '--rpc-socket'
  if (http !== undefined && path === 'gateway.listen') return '--http'
  if (listen && path.startsWith('listen[')) return '--listen'
  return file === undefined ? path : `${file}: ${path}`
}
/** What is no object is passed on as it is: resolveConfig() says what is wrong with it. */
function merge(exported: unknown, options: DaemonOptions, mistakes: Mistake[]): unknown {
  const isObject = typeof exported === 'object' && exported !== null && !Array.isArray(exported)
  const config: Record<string, unknown> = isObject ? { ...exported } : {}
  mergeGateway(config, options)
  for (const modparam of options.modparams) setModparam(config, modparam, mistakes)
  if (options.listen) config['listen'] = options.listen
  config['log'] = mergeLog(config['log'], options)
  return isObject ? config : exported
}

function setModparam(config: Record<string, unknown>, modparam: Modparam, mistakes: Mistake[]): void {
  const { name, value, written: path } = modparam
  const modules = modulesOf(config)
  const module = modules.find((each) => each.name === modparam.module)
  if (!module) {
    const names = modules.filter((each) => Object.keys(each.parameters).length > 0).map((each) => each.name)
    const near = nearest(modparam.module, names)
    const hint = near === undefined ? { expected: names.join(', ') } : { nearest: near }
    mistakes.push({ path, problem: `unknown module ${modparam.module}`, ...hint })
    return
  }
  const set = readModparam(module.parameters, name, value, path, mistakes)
  if (!set) return
  const before = config[module.name]
  // What is no object stays, to be reported as the file's mistake.
  if (before !== undefined && (typeof before !== 'object' || before === null || Array.isArray(before))) return
  const earlier = Reflect.get(before ?? {}, set.name)
  const all = Array.isArray(earlier) && Array.isArray(set.value) ? [...earlier, ...set.value] : set.value
  config[module.name] = { ...before, [set.name]: all }
}

/** The command takes HTTP and calls unless it is told otherwise, and does without where it cannot; its own options stand over the file's. */
function mergeGateway(config: Record<string, unknown>, options: DaemonOptions): void {
  const { http, httpTokenFile, httpInsecure, rpcSocket } = options
  const { http: short, gateway } = config
  // That both are there resolveConfig() says.
  if (short !== undefined && gateway !== undefined) return
  const said = typeof short === 'string' ? { listen: short } : (short ?? gateway ?? {})
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return
  const given = {
    ...said,
    ...(httpTokenFile === undefined ? {} : { tokenFile: httpTokenFile }),
    ...(httpInsecure ? { insecure: true } : {}),
  }
  delete config['http']
  const calls = rpcSocket === undefined ? { rpcSocket: USUAL_PLACE, ...given } : { ...given, rpcSocket }
  if (rpcSocket === 'off') calls.rpcSocket = ''
  if (http === 'off') config['gateway'] = { ...calls, listen: '' }
  else if (http !== undefined) config['gateway'] = { ...calls, listen: http }
  else if ('listen' in given) config['gateway'] = calls
  else config['gateway'] = { ...calls, listen: DEFAULT_HTTP, optional: true }
}

/** The command logs at level info unless it is told otherwise; its own options stand over the file's. */
function mergeLog(setting: unknown, { logLevel, logPretty }: DaemonOptions): unknown {
  const asked = { ...(logLevel ? { level: logLevel } : {}), ...(logPretty ? { pretty: true } : {}) }
  if (setting === undefined) return { level: 'info', ...asked }
  const isOptions = typeof setting === 'object' && setting !== null && !('info' in setting)
  if (isOptions) return { level: 'info', ...setting, ...asked }
  return setting === false && Object.keys(asked).length > 0 ? { level: 'info', ...asked } : setting
}
