// Whether a URI is ours: whether it names an address that we listen on, or an alias. As is_myself() asks, which takes hosts by themselves
// as well.

import type { RouteContext } from '../../core/context.ts'
import { OWN_ADDRESSES } from '../../sip/own-addresses.ts'
import { UriParser } from '../pv/uris.ts'

const uris = new UriParser()

/** @param uri a URI, or `host`, or `host:port`; without a port, any of that host */
export function isMyself({ runtime }: Pick<RouteContext, 'runtime'>, uri: string): boolean {
  const parsed = uris.parse(/^sips?:/i.test(uri) ? uri : `sip:${uri}`)
  if (parsed === undefined || parsed.host === '') return false
  const own = runtime.state(OWN_ADDRESSES)
  return parsed.port === undefined ? own.hasHost(parsed.host) : own.hasUri(parsed.host, parsed.port)
}
