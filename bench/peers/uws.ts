// uWebSockets.js by itself: what a fan-out to WebSockets costs without a bus (uws-publish.ts).

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { startServer } from '../processes.ts'
import type { Peer } from './peer.ts'

const SCRIPT = join(import.meta.dirname, 'uws-publish.ts')

function version(): string | undefined {
  try {
    const main = createRequire(import.meta.url).resolve('uWebSockets.js')
    const { version } = JSON.parse(readFileSync(join(dirname(main), '..', 'package.json'), 'utf8'))
    return String(version)
  } catch {
    return undefined
  }
}

export const uws: Peer = {
  name: 'uws',
  setup: 'a bare server of uWebSockets.js: what it receives it publishes to one topic',
  protocol: 'websocket',
  group: 'websocket',
  version,
  install: 'npm install',
  start: () => startServer({ command: process.execPath, args: ['--import', 'tsx', SCRIPT] }),
}
