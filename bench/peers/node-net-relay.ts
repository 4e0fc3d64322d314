// A netstring relay on node:net alone: every message goes to every client. It is what a careful programmer would write
// without leaving the platform: bytes, not strings; each message handed on by itself, as a bus must that looks at its
// messages, and as a slice of what arrived; and a client corked while messages come, so that it gets one write of many.

import { type AddressInfo, createServer, type Socket } from 'node:net'

const COLON = 0x3a
const COMMA = 0x2c
const ZERO = 0x30

const clients = new Set<Socket>()
let corked = false

function relay(frame: Buffer): void {
  if (!corked) {
    corked = true
    for (const client of clients) client.cork()
    process.nextTick(uncork)
  }
  for (const client of clients) client.write(frame)
}

function uncork(): void {
  corked = false
  for (const client of clients) client.uncork()
}

/** Relays the whole messages in `data` and returns where they end; -1 where it is no netstring. */
function relayFrames(data: Buffer): number {
  let frame = 0
  for (;;) {
    let length = 0
    let at = frame
    while (at < data.length && data[at] !== COLON) {
      const digit = (data[at] ?? 0) - ZERO
      if (digit < 0 || digit > 9 || at - frame > 8) return -1
      length = length * 10 + digit
      at++
    }
    const end = at + 1 + length
    if (end >= data.length) return frame
    if (data[end] !== COMMA) return -1
    relay(data.subarray(frame, end + 1))
    frame = end + 1
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  clients.add(socket)
  let rest: Buffer | undefined
  socket.on('data', (piece: Buffer) => {
    const data = rest === undefined ? piece : Buffer.concat([rest, piece])
    const end = relayFrames(data)
    if (end < 0) socket.destroy()
    else rest = end === data.length ? undefined : data.subarray(end)
  })
  socket.on('error', () => {})
  socket.on('close', () => clients.delete(socket))
})

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
