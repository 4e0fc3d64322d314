// Route files that tests write, in a directory of their own that has neither package.json nor node_modules near it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class RouteFiles implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'evapid-'))

  /** Writes a file. @returns its path */
  write(name: string, source: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, source)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true })
  }
}
