// Waiting for what no event tells: a counter of the server's, say. Asks once in each turn of the event loop; nothing
// here waits for an amount of time.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PATIENCE } from './wire-client.ts'

/** Resolves once `holds()`; rejects after PATIENCE. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE} ms until ${what}`)
    await nextTurn()
  }
}

/**
 * Lets the event loop turn often enough for everything that is on its way over loopback to be seen by a server of this
 * process. For tests that something does not happen: one that turns too little can miss a fault, not invent one.
 */
export async function turns(count = 30): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn()
}
