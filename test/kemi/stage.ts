// KEMI scripts of tests: written to a file, loaded, and put on a bus.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modulesOf } from '../../src/config.ts'
import { ModuleRegistry } from '../../src/core/registry.ts'
import { type KemiOptions, type KemiScript, loadKemi } from '../../src/kemi/load.ts'
import { type Diagnostic, formatDiagnostic } from '../../src/script/diagnostics.ts'
import { Bus, type BusConfig } from '../support/bus.ts'
import { netstring, type WireClient } from '../support/wire-client.ts'

export const registry = new ModuleRegistry(modulesOf(undefined))

/** Loads a script as a file of that name. */
export function load(
  source: string,
  options: Partial<KemiOptions> = {},
  name = 'routes.kemi.js',
): KemiScript & { readonly told: readonly string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'evapid-kemi-'))
  try {
    const path = join(directory, name)
    writeFileSync(path, source)
    const script = loadKemi(path, { registry, ...options })
    return { ...script, told: script.diagnostics.list.map((each) => tell(each, directory)) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** `routes.kemi.js:1:5: error: ...`, without the source below it. */
function tell(diagnostic: Diagnostic, directory: string): string {
  const [head = ''] = formatDiagnostic(diagnostic).split('\n')
  return head.replaceAll(`${directory}/`, '')
}

/** A bus whose routes are a script's. */
export async function start(
  source: string,
  config: BusConfig & { readonly options?: Partial<KemiOptions>; readonly name?: string } = {},
): Promise<Bus> {
  const { options, name, ...rest } = config
  const { routes, told } = load(source, options, name)
  if (!routes) throw new Error(told.join('\n'))
  return Bus.start({ ...rest, routes: routes as NonNullable<BusConfig['routes']> })
}

/** Sends a message and waits for the answer. Both are byte strings. */
export async function ask(client: WireClient, message: string, answer: string): Promise<void> {
  const from = client.length
  await client.send(message)
  await client.untilReceived(netstring(answer), from)
}
