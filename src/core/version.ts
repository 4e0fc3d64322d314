// The version of the package, as package.json has it: read when somebody asks.

import { readFileSync } from 'node:fs'

let version: string | undefined

/** `0.1.0`. */
export function packageVersion(): string {
  version ??= read()
  return version
}

function read(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const value =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined
  return typeof value === 'string' ? value : 'unknown'
}
