// Exchanging the dispatcher's handlers and plans, without a server around it: in the middle of a batch, when nothing else happens, and when it
// shuts down.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DispatcherOptions,
  type DispatcherPlans,
  type EventHandlers,
  PlanWriter,
} from '../../src/dispatcher.ts'
import { TestDispatcher } from '../support/dispatcher.ts'
import { eventually } from '../support/eventually.ts'
import { WireClient } from '../support/wire-client.ts'

/** relay('<mark>$evapi(msg)') */
function marking(mark: string): DispatcherPlans {
  const writer = new PlanWriter()
  writer.relay([mark, { part: 'message' }])
  return { messageReceived: writer.program() }
}

const OPTIONS: DispatcherOptions = {
  netstringFormat: true,
  allow: [],
  maxClients: 1000,
  maxClientsPerAddress: 0,
  rateLimit: 0,
  rateLimitBurst: 0,
  maxMessageSize: 2 ** 20,
  onBadFrame: 'close',
  sendBufferLimit: 8 * 2 ** 20,
  sendDataTimeout: 0,
  slowClient: 'close',
  drainTimeout: 5_000_000,
  contextMlimit: 0,
  maxRunningRoutes: 1024,
  busyPoll: 0,
  ioUring: true,
  plans: {},
}

async function joined(dispatcher: TestDispatcher): Promise<WireClient> {
  const bound = dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
  assert.ok(bound.family !== 'unix')
  const client = await WireClient.connect({ host: bound.address, port: bound.port })
  await eventually('the client is in', () => dispatcher.clientCount === 1)
  return client
}

test('a handler that exchanges itself still gets the rest of its batch; then the others have it', async () => {
  let inEffect = 0
  const handlers = (mark: string): EventHandlers => ({
    messageReceived(_, message) {
      dispatcher.relay(`${mark}${message.text}`)
      if (message.text === 'plan') {
        dispatcher.exchange({ ...OPTIONS, plans: marking('p') }, {}, () => {
          inEffect += 1
        })
      } else if (message.text === 'other') {
        dispatcher.exchange(OPTIONS, handlers('o'), () => {
          inEffect += 1
        })
      }
    },
  })
  await using dispatcher = new TestDispatcher(handlers('h'))
  const client = await joined(dispatcher)
  await client.send('other', 'a', 'b')
  await client.untilReceived('6:hother,2:ha,2:hb,')
  await eventually('it is in effect', () => inEffect === 1)
  await client.send('c', 'plan', 'd')
  await client.untilReceived('2:oc,5:oplan,2:od,')
  await eventually('it is in effect', () => inEffect === 2)
  await client.send('e')
  await client.untilReceived('2:pe,')
  client.close()
})

test('an exchange comes into effect also when nothing else happens; of several the last one counts', async () => {
  await using dispatcher = new TestDispatcher()
  const client = await joined(dispatcher)
  const effects: string[] = []
  dispatcher.exchange({ ...OPTIONS, plans: marking('1') }, {}, () => effects.push('first'))
  dispatcher.exchange({ ...OPTIONS, plans: marking('2') }, {}, () => effects.push('second'))
  assert.deepEqual(effects, [])
  await eventually('it is in effect', () => effects.length === 2)
  assert.deepEqual(effects, ['first', 'second'])
  await client.send('a')
  await client.untilReceived('2:2a,')
  client.close()
})

test('a plan that makes no sense is refused, and changes nothing', async () => {
  await using dispatcher = new TestDispatcher({}, { plans: marking('1') })
  const client = await joined(dispatcher)
  const nonsense = { words: Uint32Array.of(0, 99), bytes: Buffer.alloc(0), changesTags: false }
  assert.throws(
    () => dispatcher.exchange({ ...OPTIONS, plans: { messageReceived: nonsense } }, {}, assert.fail),
    TypeError,
  )
  await client.send('a')
  await client.untilReceived('2:1a,')
  client.close()
})

test('an exchange that is asked for just before the end comes into effect, one after it never', async () => {
  const dispatcher = new TestDispatcher()
  let inEffect = 0
  const count = () => {
    inEffect += 1
  }
  dispatcher.exchange(OPTIONS, {}, count)
  await dispatcher.shutdown()
  assert.equal(inEffect, 1)
  dispatcher.exchange(OPTIONS, {}, count)
  await new Promise(setImmediate)
  assert.equal(inEffect, 1)
})
