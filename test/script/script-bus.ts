// A script on a bus of its own: compiled from a text, and run over real sockets.

import { type Config, modulesOf } from '../../src/config.ts'
import { type CompiledScript, compileScript } from '../../src/script/compile.ts'
import { Diagnostics } from '../../src/script/diagnostics.ts'
import { parseScript } from '../../src/script/parser.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { texts } from '../support/frames.ts'

/** What scripts about the bus begin with. */
export const HEAD = 'loadmodule "evapi.so"\nloadmodule "pv.so"\nloadmodule "textops.so"\n'

export interface ScriptOptions {
  readonly allowMissing?: boolean
  /** `false`: plans run in JavaScript, or not as plans at all. */
  readonly plans?: boolean
}

export interface CompiledText {
  readonly compiled: CompiledScript
  readonly diagnostics: Diagnostics
}

export function compileText(text: string, { allowMissing = false }: ScriptOptions = {}): CompiledText {
  const diagnostics = new Diagnostics()
  const file = { name: 'test.cfg', text }
  const script = parseScript(file, { defines: [], readFile: () => undefined }, diagnostics)
  const compiled = compileScript(script, { modules: modulesOf({}), allowMissing, diagnostics })
  return { compiled, diagnostics }
}

/** `LINE:COLUMN: problem; advice` of each mistake and warning. */
export function messagesOf({ list }: Diagnostics): readonly string[] {
  return list.map(
    ({ place, problem, advice }) =>
      `${place.line}:${place.column}: ${problem}${advice === undefined ? '' : `; ${advice}`}`,
  )
}

/** Starts a script. @throws with all mistakes in it */
export async function startScript(text: string, options: ScriptOptions = {}): Promise<Bus> {
  const { compiled, diagnostics } = compileText(text, options)
  if (diagnostics.errors.length > 0) throw new Error(messagesOf(diagnostics).join('\n'))
  const config: Config = { routes: compiled.routes as NonNullable<Config['routes']> }
  return Bus.start(options.plans === undefined ? config : { ...config, plans: options.plans })
}

/** What ends what a client of a test receives: no script relays it. */
const END = '\u0000 the end of the test'

/**
 * Sends messages to a script, and gathers what it relays to their sender.
 * @returns what the sender received, one char per byte
 */
export async function relayedBy(bus: Bus, ...messages: readonly string[]): Promise<readonly string[]> {
  const client = await bus.join()
  const before = bus.stat('messages_received')
  await client.send(...messages)
  await eventually(
    'all messages were routed',
    () => bus.stat('messages_received') >= before + messages.length,
  )
  bus.server.relay(END)
  await client.until('the end', () => client.end !== 'open' || client.received.includes(END))
  return texts(client.received).filter((text) => text !== END)
}
