// The route context: what every route is given, whichever language it was written in and whatever event it runs for.
// Modules derive contexts that offer more (the evapi module's know their client). One is made per event, or used again for a
// later event of the same client: no closures.

import type { Client, Data, Message } from '../dispatcher.ts'
import { signature } from './arguments.ts'
import { AvpStore } from './avps.ts'
import { bytesOfText, textOfBytes } from './bytestring.ts'
import { ArgumentError, AssignmentError, CallError } from './errors.ts'
import { clientFields, type Log } from './log.ts'
import type { Argument } from './module.ts'
import type { Route } from './routes.ts'
import type { Runtime } from './runtime.ts'

/** What a module keeps for each context, under a key of its own: `ctx.state(KEY)`. Never undefined. */
export class ContextKey<State> {
  /** Makes it when it is first asked for. */
  readonly make: (ctx: RouteContext) => State

  constructor(make: (ctx: RouteContext) => State) {
    this.make = make
  }
}

export class RouteContext {
  /** What the route runs in: that of its own set, whatever has been loaded since. For modules; routes have no need of it. */
  readonly runtime: Runtime
  /** The current client, the one whose event runs; null outside evapi events. */
  readonly client: Client | null
  /** The received message; null outside message-received. */
  readonly msg: Message | null

  private of: Route
  private ownLog: Log | undefined = undefined
  private ownAvps: AvpStore | undefined = undefined
  private states: Map<ContextKey<unknown>, unknown> | undefined = undefined

  /** @param runtime what whoever runs the route has; the route may belong to another */
  constructor(runtime: Runtime, route: Route, client: Client | null = null, msg: Message | null = null) {
    this.runtime = route.set?.runtime ?? runtime
    this.client = client
    this.msg = msg
    this.of = route
  }

  /** The name of the route that runs, e.g. `evapi:message-received`. */
  get route(): string {
    return this.of.name
  }

  /** Whether the context is one for this very route, and not for one that has the same name. For modules. */
  runs(route: Route): boolean {
    return this.of === route
  }

  /** Another route of the same set goes on with this context, as when a suspended request is continued. For modules. */
  protected enterRoute(route: Route): void {
    this.of = route
    this.ownLog = undefined
  }

  /**
   * Sends to every client, the sender included (EVAPI guide, evapi_relay). A string goes out as UTF-8, bytes and
   * messages as they are; `ctx.msg` costs no copy.
   * @returns false when data is empty or context_mlimit is reached; true also when there is no client
   */
  relay(data: Data): boolean {
    return this.runtime.dispatcher.relay(data)
  }

  /**
   * Sends to every client whose tag equals `tag`.
   * @returns false when data or tag is empty, no client has the tag, or context_mlimit is reached
   */
  multicast(data: Data, tag: string): boolean {
    return this.runtime.dispatcher.multicast(data, tag)
  }

  /**
   * Sends to the client with that tag that has the lowest connection index.
   * @returns false when data or tag is empty, no client has the tag, or context_mlimit is reached
   */
  unicast(data: Data, tag: string): boolean {
    return this.runtime.dispatcher.unicast(data, tag)
  }

  /**
   * The value of one pseudo-variable, e.g. `ctx.pv('$evapi(srcaddr)')`: UTF-8 text, a number, or null for `$null`.
   * @throws TemplateError when there is no such pseudo-variable
   */
  pv(name: string): string | number | null {
    const value = this.runtime.templates.pseudoVariable(name).get(this)
    return typeof value === 'string' ? textOfBytes(value) : value
  }

