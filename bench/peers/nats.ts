// NATS core publish and subscribe: nothing stored, no client called slow for what it has pending.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startServer } from '../processes.ts'
import { type Peer, versionFrom } from './peer.ts'

export const nats: Peer = {
  name: 'nats',
  setup: 'core publish/subscribe, max_pending 256 MB, no logging',
  protocol: 'nats',
  version: () => versionFrom('nats-server', ['-v'], /v(\d\S*)/),
  install: 'apt-get install nats-server',
  async start({ scratch }) {
    const port = await freePort()
    const file = join(scratch, 'nats.conf')
    writeFileSync(
      file,
      `host: 127.0.0.1
port: ${port}
max_connections: 100000
max_pending: 256MB
max_payload: 8MB
write_deadline: "10s"
logfile: "${join(scratch, 'nats.log')}"
`,
    )
    return startServer({ command: 'nats-server', args: ['-c', file], port })
  },
}
