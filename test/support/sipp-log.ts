// Reads sipp's message log: every message that it sent and received, retransmissions included.

export interface SippMessage {
  readonly direction: 'sent' | 'received'
  /** `SIP/2.0 200 OK` or `INVITE sip:... SIP/2.0`. */
  readonly startLine: string
  /** Header lines in order, as they are. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly body: string
}

/** What stands before each message in the log: a line of hyphens with the time, and one that says which way it went. */
const BEGINNING = /^-{40,} .*\n\w+ message (sent|received) .*:\n\n/gm

export function parseSippLog(log: string): SippMessage[] {
  const beginnings = [...log.matchAll(BEGINNING)]
  return beginnings.map((match, index) => {
    const next = beginnings[index + 1]?.index ?? log.length
    const text = log.slice(match.index + match[0].length, next).replaceAll('\r\n', '\n')
    const [head = '', ...rest] = text.split('\n\n')
    const [startLine = '', ...lines] = head.split('\n')
    const headers = lines.map((line) => {
      const colon = line.indexOf(':')
      return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() }
    })
    // What sipp thinks of a message may follow it.
    const length = Number(headers.find(({ name }) => name === 'Content-Length')?.value ?? 0)
    const body = rest.join('\n\n').slice(0, length)
    return { direction: match[1] === 'sent' ? 'sent' : 'received', startLine, headers, body }
  })
}

/** The value of a header's first line. */
export function headerOf(message: SippMessage, name: string): string | undefined {
  return message.headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value
}
