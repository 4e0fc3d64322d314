// What is ours: the addresses that SIP is listened on, and the names that are said to be. Names are compared as they are written; nothing is
// resolved.

import { isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { StateKey } from '../core/runtime.ts'
import { ALIAS, SIP_PARAMETERS } from './limits.ts'
import { SIP_PORT } from './reply.ts'

export class OwnAddresses {
  /** Ports by host in lower case, without brackets; undefined among them: any. */
  private readonly ports = new Map<string, Set<number | undefined>>()

  /**
   * An address that is listened on, or an alias. 0.0.0.0 and :: are all addresses of this machine, as they are now.
   * @param port undefined: whatever the port
   */
  add(host: string, port: number | undefined): void {
    for (const each of addressesOf(bare(host))) {
      const ports = this.ports.get(each) ?? new Set()
      ports.add(port)
      this.ports.set(each, ports)
    }
  }

  /** Whether a URI with this host and port leads here; without a port it means 5060. */
  hasUri(host: string, port: number | undefined): boolean {
    const ports = this.ports.get(bare(host))
    return ports !== undefined && (ports.has(undefined) || ports.has(port ?? SIP_PORT))
  }

  /** Whether it is an address of ours, whatever the port. */
  hasHost(host: string): boolean {
    return this.ports.has(bare(host))
  }
}

/** Those of a server: what it listens on is there once it listens. */
export const OWN_ADDRESSES = new StateKey((runtime) => {
  const own = new OwnAddresses()
  for (const alias of runtime.parametersOf('sip', SIP_PARAMETERS).alias) {
    const [, host = alias, port] = ALIAS.exec(alias) ?? []
    own.add(host, port === undefined ? undefined : Number(port))
  }
  return own
})

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
}

function addressesOf(host: string): readonly string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host]
  const isFamily = host === '0.0.0.0' ? isIPv4 : isIPv6
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.map(({ address }) => address.toLowerCase()).filter(isFamily)
}
