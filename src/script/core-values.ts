// The words of the core language that say something of the request: `method`, `uri`, `src_ip` ..., and what they are compared with. Each is a
// pseudo-variable under another name; only their comparisons are their own.

import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { RouteContext } from '../core/context.ts'
import type { OwnAddresses } from '../sip/own-addresses.ts'
import { parseUri } from '../sip/uri.ts'
import type { Expression } from './ast.ts'
import { type Evaluation, truthBy } from './evaluation.ts'

type Kind = 'name' | 'uri' | 'address' | 'number' | 'protocol' | 'family'

/** What stands for a core value. */
export interface CoreValueMeaning {
  readonly kind: Kind
  /** The pseudo-variable that says the same. */
  readonly variable: string
}

/** By name. `myself` is none: it is only compared with. */
export const CORE_VALUES: Readonly<Record<string, CoreValueMeaning>> = {
  method: { kind: 'name', variable: '$rm' },
  status: { kind: 'number', variable: '$rs' },
  uri: { kind: 'uri', variable: '$ru' },
  from_uri: { kind: 'uri', variable: '$fu' },
  to_uri: { kind: 'uri', variable: '$tu' },
  src_ip: { kind: 'address', variable: '$si' },
  dst_ip: { kind: 'address', variable: '$Ri' },
  src_port: { kind: 'number', variable: '$sp' },
  dst_port: { kind: 'number', variable: '$Rp' },
  proto: { kind: 'protocol', variable: '$pr' },
  af: { kind: 'family', variable: '$si' },
  'msg:len': { kind: 'number', variable: '$ml' },
  retcode: { kind: 'number', variable: '$rc' },
}

/** Those that Kamailio has only where a request is about to be sent. */
export const ONSEND_VALUES: ReadonlySet<string> = new Set([
  'to_ip',
  'to_port',
  'snd_ip',
  'snd_port',
  'snd_proto',
  'snd_af',
])

const AF_INET = 2
const AF_INET6 = 10

const PROTOCOLS = new Set(['udp', 'tcp', 'tls', 'sctp', 'ws', 'wss'])

/** A comparison, or what is wrong with what the value is compared with. `advice` stands where it can never be true. */
export type CoreComparison =
  | { readonly evaluation: Evaluation; readonly warning?: string }
  | { readonly problem: string; readonly advice?: string }
  /** The usual comparison will do. */
  | undefined

/** `src_ip == 10.0.0.0/8`, `proto == UDP`, `uri == myself`, `method == "INVITE"`. `!=` is the contrary of it. */
export function compareCoreValue(
  { kind }: CoreValueMeaning,
  value: Evaluation,
  other: Expression,
  otherValue: () => Evaluation | undefined,
  own: OwnAddresses,
): CoreComparison {
  if (other.kind === 'core' && other.name === 'myself') return compareMyself(kind, value, own)
  const text = value.text
  switch (kind) {
    case 'protocol':
    case 'family': {
      if (other.kind === 'word') return compareWord(kind, text, other.value.toLowerCase())
      if (kind === 'family' && other.kind === 'number') return compareFamily(text, other.value)
      if (other.kind !== 'string') return undefined
      const word = other.value.toUpperCase()
      return never(`a string is never equal here, as in Kamailio; write ${word} without quotes`)
    }
    case 'number':
      return other.kind === 'string'
        ? never('a string is never equal to a number of the core, as in Kamailio; write it without quotes')
        : undefined
    case 'address': {
      const written = other.kind === 'word' || other.kind === 'string' ? other.value : undefined
      if (written === undefined) return undefined
      const holds = addressTest(written)
      if (holds) return { evaluation: truthBy((ctx) => holds(text(ctx)), false) }
      if (other.kind === 'word') {
        return {
          problem: `${written} is no address`,
          advice: 'an address, ADDRESS/BITS, or myself is compared',
        }
      }
      return never(`${JSON.stringify(written)} is no address: names are not resolved here`)
    }
    default: {
      const compared = otherValue()
      if (!compared) return undefined
      const against = compared.text
      return {
        evaluation: truthBy(
          (ctx) => text(ctx).toLowerCase() === against(ctx).toLowerCase(),
          value.fails || compared.fails,
        ),
      }
    }
  }
}

function never(warning: string): CoreComparison {
  return { evaluation: truthBy(() => false, false), warning }
}

function compareWord(
  kind: 'protocol' | 'family',
  text: (ctx: RouteContext) => string,
  word: string,
): CoreComparison {
  if (kind === 'protocol') {
    if (!PROTOCOLS.has(word)) {
      return {
        problem: `${word.toUpperCase()} is no protocol`,
        advice: 'UDP, TCP, TLS, SCTP, WS and WSS are',
      }
    }
    return { evaluation: truthBy((ctx) => text(ctx) === word, false) }
  }
  return { problem: `${word} is no address family`, advice: 'INET and INET6 are' }
}

/** INET and INET6 are read as the numbers that C calls them by. */
function compareFamily(text: (ctx: RouteContext) => string, family: number): CoreComparison {
  const isFamily = family === AF_INET ? isIPv4 : family === AF_INET6 ? isIPv6 : () => false
  return { evaluation: truthBy((ctx) => isFamily(text(ctx)), false) }
}

function compareMyself(kind: Kind, { text }: Evaluation, own: OwnAddresses): CoreComparison {
  switch (kind) {
    case 'uri':
      return {
        evaluation: truthBy((ctx) => {
          const uri = parseUri(text(ctx))
          return uri !== undefined && own.hasUri(uri.host, uri.port)
        }, false),
      }
    case 'address':
      return { evaluation: truthBy((ctx) => own.hasHost(text(ctx)), false) }
    default:
      return {
        problem: 'myself is an address',
        advice: 'uri, from_uri, to_uri, src_ip and dst_ip are compared with it',
      }
  }
}

/** Whether an address is the one that was written, or in the network that was. */
function addressTest(written: string): ((address: string) => boolean) | undefined {
  const [host = '', mask, ...more] = written.split('/')
  const address = host.replace(/^\[(.*)\]$/, '$1')
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
  if (!family || more.length > 0) return undefined
  const list = new BlockList()
  if (mask === undefined) list.addAddress(address, family)
  else {
    const bits = bitsOf(mask)
    if (bits === undefined || bits > (family === 'ipv4' ? 32 : 128)) return undefined
    list.addSubnet(address, bits, family)
  }
  return (text) => {
    if (isIPv4(text)) return list.check(text, 'ipv4')
    return isIPv6(text) && list.check(text, 'ipv6')
  }
}

/** `8`, or `255.0.0.0`. */
function bitsOf(mask: string): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask)
  if (!isIPv4(mask)) return undefined
  const bits = mask.split('.').reduce((number, byte) => number * 256 + Number(byte), 0)
  const ones = Math.clz32(~bits)
  return ((bits << ones) | 0) === 0 || ones === 32 ? ones : undefined
}
