// evapid itself: with its default route, and with a TypeScript route that relays every message.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../processes.ts'
import { type Peer, versionFrom } from './peer.ts'

const COMMAND = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')
const ROUTES = join(import.meta.dirname, 'relay-routes.ts')

function version(): string | undefined {
  if (!existsSync(COMMAND)) return undefined
  return versionFrom(process.execPath, [COMMAND, '--version'], /(\d\S*)/)
}

function start(args: readonly string[]) {
  return startServer({ command: process.execPath, args: [COMMAND, '--bind', '127.0.0.1:0', ...args] })
}

export const evapid: Peer = {
  name: 'evapid',
  setup: 'no configuration: every message is relayed to everybody',
  protocol: 'netstring',
  version,
  install: 'npm run build',
  start: () => start(['--modparam', 'evapi:max_clients=20000']),
}

export const evapidTypeScript: Peer = {
  name: 'evapid-ts',
  setup: 'a TypeScript handler relays each message',
  protocol: 'netstring',
  version,
  install: 'npm run build',
  start: () => start(['-f', ROUTES]),
}
