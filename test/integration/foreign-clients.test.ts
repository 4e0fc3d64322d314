// Clients whose sockets are somebody else's, as the gateway's WebSockets are: the dispatcher's side of it, from JavaScript. How they mix
// with others is native/test/foreign_test.cc's, too.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Client, ForeignHandler } from '../../src/dispatcher.ts'
import { TestDispatcher } from '../support/dispatcher.ts'

/** Writes down what it is told. */
class Recorder implements ForeignHandler {
  readonly told: string[] = []
  handed = 0
  readonly #seen = new Set<() => void>()

  admitted(index: number): void {
    this.told.push(`admitted ${index}`)
  }
  closed(index: number, _generation: number, reason: string): void {
    this.told.push(`closed ${index} ${reason}`)
  }
  joined(index: number, _generation: number, group: number): void {
    this.told.push(`joined ${index} ${group}`)
  }
  left(index: number, _generation: number, group: number): void {
    this.told.push(`left ${index} ${group}`)
  }
  toAll(frames: Uint8Array): void {
    this.told.push(`all ${Buffer.from(frames).toString('latin1')}`)
  }
  toGroup(group: number, frames: Uint8Array): void {
    this.told.push(`group ${group} ${Buffer.from(frames).toString('latin1')}`)
  }
  toOne(index: number, _generation: number, frames: Uint8Array): void {
    this.told.push(`one ${index} ${Buffer.from(frames).toString('latin1')}`)
  }
  handedOver(): void {
    this.handed += 1
    for (const seen of this.#seen) seen()
  }
  readable(client: Client): void {
    this.told.push(`readable ${client.index}`)
    for (const seen of this.#seen) seen()
  }

  /** Waits until it has been told that. */
  async until(line: string): Promise<void> {
    while (!this.told.includes(line)) {
      await new Promise<void>((resolve) => {
        const seen = () => {
          this.#seen.delete(seen)
          resolve()
        }
        this.#seen.add(seen)
      })
    }
  }
}

describe('foreign clients', () => {
  test('are clients like any other to the handlers, with address, port and tag', async () => {
    const events: string[] = []
    let gone = () => {}
    const isGone = new Promise<void>((resolve) => {
      gone = resolve
    })
    const recorder = new Recorder()
    await using dispatcher: TestDispatcher = new TestDispatcher({
      connectionNew(client) {
        events.push(`new ${client.index} ${client.address} ${client.port}`)
        dispatcher.setTag(client, 'web')
      },
      messageReceived(client, message) {
        events.push(`message ${client.index} ${message.text}`)
        dispatcher.relay(message)
        dispatcher.multicast('to the web', 'web')
        dispatcher.unicast('to you', client.tag)
      },
      connectionClosed(client, reason) {
        events.push(`closed ${client.index} ${client.tag} ${reason}`)
        gone()
      },
    })
    dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
    const door = dispatcher.openDoor(recorder)
    const client = door.add('2001:db8::1', 1234)
    assert.ok(client)
    assert.equal(client.tag, 'web')
    assert.equal(dispatcher.clientCount, 1)
    assert.equal(door.receive(client, Buffer.from('bytes \x00\xff', 'latin1')), true)
    await recorder.until('one 0 6:to you,')
    assert.deepEqual(recorder.told, [
      'admitted 0',
      'joined 0 1',
      'all 8:bytes \x00\xff,',
      'group 1 10:to the web,',
      'one 0 6:to you,',
    ])
    const [info] = dispatcher.clients()
    assert.ok(info)
    assert.equal(info.client, client)
    assert.deepEqual(
      [info.state, info.foreign, info.messagesIn, info.bytesIn, info.messagesOut, info.bytesOut],
      ['open', true, 1, 8, 3, 11 + 14 + 9],
    )
    assert.ok(info.age >= 0 && info.age < 60_000)

    door.end(client, 'peer')
    await isGone
    assert.ok(recorder.told.includes('closed 0 peer'))
    assert.deepEqual(events, ['new 0 2001:db8::1 1234', 'message 0 bytes \x00\ufffd', 'closed 0 web peer'])
    assert.deepEqual(dispatcher.clients(), [])
  })

  test('of which messages are not to be read are told when they are again', async () => {
    let settle = () => {}
    let begun = () => {}
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    const recorder = new Recorder()
    await using dispatcher: TestDispatcher = new TestDispatcher(
      {
        connectionNew: () => {},
        messageReceived(client) {
          dispatcher.enter(client)
          settle = () => dispatcher.leave(client)
          begun()
        },
      },
      { maxRunningRoutes: 1 },
    )
    dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
    const door = dispatcher.openDoor(recorder)
    const client = door.add('127.0.0.1', 1)
    assert.ok(client)
    assert.equal(door.receive(client, Buffer.from('first')), true)
    await hasBegun
    // Now that its route has said that it goes on.
    await new Promise(setImmediate)
    assert.equal(door.receive(client, Buffer.from('second')), false)
    settle()
    await recorder.until('readable 0')
    assert.equal(door.receive(client, Buffer.from('second')), true)
  })

  test('over max_clients, and after a shutdown, are not taken', async () => {
    const dispatcher = new TestDispatcher({}, { maxClients: 1 })
    dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
    const recorder = new Recorder()
    const door = dispatcher.openDoor(recorder)
    const first = door.add('127.0.0.1', 1)
    assert.ok(first)
    assert.equal(door.add('127.0.0.1', 2), undefined)
    assert.equal(dispatcher.stats()['rejected'], 1)
    await dispatcher.shutdown()
    assert.deepEqual(recorder.told, ['admitted 0', 'closed 0 shutdown'])
    assert.equal(door.add('127.0.0.1', 3), undefined)
    assert.equal(door.receive(first, Buffer.from('late')), false)
  })

  test('without handlers get what is relayed', async () => {
    const recorder = new Recorder()
    await using dispatcher = new TestDispatcher()
    dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
    const door = dispatcher.openDoor(recorder)
    const [one, other] = [door.add('127.0.0.1', 1), door.add('127.0.0.1', 2)]
    assert.ok(one && other)
    dispatcher.relay('to both')
    await recorder.until('all 7:to both,')
    assert.equal(recorder.told.filter((line) => line.startsWith('all')).length, 1)
    door.end(one, 'reset')
    await recorder.until('closed 0 reset')
  })
})
