// The file with the process id (-P), for whoever sends signals by it.

import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { UsageError } from '../core/errors.ts'

/** Writes the file. @throws UsageError when it cannot be written */
export function writePidFile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`)
  } catch (error) {
    throw new UsageError(`-P ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Removes it, unless another process has written its own there meanwhile. */
export function removePidFile(path: string): void {
  try {
    if (readFileSync(path, 'latin1') === `${process.pid}\n`) unlinkSync(path)
  } catch {
    // Somebody has removed it already.
  }
}
