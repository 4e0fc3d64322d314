// A process with nothing but a datagram socket that answers, until it is told to close it. For datagrams.test.ts.
import type { DatagramSocket } from '../../src/dispatcher.ts'
import { TestDispatcher } from '../support/dispatcher.ts'

const socket: DatagramSocket = new TestDispatcher().openDatagramSocket(
  { host: '127.0.0.1', port: 0 },
  {
    datagram: (text, peer) => {
      socket.send(text, peer)
      if (text === 'close') socket.close()
    },
  },
)
// The channel to its parent must not be what keeps it running.
process.send?.(socket.port, () => process.disconnect())
