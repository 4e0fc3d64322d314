// The files of Unix sockets: they outlive their servers, and another server may have bound the same path meanwhile. Not for what is said over them.

import { lstatSync, rmSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'

/** The inode of a socket file; undefined when there is none. */
export function socketInode(path: string): number | undefined {
  const file = lstatSync(path, { throwIfNoEntry: false })
  return file?.isSocket() ? file.ino : undefined
}

/** Removes a socket file that this process bound. Another server's, bound meanwhile, is left alone. */
export function removeSocketFile(path: string, inode: number | undefined): void {
  if (inode === undefined || socketInode(path) !== inode) return
  unlinkSync(path)
}

/**
 * Removes a socket file that nobody accepts on: only then is it stale.
 * @throws Error with `code`: EADDRINUSE, ENOTSOCK; EACCES when it may not be asked
 */
export async function removeStale(path: string): Promise<void> {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (!file) return
  if (!file.isSocket()) throw Object.assign(new Error(`${path} is no socket`), { code: 'ENOTSOCK' })
  if (await accepts(path)) throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' })
  rmSync(path, { force: true })
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      // A full backlog (EAGAIN) has somebody behind it.
      else if (error.code === 'EAGAIN') resolve(true)
      else reject(error)
    })
  })
}
