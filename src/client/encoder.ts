/**
 * Netstrings out: payload to frame, `<length>:<payload>,`. The mirror of decoder.ts; stateless, because a frame is
 * always made whole.
 */

/** What can be sent: text (goes out as UTF-8) or bytes. */
export type Data = string | Uint8Array

const COMMA = 0x2c

/** How many bytes `data` has on the wire, without a frame around it. */
export function byteLength(data: Data): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength
}

/**
 * Makes one frame of `data`, with the shortest header. The data is copied: the caller may use its buffer again at once.
 */
export function encodeNetstring(data: Data): Buffer {
  const length = byteLength(data)
  const header = `${length}:`
  const frame = Buffer.allocUnsafe(header.length + length + 1)
  frame.write(header, 'latin1')
  write(frame, data, header.length)
  frame[frame.length - 1] = COMMA
  return frame
}

/** The same without framing (`netstring: false`): a copy of the bytes. */
export function encodeRaw(data: Data): Buffer {
  const bytes = Buffer.allocUnsafe(byteLength(data))
  write(bytes, data, 0)
  return bytes
}

function write(target: Buffer, data: Data, offset: number): void {
  if (typeof data === 'string') target.write(data, offset, 'utf8')
  else target.set(data, offset)
}
