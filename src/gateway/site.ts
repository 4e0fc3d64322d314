// Which web sites may talk to the gateway: what browsers say of where a request comes from (Origin) and of where it goes to (Host). Pure: who asks is
// guard.ts.

import { BlockList, isIP } from 'node:net'

/** In place of an origin: whatever site. */
export const ANY_ORIGIN = 'any'

/** What a list of origins may have: `https://example.com:8443`, no path, or the word for all of them. */
export function isOrigin(text: string): boolean {
  return (
    text === ANY_ORIGIN ||
    /^[a-z][a-z0-9+.-]*:\/\/(?:\[[0-9a-f:.]+\]|[^\s/?#:@[\]A-Z*]+)(?::\d{1,5})?$/.test(text)
  )
}

/** What a list of hosts may have: a name, without a port. */
export function isHostName(text: string): boolean {
  return /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text)
}

export interface SitePolicy {
  /** Origins beside the gateway's own. */
  readonly origins: readonly string[]
  /** Names that the gateway is called by, beside addresses and localhost. */
  readonly hosts: readonly string[]
  /** Nobody but this machine reaches it. */
  readonly loopback: boolean
}

export class Sites {
  private readonly origins: ReadonlySet<string>
  private readonly hosts: ReadonlySet<string>
  private readonly looksAtHost: boolean

  constructor({ origins, hosts, loopback }: SitePolicy) {
    this.origins = new Set(origins)
    this.hosts = new Set([...hosts, ...origins.map(hostOfOrigin)].map((name) => name.toLowerCase()))
    // A page of another site whose name was made to lead to 127.0.0.1 is of the gateway's own origin to a browser. Where others than this
    // machine reach it, it has other names too, and tokens.
    this.looksAtHost = loopback || hosts.length > 0
  }

  /** Whether the gateway is meant by that. @param host as the header has it, with the port */
  isOwnHost(host: string): boolean {
    if (!this.looksAtHost) return true
    const name = hostName(host)
    return name !== undefined && (name === 'localhost' || isIP(name) !== 0 || this.hosts.has(name))
  }

  /**
   * Whose a request is: the gateway's own site's, a listed one's, or a foreign one's.
   * @param origin as the header has it
   */
  relationOf(origin: string, host: string, secure: boolean): 'own' | 'listed' | 'foreign' {
    if (origin.toLowerCase() === `${secure ? 'https' : 'http'}://${host.toLowerCase()}`) return 'own'
    return this.origins.has(origin) || this.origins.has(ANY_ORIGIN) ? 'listed' : 'foreign'
  }
}

/** Of a Host header, in lower case and without port and brackets; undefined when it is none. */
function hostName(host: string): string | undefined {
  const [, ipv6, name] = /^(?:\[([0-9a-f:.]+)\]|([^\s:@/[\]]+))(?::\d*)?$/i.exec(host) ?? []
  return (ipv6 ?? name)?.toLowerCase()
}

function hostOfOrigin(origin: string): string {
  return hostName(origin.slice(origin.indexOf('://') + 3)) ?? origin
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine reaches that address, an IP literal. All addresses of a machine (0.0.0.0, ::) are no such. */
export function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
