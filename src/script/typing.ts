// Types of a script: integers of 32 bits and byte strings, and how one becomes the other. What Kamailio 5.6.3 was seen to do.

import type { PvValue } from '../core/pseudovariables.ts'

/** What can be said of an expression before it runs. `dynamic`: whatever a pseudo-variable holds. */
export type StaticType = 'integer' | 'string' | 'dynamic'

const INTEGER = /^[+-]?\d+$/
const HEXADECIMAL = /^0x[0-9a-f]+$/i
const SMALLEST = -2_147_483_648
const LARGEST = 2_147_483_647

/**
 * The integer that a value is: of text only all of it counts (`12abc`, ` 7` and `` are 0), in decimal, where what is no integer of 32 bits
 * is 0, or after `0x`, where only the last 32 bits count. `$null` is 0.
 */
export function integerOf(value: PvValue): number {
  if (typeof value === 'number') return value
  return value === null || value === '' ? 0 : integerOfText(value)
}

function integerOfText(text: string): number {
  if (INTEGER.test(text)) {
    const number = Number(text)
    // No -0: it would be written as one.
    return number >= SMALLEST && number <= LARGEST ? number | 0 : 0
  }
  if (!HEXADECIMAL.test(text)) return 0
  return Number.parseInt(text.slice(2).slice(-8), 16) | 0
}

/** The text that a value is: `$null` is empty. */
export function textOf(value: PvValue): string {
  return typeof value === 'string' ? value : value === null ? '' : String(value)
}
