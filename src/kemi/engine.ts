// The engine: runs a KEMI script's functions for the events of the bus. It knows the current context, for all routes run on one thread; what
// a script throws becomes an error of the route, and exit() and drop() its end.

import { Script } from 'node:vm'
import type { RouteContext } from '../core/context.ts'
import { KemiError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { EVENT_CALLBACK, type RouteHandler } from '../core/routes.ts'
import { SCRIPT, type ScriptEngine } from '../modules/app-jsdt/running-script.ts'
import { KEMI_EXIT } from '../modules/app-jsdt.ts'
import type { CallHost } from './calls.ts'
import { failureOf, placeOfCall, type ScriptPlace } from './failures.ts'
import { type MissingFunctions, makeKsr, messageOf } from './ksr.ts'
import type { Member, UnknownMember } from './members.ts'
import { Realm } from './realm.ts'

/** A function of the script's global scope. */
type GlobalFunction = (...args: readonly string[]) => unknown

export interface EngineOptions {
  readonly log: Log
  readonly allowMissing: boolean
  /** Byte strings. */
  readonly defines: ReadonlyMap<string, string>
}

export class Engine implements CallHost, MissingFunctions, ScriptEngine {
  /** Of the event that runs; null between events. */
  ctx: RouteContext | null = null
  /** Whether what Kamailio has beyond evapid may be named; it is false then. */
  readonly allowed: boolean
  readonly defines: ReadonlyMap<string, string>
  /** Functions of KSR that the script has called while it was loaded. */
  readonly calledTooEarly = new Map<string, ScriptPlace>()

  private readonly realm = new Realm()
  private readonly file: string
  private readonly log: Log
  private readonly warned = new Set<string>()
  /** Functions that are `const` or `let`: no members of the global object. */
  private readonly lexical = new Map<string, unknown>()
  private loading = true

  /** @param file as it is to be named in messages */
  constructor(file: string, members: ReadonlyMap<string, Member>, options: EngineOptions) {
    this.file = file
    this.log = options.log
    this.allowed = options.allowMissing
    this.defines = options.defines
    const { realm } = this
    realm.define('KSR', makeKsr(members, realm, this, this))
    const print = realm.adopt((...values: unknown[]) => this.print(values), 'print')
    realm.define('print', print)
    const console = Object.create(realm.intrinsics.objectPrototype)
    for (const name of ['log', 'info', 'debug', 'warn', 'error']) console[name] = print
    realm.define('console', Object.freeze(console))
  }

  /**
   * Runs the script itself, which defines its functions.
   * @param lexicalNames names that `const` and `let` may define in it
   * @throws KemiError
   */
  load(javaScript: string, lexicalNames: readonly string[]): void {
    const { realm } = this
    // What TypeScript exports, it defines as well.
    realm.define('exports', {})
    try {
      realm.run(new Script(javaScript, { filename: this.file }))
      for (const name of lexicalNames) {
        this.lexical.set(name, realm.evaluate(`typeof ${name} === 'function' ? ${name} : undefined`))
      }
    } catch (error) {
      if (error !== KEMI_EXIT) throw failureOf(error, this.file, realm)
    } finally {
      this.loading = false
      realm.remove('exports')
    }
  }

  /** Names of the functions in the script's global scope. */
  get functionNames(): readonly string[] {
    const { global } = this.realm
    const names = new Set([...Object.keys(global), ...this.lexical.keys()])
    return [...names].filter((name) => this.function(name) !== undefined)
  }

  /** A route that calls a function of the script. */
  handler(name: string, ...args: readonly string[]): RouteHandler {
    return (ctx) => this.enter(name, ctx, args)
  }

  /** The route of a module's event: calls the function that its event_callback names, with the event's name. */
  callback(name: string, event: string): RouteHandler {
    return Object.assign(this.handler(name, event), { [EVENT_CALLBACK]: name })
  }

  private enter(name: string, ctx: RouteContext, args: readonly string[]): void {
    const script = ctx.runtime.state(SCRIPT)
    const outer = this.ctx
    const outerEngine = script.enter(this, name)
    this.ctx = ctx
    try {
      this.call(name, args)
    } catch (error) {
      if (error !== KEMI_EXIT) throw failureOf(error, this.file, this.realm)
    } finally {
      this.ctx = outer
      script.leave(outerEngine)
    }
  }

  /** Looked up each time: a script may put another function in its place. */
  private function(name: string): GlobalFunction | undefined {
    const found: unknown = Reflect.get(this.realm.global, name) ?? this.lexical.get(name)
    return typeof found === 'function' ? (found as GlobalFunction) : undefined
  }

  private call(name: string, args: readonly string[]): void {
    const called = this.function(name)
    if (!called) throw new KemiError(this.file, `there is no function ${name} any more`)
    const result = called(...args)
    if (typeof result !== 'object' || result === null || typeof Reflect.get(result, 'then') !== 'function')
      return
    // Nobody waits for it, as nobody would in Kamailio: without the event there is no KSR. What it throws must not end the process.
    void Promise.resolve(result).catch(() => {})
    throw new KemiError(
      this.file,
      `${name} returned a promise; functions of KEMI cannot wait: suspend the request, or answer a later message`,
    )
  }

  // --- ScriptEngine

  /** KSR.app_jsdt.run(): what the function throws is logged here, and exit() ends only this function. */
  run(name: string, args: readonly string[]): boolean {
    const log = this.ctx?.log ?? this.log
    if (!this.function(name)) {
      log.error({ function: name }, `the script has no function ${name}`)
      return false
    }
    try {
      this.call(name, args)
    } catch (error) {
      if (error === KEMI_EXIT) return true
      const failure = failureOf(error, this.file, this.realm)
      log.error({ err: failure, function: name }, `${name} failed: ${failure.message}`)
      return false
    }
    return true
  }

  ended(): void {
    this.ctx = null
  }

  // --- CallHost

  outside(path: string): void {
    if (this.loading) this.calledTooEarly.set(path, placeOfCall(this.file))
    else this.log.error({ function: path }, `${path} was called when no event ran; it had no effect`)
  }

  thrown(path: string, error: unknown): unknown {
    // What the script itself has thrown, in a toString() or in a function that a module called, passes as it is.
    if (!(error instanceof Error)) return error
    return new this.realm.intrinsics.Error(`${path}: ${error.message}`, { cause: error })
  }

  tooFew(message: string): Error {
    return new this.realm.intrinsics.RangeError(message)
  }

  // --- MissingFunctions

  called(path: string, unknown: UnknownMember): void {
    if (this.warned.has(path)) return
    this.warned.add(path)
    const log = this.ctx?.log ?? this.log
    log.warn({ function: path }, `${messageOf(unknown)}; it is false, and this is said once`)
  }

  private print(values: readonly unknown[]): false {
    const log = this.ctx?.log ?? this.log
    log.info(values.map((value) => `${typeof value === 'symbol' ? String(value) : value}`).join(' '))
    return false
  }
}
