// Blocks: what stands between the braces of a route, compiled, and how one calls another. The loop of a script's run: its depth is limited, its
// end is a signal, and what it leaves behind in the state is put back.

import type { RouteContext } from '../core/context.ts'
import { ScriptError } from '../core/errors.ts'
import { textOfFailure } from '../core/log.ts'
import type { RouteHandler } from '../core/routes.ts'
import type { ScriptState } from '../core/script-state.ts'
import type { Place } from './ast.ts'

/** What a statement leads to: the next one; out of a loop or switch; out of the block; the end of the script. */
export const NEXT = 0
export const BREAK = 1
export const RETURN = 2
export const EXIT = 3
export type Signal = typeof NEXT | typeof BREAK | typeof RETURN | typeof EXIT

/** A statement, compiled. */
export type Step = (ctx: RouteContext, state: ScriptState) => Signal

/** Thrown where a call within an expression ends the script. */
export const END = Object.freeze({ ends: 'the script' })

/** What a `route` that names no block comes to in Kamailio. */
export const NO_SUCH_ROUTE = -10

export class Block {
  /** As it was written: `route[X]`. */
  readonly title: string
  readonly place: Place
  /** Set when it has been compiled: blocks may call what stands below them. */
  body: Step = () => NEXT

  constructor(title: string, place: Place) {
    this.title = title
    this.place = place
  }
}

/** The blocks of one script. */
export class Blocks {
  private readonly routes = new Map<string, Block>()
  private readonly maxDepth: number

  /** @param maxDepth max_recursive_level */
  constructor(maxDepth: number) {
    this.maxDepth = maxDepth
  }

  /** Adds a block that `route(NAME)` calls. */
  add(name: string, block: Block): void {
    this.routes.set(name, block)
  }

  get(name: string): Block | undefined {
    return this.routes.get(name)
  }

  get names(): Iterable<string> {
    return this.routes.keys()
  }

  /** Runs a block for another one. What it returned is then the return code. @returns EXIT when it ended the script */
  call(block: Block, ctx: RouteContext, state: ScriptState): typeof NEXT | typeof EXIT {
    if (state.depth >= this.maxDepth) {
      ctx.log.error(
        whereabouts(state),
        `${state.file}:${state.line}: route calls are nested more than ${this.maxDepth} deep (max_recursive_level); ${block.title} is not called`,
      )
      state.returnCode = -1
      return NEXT
    }
    const { file, line, block: title } = state
    state.depth++
    const signal = this.run(block, ctx, state)
    state.depth--
    state.file = file
    state.line = line
    state.block = title
    return signal
  }

  /** A handler for the route table: the script begins with this block. */
  handler(block: Block): RouteHandler {
    return (ctx) => {
      const state = ctx.runtime.script
      // Another script may be in the middle of something: t_continue runs a route at once.
      const { file, line, block: title, returnCode, depth, value } = state
      state.returnCode = 0
      state.depth = 1
      try {
        this.run(block, ctx, state)
      } catch (error) {
        if (error !== END) throw located(error, state)
      } finally {
        state.file = file
        state.line = line
        state.block = title
        state.returnCode = returnCode
        state.depth = depth
        state.value = value
      }
    }
  }

  private run(block: Block, ctx: RouteContext, state: ScriptState): typeof NEXT | typeof EXIT {
    const { place } = block
    state.file = place.file.name
    state.line = place.line
    state.block = block.title
    state.value = 1
    if (state.traced) ctx.runtime.log.debug(whereabouts(state), `enters ${block.title}`)
    const signal = block.body(ctx, state)
    if (state.traced) {
      const how = signal === EXIT ? 'ends in' : 'leaves'
      ctx.runtime.log.debug({ ...whereabouts(state), value: state.value }, `${how} ${block.title}`)
    }
    if (signal === EXIT) return EXIT
    // A break that no loop has caught ends the block, which then comes to 0, and does not end the script (seen).
    state.returnCode = signal === BREAK ? 0 : state.value
    return NEXT
  }
}

function whereabouts({ file, line, block }: ScriptState): { file: string; line: number; block: string } {
  return { file, line, block }
}

/** What a function threw, with where the script was. */
function located(error: unknown, { file, line, block }: ScriptState): ScriptError {
  return new ScriptError(`${file}:${line}: in ${block}: ${textOfFailure(error)}`, { cause: error })
}

/** A line in the log for what went wrong without ending the script. */
export function report(ctx: RouteContext, { file, line }: Place, problem: string): void {
  ctx.log.error(
    { file: file.name, line, block: ctx.runtime.script.block },
    `${file.name}:${line}: ${problem}`,
  )
}
