// What a datagram costs in JavaScript's heap: its text, and nothing else. Counted, not timed, as in allocation.test.ts.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { DatagramClient } from '../support/datagram-client.ts'
import { MEASURED, PAYLOAD, type Report, WARM_UP } from './allocating-datagrams.ts'

/** Beside its characters, what the engine needs for a string. */
const STRING = 24
/** The smallest object takes 16 bytes. */
const NOTHING = 8
const ROOM = ['--min-semi-space-size=128', '--max-semi-space-size=128']
/** So many are on their way at a time. */
const BURST = 500

for (const [host, to] of [
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.2'],
  ['::', '::1'],
] as const) {
  test(`a datagram that is answered by a socket on ${host} costs its text`, async (t) => {
    const program = new URL('allocating-datagrams.ts', import.meta.url)
    const execArgv = ['--import', import.meta.resolve('tsx'), '--expose-gc', ...ROOM]
    const server = fork(program, [host], { execArgv, timeout: 60_000, killSignal: 'SIGKILL' })
    try {
      const [listening] = (await once(server, 'message')) as [Report]
      assert.ok('port' in listening)
      using client = await DatagramClient.open(to === '::1' ? to : '127.0.0.1')
      const measured = once(server, 'message')
      for (let sent = 0; sent < WARM_UP + MEASURED; sent += BURST) {
        client.received.length = 0
        for (let i = 0; i < BURST; i += 1) void client.send('x'.repeat(PAYLOAD), listening.port, to)
        await client.until(BURST)
      }
      const [report] = (await measured) as [Report]
      assert.ok('bytes' in report)
      t.diagnostic(`${report.bytes.toFixed(2)} bytes for each datagram`)
      assert.ok(report.bytes < PAYLOAD + STRING + NOTHING, `${report.bytes} bytes for each datagram`)
    } finally {
      if (server.connected) server.disconnect()
      if (server.exitCode === null) await once(server, 'exit')
    }
  })
}
