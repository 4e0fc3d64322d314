// The classes nameaddr and tobody: names and addresses, as in `"Alice" <sip:alice@example.com>;tag=x`, taken apart. nameaddr takes
// anything, tobody what can stand in From and To.

import type { PvValue } from '../../../core/pseudovariables.ts'
import { namedTransformations } from '../../../core/transformations.ts'
import { type NameAddress, parseNameAddress } from '../../../sip/name-address.ts'
import { plain, type TransformationParser } from './text.ts'
import { type UriParts, uriParts } from './uri-parts.ts'

/** Where the angle brackets are, quoted ones aside; -1 where there is none. */
function angles(text: string): readonly [open: number, close: number] {
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (quoted && character === '\\') at++
    else if (character === '"') quoted = !quoted
    else if (character === '<' && !quoted) return [at, text.indexOf('>', at)]
  }
  return [-1, -1]
}

function nameaddr(apply: (text: string, open: number, close: number) => PvValue): TransformationParser {
  return plain((text) => {
    if (text === '') return null
    const [open, close] = angles(text)
    return apply(text, open, close)
  })
}

export const nameAddresses = namedTransformations('nameaddr', {
  name: nameaddr((text, open, close) => (close < 0 ? '' : text.slice(0, open))),
  uri: nameaddr((text, open, close) => (close < 0 ? text.slice(open + 1) : text.slice(open + 1, close))),
  len: nameaddr((text, open, close) => (close < 0 ? (open < 0 ? text.length : 0) : close + 1)),
})

function tobody(apply: (address: NameAddress, uri: UriParts) => PvValue): TransformationParser {
  return plain((text) => {
    const start = text.length - text.trimStart().length
    const address = parseNameAddress(text, start, text.trimEnd().length, true)
    const uri = address && uriParts(address.uri)
    return uri ? apply(address, uri) : null
  })
}

export const toBodies = namedTransformations('tobody', {
  uri: tobody((address) => address.uri),
  tag: tobody((address) => address.tag),
  display: tobody((address) => address.rawDisplay),
  params: tobody((address) => address.params.text.replace(/^;/, '')),
  user: tobody((_, uri) => uri.user),
  host: tobody((_, uri) => uri.host),
})
