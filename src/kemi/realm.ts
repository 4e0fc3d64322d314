// The realm a KEMI script runs in: a global object of its own, with what JavaScript itself has and nothing of Node. What the host puts in is
// made to look as if the script had made it: functions and errors have the script's own prototypes. Not a sandbox for scripts of enemies: who
// writes the routes of a bus is trusted with the bus.

import { type Context, constants, createContext, runInContext, type Script } from 'node:vm'

interface Intrinsics {
  readonly Error: ErrorConstructor
  readonly TypeError: TypeErrorConstructor
  readonly RangeError: RangeErrorConstructor
  readonly functionPrototype: object
  readonly objectPrototype: object
}

export class Realm {
  /** The script's `globalThis`. */
  readonly global: object
  readonly intrinsics: Intrinsics
  private readonly context: Context

  constructor() {
    // Since Node 20.18. Its global is an ordinary object: a script's own variables cost a nanosecond each, and not half a microsecond.
    this.context = createContext(constants.DONT_CONTEXTIFY ?? {}, { name: 'kemi' })
    this.global = this.evaluate('globalThis') as object
    this.intrinsics = this.evaluate(
      '({ Error, TypeError, RangeError, functionPrototype: Function.prototype, objectPrototype: Object.prototype })',
    ) as Intrinsics
    // Of a whole realm only this one belongs to the machine and not to the language.
    this.remove('WebAssembly')
    // What V8 itself puts there writes to nowhere but an inspector.
    this.remove('console')
  }

  /** Runs a script. What it throws is thrown. */
  run(script: Script): unknown {
    return script.runInContext(this.context)
  }

  /** What an expression is in the script's global scope, `const` and `let` included. */
  evaluate(expression: string): unknown {
    return runInContext(expression, this.context)
  }

  /** Makes a function of the host one of the script's. */
  adopt<F extends (...args: never[]) => unknown>(own: F, name: string): F {
    Object.defineProperty(own, 'name', { value: name, configurable: true })
    Reflect.deleteProperty(own, 'prototype')
    return Object.setPrototypeOf(own, this.intrinsics.functionPrototype) as F
  }

  /** Defines a global that scripts may replace. */
  define(name: string, value: unknown): void {
    Object.defineProperty(this.global, name, { value, writable: true, configurable: true, enumerable: false })
  }

  /** Removes a global. */
  remove(name: string): void {
    Reflect.deleteProperty(this.global, name)
  }

  /** Whether something thrown is an Error of the script's. */
  isError(error: unknown): error is Error {
    return error instanceof this.intrinsics.Error
  }
}
