// Many clients at one server: how quickly it takes them, what they cost in memory while they do nothing, what a broadcast to
// all of them costs, and what a unicast to one of them does.

import { setTimeout as delay } from 'node:timers/promises'
import type { CrowdCell, Pace } from './cells.ts'
import { mostClients } from './descriptors.ts'
import type { CrowdFigure, Figure } from './figure.ts'
import { holdConnections, type LoadOptions, type LoadResult, runLoad } from './load.ts'
import type { Needs, Peer } from './peers/peer.ts'
import type { ServerProcess } from './processes.ts'

const ACCEPT_LIMIT_MS = 60_000
/** Memory is read when the server has had time to come to rest. */
const SETTLE_MS = 500
const WARM_UP = { subscribers: 100, batch: 1, window: 1, seconds: 0.2, warmUp: 0 } as const
const UNICAST = { batch: 16, window: 64 } as const

export async function measureCrowd(cell: CrowdCell, peer: Peer, needs: Needs, pace: Pace): Promise<Figure> {
  const clients = Math.min(cell.clients, mostClients())
  const options = {
    subscribers: clients,
    payload: cell.payload,
    seconds: pace.seconds,
    warmUp: pace.warmUp,
    protocol: peer.protocol,
  }
  try {
    const figure = await withServer(peer.start(needs), (server) => measureClients(options, peer.name, server))
    if (peer.startForUnicast === undefined) return figure
    const unicast = await withServer(peer.startForUnicast(needs), (server) =>
      runLoad({ ...options, ...UNICAST, unicast: true, port: server.port, serverPids: server.pids() }),
    )
    return { ...figure, unicast }
  } catch (error) {
    return { peer: peer.name, failure: error instanceof Error ? error.message : String(error) }
  }
}

async function withServer<T>(
  starting: Promise<ServerProcess>,
  use: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const server = await starting
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

async function measureClients(
  options: Omit<LoadOptions, 'port' | 'serverPids'>,
  peer: string,
  server: ServerProcess,
): Promise<CrowdFigure> {
  const { subscribers: clients } = options
  // What a server takes for its first messages, whoever sends them, is not what a client costs.
  await runLoad({ ...options, ...WARM_UP, port: server.port, serverPids: [] })
  await delay(SETTLE_MS)
  const empty = server.memory()
  const descriptors = server.descriptors()
  const begin = performance.now()
  // Each message by itself: the next one is published when everybody has the last.
  const load = { ...options, batch: 1, window: 1, port: server.port, serverPids: server.pids() }
  const held = await holdConnections(load)
  try {
    // The kernel connects before the server accepts.
    while (server.descriptors() < descriptors + clients) {
      if (performance.now() - begin > ACCEPT_LIMIT_MS)
        throw new Error(`the server did not take ${clients} clients`)
      await delay(1)
    }
    const acceptedPerSecond = clients / ((performance.now() - begin) / 1000)
    await delay(SETTLE_MS)
    const full = server.memory()
    const broadcast: LoadResult = await held.run()
    return {
      peer,
      kind: 'crowd',
      clients,
      acceptedPerSecond,
      emptyBytes: empty.resident,
      grownBytes: full.resident - empty.resident,
      grownAllocatedBytes: full.allocated - empty.allocated,
      broadcast,
    }
  } finally {
    await held.release()
  }
}
