// `npm run kemi:types`: writes src/kemi/ksr.d.ts, the types of scripts, from the module registry.
import { writeFileSync } from 'node:fs'
import { modulesOf } from '../../src/config.ts'
import { ModuleRegistry } from '../../src/core/registry.ts'
import { declarationsOf } from '../../src/kemi/declarations.ts'

export const DECLARATIONS = new URL('../../src/kemi/ksr.d.ts', import.meta.url)

export function currentDeclarations(): string {
  return declarationsOf(new ModuleRegistry(modulesOf(undefined)))
}

if (process.argv[1] === import.meta.filename) writeFileSync(DECLARATIONS, currentDeclarations())
