// The route context: what every route is given, whichever language it was written in and whatever event it runs for.
// Modules derive contexts that offer more (the evapi module's know their client). One is made per event, or used again for a
// later event of the same client: no closures.

import type { Client, Data, Message } from '../dispatcher.ts'
import { bytesOfText, textOfBytes } from './bytestring.ts'
import { CallError } from './errors.ts'
import { clientFields, type Log } from './log.ts'
import type { Route } from './routes.ts'
import type { Runtime } from './runtime.ts'

export class RouteContext {
  /** What the route runs in. For modules; routes have no need of it. */
  readonly runtime: Runtime
  /** The current client, the one whose event runs; null outside evapi events. */
  readonly client: Client | null
  /** The received message; null outside message-received. */
  readonly msg: Message | null

  private of: Route
  private ownLog: Log | undefined = undefined

  constructor(runtime: Runtime, route: Route, client: Client | null = null, msg: Message | null = null) {
    this.runtime = runtime
    this.client = client
    this.msg = msg
    this.of = route
  }

  /** The name of the route that runs, e.g. `evapi:message-received`. */
  get route(): string {
    return this.of.name
  }

  /** Another route goes on with this context, as when a suspended request is continued. For modules. */
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
    const { modules, templates } = this.runtime
    const definition = modules.function(name)
    if (!definition) {
      const near = modules.nearestFunction(name)
      throw new CallError(`unknown function ${name}${near === undefined ? '' : `; did you mean ${near}?`}`)
    }
    if (args.length !== definition.parameters.length) {
      const wanted = definition.parameters.map((parameter) => parameter.name).join(', ')
      throw new CallError(
        `${name}(${wanted}) takes ${definition.parameters.length} arguments, got ${args.length}`,
      )
    }
    return definition.invoke(
      this,
      args.map((argument) => (typeof argument === 'string' ? templates.text(argument) : argument)),
    )
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
