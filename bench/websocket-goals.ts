// What the bus is to reach with WebSockets, and what its gateway may cost clients that have nothing to do with it. Every goal is a ratio within the run.

import { cpu, type Goal, latencyOver, over, rate, rateOver } from './goal.ts'
import type { Run } from './run.ts'

export function websocketGoals(run: Run): Goal[] {
  const web = run.throughput('websocket')
  const beside = run.throughput('gateway')
  const latencies = run.latency('websocket')
  return [
    {
      name: 'WebSockets: deliveries/s to a bare server of uWebSockets.js',
      must: 0.8,
      aim: 0.95,
      atLeast: true,
      seen: web.flatMap((cell) => rateOver(cell, 'evapid-ws', rate(cell, 'uws'))),
    },
    {
      name: 'the same, published over TCP',
      must: 0.8,
      aim: 0.95,
      atLeast: true,
      seen: web.flatMap((cell) => rateOver(cell, 'evapid-tcp-ws', rate(cell, 'uws'))),
    },
    {
      name: 'WebSockets: latency p50 to the bare server',
      must: 1.25,
      aim: 1.1,
      atLeast: false,
      seen: latencies.flatMap((cell) => latencyOver(cell, 'p50', ['uws'], 'evapid-ws')),
    },
    {
      name: 'TCP: server CPU per delivery with an idle gateway to without',
      must: 1.05,
      aim: 1.02,
      atLeast: false,
      seen: beside.flatMap((cell) => over(cell, cpu(cell, 'evapid-http'), cpu(cell, 'evapid'))),
    },
    {
      name: 'the same, with /metrics asked for once a second',
      must: 1.1,
      aim: 1.03,
      atLeast: false,
      seen: beside.flatMap((cell) => over(cell, cpu(cell, 'evapid-scraped'), cpu(cell, 'evapid'))),
    },
  ]
}
