// Reads what a client of the bus received: netstrings as evapid sends them, and nothing else. Strict where evapid's own
// decoders are lenient: no blanks, no leading zeros.

/** The payloads in `received`. @throws when there is anything but whole netstrings with the shortest header */
export function payloads(received: Buffer): Buffer[] {
  const found: Buffer[] = []
  let at = 0
  while (at < received.length) {
    const colon = received.indexOf(0x3a, at)
    const header = received.toString('latin1', at, colon === -1 ? undefined : colon)
    if (colon === -1 || !/^(0|[1-9]\d{0,8})$/.test(header)) {
      throw new Error(`no length at ${at}: ${JSON.stringify(header.slice(0, 40))}`)
    }
    const end = colon + 1 + Number(header)
    if (received[end] !== 0x2c) throw new Error(`no whole message of ${header} bytes at ${at}`)
    found.push(received.subarray(colon + 1, end))
    at = end + 1
  }
  return found
}

/** The same as latin1 text, one character per byte. */
export function texts(received: Buffer): string[] {
  return payloads(received).map((payload) => payload.toString('latin1'))
}
