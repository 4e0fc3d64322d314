// The watchdog: a function that does not return is ended, and the bus goes on. In a process of its own, as its end is an exception
// that belongs to nobody.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '../support/eventually.ts'
import { netstring, WireClient } from '../support/wire-client.ts'

const TOLD = /ksr_evapi_event of the KEMI script ran for 200 ms and was ended/
const PROCESS = fileURLToPath(new URL('stuck-process.ts', import.meta.url))

test('a function that does not return is ended, and told, and the next message is handled', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', PROCESS], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const client = await WireClient.connect({ host: '127.0.0.1', port: Number(line) })
    await client.send('before')
    await client.untilReceived(netstring('before'))
    await client.send('loop')
    await eventually('it was told', () => said.some((each) => TOLD.test(each)))
    await client.send('after')
    await client.untilReceived(netstring('after'))
    // Nothing of the function has run since, no catch and no finally.
    assert.equal(client.received.toString(), '6:before,5:after,')
    client.close()
    assert.equal(child.exitCode, null)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})
