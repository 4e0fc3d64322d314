// Redis publish and subscribe: no persistence, no limit on a subscriber's output buffer, no latency bookkeeping.

import { descriptors } from '../descriptors.ts'
import { freePort, startServer } from '../processes.ts'
import { type Peer, versionFrom } from './peer.ts'

/** Connections of the last round may not be gone when the next one's come. */
const SPARE_CLIENTS = 1000
/** Descriptors it keeps for itself, and refuses to start without. */
const RESERVED = 32

export const redis: Peer = {
  name: 'redis',
  setup: 'publish/subscribe, CLIENT REPLY OFF, no persistence, no output buffer limit',
  protocol: 'redis',
  version: () => versionFrom('redis-server', ['--version'], /v=(\S+)/),
  install: 'apt-get install redis-server',
  async start({ scratch, clients }) {
    const port = await freePort()
    const settings = {
      port: String(port),
      bind: '127.0.0.1',
      // Or it would turn away 127.0.0.2.
      'protected-mode': 'no',
      dir: scratch,
      save: '',
      appendonly: 'no',
      maxclients: String(Math.min(clients + SPARE_CLIENTS, descriptors.limit - RESERVED)),
      'tcp-backlog': '4096',
      'tcp-keepalive': '0',
      'client-output-buffer-limit': 'pubsub 0 0 0',
      'latency-tracking': 'no',
      'slowlog-log-slower-than': '-1',
      loglevel: 'warning',
    }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    return startServer({ command: 'redis-server', args, port })
  },
}
