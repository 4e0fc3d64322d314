// The watchdog: a function that does not return is ended, and the bus goes on with what came behind it. In a process of its own, which does
// nothing about exceptions: there are to be none.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '../support/eventually.ts'
import { SipPhone } from '../support/sip-phone.ts'
import { netstring, WireClient } from '../support/wire-client.ts'

const TOLD = /ksr_(?:evapi_event|request_route) of the KEMI script ran for 200 ms and was ended/
const PROCESS = fileURLToPath(new URL('stuck-process.ts', import.meta.url))

/** Plays with a bus that is in a process of its own, whose log it reads. */
async function play(
  scene: (ports: { bus: number; sip: number }, told: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROCESS], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const [bus, sip] = line.split(' ').map(Number)
    await scene({ bus: bus ?? 0, sip: sip ?? 0 }, () =>
      eventually('it was told', () => said.some((each) => TOLD.test(each))),
    )
    assert.equal(child.exitCode, null)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

test('a function that does not return is ended, and told, and the next message is handled', async () => {
  await play(async ({ bus }, told) => {
    const client = await WireClient.connect({ host: '127.0.0.1', port: bus })
    await client.send('before')
    await client.untilReceived(netstring('before'))
    // In one write, so that they are events of one turn: what comes behind the loop is not lost with it.
    await client.send('loop', 'behind', 'it')
    await told()
    await client.send('after')
    await client.untilReceived(netstring('after'))
    // Nothing of the function has run since, no catch and no finally.
    assert.equal(client.received.toString(), '6:before,6:behind,2:it,5:after,')
    client.close()
  })
})

test('a request whose function does not return is answered with 500', async () => {
  await play(async ({ sip }, told) => {
    await using phone = await SipPhone.open({ address: '127.0.0.1', port: sip })
    assert.equal((await phone.ask('OPTIONS')).code, 500)
    await told()
  })
})
