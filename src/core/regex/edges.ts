// What an expression begins and ends with: enough to tell whether it can be empty, how long it is, and which bytes may stand beside a place.

import { type ByteSet, emptySet, union } from './byte-set.ts'
import type { Expression } from './syntax.ts'

/** What may stand on one side of a place. */
export interface Side {
  readonly bytes: ByteSet
  /** Or whatever else: the end of the text, or what stands outside of the expression. */
  readonly open: boolean
}

const NOTHING = emptySet()

/** The bytes that an expression may begin with (`first`) or end with (`last`); open: it may be empty. */
export function sideOf(expression: Expression, which: 'first' | 'last'): Side {
  switch (expression.kind) {
    case 'byte':
      return { bytes: expression.set, open: false }
    case 'place':
      return { bytes: NOTHING, open: true }
    case 'group':
      return sideOf(expression.inner, which)
    case 'repeat': {
      if (expression.max === 0) return { bytes: NOTHING, open: true }
      const inner = sideOf(expression.inner, which)
      return { bytes: inner.bytes, open: inner.open || expression.min === 0 }
    }
    case 'choice': {
      const sides = expression.branches.map((branch) => sideOf(branch, which))
      return {
        bytes: sides.map(({ bytes }) => bytes).reduce(union, NOTHING),
        open: sides.some(({ open }) => open),
      }
    }
    case 'sequence':
      return sideOfAll(which === 'first' ? expression.items : expression.items.toReversed(), which)
  }
}

/** The same for several in a row, nearest first. */
function sideOfAll(items: readonly Expression[], which: 'first' | 'last'): Side {
  let bytes = NOTHING
  for (const item of items) {
    const side = sideOf(item, which)
    bytes = union(bytes, side.bytes)
    if (!side.open) return { bytes, open: false }
  }
  return { bytes, open: true }
}

/** What stands on a side where an expression is followed by something else. */
export function beyond(near: Side, far: Side): Side {
  return near.open ? { bytes: union(near.bytes, far.bytes), open: far.open } : near
}
