// What the bus is to reach with messages between clients. Every goal is a ratio within the run, but for memory and the rate of a
// handler.

import { cpu, type Goal, latencyOver, over, rate, rateOver, type Seen } from './goal.ts'
import type { CellFigures } from './results.ts'
import type { Run } from './run.ts'

/** With fewer clients the noise of a heap is larger than what the clients take. */
const ENOUGH_CLIENTS = 10_000
export function messageGoals(run: Run): Goal[] {
  const ratio = { digits: 2, unit: '' }
  const fanOut = run.throughput('fan-out')
  const of = (...subscribers: number[]) => fanOut.filter(({ cell }) => subscribers.includes(cell.subscribers))
  const best = (cell: CellFigures): number | undefined =>
    largest(['nats', 'redis'].map((peer) => rate(cell, peer)))
  return [
    {
      ...ratio,
      name: 'server CPU per delivery to raw, default route',
      must: 1.25,
      aim: 1.05,
      atLeast: false,
      seen: fanOut.flatMap((cell) => over(cell, cpu(cell, 'evapid'), cpu(cell, 'raw'))),
    },
    {
      ...ratio,
      name: 'deliveries/s to the better of NATS and Redis, everywhere',
      must: 2,
      aim: 4,
      atLeast: true,
      seen: fanOut.flatMap((cell) => rateOver(cell, 'evapid', best(cell))),
    },
    {
      ...ratio,
      name: 'the same at 10 and 100 clients',
      must: 3,
      aim: 4,
      atLeast: true,
      seen: of(10, 100).flatMap((cell) => rateOver(cell, 'evapid', best(cell))),
    },
    {
      ...ratio,
      digits: 1,
      name: "deliveries/s to Kamailio's best",
      must: 15,
      aim: 40,
      atLeast: true,
      seen: fanOut.flatMap((cell) => rateOver(cell, 'evapid', rate(cell, 'kamailio'))),
    },
    {
      name: 'TypeScript handler relays each, 1 client, batch 64',
      must: 1.2,
      aim: 2,
      unit: ' M messages/s',
      digits: 2,
      atLeast: true,
      seen: of(1)
        .filter(({ cell }) => cell.batch === 64)
        .flatMap((cell) => rateOver(cell, 'evapid-ts', 1e6)),
    },
    {
      ...ratio,
      name: 'the same, 100 clients, deliveries/s to raw',
      must: 0.6,
      aim: 0.85,
      atLeast: true,
      seen: of(100).flatMap((cell) => rateOver(cell, 'evapid-ts', rate(cell, 'raw'))),
    },
    ...(['p50', 'p99'] as const).map((percentile) => ({
      ...ratio,
      name: `latency ${percentile} to the better of NATS and Redis`,
      must: 1,
      atLeast: false,
      seen: run.latency().flatMap((cell) => latencyOver(cell, percentile, ['nats', 'redis'])),
    })),
    {
      ...ratio,
      name: 'latency p50 to raw',
      must: 1.2,
      aim: 1.05,
      atLeast: false,
      seen: run
        .latency()
        .flatMap((cell) => latencyOver(cell, 'p50', ['raw']))
        .map(({ value, where, remarks }) => ({ value, where, ...(remarks ? { remarks } : {}) })),
    },
    {
      name: 'user-space memory per idle client',
      must: 512,
      aim: 256,
      unit: ' bytes',
      digits: 0,
      atLeast: false,
      seen: run
        .crowd('evapid')
        // A heap that was collected meanwhile says nothing of clients.
        .filter(({ figure }) => figure.clients >= ENOUGH_CLIENTS && figure.grownAllocatedBytes > 0)
        .map(({ cell, figure }) => ({
          value: figure.grownAllocatedBytes / figure.clients,
          where: cell.name,
        })),
    },
    {
      ...ratio,
      name: 'accept storm to raw, the lower of connections/s and per CPU',
      must: 0.8,
      aim: 0.95,
      atLeast: true,
      seen: run
        .storm()
        .flatMap((cell) => [
          ...rateOver(cell, 'evapid', rate(cell, 'raw'), 'connections/s'),
          ...over(cell, cpu(cell, 'raw'), cpu(cell, 'evapid'), 'per CPU'),
        ]),
    },
    {
      ...ratio,
      name: 'CPU of a unicast, most clients to fewest',
      must: 1.2,
      aim: 1.05,
      atLeast: false,
      seen: unicastGrowth(run),
    },
  ]
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
function unicastGrowth(run: Run): Seen[] {
  const costs = run
    .crowd('evapid')
    .flatMap(({ cell, figure }) =>
      figure.unicast === undefined ? [] : { name: cell.name, cpu: figure.unicast.cpuUsPerDelivery },
    )
  const [fewest, most] = [costs[0], costs.at(-1)]
  if (fewest === undefined || most === undefined || fewest === most || fewest.cpu === 0) return []
  return [{ value: most.cpu / fewest.cpu, where: `${most.name} to ${fewest.name}` }]
}
