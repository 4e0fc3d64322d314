// What the compiler knows while it compiles one script: its names, its blocks, its limits, and where mistakes go.

import type { OwnAddresses } from '../sip/own-addresses.ts'
import type { Blocks } from './blocks.ts'
import type { Diagnostics } from './diagnostics.ts'
import type { Names } from './names.ts'

export interface Scope {
  readonly names: Names
  readonly blocks: Blocks
  readonly diagnostics: Diagnostics
  /** What `myself` is. */
  readonly own: OwnAddresses
  /** max_while_loops; 0: no limit. */
  readonly maxLoops: number
}
