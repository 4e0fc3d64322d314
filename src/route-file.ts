// Route files: loads what `evapid -f` names. TypeScript and JavaScript alike go through jiti, so that a file anywhere on
// the disk, with no package.json and no node_modules near it, can import 'evapid', 'evapid/plan' and 'evapid/client'. What the file
// says is checked elsewhere (config.ts).

import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { createJiti } from 'jiti'
import * as client from './client/index.ts'
import { RouteFileError } from './core/errors.ts'
import * as plan from './core/plan.ts'
import * as evapid from './index.ts'

const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

/**
 * Loads a route file.
 * @returns its default export, unchecked
 * @throws RouteFileError with file, line and column where they are known
 */
export async function loadRouteFile(file: string): Promise<unknown> {
  const path = resolve(file)
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new RouteFileError(`${file}: no such file`)
  if (!EXTENSIONS.includes(extname(path))) {
    throw new RouteFileError(`${file}: not a route file; expected one of ${EXTENSIONS.join(', ')}`)
  }
  const exported = await run(file, path)
  if (hasDefault(exported)) return exported['default']
  // What Node adds to a CommonJS module of its own accord is none of the file's doing.
  const names = Object.keys(exported).filter((name) => name !== 'default' && name !== 'module.exports')
  const found = names.length > 0 ? `it exports ${names.join(', ')}` : 'it exports nothing'
  throw new RouteFileError(
    `${file}: no default export (${found}); expected: export default defineConfig({ ... })`,
  )
}

/** jiti gives `default` to a CommonJS module as well: whatever module.exports is, which is {} when nothing sets it. */
function hasDefault(exported: Record<string, unknown>): boolean {
  if (!('default' in exported)) return false
  const { default: value } = exported
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return '__esModule' in exported || !isEmpty
}

async function run(file: string, path: string): Promise<Record<string, unknown>> {
  const jiti = createJiti(import.meta.url, {
    // The very instances that run: not a second copy of the package, and whether or not it is installed near the file.
    virtualModules: { evapid, 'evapid/plan': plan, 'evapid/client': client },
    // A cache in a directory that all users share could be filled by another of them.
    fsCache: false,
    // Each load is of what stands on the disk now, also in the files that it imports. Within one load a file runs once.
    moduleCache: false,
    sourceMaps: true,
  })
  try {
    const exported = await jiti.import<unknown>(path)
    return typeof exported === 'object' && exported !== null ? (exported as Record<string, unknown>) : {}
  } catch (error) {
    throw new RouteFileError(describe(file, path, error), { cause: error })
  }
}

/** One line that says what is wrong and where. */
function describe(file: string, path: string, error: unknown): string {
  if (!(error instanceof Error)) return `${file}: it threw ${String(error)} while it was loaded`
  const [firstLine = '', ...rest] = error.message.split('\n').map((line) => line.trim())

  // jiti reports a syntax error as "ParseError: what \n path:line:column", the column counted from 0.
  const syntax = /^ParseError: (.*)$/.exec(firstLine)
  const place = /^(.*):(\d+):(\d+)$/.exec(rest[0] ?? '')
  if (syntax && place) {
    const where = place[1] === path ? file : place[1]
    return `${where}:${place[2]}:${Number(place[3]) + 1}: syntax error: ${syntax[1]}`
  }
  return `${file}${positionIn(path, error)}: ${firstLine}`
}

/** Where in the file an error was thrown, as `:line:column`; empty when its stack does not say. */
function positionIn(path: string, error: Error): string {
  const start = error.stack?.indexOf(`${path}:`) ?? -1
  return (start >= 0 && /^:\d+:\d+/.exec(error.stack?.slice(start + path.length) ?? '')?.[0]) || ''
}
