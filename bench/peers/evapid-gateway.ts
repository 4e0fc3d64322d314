// evapid with its gateway: as a server of WebSockets, and as one of TCP clients that has a gateway beside them, which is idle or asked for its metrics.

import { CORES, freePort, type ServerProcess, startPinned, startServer, stopProcess } from '../processes.ts'
import { command, version } from './evapid.ts'
import type { Needs, Peer } from './peer.ts'

/** Asks for the URL once a second, on a connection that stays. A failure ends it, and is told. */
const SCRAPER = `
import { Agent, get } from 'node:http'
const agent = new Agent({ keepAlive: true })
const scrape = () => get(process.argv[1], { agent }, (reply) => {
  if (reply.statusCode !== 200) throw new Error('the metrics: ' + reply.statusCode)
  reply.resume().once('end', () => process.stdout.write('scraped\\n'))
})
scrape()
setInterval(scrape, 1000)
`

async function startWeb({ clients }: Needs): Promise<ServerProcess> {
  const [port, publishPort] = [await freePort(), await freePort()]
  const addresses = ['--bind', `127.0.0.1:${publishPort}`, '--http', `127.0.0.1:${port}`]
  return { ...(await startServer({ ...command(clients, ...addresses), port })), publishPort }
}

async function startTcp({ clients }: Needs, httpPort: number): Promise<ServerProcess> {
  return startServer(command(clients, '--bind', '127.0.0.1:0', '--http', `127.0.0.1:${httpPort}`))
}

/** @throws Error when there are no metrics */
async function startScraped(needs: Needs): Promise<ServerProcess> {
  const port = await freePort()
  const server = await startTcp(needs, port)
  const url = `http://127.0.0.1:${port}/metrics`
  // It shares a core with the load: what is asked is what a scrape costs the server.
  const scraper = startPinned(CORES.load, process.execPath, ['--input-type=module', '-e', SCRAPER, url])
  const stop = async (): Promise<void> => {
    await stopProcess(scraper)
    await server.stop()
  }
  try {
    await new Promise<void>((resolve, reject) => {
      scraper.stdout?.once('data', () => resolve())
      scraper.once('exit', () => reject(new Error(`${url} does not answer as it should`)))
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { ...server, stop }
}

const install = 'npm run build'

export const evapidWeb: Peer = {
  name: 'evapid-ws',
  setup: 'WebSocket clients, of which one publishes; no configuration',
  protocol: 'websocket',
  group: 'websocket',
  version,
  install,
  start: async (needs) => {
    const { publishPort: _, ...server } = await startWeb(needs)
    return server
  },
}

export const evapidWebOverTcp: Peer = {
  name: 'evapid-tcp-ws',
  setup: 'WebSocket clients; a TCP client publishes, which gets its messages, too',
  protocol: 'websocket',
  group: 'websocket',
  version,
  install,
  start: startWeb,
}

export const evapidIdleGateway: Peer = {
  name: 'evapid-http',
  setup: 'TCP clients, with a gateway that has nothing to do',
  protocol: 'netstring',
  group: 'gateway',
  version,
  install,
  start: async (needs) => startTcp(needs, await freePort()),
}

export const evapidScraped: Peer = {
  name: 'evapid-scraped',
  setup: 'TCP clients, with a gateway that is asked for /metrics once a second',
  protocol: 'netstring',
  group: 'gateway',
  version,
  install,
  start: startScraped,
}
