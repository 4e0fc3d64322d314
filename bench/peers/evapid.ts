// evapid itself: with its default route, and with a TypeScript route that relays every message.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type ServerCommand, type ServerProcess, startServer } from '../processes.ts'
import { type Needs, type Peer, type TransactionNeeds, versionFrom } from './peer.ts'

const COMMAND = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')
const RELAY_ROUTES = join(import.meta.dirname, 'relay-routes.ts')
const UNICAST_ROUTES = join(import.meta.dirname, 'unicast-routes.ts')
const TRANSACTION_ROUTES = join(import.meta.dirname, 'transaction-routes.ts')
const NAMED_TRANSACTION_ROUTES = join(import.meta.dirname, 'transaction-routes-named.ts')

export function version(): string | undefined {
  if (!existsSync(COMMAND)) return undefined
  return versionFrom(process.execPath, [COMMAND, '--version'], /(\d\S*)/)
}

/** Room for clients of the last round that are not gone yet, and for probes. */
const SPARE_CLIENTS = 2000

function start({ clients }: Needs, ...args: readonly string[]): Promise<ServerProcess> {
  return startServer(command(clients, '--bind', '127.0.0.1:0', '--http', 'off', ...args))
}

/** The command with room for so many clients. */
export function command(clients: number, ...args: readonly string[]): ServerCommand {
  const room = ['--modparam', `evapi:max_clients=${clients + SPARE_CLIENTS}`]
  return { command: process.execPath, args: [COMMAND, '--rpc-socket', 'off', ...room, ...args] }
}

/** Those of the last round may not have ended when the next one's come. */
const SPARE_TRANSACTIONS = 1000

async function startForTransactions(
  { timeOut, transactions }: TransactionNeeds,
  routes: string,
): Promise<ServerProcess> {
  const sipPort = await freePort()
  const parameters = {
    fr_timer: timeOut * 1000,
    fr_inv_timer: timeOut * 1000,
    max_transactions: transactions + SPARE_TRANSACTIONS,
  }
  return startServer({
    command: process.execPath,
    args: [
      ...[
        COMMAND,
        '--bind',
        '127.0.0.1:0',
        '--http',
        'off',
        '--rpc-socket',
        'off',
        '--listen',
        `udp:127.0.0.1:${sipPort}`,
        '-f',
        routes,
      ],
      ...Object.entries(parameters).flatMap(([name, value]) => ['--modparam', `tm:${name}=${value}`]),
    ],
    sipPort,
  })
}

export const evapid: Peer = {
  name: 'evapid',
  setup: 'no configuration: every message is relayed to everybody; transactions: an async handler',
  protocol: 'netstring',
  version,
  install: 'npm run build',
  start: (needs) => start(needs),
  startForUnicast: (needs) => start(needs, '-f', UNICAST_ROUTES),
  startForTransactions: (needs) => startForTransactions(needs, TRANSACTION_ROUTES),
}

export const evapidTypeScript: Peer = {
  name: 'evapid-ts',
  setup: 'a TypeScript handler relays each message',
  protocol: 'netstring',
  version,
  install: 'npm run build',
  onlyMessages: true,
  start: (needs) => start(needs, '-f', RELAY_ROUTES),
}

export const evapidNamed: Peer = {
  name: 'evapid-named',
  setup: 'transactions only: the functions called by their names, a route for the answer',
  protocol: 'netstring',
  version,
  install: 'npm run build',
  onlyTransactions: true,
  start,
  startForTransactions: (needs) => startForTransactions(needs, NAMED_TRANSACTION_ROUTES),
}
