// is_method("INVITE|BYE"): lists of methods. Names may be in any case, as in Kamailio; those of a list must be known ones.

import type { RouteContext } from '../../core/context.ts'
import { definePreparedFunction } from '../../core/prepared-function.ts'
import { RequestContext } from '../../tm/request-context.ts'

/** Every method that Kamailio knows by name. */
const KNOWN: ReadonlySet<string> = new Set(
  'INVITE CANCEL ACK BYE INFO OPTIONS UPDATE REGISTER MESSAGE SUBSCRIBE NOTIFY PRACK REFER PUBLISH KDMQ GET POST PUT DELETE'.split(
    ' ',
  ),
)

/** A known method is in capitals here; another is as it was written. */
function readMethods(text: string): ReadonlySet<string> | string {
  const names = text
    .split(/[|,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) return 'the list of methods is empty'
  const known = names.map((name) => name.toUpperCase())
  const [only] = names
  if (names.length === 1 && only !== undefined) {
    return new Set(KNOWN.has(known[0] ?? '') ? known : [only])
  }
  const unknown = names.find((name) => !KNOWN.has(name.toUpperCase()))
  return unknown === undefined ? new Set(known) : `${unknown} is no known method, as those of a list must be`
}

export const isMethod = definePreparedFunction({
  text: 'methods',
  kemi: { name: 'KSR.is_method', returns: 'boolean' },
  doc: 'Whether the request has one of these methods, written with | between them.',
  prepare: readMethods,
  call: (ctx: RouteContext, methods: ReadonlySet<string>) =>
    ctx instanceof RequestContext && methods.has(ctx.method) ? 1 : -1,
})
