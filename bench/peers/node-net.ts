// A relay as a careful Node programmer would write it with node:net alone (node-net-relay.ts).

import { join } from 'node:path'
import { startServer } from '../processes.ts'
import type { Peer } from './peer.ts'

const SCRIPT = join(import.meta.dirname, 'node-net-relay.ts')

export const nodeNet: Peer = {
  name: 'node:net',
  setup: 'plain JavaScript; clients corked while messages come',
  protocol: 'netstring',
  far: true,
  version: () => process.versions.node,
  install: 'part of Node',
  start: () => startServer({ command: process.execPath, args: ['--import', 'tsx', SCRIPT] }),
}
