// Flags that scripts set: $mf, $bf, $sf. They live as long as the context. The functions that set them are those of core, kex and corex.

import { ContextKey, type RouteContext } from '../../core/context.ts'
import type { PseudoVariable, PseudoVariableClass } from '../../core/pseudovariables.ts'
import { single } from './request.ts'

/** Bits by number. */
export class FlagSet {
  private readonly words: Int32Array

  constructor(size: number) {
    this.words = new Int32Array(size / 32)
  }

  set(flag: number): void {
    const word = flag >> 5
    this.words[word] = this.bits(word) | (1 << (flag & 31))
  }

  reset(flag: number): void {
    const word = flag >> 5
    this.words[word] = this.bits(word) & ~(1 << (flag & 31))
  }

  has(flag: number): boolean {
    return (this.bits(flag >> 5) & (1 << (flag & 31))) !== 0
  }

  /** The first 32 as a number. */
  get number(): number {
    return this.bits(0) >>> 0
  }

  set number(value: number) {
    this.words[0] = value
  }

  private bits(word: number): number {
    return this.words[word] ?? 0
  }
}

/** How many flags of each kind there are; extended ones are more. */
export const FLAGS = 32
export const EXTENDED_FLAGS = 64

/** Flags by kind: of the message, of the branch that the request itself is, of the script, and the extended ones. */
export const MESSAGE_FLAGS: ContextKey<FlagSet> = new ContextKey(() => new FlagSet(FLAGS))
export const BRANCH_FLAGS: ContextKey<FlagSet> = new ContextKey(() => new FlagSet(FLAGS))
export const SCRIPT_FLAGS: ContextKey<FlagSet> = new ContextKey(() => new FlagSet(FLAGS))
export const MORE_FLAGS: ContextKey<FlagSet> = new ContextKey(() => new FlagSet(EXTENDED_FLAGS))

/** What is wrong with the number of a flag. */
export function checkFlag(size: number): (constant: string) => string | undefined {
  return (constant) =>
    /^\d+$/.test(constant) && Number(constant) < size
      ? undefined
      : `${JSON.stringify(constant)} is no flag: those are 0 to ${size - 1}`
}

/** What the functions that set, reset and ask for a flag return. A number that no flag has is -1. */
export function setFlag(ctx: RouteContext, kind: ContextKey<FlagSet>, flag: number, size = FLAGS): number {
  if (flag < 0 || flag >= size) return -1
  ctx.state(kind).set(flag)
  return 1
}

export function resetFlag(ctx: RouteContext, kind: ContextKey<FlagSet>, flag: number, size = FLAGS): number {
  if (flag < 0 || flag >= size) return -1
  ctx.stateIfMade(kind)?.reset(flag)
  return 1
}

export function isFlagSet(ctx: RouteContext, kind: ContextKey<FlagSet>, flag: number, size = FLAGS): number {
  return flag >= 0 && flag < size && ctx.stateIfMade(kind)?.has(flag) ? 1 : -1
}

function decimal(kind: ContextKey<FlagSet>): PseudoVariable {
  return {
    get: (ctx) => ctx.stateIfMade(kind)?.number ?? 0,
    set(ctx, value) {
      if (typeof value === 'string') return false
      ctx.state(kind).number = value ?? 0
      return true
    },
  }
}

function hexadecimal(kind: ContextKey<FlagSet>): PseudoVariable {
  return {
    get: (ctx) => (ctx.stateIfMade(kind)?.number ?? 0).toString(16).padStart(8, '0'),
  }
}

export const flagVariables: Readonly<Record<string, PseudoVariableClass>> = {
  mf: single('mf', decimal(MESSAGE_FLAGS)),
  mF: single('mF', hexadecimal(MESSAGE_FLAGS)),
  bf: single('bf', decimal(BRANCH_FLAGS)),
  bF: single('bF', hexadecimal(BRANCH_FLAGS)),
  sf: single('sf', decimal(SCRIPT_FLAGS)),
  sF: single('sF', hexadecimal(SCRIPT_FLAGS)),
}
