// Variables of the script itself: what the last function returned, where it is, what it was defined with.

import {
  namedPseudoVariables,
  type PseudoVariable,
  type PseudoVariableClass,
} from '../../core/pseudovariables.ts'
import type { Runtime } from '../../core/runtime.ts'
import { SCRIPT } from '../app-jsdt/running-script.ts'
import { literallyNamed } from './names.ts'
import { single } from './request.ts'

const returnCode: PseudoVariable = { get: ({ runtime }) => runtime.script.returnCode }

/** The name in the square brackets of a block; the main route has one of its own. */
function routeName(block: string): string {
  const open = block.indexOf('[')
  if (open >= 0) return block.slice(open + 1, -1)
  return block === 'request_route' || block === 'route' ? 'DEFAULT_ROUTE' : block
}

const file: PseudoVariable = { get: ({ runtime: { script } }) => (script.line > 0 ? script.file : null) }

/** What a KEMI script was given with -A. Those of a kamailio.cfg are known when it is compiled (src/script/names.ts). */
function definedAs(runtime: Runtime, name: string): string | undefined {
  return runtime.state(SCRIPT).engine?.defines.get(name)
}

function numberIn(text: string | undefined): number {
  const number = Number.parseInt(text ?? '', 10)
  return Number.isNaN(number) ? 0 : number
}

export const scriptVariables: Readonly<Record<string, PseudoVariableClass>> = {
  rc: single('rc', returnCode),
  retcode: single('retcode', returnCode),
  cfg: namedPseudoVariables('cfg', {
    line: { get: ({ runtime: { script } }) => (script.line > 0 ? script.line : null) },
    name: file,
    file,
    route: { get: ({ runtime: { script } }) => (script.line > 0 ? routeName(script.block) : null) },
  }),
  def: literallyNamed('def', (name) => ({ get: ({ runtime }) => definedAs(runtime, name) ?? null })),
  defn: literallyNamed('defn', (name) => ({ get: ({ runtime }) => numberIn(definedAs(runtime, name)) })),
}
