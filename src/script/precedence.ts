// How tightly the binary operators bind: for the parser and the printer. It is Kamailio's order, which is not C's: comparisons bind
// tighter than shifts, and >> tighter than <<. All of them group from the left.

import type { BinaryOperator } from './ast.ts'

/** The higher, the tighter. */
export const LEVELS: Readonly<Record<BinaryOperator, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '&': 4,
  '^': 5,
  '<<': 6,
  '>>': 7,
  '==': 8,
  '!=': 8,
  '=~': 8,
  '!~': 8,
  eq: 8,
  ne: 8,
  ieq: 8,
  ine: 8,
  '<': 9,
  '<=': 9,
  '>': 9,
  '>=': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
}

const WRITTEN: ReadonlyMap<string, BinaryOperator> = new Map([
  ...(Object.keys(LEVELS) as BinaryOperator[]).map((operator) => [operator, operator] as const),
  ['or', '||'],
  ['and', '&&'],
  ['mod', '%'],
])

/** The operator that is written so. */
export function binaryOperator(written: string): BinaryOperator | undefined {
  return WRITTEN.get(written)
}
