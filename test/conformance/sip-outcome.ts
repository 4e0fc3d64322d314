// What a conformance scenario of transactions came to, as sipp's message log shows it: every reply, in a form in which the replies
// of two servers are the same when they mean the same.
import { headerOf, type SippMessage } from '../support/sipp-log.ts'

/** Headers that every reply has; what is said of them is said otherwise. `Server` is Kamailio's name and version. */
const COMMON = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'content-length', 'server'])

/**
 * The replies in the order in which each came first: status, method, To-tag, further headers, how often. Same tags have the same
 * letter; `-` is none. Replies to probes are left out.
 *
 * @example ['100 trying (INVITE) -', '486 Busy (INVITE) a x3', '200 OK (OPTIONS) b X-A: 1']
 */
export function replyLines(messages: readonly SippMessage[]): string[] {
  const counts = new Map<string, number>()
  const tags = new Map<string, string>()
  for (const message of repliesOf(messages)) {
    const method = headerOf(message, 'CSeq')?.split(' ')[1]
    const tag = /;tag=([^;>]*)/.exec(headerOf(message, 'To') ?? '')?.[1]
    if (tag !== undefined && !tags.has(tag)) tags.set(tag, String.fromCharCode(97 + tags.size))
    const more = message.headers.filter(({ name }) => !COMMON.has(name.toLowerCase()))
    const line = [
      message.startLine.replace('SIP/2.0 ', ''),
      `(${method})`,
      tag === undefined ? '-' : tags.get(tag),
      ...more.map(({ name, value }) => `${name}: ${value}`),
    ].join(' ')
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} x${count}`))
}

/**
 * What is wrong with a reply whichever it is, one line a fault; the same rules for every scenario and both servers: Via as it was
 * sent but for received= and a filled rport= that say where it was sent from, From, Call-ID and CSeq as in the request, no body.
 */
export function faults(messages: readonly SippMessage[]): string[] {
  const found = new Set<string>()
  const sent = messages.filter(({ direction }) => direction === 'sent')
  for (const reply of messages.filter(({ direction }) => direction === 'received')) {
    const request = sent.find(
      (message) =>
        headerOf(message, 'CSeq') === headerOf(reply, 'CSeq') &&
        headerOf(message, 'Call-ID') === headerOf(reply, 'Call-ID'),
    )
    if (request === undefined) {
      found.add(`${reply.startLine}: answers no request`)
      continue
    }
    const [was = '', now = ''] = [headerOf(request, 'Via'), headerOf(reply, 'Via')]
    const sentBy = /^SIP\/2\.0\/\w+ ([^;]*):(\d+)/.exec(was)
    const expected = new Set([
      ...was.split(';').filter((part) => part !== 'rport'),
      `rport=${sentBy?.[2]}`,
      `received=${sentBy?.[1]?.replace(/[[\]]/g, '')}`,
    ])
    const parts = now.split(';')
    if (parts.length !== expected.size || parts.some((part) => !expected.has(part)))
      found.add(`${reply.startLine}: Via ${was} became ${now}`)
    if (headerOf(request, 'From') !== headerOf(reply, 'From')) found.add(`${reply.startLine}: From`)
    const to = headerOf(request, 'To') ?? ''
    const tagged = headerOf(reply, 'To') ?? ''
    if (tagged !== to && !(tagged.startsWith(`${to};tag=`) && !to.includes(';tag=')))
      found.add(`${reply.startLine}: To`)
    if (headerOf(reply, 'Content-Length') !== '0') found.add(`${reply.startLine}: Content-Length`)
  }
  return [...found]
}

function repliesOf(messages: readonly SippMessage[]): readonly SippMessage[] {
  return messages.filter(
    ({ direction, startLine }) => direction === 'received' && !/ (fence|probed)$/.test(startLine),
  )
}
