// evapid as a server that runs scripts: in this process, from the same file as Kamailio.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modulesOf, resolveConfig } from '../../src/config.ts'
import { ConfigError } from '../../src/core/errors.ts'
import { formatDiagnostic } from '../../src/script/diagnostics.ts'
import { loadScript } from '../../src/script/load.ts'
import { Server } from '../../src/server.ts'
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts'
import type { ScriptServer } from './script-kamailio.ts'
import type { ScriptPorts } from './script-topics.ts'
import { HOST } from './server-under-test.ts'

/** What is in the scripts for Kamailio's sake: its CANCEL needs it, evapid's does not. Nothing else may be missing. */
const MISSING = /t_relay\(\)/

/** Starts evapid with the script that `scriptOf` makes for its ports. */
export async function startScriptEvapid(scriptOf: (ports: ScriptPorts) => string): Promise<ScriptServer> {
  const directory = await mkdtemp(join(tmpdir(), 'evapid-script-'))
  try {
    const path = join(directory, 'kamailio.cfg')
    const ports = { evapi: await freeTcpPort(HOST), sip: await freeUdpPort(HOST) }
    await writeFile(path, scriptOf(ports), 'latin1')
    const { mistakes, warnings, config } = load(path, true)
    if (config === undefined) throw new Error(`evapid did not take the script:\n${mistakes.join('\n')}`)
    const unexpected = warnings.filter((warning) => !MISSING.test(warning))
    if (unexpected.length > 0) throw new Error(`evapid warns of the script:\n${unexpected.join('\n')}`)
    const server = new Server(resolveConfig({ ...config, log: false }))
    await server.listen()
    return { ports, stop: () => server.close() }
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** What evapid has against a file; nothing: it takes it. */
export function checkWithEvapid(path: string): readonly string[] {
  const { mistakes, config } = load(path, false)
  if (config === undefined) return mistakes
  try {
    resolveConfig(config)
    return []
  } catch (error) {
    if (error instanceof ConfigError)
      return error.mistakes.map(({ path: key, problem }) => `${key}: ${problem}`)
    throw error
  }
}

interface Loaded {
  readonly mistakes: readonly string[]
  readonly warnings: readonly string[]
  readonly config: Record<string, unknown> | undefined
}

function load(path: string, allowMissing: boolean): Loaded {
  const { diagnostics, config } = loadScript(path, {
    defines: [],
    allowMissing,
    modules: modulesOf(undefined),
  })
  return {
    mistakes: diagnostics.errors.map(formatDiagnostic),
    warnings: diagnostics.warnings.map(formatDiagnostic),
    config,
  }
}