  /**
   * Assigns to a pseudo-variable, as `=` does in a Kamailio script: `ctx.setPv('$avp(caller)', 'alice')`. What null does
   * depends on the variable: `$avp` loses its newest value, `$var` becomes 0.
   * @param value text, a whole number, or null for `$null`
   * @returns false when it cannot be assigned now: there is no request, or the value is not one for it
   * @throws TemplateError when there is no such pseudo-variable, AssignmentError when it is read-only
   */
  setPv(name: string, value: string | number | null): boolean {
    const variable = this.runtime.templates.pseudoVariable(name)
    if (!variable.set) throw new AssignmentError(`${name} is read-only`)
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new AssignmentError(`${name} takes text, whole numbers and null, not ${value}`)
    }
    return variable.set(this, typeof value === 'string' ? bytesOfText(value) : value)
  }

  /** `$avp` and `$xavp`: they live as long as the context. Made when first asked for. For modules. */
  get avps(): AvpStore {
    this.ownAvps ??= new AvpStore()
    return this.ownAvps
  }

  /** What a module keeps under its key; made when first asked for. For modules. */
  state<State>(key: ContextKey<State>): State {
    const state = this.stateIfMade(key)
    if (state !== undefined) return state
    const made = key.make(this)
    this.states ??= new Map()
    this.states.set(key, made)
    return made
  }

  /** As state(), but undefined before state() has been called with the key. For modules. */
  stateIfMade<State>(key: ContextKey<State>): State | undefined {
    // Only what the key itself has made stands under it.
    return this.states?.get(key) as State | undefined
  }

  /** The context is used for another event: what routes left in it is gone. For modules. */
  forget(): void {
    this.ownAvps = undefined
    this.states = undefined
  }

  /**
   * The text with every pseudo-variable in it replaced; `$$` is a dollar, `$null` becomes `<null>` as in Kamailio.
   * Bytes that are not UTF-8 become U+FFFD: use expandBytes() where that matters.
   * @throws TemplateError
   */
  expand(template: string): string {
    return textOfBytes(this.runtime.templates.text(template).expand(this))
  }

  /** As expand(), byte for byte: any payload passes unharmed. @throws TemplateError */
  expandBytes(template: string): Buffer {
    return Buffer.from(this.runtime.templates.text(template).expand(this), 'latin1')
  }

  /**
   * Calls a module's function as a Kamailio script would: strings are templates, expanded for this call, byte for byte.
   *
   * @example ctx.call('evapi_relay', 'from $evapi(srcaddr): $evapi(msg)')
   * @param name as in a kamailio.cfg (`evapi_relay`) or in KEMI (`KSR.evapi.relay`)
   * @returns > 0 true, < 0 false
   * @throws CallError for an unknown function or wrong arguments, TemplateError for a wrong string
   */
  call(name: string, ...args: readonly (string | number)[]): number {
    const { templates } = this.runtime
    const operands = args.map((argument) => {
      if (typeof argument === 'string') return templates.text(argument)
      // What an application sent as JSON may be anything, whatever its type says.
      if (typeof argument === 'number') return argument
      throw new CallError(`${name} takes texts and numbers, not ${JSON.stringify(argument)}`)
    })
    return this.invoke(name, operands)
  }

  /** As call(), with byte strings. For modules. */
  callBytes(name: string, args: readonly string[]): number {
    const { templates } = this.runtime
    return this.invoke(
      name,
      args.map((argument) => templates.bytes(argument)),
    )
  }

  private invoke(name: string, operands: readonly Argument[]): number {
    const { modules } = this.runtime
    const definition = modules.function(name)
    if (!definition) {
      const near = modules.nearestFunction(name)
      throw new CallError(`unknown function ${name}${near === undefined ? '' : `; did you mean ${near}?`}`)
    }
    try {
      return definition.invoke(this, operands)
    } catch (error) {
      if (!(error instanceof ArgumentError) || error.position !== undefined) throw error
      throw new CallError(`${signature(name, definition.parameters)} ${error.message}`)
    }
  }

  /** A log whose lines say which route runs and for which client. Made when first asked for. */
  get log(): Log {
    this.ownLog ??= this.runtime.log.child({
      route: this.route,
      ...(this.client ? { client: clientFields(this.client) } : {}),
    })
    return this.ownLog
  }
}

/** The address of a client as a byte string: the path of a Unix socket need not be ASCII. */
export function addressBytes(client: Client): string {
  return bytesOfText(client.address)
}
