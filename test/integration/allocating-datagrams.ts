// A process with a datagram socket that says what its heap grows by while datagrams come and are answered. For
// datagram-allocation.test.ts; started with so much room for young objects that none is collected meanwhile.
import { getHeapStatistics } from 'node:v8'
import type { DatagramSocket } from '../../src/dispatcher.ts'
import { TestDispatcher } from '../support/dispatcher.ts'

/** Datagrams of the measurement, and those before it, in which the engine makes up its mind about the code. */
export const MEASURED = 60_000
export const WARM_UP = 30_000
export const PAYLOAD = 100

/** What it says: where it is, then bytes of heap for each datagram. */
export type Report = { readonly port: number } | { readonly bytes: number }

function serve(host: string): void {
  const report = (what: Report) => process.send?.(what)
  const heap = () => getHeapStatistics().used_heap_size
  const answer = 'a'.repeat(PAYLOAD)
  let datagrams = 0
  let before = 0
  const dispatcher = new TestDispatcher()
  const socket: DatagramSocket = dispatcher.openDatagramSocket(
    { host, port: 0 },
    {
      datagram: (text, peer) => {
        datagrams += 1
        if (text.length === PAYLOAD) socket.send(answer, peer)
        if (datagrams === WARM_UP) {
          globalThis.gc?.()
          before = heap()
        }
        if (datagrams === WARM_UP + MEASURED) report({ bytes: (heap() - before) / MEASURED })
      },
    },
  )
  process.on('disconnect', () => void dispatcher.shutdown())
  report({ port: socket.port })
}

if (process.send && process.argv[1] === import.meta.filename) serve(process.argv[2] as string)
