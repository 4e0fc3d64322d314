// Words that are put together from several tokens: hosts, addresses, networks, `udp:10.0.0.1:5060`, `uri:host`.

import { isIPv4 } from 'node:net'
import type { Word } from './ast.ts'
import { ITEM_WORDS } from './keywords.ts'
import type { TokenCursor } from './token-cursor.ts'

/**
 * Takes an address without quotes: a host, or an IP address with or without `/mask`, a protocol before it, a port after it.
 * @returns undefined when nothing of the kind is next; then nothing was taken
 * @throws SyntaxFault when one begins and does not go on as it should
 */
export function readAddressWord(cursor: TokenCursor): Word | undefined {
  const first = cursor.peek()
  if (!beginsAddress(cursor)) return undefined
  let value = readHost(cursor)
  if (cursor.isSymbol('/') && isMask(cursor)) {
    cursor.take()
    value += `/${readHost(cursor)}`
  }
  for (let count = 0; count < 2 && cursor.accept(':'); count++) {
    value += ':'
    if (cursor.isSymbol('*')) value += cursor.take().text
    else if (beginsAddress(cursor) || cursor.peek().kind === 'number') value += readHost(cursor)
    else if (cursor.peek().kind === 'string') value += readQuotedHost(cursor)
    else cursor.fail(`a host or a port after ${value}`)
  }
  return { kind: 'word', value, place: cursor.span(first) }
}

function beginsAddress(cursor: TokenCursor): boolean {
  const token = cursor.peek()
  if (token.kind === 'word') {
    return !ITEM_WORDS.has(token.text) && !cursor.isSymbol('(', 1) && !cursor.isSymbol('=', 1)
  }
  if (token.kind === 'number') return cursor.isSymbol('.', 1)
  if (token.kind === 'mixed' || token.kind === 'address') return true
  return token.kind === 'symbol' && token.text === '[' && cursor.peek(1).kind === 'address'
}

/** A mask is a number of bits or looks like an address; otherwise the slash divides. */
function isMask(cursor: TokenCursor): boolean {
  const { kind } = cursor.peek(1)
  return kind === 'number' || kind === 'address'
}

function readHost(cursor: TokenCursor): string {
  const first = cursor.peek()
  if (cursor.isSymbol('[')) {
    cursor.take()
    const address = cursor.take().text
    cursor.require(']', ` after ${address}`)
    return `[${address}]`
  }
  let host = cursor.take().text
  while ((cursor.isSymbol('.') || cursor.isSymbol('-')) && isLabel(cursor)) {
    host += cursor.take().text
    host += cursor.take().text
  }
  if (/^[0-9]+\.[0-9.]*$/.test(host) && !isIPv4(host)) {
    cursor.wrong(cursor.span(first), `${host} is no IPv4 address`)
  }
  return host
}

function isLabel(cursor: TokenCursor): boolean {
  const { kind } = cursor.peek(1)
  return kind === 'word' || kind === 'number' || kind === 'mixed'
}

function readQuotedHost(cursor: TokenCursor): string {
  const token = cursor.take()
  return token.kind === 'string' ? token.value : token.text
}
